/* test_db_values.c - every argument and result type through the pool to a real server and back. */
#include <float.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <tasklab/base/clock.h>
#include <tasklab/db/db.h>

#include "pg_fixture.h"

DB_QUERY_READ(SQL_BOOL, "v_bool", "SELECT $1::boolean");
DB_QUERY_READ(SQL_INTS, "v_ints", "SELECT $1::bigint, $2::integer, $3::smallint, $2::oid");
DB_QUERY_READ(SQL_FLOATS, "v_floats", "SELECT $1::float8, $1::float4");
DB_QUERY_READ(SQL_TEXTS, "v_texts",
	      "SELECT $1::text, $1::varchar, $1::name, $1::json, $1::char(8), length($1)::bigint");
DB_QUERY_READ(SQL_TIMES, "v_times",
	      "SELECT $1::timestamptz, $1::timestamptz AT TIME ZONE 'UTC',"
	      " to_char($1::timestamptz AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.US'),"
	      " 'infinity'::timestamptz");
DB_QUERY_READ(SQL_JSON, "v_json", "SELECT $1::jsonb, $1 ->> 'a', ($1 -> 'n')::bigint");
DB_QUERY_READ(SQL_ARRAYS, "v_arrays",
	      "SELECT (SELECT sum(x)::bigint FROM unnest($1::bigint[]) x), cardinality($1),"
	      " array_to_string($2::text[], '|', '<null>'), cardinality($2)");
DB_QUERY_READ(SQL_NULLS, "v_nulls",
	      "SELECT $1::bigint, $2::text, $3::boolean, $4::timestamptz, $5::jsonb, $6::float8");
DB_QUERY_READ(SQL_LARGE, "v_large", "SELECT repeat($1, $2), length($3)");
DB_QUERY_WRITE(SQL_INSERT, "v_insert", "INSERT INTO things (name, size) VALUES ($1, $2)");
DB_QUERY_WRITE(SQL_INSERT_CHILD, "v_insert_child", "INSERT INTO parts (thing_id) VALUES ($1)");
DB_QUERY_WRITE(SQL_UPDATE, "v_update", "UPDATE things SET size = $1 WHERE size = $2");
DB_QUERY_READ(SQL_BROKEN, "v_broken", "SELECT * FROM no_such_table WHERE id = $1");

static struct pg *pg;
static struct db_pool *pool;

static struct db caller(void)
{
	struct db db;

	db_init(&db, pool, clock_mono_ns() + 20 * CLOCK_NS_PER_S);
	return db;
}

static struct db_result *query(const struct db_query *sql, const struct db_arg *args, size_t n)
{
	struct db db = caller();
	struct db_result *result = NULL;
	struct err err = ERR_INIT;

	if (db_query(&db, sql, args, n, &result, &err) < 0)
		fail_msg("%s: %s (%s)", sql->name, err.message, err.detail);
	return result;
}

static void booleans(void **state)
{
	(void)state;
	for (int value = 0; value < 2; value++) {
		AUTO(db_result_freep)
		struct db_result *r = query(&SQL_BOOL, DB_ARGS(db_bool(value)));

		assert_int_equal(db_get_bool(r, 0, 0), value);
	}
}

static void integers(void **state)
{
	static const struct {
		int64_t big, small;
	} cases[] = {{0, 0}, {INT64_MAX, INT16_MAX}, {INT64_MIN, INT16_MIN}, {-1, -1}};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		AUTO(db_result_freep)
		struct db_result *r =
			query(&SQL_INTS, DB_ARGS(db_i64(cases[i].big), db_i32(INT32_MAX),
						 db_i32((int32_t)cases[i].small)));

		assert_int_equal(db_columns(r), 4);
		assert_int_equal(db_get_i64(r, 0, 0), cases[i].big);
		assert_int_equal(db_get_i64(r, 0, 1), INT32_MAX);
		assert_int_equal(db_get_i64(r, 0, 2), cases[i].small);
		assert_int_equal(db_get_i64(r, 0, 3), INT32_MAX);
	}
}

static void floats(void **state)
{
	static const double cases[] = {0, -0.5, 1e10, FLT_MAX, INFINITY};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		AUTO(db_result_freep)
		struct db_result *r = query(&SQL_FLOATS, DB_ARGS(db_f64(cases[i])));

		assert_true(db_get_f64(r, 0, 0) == cases[i]);
		assert_true(db_get_f64(r, 0, 1) == (double)(float)cases[i]);
	}
}

