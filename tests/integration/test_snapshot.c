/* test_snapshot.c - what the grader finds between two real databases: catalogs, data, settings of
 * the database and of the server, and the write probe. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <tasklab/base/attr.h>
#include <tasklab/base/clock.h>

#include "lab/trap.h"
#include "ok.h"
#include "pg_fixture.h"

static const char *const SETTINGS[] = {"shared_preload_libraries=pg_stat_statements",
				       "pg_stat_statements.track=all",
				       "fsync=off",
				       "autovacuum=off",
				       "checkpoint_timeout=1d",
				       NULL};
static struct pg *pg;
static struct db_conn *guard;     /* in the service's database */
static struct db_conn *reference; /* in lab_a_ref */
static char *noted;               /* the server's settings at the start */

/* One statement at a time, as psql sends them: CREATE INDEX CONCURRENTLY stands alone. */
static void run(struct db_conn *conn, const char *const *statements, bool may_fail)
{
	struct err err = ERR_INIT;

	for (; *statements; statements++) {
		if (db_conn_script(conn, *statements, &err) < 0 && !may_fail)
			fail_msg("%s: %s (%s)", *statements, err.message, err.detail);
	}
}

#define SQL(...) ((const char *const[]){__VA_ARGS__, NULL})

struct found {
	struct trap_fault *faults;
	size_t count;
	struct probe reference, learner;
};

/* Compares lab_a, which the learner's session may still be open in, with lab_a_ref. */
static void compare(struct db_conn *learner, const char *writes, const char *settings,
		    struct found *ret)
{
	static const struct lab_trap usual = {.writes_slower_by = 2};
	AUTO(snapshot_freep) struct snapshot *before = NULL;
	AUTO(snapshot_freep) struct snapshot *after = NULL;
	AUTO(checksum_memo_release) struct checksum_memo memo = {.items = NULL};
	AUTO(freep) struct checksum_difference *differences = NULL;
	AUTO(freep) struct watch_change *changes = NULL;
	struct trap_view view = {.allowed = &usual};
	struct checksum_side sides[2];
	struct err err = ERR_INIT;

	ok(snapshot_take(reference, &before, &err), &err);
	ok(snapshot_take(learner, &after, &err), &err);
	sides[0] = (struct checksum_side){reference, before};
	sides[1] = (struct checksum_side){learner, after};
	ok(checksum_compare(&sides[0], &sides[1], &memo, &differences, &view.difference_count,
			    &err),
	   &err);
	ok(watch_compare(guard, settings, &changes, &view.change_count, &err), &err);
	ok(probe_run(reference, guard, "lab_a_ref", writes, &view.reference_probe, &err), &err);
	ok(probe_run(learner, guard, "lab_a", writes, &view.learner_probe, &err), &err);
	view.reference = before;
	view.learner = after;
	view.differences = differences;
	view.changes = changes;
	ok(trap_find(&view, &ret->faults, &ret->count, &err), &err);
	ret->reference = view.reference_probe;
	ret->learner = view.learner_probe;
}

static struct db_conn *fresh_learner(void)
{
	pg_sql(pg, "DROP DATABASE IF EXISTS lab_a");
	pg_sql(pg, "CREATE DATABASE lab_a TEMPLATE lab_template");
	pg_sql(pg, "ALTER DATABASE lab_a SET jit = off");
	return ok_connect(pg_superuser(pg), "lab_a");
}

struct fault_case {
	const char *label;
	const char *const *sql;
	const char *faults[4]; /* words of each that must be found, until NULL; no others */
};

static void check_case(const struct fault_case *it)
{
	AUTO(db_conn_closep) struct db_conn *learner = fresh_learner();
	struct found found = {.faults = NULL};
	size_t expected = 0;

	run(learner, it->sql, strstr(it->label, "fails") != NULL);
	compare(learner, NULL, noted, &found);
	while (expected < ARRAY_LEN(it->faults) && it->faults[expected])
		expected++;
	for (size_t i = 0; i < found.count; i++)
		if (i >= expected || !strstr(found.faults[i].text, it->faults[i]))
			fail_msg("%s: fault %zu is: %s", it->label, i + 1, found.faults[i].text);
	if (found.count != expected)
		fail_msg("%s: not found: %s", it->label, it->faults[found.count]);
	free(found.faults);
}

