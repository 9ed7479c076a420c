/* test_lab_steps.c - what a lab may ask of the engine: scripts, sessions, transactions,
 * repetitions, barriers, failures that pass. Small labs in a temporary folder, on a private
 * PostgreSQL. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include <tasklab/base/buf.h>
#include <tasklab/base/clock.h>
#include <tasklab/base/text.h>
#include <tasklab/base/thread.h>
#include <tasklab/lab/catalogue.h>
#include <tasklab/lab/run.h>

#include "lab/phase.h"
#include "lab/result.h"
#include "ok.h"
#include "pg_fixture.h"

/* An autovacuum worker commits transactions of its own and waits for locks: it would be counted. */
static const char *const SETTINGS[] = {"shared_preload_libraries=pg_stat_statements",
				       "deadlock_timeout=1s", "autovacuum=off", NULL};
static struct pg *pg;
static char folder[] = "/tmp/test_lab_steps_XXXXXX";
static struct catalogue *catalogue;

/* Labs ---------------------------------------------------------------------------------------- */

static const char QUIZ[] =
	"title: A title\nsummary: A summary\ntopics: [one]\nlevel: beginner\nminutes: 20\n"
	"hints: [a, b, c]\n"
	"quiz:\n- question: Why?\n  choices:\n  - {text: a, why: x, right: true}\n"
	"  - {text: b, why: x}\n  - {text: c, why: x}\n  - {text: d, why: x}\n"
	"traps: [{sql: ANALYZE, why: a}]\n";

/* slow and fast begin as members so that a test reads like its lab. */
struct files {
	const char *workload; /* further keys of it, in one line */
	const char *keys;     /* further keys of the lab */
	const char *evidence;
	const char *params, *break_sql, *slow, *fast, *fix, *cleanup;
};

static void put(const char *file, const char *text)
{
	char path[256];

	(void)snprintf(path, sizeof(path), "%s/lab/%s", folder, file);
	(void)unlink(path);
	if (text)
		assert_int_equal(text_write_file(path, text, strlen(text), NULL), 0);
}

static const struct lab *make(const struct files *files)
{
	const char *const folders[] = {folder};
	AUTO(buf_release) struct buf yaml = BUF_INIT(65536);
	struct err err = ERR_INIT;

	buf_printf(&yaml, "%sworkload: {kind: sql, rows: ordered%s}\nevidence:\n%s%s", QUIZ,
		   files->workload, files->evidence ? files->evidence : "- {kind: same-rows}\n",
		   files->keys ? files->keys : "");
	put("lab.yaml", buf_str(&yaml));
	put("README.md", "# Title\n");
	put("params.sql", files->params ? files->params : "SELECT 1");
	put("break.sql", files->break_sql);
	put("slow.sql", files->slow ? files->slow : "SELECT 1");
	put("fast.sql", files->fast);
	put("fix.sql", files->fix ? files->fix : "SELECT 1");
	put("cleanup.sql", files->cleanup);
	catalogue_freep(&catalogue);
	assert_int_equal(catalogue_load(folders, 1, &catalogue, &err), 0);
	if (catalogue->problem_count > 0)
		fail_msg("%s", catalogue->problems[0].err.message);
	return &catalogue->labs[0];
}

static int try_run(const struct files *files, struct run_result **ret, struct err *err)
{
	const struct run_options options = {.conninfo = pg_conninfo(pg),
					    .lab = make(files),
					    .scale = SEED_SMALL,
					    .stop_fd = -1};

	return run_lab(&options, ret, err);
}

static struct run_result *run(const struct files *files)
{
	struct run_result *result = NULL;
	struct err err = ERR_INIT;

	ok(try_run(files, &result, &err), &err);
	return result;
}

static void run_fails(const struct files *files, const char *message)
{
	struct run_result *result = NULL;
	struct err err = ERR_INIT;

	assert_int_equal(try_run(files, &result, &err), -1);
	if (!strstr(err.message, message))
		fail_msg("\"%s\" (%s), expected \"%s\"", err.message, err.detail, message);
}

