/* test_recorder.c - the record of a phase, on a private PostgreSQL: what is counted, what is not,
 * and that nothing of it stays behind. */
#include <math.h>
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

#include "lab/phase.h"
#include "lab/recorder.h"
#include "ok.h"
#include "pg_fixture.h"

#define DATABASE "lab_record"
#define ROWS     10 /* of parameters */

/* Off, so that counts of transactions are exact. */
static const char *const SETTINGS[] = {"shared_preload_libraries=pg_stat_statements",
				       "autovacuum=off", NULL};

static const char *const SQL_TABLES[] = {
	"CREATE TABLE events (id int PRIMARY KEY, kind int NOT NULL, note text)",
	"INSERT INTO events SELECT n, n % 100, repeat('x', 40) FROM generate_series(1, 5000) n",
	"CREATE TABLE log (id bigserial PRIMARY KEY, event int)",
	"CREATE FUNCTION log_event() RETURNS trigger LANGUAGE plpgsql AS"
	" 'BEGIN INSERT INTO log (event) VALUES (NEW.id); RETURN NEW; END'",
	"CREATE TRIGGER log_event AFTER UPDATE ON events FOR EACH ROW"
	" EXECUTE FUNCTION log_event()",
	"VACUUM ANALYZE events",
};

static struct pg *pg;

/* One number, asked in the lab's database. */
static int64_t ask(const char *sql)
{
	AUTO(db_conn_closep) struct db_conn *conn = ok_connect(pg_conninfo(pg), DATABASE);

	return ok_number(conn, sql);
}

static void run_sql(const char *sql)
{
	AUTO(db_conn_closep) struct db_conn *conn = ok_connect(pg_conninfo(pg), DATABASE);

	ok_script(conn, sql);
}

/* A lab that is nothing but a workload and evidence. */
struct bench {
	struct lab lab;
	struct lab_evidence evidence[8];
	struct site *site;
	struct stand *stand;
	struct params params;
	struct recorder *recorder;
	struct runner_job job;
	struct script *script; /* of the job */
	struct record *record;
};

static char slug[] = "record";
static struct bench bench; /* of the test at hand */

/* A session that this test has closed counts its last transaction when the server ends it. */
static void until_alone(void)
{
	static const char SQL[] =
		"SELECT count(*) FROM pg_stat_activity WHERE datname = '" DATABASE "'";
	AUTO(db_conn_closep) struct db_conn *conn = ok_connect(pg_conninfo(pg), NULL);

	while (ok_number(conn, SQL) > 0)
		clock_sleep_until(clock_mono_ns() + CLOCK_NS_PER_MS);
}

static void bench_open(const struct lab_workload *workload)
{
	const struct site_options options = {
		.conninfo = pg_conninfo(pg), .lab = &bench.lab, .stop_fd = -1};
	AUTO(db_conn_closep) struct db_conn *conn = NULL;
	struct err err = ERR_INIT;

	bench.lab.workload = *workload;
	bench.lab.slug = slug;
	bench.lab.versions = (struct lab_versions){15, 99};
	bench.lab.evidence = bench.evidence;
	if (bench.lab.workload.parameters == 0)
		bench.lab.workload.parameters = ROWS;
	if (bench.lab.workload.clients == 0)
		bench.lab.workload.clients = 1;
	until_alone();
	ok(site_open(&options, &bench.site, &err), &err);
	ok(stand_open(bench.site, DATABASE, &bench.stand, &err), &err);
	ok(site_connect(bench.site, DATABASE, NULL, &conn, &err), &err);
	ok(params_read(conn, "SELECT n * 7 AS id, n AS kind FROM generate_series(1, 10) n", ROWS,
		       &bench.params, &err),
	   &err);
}

static int bench_close(void **state)
{
	struct err err = ERR_INIT;

	(void)state;
	recorder_closep(&bench.recorder);
	script_freep(&bench.script);
	record_freep(&bench.record);
	params_release(&bench.params);
	stand_closep(&bench.stand);
	if (bench.site)
		ok(site_close(&bench.site, 0, &err), &err);
	memset(&bench, 0, sizeof(bench));
	return 0;
}

static int try_phase(const char *sql, struct err *err)
{
	record_freep(&bench.record);
	return phase_record(bench.stand, "test", "slow.sql", sql, &bench.params, &bench.record,
			    err);
}

static void phase(const char *sql)
{
	struct err err = ERR_INIT;

	ok(try_phase(sql, &err), &err);
}

