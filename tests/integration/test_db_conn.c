/* test_db_conn.c - the plain connection: scripts, COPY, text results, cancel, refusals. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <tasklab/base/buf.h>
#include <tasklab/base/clock.h>
#include <tasklab/base/thread.h>
#include <tasklab/db/conn.h>

#include "ok.h"
#include "pg_fixture.h"

#define CONNECT_MS 10000

static struct pg *pg;
static struct db_conn *conn;

static void scripts(void **state)
{
	struct err err = ERR_INIT;

	(void)state;
	ok(db_conn_script(conn,
			  "CREATE TABLE s (a int); INSERT INTO s VALUES (1), (2);\n"
			  "SELECT * FROM s;\nCREATE INDEX ON s (a);",
			  &err),
	   &err);
	assert_int_equal(ok_number(conn, "SELECT count(*) FROM s"), 2);
	ok(db_conn_script(conn, "", &err), &err);
	assert_int_equal(db_conn_script(conn, "SELECT 1;\n\nSELECT '\xc3\xa9', nope", &err), -1);
	assert_int_equal(err.code, ERR_INTERNAL);
	assert_non_null(strstr(err.detail, "line 3"));
	assert_string_equal(db_conn_sqlstate(conn), "42703");
	assert_int_equal(ok_number(conn, "SELECT 5::bigint"), 5); /* it goes on */
	assert_string_equal(db_conn_sqlstate(conn), "");
	assert_int_equal(db_conn_script(conn, "COPY s FROM STDIN", &err), -1);
	assert_int_equal(err.code, ERR_INVALID);
	assert_int_equal(
		db_conn_script(conn, "COPY (SELECT generate_series(1, 100000)) TO STDOUT", &err),
		-1);
	assert_int_equal(err.code, ERR_INVALID);
	assert_int_equal(ok_number(conn, "SELECT 6"), 6);
}

static void text_results_and_prepared(void **state)
{
	static const char *const values[] = {"41", NULL};
	AUTO(db_result_freep) struct db_result *text = NULL;
	AUTO(db_result_freep) struct db_result *binary = NULL;
	AUTO(db_result_freep) struct db_result *prepared = NULL;
	struct err err = ERR_INIT;

	(void)state;
	ok(db_conn_query_text(conn, "SELECT $1 + 1, ARRAY[1,2], 1.50::numeric, NULL",
			      DB_ARGS(db_i64(1)), &text, &err),
	   &err);
	assert_string_equal(db_get_text(text, 0, 0), "2");
	assert_string_equal(db_get_text(text, 0, 1), "{1,2}");
	assert_string_equal(db_get_text(text, 0, 2), "1.50");
	assert_null(db_get_text(text, 0, 3));
	ok(db_conn_prepare(conn, "p", "SELECT $1::int + 1, $2::text", &err), &err);
	ok(db_conn_exec_prepared_text(conn, "p", values, 2, &prepared, &err), &err);
	assert_string_equal(db_get_text(prepared, 0, 0), "42");
	assert_true(db_is_null(prepared, 0, 1));
	ok(db_conn_exec_prepared(conn, "p", DB_ARGS(db_i32(1), db_text("x")), &binary, &err), &err);
	assert_int_equal(db_get_i64(binary, 0, 0), 2);
	assert_string_equal(db_get_text(binary, 0, 1), "x");
	ok(db_conn_exec_prepared(conn, "p", DB_ARGS(db_i32(1), db_null()), NULL, &err), &err);
}

/* With given types a parameter may stay unused, and is not what the server would infer. */
static void typed_parameters(void **state)
{
	static const char *const values[] = {"5", "1.50", "x"};
	AUTO(db_result_freep) struct db_result *types = NULL;
	AUTO(db_result_freep) struct db_result *found = NULL;
	unsigned oids[3];
	struct err err = ERR_INIT;

	(void)state;
	ok(db_conn_query_text(conn, "SELECT 1::smallint, 2::numeric, 'a'::text", DB_NO_ARGS, &types,
			      &err),
	   &err);
	for (size_t i = 0; i < 3; i++)
		oids[i] = db_column_type(types, i);
	ok(db_conn_prepare_types(conn, "typed", "SELECT $2, pg_typeof($2)::text", oids, 3, &err),
	   &err);
	ok(db_conn_exec_prepared_text(conn, "typed", values, 3, &found, &err), &err);
	assert_string_equal(db_get_text(found, 0, 0), "1.50");
	assert_string_equal(db_get_text(found, 0, 1), "numeric");
	/* A utility statement takes none, and does not mind. */
	ok(db_conn_prepare_types(conn, "utility", "BEGIN", oids, 3, &err), &err);
	assert_false(db_conn_in_transaction(conn));
	ok(db_conn_exec_prepared_text(conn, "utility", values, 3, NULL, &err), &err);
	assert_true(db_conn_in_transaction(conn));
	assert_int_equal(db_conn_script(conn, "SELECT nope", &err), -1);
	assert_true(db_conn_in_transaction(conn));
	ok(db_conn_script(conn, "ROLLBACK", &err), &err);
	assert_false(db_conn_in_transaction(conn));
}