/* A stand in its broken state, on which a test does what it likes. */
static struct site *site;
static struct stand *stand;

static void open_stand(const struct files *files)
{
	const struct site_options options = {.conninfo = pg_conninfo(pg),
					     .lab = make(files),
					     .scale = SEED_SMALL,
					     .stop_fd = -1};
	struct err err = ERR_INIT;

	ok(site_open(&options, &site, &err), &err);
	ok(stand_build(site, site->database, STAND_BROKEN, &stand, &err), &err);
}

static void close_stand(void)
{
	struct err err = ERR_INIT;

	stand_closep(&stand);
	ok(site_close(&site, 0, &err), &err);
}

/* After a test that failed, so that the next one does not find its stand. */
static int close_left(void **state)
{
	(void)state;
	stand_closep(&stand);
	return site_close(&site, 0, NULL);
}

static struct record *record(const char *sql)
{
	struct record *ret = NULL;
	struct err err = ERR_INIT;

	if (phase_record(stand, "phase", "given.sql", sql, &stand->params, &ret, &err) < 0)
		fail_msg("%s: %s (%s)", sql, err.message, err.detail);
	return ret;
}

static int ask(const char *database, const char *sql, int64_t *ret, struct err *err)
{
	AUTO(db_conn_closep) struct db_conn *conn = NULL;
	AUTO(db_result_freep) struct db_result *result = NULL;

	if (db_conn_open(pg_superuser(pg), database, "test", 10000, &conn, err) < 0 ||
	    db_conn_query(conn, sql, DB_NO_ARGS, &result, err) < 0)
		return -1;
	*ret = db_get_i64(result, 0, 0);
	return 0;
}

static int64_t number(const char *database, const char *sql)
{
	struct err err = ERR_INIT;
	int64_t ret = 0;

	if (ask(database, sql, &ret, &err) < 0)
		fail_msg("%s: %s (%s)", sql, err.message, err.detail);
	return ret;
}

static int64_t lab_number(const char *sql)
{
	return number(stand->database, sql);
}

static void expect_nothing_left(void)
{
	assert_int_equal(number(NULL, "SELECT count(*) FROM pg_database WHERE datname LIKE "
				      "'lab\\_%'"),
			 0);
}

/* Scripts and parameters ----------------------------------------------------------------------- */

/* Each statement is a transaction of its own, but for those between BEGIN and COMMIT. */
static void scripts(void **state)
{
	const struct files files = {
		.workload = ", parameters: 1, calls: 1",
		.break_sql = "CREATE TABLE t (a int);\n"
			     "INSERT INTO t SELECT generate_series(1, 100);\n"
			     "CREATE INDEX CONCURRENTLY t_a ON t (a);\nVACUUM t;\n"
			     "CREATE FUNCTION f() RETURNS int LANGUAGE plpgsql AS $$\n"
			     "BEGIN RETURN 1; /* ; */ END $$;\n"
			     "BEGIN; DELETE FROM t; ROLLBACK"};
	struct err err = ERR_INIT;

	(void)state;
	open_stand(&files);
	assert_int_equal(lab_number("SELECT count(*) FROM t"), 100);
	assert_int_equal(lab_number("SELECT count(*) FROM pg_index WHERE indisvalid AND"
				    " indexrelid = 't_a'::regclass"),
			 1);
	assert_int_equal(
		stand_script(stand, "some.sql", "SELECT 1;\n\nDROP TABLE t;\nSELECT nope", &err),
		-1);
	assert_non_null(strstr(err.message, "some.sql of lab, line 4: "));
	assert_non_null(strstr(err.detail, "nope"));
	assert_int_equal(lab_number("SELECT count(*) FROM pg_class WHERE relname = 't'"), 0);
	assert_int_equal(stand_script(stand, "some.sql", "SELECT '", &err), -1);
	assert_string_equal(err.message, "some.sql of lab: line 1: this string is never closed");
	close_stand();
	expect_nothing_left();
}

