/* test_migrate.c - migrations against a real server: order, turns, edits, failures. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "db/migration.h"
#include "ok.h"
#include "pg_fixture.h"

#define CONNECT_MS 10000
#define LOCK_MS    60000
#define REPLICAS   10

static const struct migration items[] = {
	{1, "create_a", "CREATE TABLE a (x int);\nINSERT INTO a VALUES (1);"},
	{2, "create_b", "CREATE TABLE b (y int); INSERT INTO b SELECT x FROM a"},
	{5, "add_c", "ALTER TABLE a ADD c int -- no semicolon, and a comment at the end"},
};
static const struct migration_list all = {items, 3};
static const struct migration_list first_two = {items, 2};

static struct pg *pg;

/* Each test has a database of its own, named in *state. */
static int fresh(void **state)
{
	static int n;
	static char name[16];
	AUTO(db_conn_closep) struct db_conn *conn = ok_connect(pg_conninfo(pg), "tasklab");
	char sql[64];

	(void)snprintf(name, sizeof(name), "m%d", ++n);
	(void)snprintf(sql, sizeof(sql), "CREATE DATABASE %s", name);
	ok_script(conn, sql);
	*state = name;
	return 0;
}

static void states_are(struct db_conn *conn, const struct migration_list *list,
		       const enum migration_state *states, size_t n)
{
	AUTO(freep) struct migration_status *rows = NULL;
	struct err err = ERR_INIT;
	size_t count = 0;

	ok(migration_list_status(conn, list, &rows, &count, &err), &err);
	assert_int_equal(count, n);
	for (size_t i = 0; i < n; i++) {
		assert_int_equal(rows[i].state, states[i]);
		assert_int_equal(rows[i].applied_at_us > 0, states[i] != MIGRATION_PENDING);
	}
}

static void applies_in_order(void **state)
{
	static const enum migration_state none[] = {MIGRATION_PENDING, MIGRATION_PENDING,
						    MIGRATION_PENDING};
	static const enum migration_state two[] = {MIGRATION_APPLIED, MIGRATION_APPLIED,
						   MIGRATION_PENDING};
	AUTO(db_conn_closep) struct db_conn *conn = ok_connect(pg_conninfo(pg), *state);
	struct err err = ERR_INIT;
	size_t applied = 99;

	states_are(conn, &all, none, 3);
	assert_int_equal(migration_list_verify(conn, &all, &err), -1);
	assert_int_equal(err.code, ERR_CONFLICT);
	assert_non_null(strstr(err.message, "0001_create_a"));
	ok(migration_list_up(conn, &first_two, LOCK_MS, &applied, &err), &err);
	assert_int_equal(applied, 2);
	states_are(conn, &all, two, 3);
	ok(migration_list_up(conn, &all, LOCK_MS, &applied, &err), &err);
	assert_int_equal(applied, 1);
	ok(migration_list_up(conn, &all, LOCK_MS, &applied, &err), &err);
	assert_int_equal(applied, 0);
	ok(migration_list_verify(conn, &all, &err), &err);
	assert_int_equal(ok_number(conn, "SELECT count(*) FROM b"), 1);
	assert_int_equal(ok_number(conn, "SELECT count(*) FROM schema_migrations WHERE name = "
					 "'add_c' AND version = 5"
					 " AND checksum ~ '^[0-9a-f]{64}$' AND duration_ms >= 0"),
			 1);
	assert_int_equal(
		ok_number(conn, "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'"), 0);
}

static void refuses_an_edited_one(void **state)
{
	static const struct migration edited[] = {
		{1, "create_a", "CREATE TABLE a (x int);\nINSERT INTO a VALUES (2);"},
		{2, "create_b", "SELECT 1"},
		{7, "create_d", "CREATE TABLE d (x int)"},
	};
	static const struct migration_list list = {edited, 3};
	static const enum migration_state states[] = {MIGRATION_EDITED, MIGRATION_EDITED,
						      MIGRATION_UNKNOWN, MIGRATION_PENDING};
	AUTO(db_conn_closep) struct db_conn *conn = ok_connect(pg_conninfo(pg), *state);
	struct err err = ERR_INIT;
	size_t applied = 0;

	ok(migration_list_up(conn, &all, LOCK_MS, &applied, &err), &err);
	states_are(conn, &list, states, 4);
	assert_int_equal(migration_list_up(conn, &list, LOCK_MS, &applied, &err), -1);
	assert_int_equal(err.code, ERR_CONFLICT);
	assert_non_null(strstr(err.message, "0001_create_a"));
	assert_int_equal(ok_number(conn, "SELECT count(*) FROM pg_class WHERE relname = 'd'"), 0);
	assert_int_equal(migration_list_verify(conn, &list, &err), -1);
	/* An older program beside a newer one is no failure. */
	ok(migration_list_verify(conn, &first_two, &err), &err);
	ok(migration_list_up(conn, &first_two, LOCK_MS, &applied, &err), &err);
	assert_int_equal(applied, 0);
}

