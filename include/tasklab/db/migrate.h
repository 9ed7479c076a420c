/* migrate.h - ordered, checksummed schema changes.
 *
 * The files of migrations/ are embedded at build time, in the order of their numbers. Each runs in
 * one transaction that also records it in schema_migrations (version, name, SHA-256 of the text,
 * time, duration). An advisory lock makes ten replicas that start at once take turns. An applied
 * migration whose text has changed since is refused by name. A recorded one that this program does
 * not know (an older program beside a newer one) is reported, and nothing else.
 */
#ifndef TASKLAB_DB_MIGRATE_H
#define TASKLAB_DB_MIGRATE_H

#include <stddef.h>
#include <stdint.h>

#include <tasklab/db/conn.h>

enum migration_state { MIGRATION_PENDING, MIGRATION_APPLIED, MIGRATION_EDITED, MIGRATION_UNKNOWN };

struct migration_status {
	int version;
	char name[96]; /* "create_schema" */
	enum migration_state state;
	int64_t applied_at_us; /* 0 while pending */
	int64_t duration_ms;
};

const char *migration_state_name(enum migration_state state); /* "pending", "applied" ... */

/* Applies what is pending; *applied counts. lock_ms bounds the wait for the advisory lock
 * (ERR_TIMEOUT). An edited one is ERR_CONFLICT before anything is applied; one that fails is
 * rolled back, and those before it stay. */
int migrate_up(struct db_conn *conn, int64_t lock_ms, size_t *applied, struct err *err);
/* One row a migration, known or recorded, by version; the caller frees *ret. */
int migrate_status(struct db_conn *conn, struct migration_status **ret, size_t *n, struct err *err);
/* 0 when all known ones are applied and unedited; otherwise ERR_CONFLICT naming the first that is
 * not. */
int migrate_verify(struct db_conn *conn, struct err *err);

#endif