/* Parameters have the types of params.sql's columns, and a statement may leave some unused. */
static void types(void **state)
{
	const struct files files = {.workload = ", parameters: 2, calls: 2",
				    .params = "SELECT n::smallint, n::numeric(9,2), 'x' || n FROM"
					      " generate_series(1, 5) n",
				    .break_sql = "CREATE TABLE seen (a text)",
				    .cleanup = "SELECT 1"};
	struct record *found;

	(void)state;
	open_stand(&files);
	assert_int_equal(stand->params.rows, 2);
	found = record("INSERT INTO seen SELECT pg_typeof($2)::text || pg_typeof($3) || $3;\n"
		       "-- repeat 2\nINSERT INTO seen SELECT pg_typeof($4)::text || $1 || $4");
	assert_int_equal(found->workload.statements, 6);
	assert_int_equal(lab_number("SELECT count(*) FROM seen WHERE a IN ('numerictextx1',"
				    " 'numerictextx2', 'integer11', 'integer12', 'integer21',"
				    " 'integer22')"),
			 6);
	record_freep(&found);
	close_stand();
}

/* The answer is that of the last step that returns rows, over all its repetitions. */
static void answers(void **state)
{
	static const char *const scripts[] = {
		"SELECT a FROM generate_series(1, 3) a",
		"SELECT 7;\n-- repeat 3\nSELECT $2 AS a;\nCREATE TABLE t (a int)",
		"-- session x\nSELECT 1, 2;\n-- session y\nSELECT generate_series(1, 3);\n",
		"-- repeat 2\nSELECT $2 AS a",
	};
	const struct files files = {.workload = ", parameters: 1, calls: 1, transaction: rollback"};
	struct record *found[ARRAY_LEN(scripts)];

	(void)state;
	open_stand(&files);
	for (size_t i = 0; i < ARRAY_LEN(scripts); i++)
		found[i] = record(scripts[i]);
	for (size_t i = 1; i < ARRAY_LEN(scripts); i++) {
		bool same = found[i]->answers[0].hash == found[0]->answers[0].hash &&
			    found[i]->answers[0].rows == 3;

		if (same != (i < 3))
			fail_msg("%s: %d rows", scripts[i], (int)found[i]->answers[0].rows);
	}
	for (size_t i = 0; i < ARRAY_LEN(scripts); i++)
		record_freep(&found[i]);
	close_stand();
}

/* Transactions --------------------------------------------------------------------------------- */

static void rolled_back(void **state)
{
	const struct files files = {
		.workload = ", parameters: 3, calls: 12, clients: 2, samples: 2,"
			    " transaction: rollback, checkpoint: true",
		.params = "SELECT generate_series(1, 3)",
		.break_sql = "CREATE TABLE t AS SELECT generate_series(1, 3) AS a"};
	struct record *found;

	(void)state;
	open_stand(&files);
	found = record(
		"UPDATE t SET a = a + 10 WHERE a = $1;\nSELECT count(*) FROM t WHERE a > 10");
	assert_int_equal(found->workload.calls, 12);
	assert_int_equal(found->workload.statements, 24);
	assert_int_equal(found->top.calls, 24);
	assert_int_equal(found->top.rows, 24); /* one updated, one counted */
	assert_int_equal(found->database.xact_rollback, 12);
	assert_int_equal(found->database.xact_commit, 0);
	assert_int_equal(found->plan_count, 4);
	assert_int_equal(found->answer_count, 3);
	assert_int_equal(lab_number("SELECT sum(a) FROM t"), 6);
	assert_true(found->top.wal_fpi > 0); /* the first change of a page after the checkpoint */
	record_freep(&found);
	close_stand();
}