static void copies(void **state)
{
	enum { ROWS = 100000 };
	AUTO(buf_release) struct buf data = BUF_INIT(ROWS * 32);
	struct err err = ERR_INIT;
	uint64_t rows = 0;
	size_t cut = 1;

	(void)state;
	for (int i = 0; i < ROWS; i++)
		buf_printf(&data, "%d\tname %d\n", i, i);
	ok(db_conn_script(conn, "CREATE TABLE c (id int, name text)", &err), &err);
	ok(db_copy_begin(conn, "COPY c FROM STDIN", &err), &err);
	for (size_t at = 0; at < data.len; at += cut, cut = cut * 3 % 100003) { /* any cut */
		size_t len = data.len - at < cut ? data.len - at : cut;

		ok(db_copy_put(conn, data.data + at, len, &err), &err);
	}
	ok(db_copy_end(conn, &rows, &err), &err);
	assert_int_equal(rows, ROWS);
	assert_int_equal(ok_number(conn, "SELECT sum(id) FROM c"), (int64_t)ROWS * (ROWS - 1) / 2);

	ok(db_copy_begin(conn, "COPY c FROM STDIN", &err), &err);
	ok(db_copy_put(conn, "1\tx\n", 4, &err), &err);
	db_copy_abort(conn);
	ok(db_copy_begin(conn, "COPY c FROM STDIN", &err), &err);
	ok(db_copy_put(conn, "one\tx\n", 6, &err), &err);
	assert_int_equal(db_copy_end(conn, &rows, &err), -1);
	assert_int_equal(err.code, ERR_UNPROCESSABLE);
	assert_non_null(strstr(err.detail, "COPY c, line 1"));
	assert_int_equal(db_copy_begin(conn, "SELECT 1", &err), -1);
	assert_int_equal(ok_number(conn, "SELECT count(*) FROM c"), ROWS);
}

static void *cancel_when_busy(void *arg)
{
	AUTO(db_conn_closep) struct db_conn *watch = NULL;
	struct db_conn *target = arg;
	struct err err = ERR_INIT;
	int pid = db_conn_backend_pid(target);

	if (db_conn_open(pg_superuser(pg), NULL, "watch", CONNECT_MS, &watch, &err) < 0)
		return NULL;
	for (;;) {
		AUTO(db_result_freep) struct db_result *r = NULL;

		if (db_conn_query(watch,
				  "SELECT 1 FROM pg_stat_activity WHERE pid = $1::integer AND"
				  " wait_event = 'PgSleep'",
				  DB_ARGS(db_i32(pid)), &r, &err) < 0)
			return NULL;
		if (db_rows(r) == 1)
			break;
	}
	(void)db_conn_cancel(target, &err);
	return NULL;
}

static void cancels(void **state)
{
	struct err err = ERR_INIT;
	pthread_t thread;

	(void)state;
	ok(thread_start(&thread, "cancel", cancel_when_busy, conn, &err), &err);
	assert_int_equal(db_conn_script(conn, "SELECT pg_sleep(60)", &err), -1);
	pthread_join(thread, NULL);
	assert_int_equal(err.code, ERR_TIMEOUT);
	assert_string_equal(db_conn_sqlstate(conn), "57014");
	assert_int_equal(ok_number(conn, "SELECT 7"), 7);
}

static void keeps_its_deadline(void **state)
{
	AUTO(db_conn_closep) struct db_conn *slow = NULL;
	struct err err = ERR_INIT;
	int64_t start_ns;

	(void)state;
	ok(db_conn_open(pg_conninfo(pg), NULL, "slow", CONNECT_MS, &slow, &err), &err);
	start_ns = clock_mono_ns();
	db_conn_set_deadline(slow, start_ns + 100 * CLOCK_NS_PER_MS);
	assert_int_equal(db_conn_script(slow, "SELECT pg_sleep(60)", &err), -1);
	assert_int_equal(err.code, ERR_TIMEOUT);
	assert_true(clock_mono_ns() - start_ns >= 100 * CLOCK_NS_PER_MS);
	assert_true(clock_mono_ns() - start_ns < 30 * CLOCK_NS_PER_S);
}

static void *bring_forward(void *arg)
{
	_Atomic int64_t *limit_ns = arg;

	atomic_store(limit_ns, clock_mono_ns() + 50 * CLOCK_NS_PER_MS);
	return NULL;
}

/* An earlier deadline from another thread ends a wait that is under way, without a server's help.
 */
