/* probe.c - runs the write probe and reads its cost from pg_stat_statements. */
#include "probe.h"

#include <stdio.h>
#include <string.h>

#include <tasklab/base/clock.h>

#include "script.h"

#define PROBE_RUNS     3 /* without whole pages in the WAL; the cheapest counts */
#define PROBE_RUNS_MAX 6
#define PROBE_MS       INT64_C(60000)

/* The keys of the inserted rows come from their sequence, so that no scan looks for them. */
#define PROBE_IDS                                                                                  \
	"id BETWEEN (SELECT currval('tasks_id_seq') - 9) AND (SELECT currval('tasks_id_seq'))"

static const char PROBE_USUAL[] =
	"INSERT INTO tasks (project_id, assignee_id, reporter_id, title, description, metadata)"
	" SELECT p.id, p.owner_id, p.owner_id, 'Write probe ' || n, repeat('probe ', 40),"
	" '{\"probe\": true}' FROM (SELECT id, owner_id FROM projects ORDER BY id LIMIT 1) p,"
	" generate_series(1, 10) n;"
	"INSERT INTO comments (task_id, author_id, body) SELECT id, reporter_id, 'Write probe'"
	" FROM tasks WHERE " PROBE_IDS ";"
	"INSERT INTO task_events (task_id, actor_id, kind) SELECT id, reporter_id, 'created'"
	" FROM tasks WHERE " PROBE_IDS ";"
	"INSERT INTO task_tags (task_id, tag_id) SELECT t.id, g.id FROM tasks t,"
	" (SELECT id FROM tags ORDER BY id LIMIT 1) g WHERE t." PROBE_IDS ";"
	"UPDATE tasks SET status = 'in_progress', assignee_id = NULL, updated_at = now(),"
	" version = version + 1 WHERE " PROBE_IDS ";"
	"DELETE FROM tasks WHERE " PROBE_IDS;

static const char SQL_PROBE_HERE[] = "SELECT to_regclass('pg_stat_statements') IS NOT NULL";

static const char SQL_PROBE_COUNTERS[] =
	"SELECT coalesce(sum(wal_bytes), 0)::bigint, coalesce(sum(wal_fpi), 0)::bigint,"
	" coalesce(sum(shared_blks_hit + shared_blks_read), 0)::bigint,"
	" coalesce(sum(wal_records), 0)::bigint"
	" FROM pg_stat_statements s JOIN pg_database d ON d.oid = s.dbid"
	" WHERE d.datname = $1 AND s.toplevel";

static const char SQL_PROBE_BEGIN[] = "BEGIN; SET LOCAL lock_timeout = '5s';"
				      " SET LOCAL statement_timeout = '30s';"
				      " SET CONSTRAINTS ALL IMMEDIATE";

struct counters {
	int64_t wal_bytes, wal_fpi, blocks, wal_records;
};

static int read_counters(struct db_conn *statements, const char *database, struct counters *ret,
			 struct err *err)
{
	AUTO(db_result_freep) struct db_result *rows = NULL;

	if (db_conn_query(statements, SQL_PROBE_COUNTERS, DB_ARGS(db_text(database)), &rows, err) <
	    0)
		return -1;
	ret->wal_bytes = db_get_i64(rows, 0, 0);
	ret->wal_fpi = db_get_i64(rows, 0, 1);
	ret->blocks = db_get_i64(rows, 0, 2);
	ret->wal_records = db_get_i64(rows, 0, 3);
	return 0;
}

/* A failed write is the finding; what keeps the probe from being made is an error. */
static int judge_failure(struct db_conn *conn, struct probe *probe, const struct err *why,
			 struct err *err)
{
	const char *state = db_conn_sqlstate(conn);

	if (strcmp(state, "55P03") == 0)
		return err_set(err, ERR_CONFLICT,
			       "the write probe waits for a lock of another session in the lab's "
			       "database: end its transaction (COMMIT or ROLLBACK) and try again",
			       "%s", why->detail);
	if (!*state || why->code == ERR_UNAVAILABLE || why->code == ERR_NO_MEMORY) {
		if (err)
			*err = *why;
		return -1;
	}
	probe->failed = true;
	(void)snprintf(probe->why, sizeof(probe->why), "%.199s", why->detail);
	probe->why[strcspn(probe->why, "\n")] = '\0';
	return db_conn_script(conn, "ROLLBACK", err);
}

static int run_once(struct db_conn *conn, struct db_conn *statements, const char *database,
		    const struct script_list *list, struct probe *probe, struct err *err)
{
	struct counters before = {0}, after = {0};
	struct err why = ERR_INIT;

	if (db_conn_script(conn, SQL_PROBE_BEGIN, err) < 0 ||
	    read_counters(statements, database, &before, err) < 0)
		return -1;
	for (size_t i = 0; i < list->count; i++)
		if (db_conn_script(conn, list->items[i].sql, &why) < 0)
			return judge_failure(conn, probe, &why, err);
	if (db_conn_script(conn, "ROLLBACK", err) < 0 ||
	    read_counters(statements, database, &after, err) < 0)
		return -1;
	probe->wal_bytes = after.wal_bytes - before.wal_bytes;
	probe->wal_records = after.wal_records - before.wal_records;
	probe->blocks = after.blocks - before.blocks;
	probe->whole_pages = after.wal_fpi != before.wal_fpi;
	return 0;
}

static void keep_least(int64_t *least, int64_t value)
{
	if (value < *least)
		*least = value;
}

/* A run may be dearer than the next: the first reads the catalogs into the session's caches, some
 * tidy pages up, and the first change of a page after a checkpoint puts all of it into the WAL.
 * Where free space is spread over a table (after VACUUM), each run writes to pages of its own, so
 * there may be no run without whole pages. */
static int run_all(struct db_conn *conn, struct db_conn *statements, const char *database,
		   const struct script_list *list, struct probe *ret, struct err *err)
{
	struct probe cheapest = {.wal_bytes = INT64_MAX,
				 .wal_records = INT64_MAX,
				 .whole_pages = true,
				 .blocks = INT64_MAX};

	for (int i = 0, counted = 0; i < PROBE_RUNS_MAX && counted < PROBE_RUNS; i++) {
		struct probe probe = {.failed = false};

		if (run_once(conn, statements, database, list, &probe, err) < 0)
			return -1;
		if (probe.failed) {
			cheapest = probe;
			break;
		}
		counted += !probe.whole_pages;
		cheapest.whole_pages = counted == 0;
		keep_least(&cheapest.wal_bytes, probe.wal_bytes);
		keep_least(&cheapest.wal_records, probe.wal_records);
		keep_least(&cheapest.blocks, probe.blocks);
	}
	*ret = cheapest;
	return 0;
}

int probe_run(struct db_conn *conn, struct db_conn *guard, const char *database, const char *sql,
	      struct probe *ret, struct err *err)
{
	AUTO(script_list_release) struct script_list list = {.items = NULL};
	AUTO(db_result_freep) struct db_result *here = NULL;

	db_conn_set_deadline(conn, clock_mono_ns() + PROBE_MS * CLOCK_NS_PER_MS);
	db_conn_set_deadline(guard, clock_mono_ns() + PROBE_MS * CLOCK_NS_PER_MS);
	if (script_split(sql ? sql : PROBE_USUAL, &list, err) < 0 ||
	    db_conn_query(conn, SQL_PROBE_HERE, DB_NO_ARGS, &here, err) < 0)
		return -1;
	return run_all(conn, db_get_bool(here, 0, 0) ? conn : guard, database, &list, ret, err);
}