static void texts(void **state)
{
	static const struct {
		const char *text;
		int64_t characters;
	} cases[] = {
		{"\"a\"", 3}, {"\"'\\\\$1\"", 7}, {"\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\"", 5}};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		AUTO(db_result_freep)
		struct db_result *r = query(&SQL_TEXTS, DB_ARGS(db_text(cases[i].text)));

		for (size_t column = 0; column < 4; column++) {
			assert_string_equal(db_get_text(r, 0, column), cases[i].text);
			assert_int_equal(db_get_text_len(r, 0, column), strlen(cases[i].text));
		}
		assert_int_equal(strncmp(db_get_text(r, 0, 4), cases[i].text, 1), 0);
		assert_int_equal(db_get_i64(r, 0, 5), cases[i].characters);
		assert_string_equal(db_column_name(r, 5), "length");
	}
}

static void refused_texts(void **state)
{
	const struct db_arg cases[] = {db_text_n("a\0b", 3), db_text("\xff"),
				       db_text("\xed\xa0\x80")};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		AUTO(db_result_freep) struct db_result *r = NULL;
		struct db db = caller();
		struct err err = ERR_INIT;

		assert_int_equal(db_query(&db, &SQL_TEXTS, &cases[i], 1, &r, &err), -1);
		assert_int_equal(err.code, ERR_UNPROCESSABLE);
		assert_null(r);
	}
}

static void times(void **state)
{
	static const struct {
		int64_t unix_us;
		const char *text;
	} cases[] = {{0, "1970-01-01 00:00:00.000000"},
		     {INT64_C(1795254749123456), "2026-11-21 09:52:29.123456"},
		     {-1, "1969-12-31 23:59:59.999999"}};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		AUTO(db_result_freep)
		struct db_result *r = query(&SQL_TIMES, DB_ARGS(db_time(cases[i].unix_us)));

		assert_int_equal(db_get_time_us(r, 0, 0), cases[i].unix_us);
		assert_int_equal(db_get_time_us(r, 0, 1), cases[i].unix_us);
		assert_string_equal(db_get_text(r, 0, 2), cases[i].text);
		assert_int_equal(db_get_time_us(r, 0, 3), INT64_MAX);
	}
}

static void json(void **state)
{
	AUTO(db_result_freep) struct db_result *r = NULL;

	(void)state;
	r = query(&SQL_JSON, DB_ARGS(db_json("{\"a\": \"\xc3\xa9\", \"n\": 7}")));
	assert_string_equal(db_get_text(r, 0, 0), "{\"a\": \"\xc3\xa9\", \"n\": 7}");
	assert_int_equal(db_get_text_len(r, 0, 0), strlen(db_get_text(r, 0, 0)));
	assert_string_equal(db_get_text(r, 0, 1), "\xc3\xa9");
	assert_int_equal(db_get_i64(r, 0, 2), 7);
}

static void arrays(void **state)
{
	static const int64_t numbers[] = {INT64_MAX, -7, 8};
	static const char *const words[] = {"a", NULL, "", "{,\"}"};
	AUTO(db_result_freep) struct db_result *r = NULL;
	AUTO(db_result_freep) struct db_result *none = NULL;

	(void)state;
	r = query(&SQL_ARRAYS, DB_ARGS(db_i64s(numbers + 1, 2), db_texts(words, 4)));
	assert_int_equal(db_get_i64(r, 0, 0), 1);
	assert_int_equal(db_get_i64(r, 0, 1), 2);
	assert_string_equal(db_get_text(r, 0, 2), "a|<null>||{,\"}");
	assert_int_equal(db_get_i64(r, 0, 3), 4);
	none = query(&SQL_ARRAYS, DB_ARGS(db_i64s(NULL, 0), db_texts(NULL, 0)));
	assert_true(db_is_null(none, 0, 0));
	assert_int_equal(db_get_i64(none, 0, 1), 0);
	assert_int_equal(db_get_i64(none, 0, 3), 0);
}

static void nulls(void **state)
{
	struct db_arg args[6];
	AUTO(db_result_freep) struct db_result *r = NULL;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(args); i++)
		args[i] = db_null();
	r = query(&SQL_NULLS, args, ARRAY_LEN(args));
	for (size_t i = 0; i < ARRAY_LEN(args); i++)
		assert_true(db_is_null(r, 0, i));
	assert_int_equal(db_get_i64(r, 0, 0), 0);
	assert_null(db_get_text(r, 0, 1));
	assert_int_equal(db_get_text_len(r, 0, 1), 0);
	assert_false(db_get_bool(r, 0, 2));
	assert_int_equal(db_get_time_us(r, 0, 3), 0);
	assert_null(db_get_text(r, 0, 4));
	assert_true(db_get_f64(r, 0, 5) == 0);
}