/* The recorder alone, up to the workload. */
static int try_begin(const char *sql, struct err *err)
{
	script_freep(&bench.script);
	ok(script_parse(sql, bench.params.columns, &bench.script, err), err);
	bench.job = (struct runner_job){.site = bench.site,
					.database = DATABASE,
					.name = "slow.sql",
					.script = bench.script,
					.params = &bench.params,
					.workload = &bench.lab.workload};
	ok(record_new(&bench.record, err), err);
	if (recorder_open(&bench.job, &bench.recorder, err) < 0)
		return -1;
	return recorder_begin(bench.recorder, bench.record, err);
}

static const struct record_table *table(const struct record *record, const char *name)
{
	for (size_t i = 0; i < record->table_count; i++)
		if (strcmp(record->tables[i].name, name) == 0)
			return &record->tables[i];
	fail_msg("no table %s", name);
	return NULL;
}

/* Exactly what the clients sent is counted, once. */
static void counts_of_reads(void **state)
{
	const struct lab_workload workload = {.clients = 3, .calls = 31, .samples = 2};

	(void)state;
	bench_open(&workload);
	for (int i = 0; i < 2; i++) {
		const struct record *record;

		phase("SELECT id, note FROM events WHERE kind = $2 ORDER BY id");
		record = bench.record;
		assert_int_equal(record->answer_count, ROWS);
		assert_int_equal(record->answers[3].rows, 50);
		assert_int_equal(record->plan_count, 2);
		assert_int_equal(record->workload.calls, 31);
		assert_int_equal(record->top.calls, 31);
		assert_int_equal(record->top.rows, 31 * 50);
		assert_int_equal(record->nested.calls, 0);
		assert_int_equal(record->database.xact_commit, 31);
		assert_int_equal(record->database.xact_rollback, 0);
		assert_int_equal(record->database.sessions, 0);
		assert_int_equal(table(record, "events")->seq_tup_read, 31 * 5000);
		assert_int_equal(table(record, "log")->seq_tup_read, 0);
		assert_true(table(record, "events")->size_bytes > 5000 * 40);
	}
}

/* The answers' pass and EXPLAIN ANALYZE write too, and take it back. */
static void counts_of_writes(void **state)
{
	const struct lab_workload workload = {.calls = 20, .samples = 3, .checkpoint = true};
	const struct record *record;

	(void)state;
	run_sql("TRUNCATE log");
	pg_sql(pg, "GRANT pg_checkpoint TO tasklab");
	bench_open(&workload);
	phase("UPDATE events SET note = 'seen' WHERE id = $1");
	record = bench.record;
	assert_int_equal(record->top.calls, 20);
	assert_int_equal(record->top.rows, 20);
	assert_int_equal(record->nested.calls, 20);
	assert_true(record->nested.wal_bytes > 0);
	assert_true(record->top.wal_fpi > 0);
	assert_int_equal(record->database.xact_commit, 20);
	assert_int_equal(table(record, "events")->n_tup_upd, 20);
	assert_int_equal(table(record, "log")->n_tup_ins, 20);
	assert_int_equal(ask("SELECT count(*) FROM log"), 20);
}

static const char SCRIPT[] = "BEGIN;\n"
			     "UPDATE events SET note = 'script' WHERE id = $1;\n"
			     "-- repeat 3\n"
			     "INSERT INTO log (event) VALUES ($1 * 10 + $3);\n"
			     "COMMIT;\n"
			     "SET work_mem = '2MB';\n"
			     "SELECT count(*) FROM log WHERE event > $2";

/* Each statement of a script, utility ones too, but BEGIN and COMMIT; the trigger's are nested. */
static void counts_of_scripts(void **state)
{
	const struct lab_workload committing = {.clients = 2, .calls = 10, .samples = 1};
	const struct lab_workload undone = {.calls = 10, .transaction = LAB_ROLLBACK};

	(void)state;
	run_sql("TRUNCATE log");
	bench_open(&committing);
	phase(SCRIPT);
	assert_int_equal(bench.record->workload.statements, 10 * (1 + 3 + 1 + 1));
	assert_int_equal(bench.record->top.calls, 10 * (1 + 3 + 1 + 1));
	assert_int_equal(bench.record->top.rows, 10 * (1 + 3 + 1));
	assert_int_equal(bench.record->nested.calls, 10);
	assert_int_equal(bench.record->workload.commits, 10 * 3);
	assert_int_equal(bench.record->database.xact_commit, 10 * 3);
	assert_int_equal(ask("SELECT count(*) FROM log"), 10 * 4);
	bench_close(NULL);

	run_sql("TRUNCATE log");
	bench_open(&undone);
	phase("UPDATE events SET note = 'undone' WHERE id = $1; SELECT count(*) FROM log");
	assert_int_equal(bench.record->top.calls, 10 * 2);
	assert_int_equal(bench.record->workload.commits, 0);
	assert_int_equal(bench.record->database.xact_commit, 0);
	assert_int_equal(bench.record->database.xact_rollback, 10);
	assert_int_equal(table(bench.record, "log")->n_tup_ins, 10);
	assert_int_equal(ask("SELECT count(*) FROM log"), 0);
}

