/* test_gate.c - doors to labs' databases: who is let in, what the switches say, how doors close. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include <tasklab/base/clock.h>
#include <tasklab/base/thread.h>
#include <tasklab/db/conn.h>
#include <tasklab/lab/gate.h>

#include "ok.h"
#include "pg_fixture.h"

DB_QUERY_READ(SQL_DATABASE, "g_database", "SELECT current_database()::text");
DB_QUERY_READ(SQL_PID, "g_pid", "SELECT pg_backend_pid()");

static struct pg *pg;
static struct gate *gate;

/* A script in one of the labs' databases, as their owner. */
static void run_in(const char *database, const char *sql)
{
	AUTO(db_conn_closep) struct db_conn *conn = ok_connect(pg_conninfo(pg), database);

	ok_script(conn, sql);
}

static struct gate_visit enter(const char *name)
{
	struct gate_visit visit = {0};
	struct err err = ERR_INIT;

	ok(gate_enter(gate, name, &visit, &err), &err);
	return visit;
}

static void expect_closed(const char *name)
{
	struct gate_visit visit = {0};
	struct err err = ERR_INIT;

	assert_int_equal(gate_enter(gate, name, &visit, &err), -1);
	assert_int_equal(err.code, ERR_CONFLICT);
	assert_string_equal(err.field, "Tasklab-Lab");
}

static int64_t pid_of(struct gate_visit *visit)
{
	AUTO(db_result_freep) struct db_result *row = NULL;
	struct err err = ERR_INIT;
	struct db db;
	int64_t pid;

	db_init(&db, visit->pool, clock_mono_ns() + 30 * CLOCK_NS_PER_S);
	ok(db_query(&db, &SQL_PID, DB_NO_ARGS, &row, &err), &err);
	pid = db_get_i64(row, 0, 0);
	db_release(&db);
	return pid;
}

static void visitors_see_the_labs_database(void **state)
{
	AUTO(db_result_freep) struct db_result *row = NULL;
	struct err err = ERR_INIT;
	struct gate_visit visit;
	struct db db;

	(void)state;
	expect_closed("first");
	expect_closed("");
	ok(gate_open(gate, "first", "lab_first", &err), &err);
	assert_int_equal(gate_open(gate, "first", "lab_first", &err), -1);
	assert_int_equal(err.code, ERR_CONFLICT);
	expect_closed("second");
	visit = enter("first");
	db_init(&db, visit.pool, clock_mono_ns() + 30 * CLOCK_NS_PER_S);
	ok(db_query(&db, &SQL_DATABASE, DB_NO_ARGS, &row, &err), &err);
	assert_string_equal(db_get_text(row, 0, 0), "lab_first");
	db_release(&db);
	gate_leave(gate, &visit);
	gate_leave(gate, &visit); /* leaves once */
	gate_close(gate, "first");
	gate_close(gate, "first");
	expect_closed("first");
}

static void a_database_that_is_not_there(void **state)
{
	struct err err = ERR_INIT;

	(void)state;
	assert_int_equal(gate_open(gate, "none", "lab_none", &err), -1);
	expect_closed("none");
	ok(gate_open(gate, "none", "lab_first", &err), &err); /* the name is free again */
	gate_close(gate, "none");
}

/* Full is something else than open already, for which there is nothing to do. */
static void doors_are_bounded(void **state)
{
	char name[GATE_NAME_SIZE];
	struct err err = ERR_INIT;
	int open = 0;

	(void)state;
	do
		(void)snprintf(name, sizeof(name), "many%d", open++);
	while (gate_open(gate, name, "lab_first", &err) == 0);
	assert_int_equal(err.code, ERR_TOO_LARGE);
	assert_non_null(strstr(err.message, "tasklab lab reset"));
	assert_int_equal(gate_open(gate, "many0", "lab_first", &err), -1);
	assert_int_equal(err.code, ERR_CONFLICT);
	while (open-- > 0) {
		(void)snprintf(name, sizeof(name), "many%d", open);
		gate_close(gate, name);
	}
}