/* The types of a statement's first call do not bind later ones. */
static void types_may_change_between_calls(void **state)
{
	static const struct db_arg sizes[] = {
		{.type = DB_NULL}, {.type = DB_I64, .i64 = 5}, {.type = DB_I32, .i64 = 5},
		{.type = DB_NULL}, {.type = DB_I64, .i64 = 5}, {.type = DB_I32, .i64 = 5}};
	struct db db = caller();
	struct err err = ERR_INIT;
	uint64_t n = 0;

	(void)state;
	pg_sql(pg, "TRUNCATE things CASCADE");
	for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
		const char name[] = {(char)('a' + i), '\0'};

		if (db_exec(&db, &SQL_INSERT, DB_ARGS(db_text(name), sizes[i]), &n, &err) < 0)
			fail_msg("%zu: %s", i, err.detail);
		assert_int_equal(n, 1);
	}
	assert_int_equal(db_exec(&db, &SQL_UPDATE, DB_ARGS(db_i64(6), db_i64(5)), &n, &err), 0);
	assert_int_equal(n, 4);
	assert_int_equal(db.queries, 7);
	assert_true(db.query_ns > 0);
}

static void large_values(void **state)
{
	enum { SIZE = 3000000 };
	static char text[SIZE + 1];
	AUTO(db_result_freep) struct db_result *r = NULL;

	(void)state;
	memset(text, 'x', SIZE);
	r = query(&SQL_LARGE, DB_ARGS(db_text("ab"), db_i32(SIZE), db_text(text)));
	assert_int_equal(db_get_text_len(r, 0, 0), 2 * SIZE);
	assert_int_equal(db_get_i64(r, 0, 1), SIZE);
}

static void fails(const struct db_query *sql, const struct db_arg *args, size_t n,
		  enum err_code code, const char *constraint)
{
	struct db db = caller();
	struct err err = ERR_INIT;

	assert_int_equal(db_exec(&db, sql, args, n, NULL, &err), -1);
	if (err.code != code || (constraint && !db_violates(&err, constraint)))
		fail_msg("%s: %s (%s)", err_name(err.code), err.message, err.detail);
}

static void violations(void **state)
{
	(void)state;
	pg_sql(pg, "TRUNCATE things CASCADE; INSERT INTO things VALUES (1, 'one', 1)");
	fails(&SQL_INSERT, DB_ARGS(db_text("one"), db_i64(1)), ERR_CONFLICT, "things_name_key");
	fails(&SQL_INSERT, DB_ARGS(db_null(), db_i64(1)), ERR_UNPROCESSABLE, NULL);
	fails(&SQL_INSERT, DB_ARGS(db_text("two"), db_i64(-1)), ERR_UNPROCESSABLE,
	      "things_size_check");
	fails(&SQL_INSERT, DB_ARGS(db_text("two"), db_i64(100000)), ERR_UNPROCESSABLE, NULL);
	fails(&SQL_INSERT_CHILD, DB_ARGS(db_i64(2)), ERR_CONFLICT, "parts_thing_id_fkey");
	fails(&SQL_BROKEN, DB_ARGS(db_i64(2)), ERR_INTERNAL, NULL);
}

static int start(void **state)
{
	struct db_pool_options options = {.max_connections = 2,
					  .min_connections = 1,
					  .max_waiters = 8,
					  .wait_ms = 10000,
					  .connect_ms = 10000,
					  .statement_ms = 10000,
					  .breaker_open_ms = 100,
					  .breaker_failures = 3,
					  .shapes_max = 8};
	struct err err = ERR_INIT;

	(void)state;
	pg = pg_start(NULL);
	pg_sql(pg, "SET ROLE tasklab;"
		   "CREATE TABLE things (id bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,"
		   " name text NOT NULL UNIQUE, size smallint CHECK (size >= 0));"
		   "CREATE TABLE parts (thing_id bigint REFERENCES things)");
	options.conninfo = pg_conninfo(pg);
	if (db_pool_open(&options, &pool, &err) < 0)
		fail_msg("%s", err.detail);
	return 0;
}

static int stop(void **state)
{
	(void)state;
	db_pool_close(pool);
	pg_remove(pg);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(booleans),      cmocka_unit_test(integers),
		cmocka_unit_test(floats),        cmocka_unit_test(texts),
		cmocka_unit_test(refused_texts), cmocka_unit_test(times),
		cmocka_unit_test(json),          cmocka_unit_test(arrays),
		cmocka_unit_test(nulls),         cmocka_unit_test(types_may_change_between_calls),
		cmocka_unit_test(large_values),  cmocka_unit_test(violations),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