/* The tests -------------------------------------------------------------------------------------
 */

static void right_fixes(void **state)
{
	const struct fault_case cases[] = {
		{"nothing", SQL("SELECT 1"), {NULL}},
		{"an index", SQL("CREATE INDEX CONCURRENTLY ON tasks (version)"), {NULL}},
		{"a longer one",
		 SQL("CREATE INDEX x ON tasks (reporter_id, version)",
		     "DROP INDEX tasks_reporter_id_idx"),
		 {NULL}},
		{"the same under another name",
		 SQL("ALTER INDEX tasks_reporter_id_idx RENAME TO x"),
		 {NULL}},
		{"backwards",
		 SQL("DROP INDEX tasks_created_at_idx",
		     "CREATE INDEX ON tasks (created_at DESC, id DESC)"),
		 {NULL}},
		{"a new column",
		 SQL("ALTER TABLE tasks ADD x text GENERATED ALWAYS AS (lower(title)) STORED"),
		 {NULL}},
		{"a wider type", SQL("ALTER TABLE tasks ALTER version TYPE bigint"), {NULL}},
		{"a new table", SQL("CREATE TABLE counts AS SELECT count(*) FROM tasks"), {NULL}},
		{"another order of rows",
		 SQL("CLUSTER tasks USING tasks_title_search_idx2", "VACUUM FULL tasks", "ANALYZE"),
		 {NULL}},
		{"statistics", SQL("CREATE STATISTICS s ON status, priority FROM tasks"), {NULL}},
		{"an extension's tables are not the lab's",
		 SQL("CREATE EXTENSION pg_stat_statements"),
		 {NULL}},
		{"a stricter rule", SQL("ALTER TABLE tasks ADD CHECK (version > 0)"), {NULL}},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		check_case(&cases[i]);
}

static void wrong_fixes(void **state)
{
	const struct fault_case cases[] = {
		{"deleted rows",
		 SQL("DELETE FROM tasks WHERE id = 7"),
		 {"task_tags was changed", "tasks was changed: 499 rows, and 500"}},
		{"another value",
		 SQL("UPDATE tasks SET title = 'Other' WHERE id = 7"),
		 {"tasks was changed: as many rows"}},
		{"two values swapped",
		 SQL("UPDATE tasks SET title = CASE id WHEN 7 THEN 'T8' ELSE 'T7' END"
		     " WHERE id IN (7, 8)"),
		 {"tasks was changed: as many rows"}},
		{"one row twice instead of another",
		 SQL("UPDATE task_tags SET tag_id = 1 WHERE task_id = 7"),
		 {"task_tags was changed"}},
		{"null for an empty text",
		 SQL("ALTER TABLE tasks ALTER description DROP NOT NULL",
		     "UPDATE tasks SET description = NULL WHERE id = 9"),
		 {"NOT NULL of tasks.description", "tasks was changed"}},
		{"a dropped column",
		 SQL("ALTER TABLE tasks DROP metadata"),
		 {"tasks.metadata is gone", "lost a constraint", "writes no longer work"}},
		{"a narrower type",
		 SQL("ALTER TABLE tasks ALTER created_at TYPE date"),
		 {"tasks was changed"}},
		{"a dropped check",
		 SQL("ALTER TABLE tasks DROP CONSTRAINT tasks_priority_check"),
		 {"tasks lost a constraint or trigger: CHECK (priority"}},
		{"a dropped foreign key",
		 SQL("ALTER TABLE tasks DROP CONSTRAINT tasks_project_id_fkey"),
		 {"FOREIGN KEY (project_id)"}},
		{"a dropped unique index",
		 SQL("DROP INDEX users_email_key"),
		 {"nothing keeps lower(email) of users unique"}},
		{"a dropped primary key",
		 SQL("ALTER TABLE task_tags DROP CONSTRAINT task_tags_pkey"),
		 {"primary key of task_tags (task_id, tag_id)"}},
		{"a disabled trigger",
		 SQL("ALTER TABLE task_events DISABLE TRIGGER task_events_append_only"),
		 {"task_events lost a constraint or trigger"}},
		{"disabled foreign keys",
		 SQL("ALTER TABLE comments DISABLE TRIGGER ALL"),
		 {"foreign keys of comments are no longer checked"}},
		{"an unlogged table",
		 SQL("ALTER TABLE task_tags SET UNLOGGED"),
		 {"task_tags is unlogged"}},
		{"a view in the table's place",
		 SQL("ALTER TABLE task_tags RENAME TO t", "CREATE VIEW task_tags AS TABLE t"),
		 {"the table task_tags is gone"}},
		{"writes fails",
		 SQL("CREATE FUNCTION no() RETURNS trigger LANGUAGE plpgsql AS"
		     " $$ BEGIN RAISE EXCEPTION 'read only'; END $$",
		     "CREATE TRIGGER no BEFORE INSERT ON tasks EXECUTE FUNCTION no()"),
		 {"writes no longer work: P0001 read only"}},
		{"dear writes",
		 SQL("CREATE TABLE log (t text)",
		     "CREATE FUNCTION l() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
		     " INSERT INTO log SELECT repeat('x', 500) FROM generate_series(1, 100);"
		     " RETURN NULL; END $$",
		     "CREATE TRIGGER l AFTER INSERT ON tasks FOR EACH ROW EXECUTE FUNCTION l()"),
		 {"writes are dearer than the lab allows (2 times)"}},
		{"a needed index",
		 SQL("DROP INDEX tasks_reporter_id_idx"),
		 {"tasks_reporter_id_idx of tasks (reporter_id) is gone"}},
		{"a redundant one",
		 SQL("CREATE INDEX x ON tasks (project_id, created_at)"),
		 {"x of tasks is redundant"}},
		{"an invalid one: a unique index fails",
		 SQL("CREATE UNIQUE INDEX CONCURRENTLY x ON tasks (version)"),
		 {"the index x of tasks is invalid"}},
		{"a setting of the database",
		 SQL("ALTER DATABASE lab_a SET enable_seqscan = off"),
		 {"enable_seqscan was changed: off"}},
		{"of a role in it",
		 SQL("ALTER ROLE tasklab IN DATABASE lab_a SET work_mem = '1GB'"),
		 {"work_mem for the role tasklab"}},
		{"one taken away",
		 SQL("ALTER DATABASE lab_a RESET jit"),
		 {"jit was changed: not set"}},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		check_case(&cases[i]);
}

/* A server that was told to read its settings again does so a moment later. */
static void until_as_noted(void)
{
	size_t n;

	do {
		AUTO(freep) struct watch_change *changes = NULL;
		struct err err = ERR_INIT;

		ok(watch_compare(guard, noted, &changes, &n, &err), &err);
		clock_sleep_until(clock_mono_ns() + CLOCK_NS_PER_MS);
	} while (n > 0);
}

/* Settings beyond the database are found whatever form the change took, and once each. */
static void server_settings(void **state)
{
	const struct {
		const char *const *change, *const *undo;
		const char *words;
	} cases[] = {
		{SQL("ALTER SYSTEM SET work_mem = '77MB'"), SQL("ALTER SYSTEM RESET work_mem"),
		 "server: the setting work_mem was changed since the lab's start: 77MB"},
		{SQL("ALTER SYSTEM SET work_mem = '77MB'", "SELECT pg_reload_conf()"),
		 SQL("ALTER SYSTEM RESET work_mem", "SELECT pg_reload_conf()"),
		 "server: the setting work_mem"},
		{SQL("ALTER ROLE tasklab SET jit = on"), SQL("ALTER ROLE tasklab RESET jit"),
		 "role tasklab: the setting jit was changed since the lab's start: on"},
		{SQL("ALTER ROLE ALL SET enable_sort = off"),
		 SQL("ALTER ROLE ALL RESET enable_sort"), "role all: the setting enable_sort"},
	};
	AUTO(db_conn_closep) struct db_conn *learner = fresh_learner();

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct found found = {.faults = NULL};

		run(learner, cases[i].change, false);
		compare(learner, NULL, noted, &found);
		run(learner, cases[i].undo, false);
		until_as_noted();
		if (found.count != 1 || !strstr(found.faults[0].text, cases[i].words))
			fail_msg("%s: %zu faults: %s", cases[i].change[0], found.count,
				 found.count ? found.faults[0].text : "");
		free(found.faults);
	}
}

/* The probe leaves no row, and costs the same in two equal databases. */
static void probe(void **state)
{
	AUTO(db_conn_closep) struct db_conn *learner = fresh_learner();
	AUTO(db_result_freep) struct db_result *rows = NULL;
	struct found found = {.faults = NULL};
	struct err err = ERR_INIT;

	(void)state;
	compare(learner, NULL, noted, &found);
	free(found.faults);
	assert_true(found.reference.wal_bytes > 5000 && found.reference.blocks > 100);
	assert_in_range(found.learner.wal_bytes * 100 / found.reference.wal_bytes, 65, 150);
	assert_in_range(found.learner.blocks * 100 / found.reference.blocks, 65, 150);
	ok(db_conn_query(learner, "SELECT count(*) FROM tasks", DB_NO_ARGS, &rows, &err), &err);
	assert_int_equal(db_get_i64(rows, 0, 0), 500);
}

static void probe_of_the_lab(void **state)
{
	static const char writes[] = "INSERT INTO tags (name) VALUES ('probe');\n"
				     "-- a comment; with a semicolon\n"
				     "DELETE FROM tags WHERE name = 'probe';\n";
	AUTO(db_conn_closep) struct db_conn *learner = fresh_learner();
	struct found found = {.faults = NULL};

	(void)state;
	compare(learner, writes, noted, &found);
	if (found.count != 0)
		fail_msg("a fault: %s", found.faults[0].text);
	free(found.faults);
	assert_true(found.learner.wal_bytes > 100 && found.learner.wal_bytes < 5000);
}

/* A learner's open transaction is no fault of the fix. */
static void probe_meets_a_lock(void **state)
{
	AUTO(db_conn_closep) struct db_conn *learner = fresh_learner();
	AUTO(db_conn_closep) struct db_conn *other = ok_connect(pg_superuser(pg), "lab_a");
	struct probe found;
	struct err err = ERR_INIT;

	(void)state;
	ok(db_conn_script(other, "BEGIN; LOCK TABLE tasks", &err), &err);
	assert_int_equal(probe_run(learner, guard, "lab_a", NULL, &found, &err), -1);
	assert_int_equal(err.code, ERR_CONFLICT);
	assert_non_null(strstr(err.message, "COMMIT or ROLLBACK"));
}

static int setup(void **state)
{
	AUTO(db_conn_closep) struct db_conn *conn = NULL;
	struct err err = ERR_INIT;

	(void)state;
	pg = pg_start(SETTINGS);
	pg_sql(pg, "CREATE EXTENSION pg_stat_statements");
	pg_sql(pg, "CREATE DATABASE lab_template");
	conn = ok_connect(pg_superuser(pg), "lab_template");
	ok_migrate(conn);
	run(conn,
	    SQL("INSERT INTO users (email, display_name) SELECT n || '@example.com', 'U' || n"
		" FROM generate_series(1, 20) n",
		"INSERT INTO projects (name, owner_id) SELECT 'P' || n, n FROM generate_series(1, "
		"5) n",
		"INSERT INTO tasks (project_id, reporter_id, assignee_id, title)"
		" SELECT 1 + n % 5, 1 + n % 20, 1 + n % 7, 'T' || n FROM generate_series(1, 500) n",
		"INSERT INTO tags (name) VALUES ('a'), ('b')",
		"INSERT INTO task_tags SELECT id, 2 FROM tasks",
		"CREATE INDEX tasks_title_search_idx2 ON tasks (title)", "VACUUM ANALYZE"),
	    false);
	db_conn_closep(&conn);
	pg_sql(pg, "CREATE DATABASE lab_a_ref TEMPLATE lab_template");
	pg_sql(pg, "ALTER DATABASE lab_a_ref SET jit = off");
	reference = ok_connect(pg_superuser(pg), "lab_a_ref");
	guard = ok_connect(pg_superuser(pg), "tasklab");
	ok(watch_note(guard, &noted, &err), &err);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	free(noted);
	db_conn_closep(&guard);
	db_conn_closep(&reference);
	pg_remove(pg);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(right_fixes),      cmocka_unit_test(wrong_fixes),
		cmocka_unit_test(server_settings),  cmocka_unit_test(probe),
		cmocka_unit_test(probe_of_the_lab), cmocka_unit_test(probe_meets_a_lock),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