/* Few parameter rows, many calls: what is explained is the plan that the calls used. */
static void plan_of_many_calls(void **state)
{
	const struct lab_workload many = {.parameters = 1, .calls = 8, .samples = 1};
	const struct lab_workload few = {.parameters = 1, .calls = 4, .samples = 1};

	(void)state;
	bench_open(&many);
	bench.params.rows = 1;
	phase("SELECT note FROM events WHERE id = $1");
	assert_non_null(strstr(bench.record->plans[0]->nodes[0].condition, "$1"));
	bench_close(NULL);
	bench_open(&few);
	bench.params.rows = 1;
	phase("SELECT note FROM events WHERE id = $1");
	assert_null(strstr(bench.record->plans[0]->nodes[0].condition, "$1"));
}

/* Steps in order, in one transaction that is taken back; plans by sample and step. */
static void steps(void **state)
{
	static const char sql[] = "BEGIN;\n"
				  "LOCK TABLE log;\n"
				  "UPDATE events SET note = 'step' WHERE id = $1;\n"
				  "-- repeat 3\n"
				  "INSERT INTO log (event) VALUES ($1 * 10 + $3);\n"
				  "COMMIT;\n"
				  "SELECT event FROM log WHERE event > $2 ORDER BY event;\n"
				  "SET LOCAL work_mem = '1MB'";
	const struct lab_workload workload = {.calls = 1, .samples = 2};
	struct err err = ERR_INIT;

	(void)state;
	run_sql("TRUNCATE log");
	bench_open(&workload);
	ok(try_begin(sql, &err), &err);
	assert_int_equal(bench.record->answers[0].rows, 4); /* the trigger's and three more */
	assert_int_equal(bench.record->answers[9].rows, 4);
	assert_int_equal(bench.record->plan_count, 6);
	for (size_t i = 0; i < 6; i++) {
		static const char *const types[] = {"Update", "Insert", "Sort"};
		const struct plan *plan = bench.record->plans[i];

		assert_int_equal(plan->sample, i / 3);
		assert_int_equal(plan->step, i % 3 + 1); /* LOCK is step 0, and has no plan */
		assert_string_equal(plan->nodes[0].type, types[i % 3]);
	}
	assert_int_equal(ask("SELECT count(*) FROM log"), 0);
	assert_int_equal(ask("SELECT count(*) FROM events WHERE note = 'step'"), 0);
}

/* A failure that the lab lets pass is an answer without rows; others end the run. */
static void failures(void **state)
{
	static const char sql[] = "SELECT 1 / ($2 - 4) AS x;\nSELECT $1 AS id";
	char *division = (char[]){"22012"};
	const struct lab_workload workload = {.calls = 1, .samples = 10};
	const struct lab_workload forgiving = {
		.calls = 1, .samples = 10, .may_fail = {&division, 1}};
	const struct lab_workload unexplained = {.calls = 1};
	struct err err = ERR_INIT;

	(void)state;
	bench_open(&workload);
	assert_int_equal(try_begin(sql, &err), -1);
	assert_non_null(strstr(err.detail, "division by zero"));
	bench_close(NULL);

	bench_open(&forgiving);
	ok(try_begin(sql, &err), &err);
	assert_int_equal(bench.record->answers[2].rows, 1);
	assert_int_equal(bench.record->answers[3].rows, 0);
	assert_int_equal(bench.record->answers[4].rows, 1);
	assert_int_equal(bench.record->plan_count, 2 * 10 - 2);
	bench_close(NULL);

	bench.lab.evidence_count = 1;
	bench.evidence[0].kind = (char *)(uintptr_t) "sqlstate-count";
	bench.evidence[0].sqlstate = division;
	bench_open(&unexplained);
	ok(try_begin(sql, &err), &err);
	assert_int_equal(bench.record->plan_count, 0);
}