/* Samples of what can stand in a transaction leave nothing; those of what cannot are cleaned up,
 * and so is the workload. */
static void cleaned_up(void **state)
{
	const struct files files = {
		.workload = ", parameters: 2, calls: 6, samples: 2",
		.params = "SELECT generate_series(1, 2)",
		.break_sql = "CREATE TABLE t (a int);\nCREATE TABLE seen (n bigint)",
		.cleanup = "INSERT INTO seen SELECT count(*) FROM t;\nTRUNCATE t"};
	struct record *found;

	(void)state;
	open_stand(&files);
	found = record("INSERT INTO t VALUES ($1)");
	assert_int_equal(found->workload.calls, 6);
	assert_int_equal(found->database.xact_commit, 6);
	record_freep(&found);
	assert_int_equal(lab_number("SELECT count(*) FROM t"), 0);
	/* Cleaned up once, after the workload's six. */
	assert_int_equal(lab_number("SELECT count(*) * 100 + sum(n)::bigint FROM seen"), 106);
	found = record("BEGIN;\n-- repeat 5\nINSERT INTO t VALUES ($1 + $2);\nCOMMIT");
	assert_int_equal(found->workload.statements, 30);
	assert_int_equal(found->database.xact_commit, 6);
	assert_int_equal(found->plan_count, 2); /* a repeated statement is explained once */
	record_freep(&found);
	assert_int_equal(lab_number("SELECT count(*) * 100 + sum(n)::bigint FROM seen"),
			 200 + 6 + 30);
	close_stand();
}

static void unsound_scripts(void **state)
{
	const struct files open = {.workload = ", parameters: 1, calls: 1",
				   .slow = "BEGIN;\nSELECT 1"};
	const struct files wrong = {.workload = ", parameters: 1, calls: 1",
				    .slow = "SELECT 1;\nSELECT 1 / ($1 - 1)"};
	const struct files parameter = {.workload = ", parameters: 1, calls: 1",
					.slow = "SELECT 1;\nSELECT $2"};
	const struct files passes = {.workload = ", parameters: 1, calls: 2, may_fail: ['22012']",
				     .slow = "SELECT 1 / ($1 - 1);\nSELECT 2"};
	struct run_result *result;

	(void)state;
	run_fails(&open, "the script leaves its transaction open: end it with COMMIT or ROLLBACK");
	run_fails(&wrong, "slow.sql of lab, line 2: ");
	run_fails(&parameter,
		  "slow.sql of lab: line 2: $2: expected at most $1: params.sql has 1 columns");
	result = run(&passes);
	assert_int_equal(result->before->workload.failed, 2);
	assert_int_equal(result->before->workload.statements, 4);
	assert_int_equal(result->before->workload.sqlstate_count, 1);
	assert_string_equal(result->before->workload.sqlstates[0].state, "22012");
	run_result_freep(&result);
	expect_nothing_left();
}

/* What is left of a transaction that failed is passed over, not what follows it. */
static void after_a_failure(void **state)
{
	const struct files files = {.workload = ", parameters: 1, calls: 3, samples: 0,"
						" may_fail: ['23505']",
				    .break_sql = "CREATE TABLE t (a int PRIMARY KEY, b int);\n"
						 "INSERT INTO t VALUES (1, 0), (2, 0)",
				    .cleanup = "SELECT 1"};
	struct record *found;

	(void)state;
	open_stand(&files);
	found = record("BEGIN;\nUPDATE t SET b = b + 1;\nINSERT INTO t VALUES (1);\n"
		       "UPDATE t SET b = b + 10;\nCOMMIT;\nUPDATE t SET b = b + 100 WHERE a = 1");
	/* Of the three calls the last statement alone stayed. */
	assert_int_equal(lab_number("SELECT sum(b) FROM t"), 300);
	assert_int_equal(found->workload.statements, 9);
	assert_int_equal(found->workload.failed, 3);
	record_freep(&found);
	close_stand();
}