static void keeps_a_limit(void **state)
{
	AUTO(db_conn_closep) struct db_conn *slow = NULL;
	_Atomic int64_t limit_ns = CLOCK_NEVER;
	struct err err = ERR_INIT;
	pthread_t thread;
	int64_t start_ns;

	(void)state;
	ok(db_conn_open(pg_conninfo(pg), NULL, "slow", CONNECT_MS, &slow, &err), &err);
	db_conn_set_limit(slow, &limit_ns);
	ok(db_conn_script(slow, "SELECT 1", &err), &err);
	pg_pause(pg);
	start_ns = clock_mono_ns();
	ok(thread_start(&thread, "limit", bring_forward, &limit_ns, &err), &err);
	assert_int_equal(db_conn_script(slow, "SELECT 2", &err), -1);
	pthread_join(thread, NULL);
	pg_resume(pg);
	assert_int_equal(err.code, ERR_TIMEOUT);
	assert_true(clock_mono_ns() - start_ns < 30 * CLOCK_NS_PER_S);
}

static void refusals(void **state)
{
	static const struct {
		const char *suffix;
		const char *dbname;
		enum err_code code;
		const char *message;
	} cases[] = {
		{"", "nowhere", ERR_UNAVAILABLE, "the database does not exist"},
		{"user=nobody", NULL, ERR_UNAVAILABLE,
		 "the database does not accept this role or its password"},
		{"user=locked password=wrong", NULL, ERR_UNAVAILABLE,
		 "the database does not accept this role or its password"},
		{"port=1", NULL, ERR_UNAVAILABLE, "the database is not available"},
		{"colour=red", NULL, ERR_INVALID, NULL},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		AUTO(db_conn_closep) struct db_conn *c = NULL;
		struct err err = ERR_INIT;
		char conninfo[256];

		(void)snprintf(conninfo, sizeof(conninfo), "%s %s", pg_conninfo(pg),
			       cases[i].suffix);
		assert_int_equal(db_conn_open(conninfo, cases[i].dbname, "x", CONNECT_MS, &c, &err),
				 -1);
		assert_int_equal(err.code, cases[i].code);
		if (cases[i].message)
			assert_string_equal(err.message, cases[i].message);
		assert_null(strstr(err.detail, "wrong"));
		assert_null(c);
	}
}

static void quotes_and_prints(void **state)
{
	AUTO(buf_release) struct buf sql = BUF_INIT(1000);
	AUTO(freep) char *redacted = NULL;
	AUTO(freep) char *psql = NULL;
	struct err err = ERR_INIT;

	(void)state;
	ok(db_quote_ident(conn, "we\"ird", &sql, &err), &err);
	buf_putc(&sql, ' ');
	ok(db_quote_literal(conn, "it's", &sql, &err), &err);
	assert_string_equal(buf_str(&sql), "\"we\"\"ird\" 'it''s'");
	redacted = db_conninfo_redacted("postgresql://me:secret@h:5/d?application_name=a%20b");
	assert_string_equal(redacted,
			    "user=me password=*** dbname=d host=h port=5 application_name='a b'");
	psql = db_conninfo_psql("postgresql://me:secret@h:5/d", "lab_x");
	assert_string_equal(psql, "psql -h h -p 5 -U me -d lab_x");
	assert_null(db_conninfo_redacted("postgresql://me:secret@h:5:6:7/%zz"));
}

static void outlives_the_server(void **state)
{
	AUTO(db_conn_closep) struct db_conn *c = NULL;
	struct err err = ERR_INIT;

	(void)state;
	ok(db_conn_open(pg_conninfo(pg), NULL, "x", CONNECT_MS, &c, &err), &err);
	pg_kill(pg);
	assert_int_equal(db_conn_script(c, "SELECT 1", &err), -1);
	assert_int_equal(err.code, ERR_UNAVAILABLE);
	assert_int_equal(err.retry_after_s, 1);
}

static int start(void **state)
{
	(void)state;
	pg = pg_start(NULL);
	pg_sql(pg,
	       "ALTER DATABASE tasklab OWNER TO tasklab; GRANT CREATE ON SCHEMA public TO tasklab");
	conn = ok_connect(pg_conninfo(pg), NULL);
	assert_int_equal(db_conn_server_version(conn) / 10000 >= 15, 1);
	return 0;
}

static int stop(void **state)
{
	(void)state;
	db_conn_closep(&conn);
	pg_remove(pg);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(scripts),           cmocka_unit_test(text_results_and_prepared),
		cmocka_unit_test(typed_parameters),  cmocka_unit_test(copies),
		cmocka_unit_test(cancels),           cmocka_unit_test(keeps_its_deadline),
		cmocka_unit_test(keeps_a_limit),     cmocka_unit_test(refusals),
		cmocka_unit_test(quotes_and_prints), cmocka_unit_test(outlives_the_server),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
