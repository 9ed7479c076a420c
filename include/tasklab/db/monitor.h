/* monitor.h - what the server itself knows of the service: its sessions and its statements' cost.
 *
 * A monitor has a connection of its own, opened when it is needed and kept, with short time-outs of
 * its own: it shares nothing with the pool. Each call reads one group and sets its metrics; on
 * failure they keep their values. For a background thread; one call at a time.
 *
 * db_statement_* tell what pg_stat_statements counted since the monitor's first look at it, for the
 * statements of every client of the database that have the identifier of a registered query. An
 * identifier is learned from the server, by EXPLAIN of each text that a pool has sent, with the
 * parameter types it was sent with; BEGIN, COMMIT and ROLLBACK cannot be explained, and are found
 * by their text (PostgreSQL 15 counts those of a prepared statement at its first run only). The
 * counters go on over a reset, an eviction or a restart of the server.
 *
 * Needs the role pg_monitor (or pg_read_all_stats), and pg_stat_statements in the database.
 * Sources: PostgreSQL's manual, "The Cumulative Statistics System" and "pg_stat_statements".
 */
#ifndef TASKLAB_DB_MONITOR_H
#define TASKLAB_DB_MONITOR_H

#include <stddef.h>
#include <stdint.h>

#include <tasklab/base/err.h>

struct db_monitor;

/* db_statement_* can tell of statements in other databases of the server too, under names that are
 * given before db_labels_register and must stay: the identifiers are the caller's to find out. What
 * the server counted before its next look is not told. Any thread; what is followed already in the
 * same way goes on. */
#define DB_FOLLOW_NAMES_MAX 128
#define DB_FOLLOW_MAX       8  /* at once; further ones are not followed */
#define DB_FOLLOW_IDS_MAX   32 /* of one name; further ones are left out */
int db_follow_names(const char *const *values, size_t n, struct err *err);
void db_follow(size_t name, const char *database, const int64_t *ids, size_t n);
void db_unfollow(size_t name);

/* The longest that a call takes, connecting included. */
#define DB_MONITOR_CALL_NS (INT64_C(2) * 1000 * 1000 * 1000)

/* Does not connect yet. After db_labels_register. */
int db_monitor_new(const char *conninfo, struct db_monitor **ret, struct err *err);
void db_monitor_freep(struct db_monitor **monitor);

int db_monitor_sessions(struct db_monitor *monitor, struct err *err);   /* db_sessions */
int db_monitor_statements(struct db_monitor *monitor, struct err *err); /* db_statement_* */

#endif