static void switches_are_read(void **state)
{
	static const struct {
		const char *label, *sql;
		int connections, cache, tags;
		const char *complaint; /* NULL: none */
	} cases[] = {
		{"as made", "SELECT 1", GATE_PER_REQUEST, GATE_OFF, GATE_PER_TASK, NULL},
		{"changed", "UPDATE lab.switches SET value = 'batched' WHERE name = 'task_tags'",
		 GATE_PER_REQUEST, GATE_OFF, GATE_BATCHED, NULL},
		{"a row more", "INSERT INTO lab.switches VALUES ('report_cache', 'single_flight')",
		 GATE_PER_REQUEST, GATE_SINGLE_FLIGHT, GATE_BATCHED, NULL},
		{"bad value", "UPDATE lab.switches SET value = 'quick' WHERE name = 'task_tags'",
		 GATE_PER_REQUEST, GATE_SINGLE_FLIGHT, GATE_BATCHED,
		 "expected one of joined, per_task, batched"},
		{"bad name", "UPDATE lab.switches SET name = 'taks_tags' WHERE name = 'task_tags'",
		 GATE_PER_REQUEST, GATE_SINGLE_FLIGHT, GATE_BATCHED, "no switch \"taks_tags\""},
		{"no rows", "DELETE FROM lab.switches", GATE_POOLED, GATE_OFF, GATE_JOINED, NULL},
		{"no table", "DROP TABLE lab.switches", GATE_POOLED, GATE_OFF, GATE_JOINED, NULL},
	};
	struct err err = ERR_INIT;

	(void)state;
	ok(gate_open(gate, "switched", "lab_switched", &err), &err);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct gate_visit visit;
		int result;

		run_in("lab_switched", cases[i].sql);
		result = gate_refresh(gate, "switched", &err);
		if ((result < 0) != (cases[i].complaint != NULL) ||
		    (result < 0 && !strstr(err.message, cases[i].complaint)))
			fail_msg("%s: %d %s", cases[i].label, result, err.message);
		visit = enter("switched");
		if (visit.switches[GATE_CONNECTIONS] != cases[i].connections ||
		    visit.switches[GATE_REPORT_CACHE] != cases[i].cache ||
		    visit.switches[GATE_TASK_TAGS] != cases[i].tags)
			fail_msg("%s: %d %d %d", cases[i].label, visit.switches[GATE_CONNECTIONS],
				 visit.switches[GATE_REPORT_CACHE], visit.switches[GATE_TASK_TAGS]);
		gate_leave(gate, &visit);
	}
	gate_close(gate, "switched");
	assert_int_equal(gate_refresh(gate, "switched", &err), -1);
}

static void connections_are_as_the_switch_says(void **state)
{
	struct err err = ERR_INIT;
	struct gate_visit visit;
	int64_t pid;

	(void)state;
	ok(gate_open(gate, "pooled", "lab_first", &err), &err);
	visit = enter("pooled");
	pid = pid_of(&visit);
	assert_int_equal(pid_of(&visit), pid);
	gate_leave(gate, &visit);
	gate_close(gate, "pooled");
	ok(gate_open(gate, "storm", "lab_storm", &err), &err);
	visit = enter("storm");
	pid = pid_of(&visit);
	assert_int_not_equal(pid_of(&visit), pid);
	gate_leave(gate, &visit);
	gate_close(gate, "storm");
}

static atomic_bool closed;

static void *close_body(void *arg)
{
	(void)arg;
	gate_close(gate, "busy");
	atomic_store(&closed, true);
	return NULL;
}

/* The last visitor is waited for, and nobody new comes in meanwhile. */
static void closing_waits(void **state)
{
	struct err err = ERR_INIT;
	struct gate_visit visit, more = {0};
	pthread_t thread;

	(void)state;
	ok(gate_open(gate, "busy", "lab_first", &err), &err);
	visit = enter("busy");
	ok(thread_start(&thread, "close", close_body, NULL, &err), &err);
	while (gate_enter(gate, "busy", &more, &err) == 0) /* until it has begun to close */
		gate_leave(gate, &more);
	(void)pid_of(&visit);
	assert_false(atomic_load(&closed));
	gate_leave(gate, &visit);
	(void)pthread_join(thread, NULL);
	assert_true(atomic_load(&closed));
	expect_closed("busy");
}

static int start(void **state)
{
	const struct gate_options options = {
		.max_connections = 4, .wait_ms = 5000, .connect_ms = 10000, .statement_ms = 10000};
	struct gate_options with = options;
	struct err err = ERR_INIT;

	(void)state;
	pg = pg_start(NULL);
	pg_sql(pg, "CREATE DATABASE lab_first OWNER tasklab");
	pg_sql(pg, "CREATE DATABASE lab_switched OWNER tasklab");
	pg_sql(pg, "CREATE DATABASE lab_storm OWNER tasklab");
	run_in("lab_switched",
	       "CREATE SCHEMA lab;"
	       "CREATE TABLE lab.switches (name text PRIMARY KEY, value text NOT NULL);"
	       "INSERT INTO lab.switches VALUES ('connections', 'per_request'),"
	       " ('task_tags', 'per_task')");
	run_in("lab_storm",
	       "CREATE SCHEMA lab;"
	       "CREATE TABLE lab.switches (name text PRIMARY KEY, value text NOT NULL);"
	       "INSERT INTO lab.switches VALUES ('connections', 'per_request')");
	with.conninfo = pg_conninfo(pg);
	ok(gate_new(&with, &gate, &err), &err);
	return 0;
}

static int stop(void **state)
{
	(void)state;
	gate_freep(&gate);
	pg_remove(pg);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(visitors_see_the_labs_database),
		cmocka_unit_test(a_database_that_is_not_there),
		cmocka_unit_test(doors_are_bounded),
		cmocka_unit_test(switches_are_read),
		cmocka_unit_test(connections_are_as_the_switch_says),
		cmocka_unit_test(closing_waits),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
