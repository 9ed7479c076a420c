/* migrate.c - compares the migrations of this program with those recorded, and applies the rest. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <tasklab/base/clock.h>

#include "migration.h"

/* Any number will do, as long as every replica uses the same ("tasklabM"). */
#define LOCK_KEY INT64_C(0x7461736b6c61624d)

#define SQL_CREATE_TABLE                                                                           \
	"CREATE TABLE IF NOT EXISTS schema_migrations ("                                           \
	" version integer PRIMARY KEY,"                                                            \
	" name text NOT NULL,"                                                                     \
	" checksum text NOT NULL CHECK (length(checksum) = 64),"                                   \
	" applied_at timestamptz NOT NULL DEFAULT now(),"                                          \
	" duration_ms bigint NOT NULL)"
#define SQL_TABLE_EXISTS "SELECT to_regclass('schema_migrations') IS NOT NULL"
#define SQL_RECORDED                                                                               \
	"SELECT version, name, checksum, applied_at, duration_ms FROM schema_migrations"           \
	" ORDER BY version"
#define SQL_CHECKSUMS                                                                              \
	"SELECT encode(sha256(convert_to(body, 'UTF8')), 'hex')"                                   \
	" FROM unnest($1::text[]) WITH ORDINALITY AS t (body, n) ORDER BY n"
#define SQL_RECORD                                                                                 \
	"INSERT INTO schema_migrations (version, name, checksum, duration_ms)"                     \
	" SELECT $1, $2, encode(sha256(convert_to($3, 'UTF8')), 'hex'),"                           \
	" (extract(epoch FROM clock_timestamp() - now()) * 1000)::bigint"
#define SQL_LOCK_TIMEOUT "SELECT set_config('lock_timeout', $1, false)"
#define SQL_LOCK         "SELECT pg_advisory_lock($1)"
#define SQL_UNLOCK       "SELECT pg_advisory_unlock($1)"

const char *migration_state_name(enum migration_state state)
{
	static const char *const names[] = {
		[MIGRATION_PENDING] = "pending",
		[MIGRATION_APPLIED] = "applied",
		[MIGRATION_EDITED] = "edited",
		[MIGRATION_UNKNOWN] = "unknown",
	};

	return names[state];
}

/* Comparing ------------------------------------------------------------------------------------ */

static int read_recorded(struct db_conn *conn, struct db_result **ret, struct err *err)
{
	AUTO(db_result_freep) struct db_result *exists = NULL;

	if (db_conn_query(conn, SQL_TABLE_EXISTS, DB_NO_ARGS, &exists, err) < 0)
		return -1;
	if (!db_get_bool(exists, 0, 0))
		return 0; /* *ret stays NULL: nothing is recorded */
	return db_conn_query(conn, SQL_RECORDED, DB_NO_ARGS, ret, err);
}

/* The server computes them, so that no other library is needed for it. */
static int read_checksums(struct db_conn *conn, const struct migration_list *list,
			  struct db_result **ret, struct err *err)
{
	const char **texts = calloc(list->count + 1, sizeof(*texts));
	int result;

	if (!texts)
		return err_no_memory(err);
	for (size_t i = 0; i < list->count; i++)
		texts[i] = list->items[i].sql;
	result =
		db_conn_query(conn, SQL_CHECKSUMS, DB_ARGS(db_texts(texts, list->count)), ret, err);
	free(texts);
	return result;
}

static void from_known(const struct migration *known, struct migration_status *row)
{
	*row = (struct migration_status){.version = known->version, .state = MIGRATION_PENDING};
	(void)snprintf(row->name, sizeof(row->name), "%s", known->name);
}

static void from_recorded(const struct db_result *recorded, size_t r, struct migration_status *row)
{
	*row = (struct migration_status){.version = (int)db_get_i64(recorded, r, 0),
					 .state = MIGRATION_UNKNOWN,
					 .applied_at_us = db_get_time_us(recorded, r, 3),
					 .duration_ms = db_get_i64(recorded, r, 4)};
	(void)snprintf(row->name, sizeof(row->name), "%s", db_get_text(recorded, r, 1));
}

/* Merges two lists that are in the order of versions; returns the number of rows. */
static size_t merge(const struct migration_list *list, const struct db_result *checksums,
		    const struct db_result *recorded, struct migration_status *rows)
{
	size_t k = 0, r = 0, n = 0, end = recorded ? db_rows(recorded) : 0;

	while (k < list->count || r < end) {
		int64_t version = r < end ? db_get_i64(recorded, r, 0) : INT64_MAX;

		if (k < list->count && list->items[k].version < version) {
			from_known(&list->items[k++], &rows[n++]);
			continue;
		}
		from_recorded(recorded, r, &rows[n]);
		if (k < list->count && list->items[k].version == version) {
			bool same = strcmp(db_get_text(recorded, r, 2),
					   db_get_text(checksums, k, 0)) == 0;

			rows[n].state = same ? MIGRATION_APPLIED : MIGRATION_EDITED;
			(void)snprintf(rows[n].name, sizeof(rows[n].name), "%s",
				       list->items[k++].name);
		}
		n++;
		r++;
	}
	return n;
}

int migration_list_status(struct db_conn *conn, const struct migration_list *list,
			  struct migration_status **ret, size_t *n, struct err *err)
{
	AUTO(db_result_freep) struct db_result *recorded = NULL;
	AUTO(db_result_freep) struct db_result *checksums = NULL;
	struct migration_status *rows;