/* What a utility statement makes is there when the next one is prepared. */
static void temporary_tables(void **state)
{
	const struct files files = {.workload = ", parameters: 2, calls: 6, clients: 2, samples: 2",
				    .params = "SELECT generate_series(1, 2)"};
	struct record *found;

	(void)state;
	open_stand(&files);
	found = record("BEGIN;\nCREATE TEMP TABLE mine (a int) ON COMMIT DROP;\n"
		       "INSERT INTO mine VALUES ($1);\nSELECT a FROM mine;\nCOMMIT");
	assert_int_equal(found->workload.statements, 18);
	assert_int_equal(found->database.xact_commit, 6);
	assert_int_equal(found->answers[0].rows, 1);
	assert_true(found->answers[0].hash != found->answers[1].hash);
	assert_int_equal(found->plan_count, 4);
	record_freep(&found);
	close_stand();
}

/* Sessions ------------------------------------------------------------------------------------- */

static void held_sessions(void **state)
{
	const struct files files = {
		.workload = ", parameters: 1, calls: 1",
		.keys = "sessions:\n- {name: forgotten, sql: BEGIN ISOLATION LEVEL REPEATABLE READ;"
			" SELECT count(*) FROM tasks}\n- {name: idle-one, sql: SELECT 1}\n",
		.evidence = "- kind: query\n  sql: SELECT count(*) FROM pg_stat_activity WHERE"
			    " application_name = 'forgotten' AND datname = current_database() AND"
			    " state = 'idle in transaction' AND backend_xmin IS NOT NULL\n"
			    "  before: {at_least: 1}\n  after: {at_most: 0}\n",
		.fix = "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity"
		       " WHERE application_name = 'forgotten'"};
	struct run_result *result;
	struct held *held;

	(void)state;
	result = run(&files);
	assert_true(run_passed(result));
	run_result_freep(&result);
	open_stand(&files);
	held = stand_take_held(stand);
	site_keep(site, stand->database);
	close_stand();
	/* They outlive the job that opened them. */
	assert_int_equal(number("lab_lab", "SELECT count(*) FROM pg_stat_activity WHERE"
					   " application_name IN ('forgotten', 'idle-one')"),
			 2);
	held_closep(&held);
	pg_sql(pg, "DROP DATABASE lab_lab WITH (FORCE)");
}

static void skipped(void **state)
{
	static const struct {
		const char *keys, *reason;
	} cases[] = {
		{"requires: [pg_trgm, no_such_thing]\n",
		 "the server does not have the extension no_such_thing"},
		{"requires: [pageinspect]\n",
		 "only a superuser may create the extension pageinspect"},
		{"postgresql: {min: 99}\n", "it runs on PostgreSQL 99 to 99, and the server is "},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		const struct files files = {.workload = ", parameters: 1, calls: 1",
					    .keys = cases[i].keys};
		struct run_result *result = run(&files);

		assert_non_null(run_skipped(result));
		if (!strstr(run_skipped(result), cases[i].reason))
			fail_msg("%s: %s", cases[i].keys, run_skipped(result));
		assert_false(run_passed(result));
		run_result_freep(&result);
	}
	{
		const struct files files = {.workload = ", parameters: 1, calls: 1",
					    .keys = "requires: [pg_trgm]\n",
					    .break_sql = "CREATE EXTENSION pg_trgm"};
		struct run_result *result = run(&files);

		assert_null(run_skipped(result));
		assert_true(run_passed(result));
		run_result_freep(&result);
	}
	expect_nothing_left();
}