/* What the lab's own queries return at the end. */
static void queries(void **state)
{
	static const struct {
		const char *sql;
		double value; /* NaN: none, and why */
		const char *problem;
	} cases[] = {
		{"SELECT count(*) FROM log", 5, ""},
		{"SELECT 2.5::numeric", 2.5, ""},
		{"SELECT count(*) > 3 FROM log", 1, ""},
		{"SELECT false", 0, ""},
		{"SELECT NULL", NAN, "it returned no single value"},
		{"SELECT 1 WHERE false", NAN, "it returned no single value"},
		{"SELECT 'many'", NAN, "\"many\" is no number"},
		{"SELECT * FROM dropped", NAN, "relation \"dropped\" does not exist"},
	};
	const struct lab_workload workload = {.calls = 5};

	(void)state;
	run_sql("TRUNCATE log");
	bench.lab.evidence_count = ARRAY_LEN(cases);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		bench.evidence[i].kind = (char *)(uintptr_t) "query";
		bench.evidence[i].sql = (char *)(uintptr_t)cases[i].sql;
	}
	bench_open(&workload);
	phase("UPDATE events SET note = 'asked' WHERE id = $1");
	assert_int_equal(bench.record->query_count, ARRAY_LEN(cases));
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		const struct record_query *query = record_query(bench.record, cases[i].sql);

		assert_non_null(query);
		if (isnan(cases[i].value) ? !isnan(query->value)
					  : fabs(query->value - cases[i].value) > 1e-9)
			fail_msg("%s: %g", cases[i].sql, query->value);
		if (!strstr(query->problem, cases[i].problem))
			fail_msg("%s: %s", cases[i].sql, query->problem);
	}
}

static void answer_columns(void **state)
{
	char *names[] = {(char[]){"title"}};
	const struct lab_workload workload = {.calls = 1, .answer = {names, 1}};
	struct err err = ERR_INIT;

	(void)state;
	bench_open(&workload);
	assert_int_equal(try_begin("SELECT id, note FROM events WHERE id = $1", &err), -1);
	assert_int_equal(err.code, ERR_UNPROCESSABLE);
	assert_non_null(strstr(err.detail, "\"title\": 0 of the 2 columns have this name"));
}

/* Tables that scripts or learners made are left alone by autovacuum too; statistics that vanish
 * are no evidence. */
static void kept_apart(void **state)
{
	const struct lab_workload workload = {.calls = 1};
	struct err err = ERR_INIT;

	(void)state;
	run_sql("CREATE TABLE fresh (id int)");
	bench_open(&workload);
	ok(try_begin("SELECT $1 AS id", &err), &err);
	assert_int_equal(ask("SELECT count(*) FROM pg_class WHERE relname = 'fresh'"
			     " AND 'autovacuum_enabled=off' = ANY (reloptions)"),
			 1);
	ok(recorder_count(bench.recorder, bench.record, &err), &err);
	pg_sql(pg, "SELECT pg_stat_statements_reset()");
	assert_int_equal(recorder_end(bench.recorder, bench.record, &err), -1);
	assert_int_equal(err.code, ERR_CONFLICT);
	assert_non_null(strstr(err.message, "statistics were reset"));
}

static int setup(void **state)
{
	(void)state;
	pg = pg_start(SETTINGS);
	pg_sql(pg, "CREATE EXTENSION pg_stat_statements");
	pg_sql(pg, "CREATE DATABASE " DATABASE " OWNER tasklab");
	pg_sql(pg, "ALTER DATABASE " DATABASE " SET pg_stat_statements.track = 'all'");
	for (size_t i = 0; i < ARRAY_LEN(SQL_TABLES); i++)
		run_sql(SQL_TABLES[i]);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	pg_remove(pg);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(counts_of_reads, bench_close),
		cmocka_unit_test_teardown(counts_of_writes, bench_close),
		cmocka_unit_test_teardown(counts_of_scripts, bench_close),
		cmocka_unit_test_teardown(plan_of_many_calls, bench_close),
		cmocka_unit_test_teardown(steps, bench_close),
		cmocka_unit_test_teardown(failures, bench_close),
		cmocka_unit_test_teardown(queries, bench_close),
		cmocka_unit_test_teardown(answer_columns, bench_close),
		cmocka_unit_test_teardown(kept_apart, bench_close),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
