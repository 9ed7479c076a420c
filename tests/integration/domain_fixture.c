/* domain_fixture.c - the migrated schema on a private server, a pool on it, and plain SQL beside.
 */
#include "domain_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <tasklab/base/clock.h>
#include <tasklab/db/migrate.h>

#include "pg_fixture.h"

static struct pg *pg;
static struct db_pool *pool;
static struct db_conn *conn;

int domain_start(void **state)
{
	static const char *const settings[] = {"fsync=off", "max_connections=40", NULL};
	struct err err = ERR_INIT;
	size_t applied = 0;

	(void)state;
	pg = pg_start(settings);
	const struct db_pool_options options = {
		.conninfo = pg_conninfo(pg),
		.application_name = "test_domain",
		.min_connections = 1,
		.max_connections = 10,
		.max_waiters = 100,
		.wait_ms = 10000,
		.connect_ms = 10000,
		.statement_ms = 30000,
		.breaker_open_ms = 1000,
		.breaker_failures = 5,
		.shapes_max = 16, /* fewer than the lists have, so that some are evicted */
	};

	if (db_conn_open(pg_conninfo(pg), NULL, "test", 10000, &conn, &err) < 0 ||
	    migrate_up(conn, 10000, &applied, &err) < 0 ||
	    db_pool_open(&options, &pool, &err) < 0) {
		print_error("%s (%s)\n", err.message, err.detail);
		return -1;
	}
	return 0;
}

int domain_stop(void **state)
{
	(void)state;
	db_pool_close(pool);
	db_conn_closep(&conn);
	pg_remove(pg);
	return 0;
}

struct db domain_caller(void)
{
	struct db db;

	db_init(&db, pool, clock_mono_ns() + 60 * CLOCK_NS_PER_S);
	return db;
}

void domain_sql(const char *sql)
{
	struct err err = ERR_INIT;

	if (db_conn_script(conn, sql, &err) < 0)
		fail_msg("%s\n%s (%s)", sql, err.message, err.detail);
}

static struct db_result *rows_of(const char *sql, bool text)
{
	struct db_result *res = NULL;
	struct err err = ERR_INIT;
	int result = text ? db_conn_query_text(conn, sql, DB_NO_ARGS, &res, &err)
			  : db_conn_query(conn, sql, DB_NO_ARGS, &res, &err);

	if (result < 0)
		fail_msg("%s\n%s (%s)", sql, err.message, err.detail);
	return res;
}

int64_t domain_number(const char *sql)
{
	AUTO(db_result_freep) struct db_result *res = rows_of(sql, false);

	assert_int_equal(db_rows(res), 1);
	return db_get_i64(res, 0, 0);
}

const char *domain_text(const char *sql)
{
	static char text[4096];
	AUTO(db_result_freep) struct db_result *res = rows_of(sql, true);
	const char *value = NULL;

	if (db_rows(res) > 0)
		value = db_get_text(res, 0, 0);
	(void)snprintf(text, sizeof(text), "%s", value ? value : "(none)");
	return text;
}

int64_t *domain_numbers(const char *sql, size_t *n)
{
	AUTO(db_result_freep) struct db_result *res = rows_of(sql, false);
	int64_t *numbers;

	*n = db_rows(res);
	numbers = calloc(*n + 1, sizeof(*numbers));
	assert_non_null(numbers);
	for (size_t i = 0; i < *n; i++)
		numbers[i] = db_get_i64(res, i, 0);
	return numbers;
}

void domain_expect_ok(const char *file, int line, int result, struct err *err)
{
	if (result == 0)
		return;
	print_error("%s:%d: %s \"%s\": %s (%s)\n", file, line, err_name(err->code), err->field,
		    err->message, err->detail);
	_fail(file, line);
}

void domain_expect_error(const char *file, int line, int result, struct err *err,
			 enum err_code code, const char *field)
{
	if (result == -1 && err->code == code && strcmp(err->field, field) == 0 &&
	    err->message[0] != '\0') {
		*err = ERR_INIT;
		return;
	}
	print_error("%s:%d: returned %d, %s \"%s\": %s (%s), not %s \"%s\"\n", file, line, result,
		    err_name(err->code), err->field, err->message, err->detail, err_name(code),
		    field);
	_fail(file, line);
}