/* Two sessions that lock the same rows: in opposite order, and in one order. */
static void deadlocks(void **state)
{
	const struct files files = {
		.workload =
			", parameters: 4, calls: 12, clients: 2, samples: 0, may_fail: ['40P01']",
		.params = "SELECT 2 * n, 2 * n + 1 FROM generate_series(1, 4) n",
		.break_sql = "CREATE TABLE t AS SELECT a, 0 AS b FROM generate_series(1, 20) a",
		.cleanup = "SELECT 1"};
	struct record *found;

	(void)state;
	open_stand(&files);
	found = record("-- session a\nBEGIN;\nUPDATE t SET b = b + 1 WHERE a = $1;\n-- barrier\n"
		       "UPDATE t SET b = b + 1 WHERE a = $2;\nCOMMIT;\n"
		       "-- session b\nBEGIN;\nUPDATE t SET b = b + 1 WHERE a = $2;\n-- barrier\n"
		       "UPDATE t SET b = b + 1 WHERE a = $1;\nCOMMIT;\n");
	assert_int_equal(found->workload.calls, 12);
	assert_int_equal(found->workload.statements, 48);
	assert_int_equal(found->workload.failed, 12);
	assert_int_equal(found->database.deadlocks, 12);
	/* Each call has one that waits for deadlock_timeout; a paused machine may look too late. */
	assert_in_range(found->workload.lock_waits, 10, 24);
	/* One of the two did both of its updates. */
	assert_int_equal(lab_number("SELECT sum(b) FROM t"), 2 * 12);
	record_freep(&found);
	found = record("-- session a\nBEGIN;\nUPDATE t SET b = b + 1 WHERE a = $1;\n-- barrier\n"
		       "UPDATE t SET b = b + 1 WHERE a = $2;\nCOMMIT;\n"
		       "-- session b\nBEGIN;\nUPDATE t SET b = b + 1 WHERE a = $1;\n-- barrier\n"
		       "UPDATE t SET b = b + 1 WHERE a = $2;\nCOMMIT;\n");
	assert_int_equal(found->workload.failed, 0);
	assert_int_equal(found->database.deadlocks, 0);
	assert_int_equal(lab_number("SELECT sum(b) FROM t"), 2 * 12 + 4 * 12);
	record_freep(&found);
	close_stand();
}

/* At each barrier the other is where it must be, call after call: the reader's answer tells. */
static void barriers(void **state)
{
	const struct files files = {.workload = ", parameters: 5, calls: 20, samples: 0",
				    .params = "SELECT generate_series(1, 5)",
				    .break_sql =
					    "CREATE TABLE t (a int);\nINSERT INTO t VALUES (0)",
				    .cleanup = "SELECT 1"};
	struct record *found;

	(void)state;
	open_stand(&files);
	found = record("-- session writer\nBEGIN;\nLOCK TABLE t IN ACCESS EXCLUSIVE MODE;\n"
		       "-- barrier\nUPDATE t SET a = $1;\n-- barrier\nCOMMIT;\n"
		       "-- session reader\nSET lock_timeout = '60s';\n-- barrier\n"
		       "SELECT a FROM t;\n-- barrier\n"
		       "-- session third\nSELECT 0;\n-- barrier\n-- barrier\n"
		       "SET lock_timeout = '1ms';\n");
	/* The reader waited for the writer's lock, which let the writer go on to its COMMIT. */
	assert_int_equal(found->workload.failed, 0);
	assert_int_equal(found->workload.lock_waits, 20);
	assert_int_equal(found->workload.statements, 20 * 6);
	assert_int_equal(found->answer_count, 5);
	for (size_t i = 0; i < found->answer_count; i++)
		assert_int_equal(found->answers[i].rows, 1);
	record_freep(&found);
	close_stand();
}