static void rolls_back_a_failed_one(void **state)
{
	static const struct migration broken[] = {
		{1, "create_a", "CREATE TABLE a (x int)"},
		{2, "create_b", "CREATE TABLE b (y int);\nINSERT INTO nowhere VALUES (1)"},
	};
	static const struct migration_list list = {broken, 2};
	static const enum migration_state states[] = {MIGRATION_APPLIED, MIGRATION_PENDING};
	AUTO(db_conn_closep) struct db_conn *conn = ok_connect(pg_conninfo(pg), *state);
	struct err err = ERR_INIT;
	size_t applied = 0;

	assert_int_equal(migration_list_up(conn, &list, LOCK_MS, &applied, &err), -1);
	assert_non_null(strstr(err.message, "0002_create_b"));
	assert_non_null(strstr(err.detail, "nowhere"));
	assert_non_null(strstr(err.detail, "line 2"));
	states_are(conn, &list, states, 2);
	assert_int_equal(ok_number(conn, "SELECT count(*) FROM pg_class WHERE relname = 'b'"), 0);
	assert_int_equal(
		ok_number(conn, "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'"), 0);
}

static void waits_only_so_long(void **state)
{
	AUTO(db_conn_closep) struct db_conn *holder = ok_connect(pg_conninfo(pg), *state);
	AUTO(db_conn_closep) struct db_conn *conn = ok_connect(pg_conninfo(pg), *state);
	struct err err = ERR_INIT;
	size_t applied = 0;

	ok(db_conn_script(holder, "SELECT pg_advisory_lock(x'7461736b6c61624d'::bigint)", &err),
	   &err);
	assert_int_equal(migration_list_up(conn, &all, 50, &applied, &err), -1);
	assert_int_equal(err.code, ERR_TIMEOUT);
	db_conn_closep(&holder);
	ok(migration_list_up(conn, &all, LOCK_MS, &applied, &err), &err);
	assert_int_equal(applied, 3);
}

/* In a child: exits with the number applied, or 100 after a failure. */
static void replica(const char *dbname)
{
	struct db_conn *conn = NULL;
	struct err err = ERR_INIT;
	size_t applied = 0;

	if (db_conn_open(pg_conninfo(pg), dbname, "replica", CONNECT_MS, &conn, &err) < 0 ||
	    migrate_up(conn, LOCK_MS, &applied, &err) < 0) {
		(void)fprintf(stderr, "replica: %s (%s)\n", err.message, err.detail);
		_exit(100);
	}
	_exit((int)applied);
}

static void ten_replicas_take_turns(void **state)
{
	AUTO(db_conn_closep) struct db_conn *conn = NULL;
	pid_t pids[REPLICAS];
	int sum = 0;
	struct err err = ERR_INIT;

	for (int i = 0; i < REPLICAS; i++) {
		pids[i] = fork();
		assert_true(pids[i] >= 0);
		if (pids[i] == 0)
			replica(*state);
	}
	for (int i = 0; i < REPLICAS; i++) {
		int status = 0;

		assert_int_equal(waitpid(pids[i], &status, 0), pids[i]);
		assert_true(WIFEXITED(status) && WEXITSTATUS(status) < 100);
		sum += WEXITSTATUS(status);
	}
	conn = ok_connect(pg_conninfo(pg), *state);
	assert_int_equal(sum, migrations_embedded.count);
	assert_int_equal(ok_number(conn, "SELECT count(*) FROM schema_migrations"), sum);
	assert_true(sum > 0);
	ok(migrate_verify(conn, &err), &err);
}

static int start(void **state)
{
	(void)state;
	pg = pg_start(NULL);
	return 0;
}

static int stop(void **state)
{
	(void)state;
	pg_remove(pg);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(applies_in_order, fresh),
		cmocka_unit_test_setup(refuses_an_edited_one, fresh),
		cmocka_unit_test_setup(rolls_back_a_failed_one, fresh),
		cmocka_unit_test_setup(waits_only_so_long, fresh),
		cmocka_unit_test_setup(ten_replicas_take_turns, fresh),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