	if (read_recorded(conn, &recorded, err) < 0 ||
	    read_checksums(conn, list, &checksums, err) < 0)
		return -1;
	rows = calloc(list->count + (recorded ? db_rows(recorded) : 0) + 1, sizeof(*rows));
	if (!rows)
		return err_no_memory(err);
	*n = merge(list, checksums, recorded, rows);
	*ret = rows;
	return 0;
}

static int find_edited(const struct migration_status *rows, size_t n, struct err *err)
{
	for (size_t i = 0; i < n; i++) {
		if (rows[i].state == MIGRATION_EDITED) {
			char message[160];

			(void)snprintf(message, sizeof(message),
				       "migration %04d_%s was edited after it had been applied",
				       rows[i].version, rows[i].name);
			return err_set(err, ERR_CONFLICT, message,
				       "restore its text, and write a new migration instead");
		}
	}
	return 0;
}

static int find_pending(const struct migration_status *rows, size_t n, struct err *err)
{
	for (size_t i = 0; i < n; i++) {
		if (rows[i].state == MIGRATION_PENDING) {
			char message[160];

			(void)snprintf(message, sizeof(message),
				       "migration %04d_%s has not been applied", rows[i].version,
				       rows[i].name);
			return err_set(err, ERR_CONFLICT, message, "run: tasklab migrate up");
		}
	}
	return 0;
}

int migration_list_verify(struct db_conn *conn, const struct migration_list *list, struct err *err)
{
	struct migration_status *rows = NULL;
	size_t n = 0;
	int result;

	if (migration_list_status(conn, list, &rows, &n, err) < 0)
		return -1;
	result = find_edited(rows, n, err);
	if (result == 0)
		result = find_pending(rows, n, err);
	free(rows);
	return result;
}

/* Applying ------------------------------------------------------------------------------------- */

static int failed(const struct migration *migration, const struct err *why, struct err *err)
{
	char message[160];
	enum err_code code =
		why->code == ERR_UNAVAILABLE || why->code == ERR_TIMEOUT ? why->code : ERR_INTERNAL;

	(void)snprintf(message, sizeof(message), "migration %04d_%s failed and was rolled back",
		       migration->version, migration->name);
	return err_set(err, code, message, "%s", why->detail);
}

static int apply(struct db_conn *conn, const struct migration *migration, struct err *err)
{
	struct err why = ERR_INIT;

	if (db_conn_script(conn, "BEGIN", &why) == 0 &&
	    db_conn_script(conn, migration->sql, &why) == 0 &&
	    db_conn_query(conn, SQL_RECORD,
			  DB_ARGS(db_i32(migration->version), db_text(migration->name),
				  db_text(migration->sql)),
			  NULL, &why) == 0 &&
	    db_conn_script(conn, "COMMIT", &why) == 0)
		return 0;
	(void)db_conn_script(conn, "ROLLBACK", NULL);
	return failed(migration, &why, err);
}

static const struct migration *find(const struct migration_list *list, int version)
{
	for (size_t i = 0; i < list->count; i++) {
		if (list->items[i].version == version)
			return &list->items[i];
	}
	return NULL;
}

static int up_locked(struct db_conn *conn, const struct migration_list *list, size_t *applied,
		     struct err *err)
{
	struct migration_status *rows = NULL;
	size_t n = 0;
	int result;

	if (db_conn_script(conn, SQL_CREATE_TABLE, err) < 0 ||
	    migration_list_status(conn, list, &rows, &n, err) < 0)
		return -1;
	result = find_edited(rows, n, err);
	for (size_t i = 0; i < n && result == 0; i++) {
		const struct migration *migration = find(list, rows[i].version);

		if (!migration || rows[i].state != MIGRATION_PENDING)
			continue;
		result = apply(conn, migration, err);
		if (result == 0)
			++*applied;
	}
	free(rows);
	return result;
}

static int set_lock_timeout(struct db_conn *conn, int64_t ms, struct err *err)
{
	char text[32];

	(void)snprintf(text, sizeof(text), "%" PRId64, ms);
	return db_conn_query(conn, SQL_LOCK_TIMEOUT, DB_ARGS(db_text(text)), NULL, err);
}

int migration_list_up(struct db_conn *conn, const struct migration_list *list, int64_t lock_ms,
		      size_t *applied, struct err *err)
{
	size_t count = 0;
	int result;

	if (set_lock_timeout(conn, lock_ms > 0 ? lock_ms : 1, err) < 0)
		return -1;
	if (db_conn_query(conn, SQL_LOCK, DB_ARGS(db_i64(LOCK_KEY)), NULL, err) < 0) {
		if (strcmp(db_conn_sqlstate(conn), "55P03") != 0)
			return -1;
		return err_set(err, ERR_TIMEOUT, "another program is migrating this database",
			       "the advisory lock was not free within %" PRId64 " ms", lock_ms);
	}
	result = set_lock_timeout(conn, 0, err);
	if (result == 0)
		result = up_locked(conn, list, &count, err);
	/* A connection that cannot unlock is lost, and its lock with it. */
	(void)db_conn_query(conn, SQL_UNLOCK, DB_ARGS(db_i64(LOCK_KEY)), NULL, NULL);
	if (result == 0 && applied)
		*applied = count;
	return result;
}

/* The embedded list ---------------------------------------------------------------------------- */

int migrate_up(struct db_conn *conn, int64_t lock_ms, size_t *applied, struct err *err)
{
	return migration_list_up(conn, &migrations_embedded, lock_ms, applied, err);
}

int migrate_status(struct db_conn *conn, struct migration_status **ret, size_t *n, struct err *err)
{
	return migration_list_status(conn, &migrations_embedded, ret, n, err);
}

int migrate_verify(struct db_conn *conn, struct err *err)
{
	return migration_list_verify(conn, &migrations_embedded, err);
}