/* A lock that is never given: every call times out, already when its statement is prepared. */
static void locked_out(void **state)
{
	const struct files files = {
		.workload =
			", parameters: 1, calls: 10, clients: 2, samples: 0, may_fail: ['55P03']",
		.keys = "sessions: [{name: holder, sql: BEGIN; LOCK TABLE projects IN SHARE "
			"MODE}]\n"};
	struct record *found;

	(void)state;
	open_stand(&files);
	found = record("SET lock_timeout = '10ms';\nUPDATE projects SET name = name WHERE id = $1");
	assert_int_equal(found->workload.calls, 10);
	assert_int_equal(found->workload.statements, 20);
	assert_int_equal(found->workload.failed, 10);
	assert_string_equal(found->workload.sqlstates[0].state, "55P03");
	assert_int_equal(found->workload.sqlstates[0].count, 10);
	assert_int_equal(found->answers[0].rows, 0);
	record_freep(&found);
	close_stand();
}

/* One session's failure ends the call at once, whatever the others wait for. */
static void a_session_fails(void **state)
{
	const struct files files = {
		.workload = ", parameters: 1, calls: 1, samples: 0",
		.break_sql = "CREATE TABLE t (a int)",
		.slow = "-- session holder\nBEGIN;\nLOCK TABLE t;\n-- barrier\n-- barrier\n"
			"SELECT 1 / (1 - count(*)::int) FROM pg_locks WHERE NOT granted"
			" AND relation = 't'::regclass;\nCOMMIT;\n"
			"-- session waiter\n-- barrier\nSELECT * FROM t;\n"
			"-- session sleeper\n-- barrier\n-- barrier\n"
			"SELECT pg_sleep(60) WHERE EXISTS (SELECT FROM pg_locks WHERE NOT "
			"granted)"};

	(void)state;
	run_fails(&files, "slow.sql of lab, line 6: ");
	expect_nothing_left();
}

/* The connection that the server is asked over ends: the call does too, though a session works on.
 */
static void a_monitor_ends(void **state)
{
	const struct files files = {
		.workload = ", parameters: 1, calls: 1, samples: 0",
		.break_sql = "CREATE TABLE t (a int);\n"
			     "CREATE VIEW elsewhere AS SELECT FROM pg_locks WHERE relation = "
			     "'t'::regclass AND pid <> pg_backend_pid()",
		.slow = "-- session holder\nBEGIN;\nLOCK TABLE t;\n-- barrier\n-- "
			"barrier\nCOMMIT;\n"
			"-- session sleeper\n-- barrier\n"
			"SELECT pg_sleep(200) WHERE EXISTS (SELECT FROM elsewhere);\n-- barrier\n"
			"-- session killer\n-- barrier\nDO $$ BEGIN\n"
			"WHILE EXISTS (SELECT FROM elsewhere) LOOP\n"
			"PERFORM pg_stat_clear_snapshot();\n"
			"PERFORM pg_terminate_backend(pid) FROM pg_stat_activity"
			" WHERE query LIKE '%l.pid = ANY%' AND datname <> current_database();\n"
			"EXIT WHEN FOUND;\nEND LOOP; END $$;\n-- barrier\n"};
	int64_t begin_ns = clock_mono_ns();

	(void)state;
	run_fails(&files, "the database is not available");
	assert_true(clock_mono_ns() - begin_ns < 150 * CLOCK_NS_PER_S);
	expect_nothing_left();
}

struct stopper {
	int fd;           /* a byte into it stops the run */
	atomic_bool done; /* the run has ended, asleep or not */
	int64_t sleepers; /* when it was stopped */
	int result;
	struct err err;
};

/* A thread of its own: cmocka's assertions belong to the test's. */
static void *stop_when_asleep(void *arg)
{
	struct stopper *stopper = arg;

	while (!atomic_load(&stopper->done) && stopper->result == 0 && stopper->sleepers == 0) {
		stopper->result = ask(
			NULL, "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep'",
			&stopper->sleepers, &stopper->err);
		clock_sleep_until(clock_mono_ns() + 10 * CLOCK_NS_PER_MS);
	}
	if (write(stopper->fd, "x", 1) != 1)
		stopper->result = -1;
	return NULL;
}

/* A stop in the middle of a call, with sessions at work, at a barrier and waiting for a lock. */
static void stopped(void **state)
{
	const struct files files = {
		.workload = ", parameters: 1, calls: 1, clients: 2, samples: 0",
		.break_sql = "CREATE TABLE t (a int)",
		.slow = "-- session holder\nBEGIN;\nLOCK TABLE t;\n-- barrier\n-- "
			"barrier\nCOMMIT;\n"
			"-- session waiter\n-- barrier\nSELECT * FROM t;\n"
			"-- session sleeper\n-- barrier\n"
			"SELECT pg_sleep(200) WHERE EXISTS (SELECT FROM pg_locks WHERE"
			" relation = 't'::regclass AND mode = 'AccessExclusiveLock' AND pid <> "
			"pg_backend_pid())"};
	struct run_options options = {
		.conninfo = pg_conninfo(pg), .lab = make(&files), .scale = SEED_SMALL};
	struct run_result *result = NULL;
	struct err err = ERR_INIT;
	int64_t begin_ns = clock_mono_ns();
	struct stopper stopper = {.done = false, .err = ERR_INIT};
	pthread_t thread;
	int fds[2];

	(void)state;
	assert_int_equal(pipe(fds), 0);
	options.stop_fd = fds[0];
	stopper.fd = fds[1];
	assert_int_equal(thread_start(&thread, "stop", stop_when_asleep, &stopper, &err), 0);
	(void)run_lab(&options, &result, &err);
	atomic_store(&stopper.done, true);
	pthread_join(thread, NULL);
	if (stopper.result < 0 || stopper.sleepers != 1)
		fail_msg("%d sleepers; %s (%s)", (int)stopper.sleepers, stopper.err.message,
			 stopper.err.detail);
	assert_string_equal(err.message, "the run was stopped");
	assert_true(clock_mono_ns() - begin_ns < 120 * CLOCK_NS_PER_S);
	expect_nothing_left();
	(void)close(fds[0]);
	(void)close(fds[1]);
}

/* ------------------------------------------------------------------------------------------------
 */

static int setup(void **state)
{
	AUTO(db_conn_closep) struct db_conn *conn = NULL;
	char path[256];

	(void)state;
	if (!mkdtemp(folder))
		return -1;
	(void)snprintf(path, sizeof(path), "%s/lab", folder);
	if (mkdir(path, 0700) < 0)
		return -1;
	pg = pg_start(SETTINGS);
	pg_sql(pg, "CREATE EXTENSION pg_stat_statements; GRANT pg_checkpoint TO tasklab;"
		   "GRANT EXECUTE ON FUNCTION pg_stat_statements_reset TO tasklab");
	conn = ok_connect(pg_conninfo(pg), NULL);
	ok_migrate(conn);
	return 0;
}

static int teardown(void **state)
{
	static const char *const files[] = {"lab.yaml", "README.md", "params.sql", "break.sql",
					    "slow.sql", "fast.sql",  "fix.sql",    "cleanup.sql"};
	char path[256];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(files); i++)
		put(files[i], NULL);
	(void)snprintf(path, sizeof(path), "%s/lab", folder);
	(void)rmdir(path);
	(void)rmdir(folder);
	catalogue_freep(&catalogue);
	pg_remove(pg);
	return 0;
}

int main(void)
{
#define TEST(name) cmocka_unit_test_teardown(name, close_left)
	const struct CMUnitTest tests[] = {
		TEST(scripts),         TEST(types),
		TEST(answers),         TEST(rolled_back),
		TEST(cleaned_up),      TEST(unsound_scripts),
		TEST(after_a_failure), TEST(temporary_tables),
		TEST(held_sessions),   TEST(skipped),
		TEST(deadlocks),       TEST(barriers),
		TEST(locked_out),      TEST(a_session_fails),
		TEST(a_monitor_ends),  TEST(stopped),
	};
#undef TEST

	return cmocka_run_group_tests(tests, setup, teardown);
}
