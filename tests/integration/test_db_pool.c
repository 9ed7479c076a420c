/* test_db_pool.c - the pool at work: waits, deadlines, prepared statements, transactions. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include <tasklab/base/buf.h>
#include <tasklab/base/clock.h>
#include <tasklab/base/thread.h>
#include <tasklab/db/db.h>
#include <tasklab/metrics/metrics.h>

#include "ok.h"
#include "pg_fixture.h"

DB_QUERY_READ(SQL_PID, "p_pid", "SELECT pg_backend_pid()");
DB_QUERY_READ(SQL_SLEEP, "p_sleep", "SELECT 1 FROM pg_sleep($1)");
DB_QUERY_READ(SQL_STAR, "p_star", "SELECT * FROM t WHERE id = $1");
DB_QUERY_READ(SQL_COUNT, "p_count", "SELECT count(*) FROM t");
DB_QUERY_READ(SQL_PREPARED, "p_prepared",
	      "SELECT count(*) FROM pg_prepared_statements WHERE name LIKE 'p_shape/%'");
DB_QUERY_READ(SQL_SHAPE, "p_shape", "SELECT 0::bigint");
DB_QUERY_READ(SQL_ASLEEP, "p_asleep",
	      "SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%pg_sleep($1)' AND"
	      " wait_event = 'PgSleep'");
DB_QUERY_WRITE(SQL_INSERT, "p_insert", "INSERT INTO t (id) VALUES ($1)");
DB_QUERY_WRITE(SQL_DEALLOCATE, "p_deallocate", "DEALLOCATE ALL");

#define LONG_NS (30 * CLOCK_NS_PER_S)

static struct pg *pg;

#define WAITERS 8

static struct db_pool *open_pool(unsigned max, int64_t wait_ms, int64_t statement_ms, bool gauges)
{
	struct db_pool_options options = {.conninfo = pg_conninfo(pg),
					  .application_name = "test_db_pool",
					  .max_connections = max,
					  .min_connections = 1,
					  .max_waiters = WAITERS,
					  .wait_ms = wait_ms,
					  .connect_ms = 10000,
					  .statement_ms = statement_ms,
					  .breaker_open_ms = 100,
					  .breaker_failures = 3,
					  .shapes_max = 3,
					  .gauges = gauges};
	struct db_pool *pool = NULL;
	struct err err = ERR_INIT;

	ok(db_pool_open(&options, &pool, &err), &err);
	return pool;
}

static struct db caller(struct db_pool *pool)
{
	struct db db;

	db_init(&db, pool, clock_mono_ns() + LONG_NS);
	return db;
}

static int64_t number(struct db *db, const struct db_query *query, const struct db_arg *args,
		      size_t n)
{
	AUTO(db_result_freep) struct db_result *result = NULL;
	struct err err = ERR_INIT;

	ok(db_query(db, query, args, n, &result, &err), &err);
	assert_int_equal(db_rows(result), 1);
	return db_get_i64(result, 0, 0);
}

/* Waiting -------------------------------------------------------------------------------------- */

struct waiting {
	struct db_pool *pool;
	int result;
	struct err err;
};

static void *wait_for_connection(void *arg)
{
	struct waiting *w = arg;
	struct db db = caller(w->pool);

	w->result = db_exec(&db, &SQL_PID, DB_NO_ARGS, NULL, &w->err);
	return NULL;
}

static void until_waiting(struct db_pool *pool, unsigned n)
{
	struct db_pool_stats stats;

	for (;;) {
		db_pool_stats(pool, &stats);
		if (stats.waiting == n)
			return;
		clock_sleep_until(clock_mono_ns() + CLOCK_NS_PER_MS);
	}
}

static void no_more_wait_than_may(void **state)
{
	struct db_pool *pool = open_pool(1, 60000, 10000, false);
	struct db holder = caller(pool), late = caller(pool);
	struct waiting w[WAITERS];
	struct err err = ERR_INIT;
	pthread_t threads[WAITERS];

	(void)state;
	ok(db_begin(&holder, &err), &err);
	for (unsigned i = 0; i < WAITERS; i++) {
		w[i] = (struct waiting){.pool = pool};
		ok(thread_start(&threads[i], "wait", wait_for_connection, &w[i], &err), &err);
	}
	until_waiting(pool, WAITERS);
	assert_int_equal(db_exec(&late, &SQL_PID, DB_NO_ARGS, NULL, &err), -1);
	assert_int_equal(err.code, ERR_UNAVAILABLE);
	assert_int_equal(err.retry_after_s, 1);
	assert_non_null(strstr(err.detail, "too many callers wait")); /* it did not */
	db_release(&holder);
	for (unsigned i = 0; i < WAITERS; i++) {
		pthread_join(threads[i], NULL);
		ok(w[i].result, &w[i].err);
	}
	ok(db_exec(&late, &SQL_PID, DB_NO_ARGS, NULL, &err), &err);
	db_pool_close(pool);
}

/* Far earlier than at its deadline a caller gives up waiting. */
static void waits_are_bounded(void **state)
{
	struct db_pool *pool = open_pool(1, 100, 10000, false);
	struct db holder = caller(pool), late = caller(pool);
	struct err err = ERR_INIT;
	int64_t start_ns;

	(void)state;
	while (db_begin(&holder, &err) < 0) /* the first connection may take longer to make */
		assert_int_equal(err.code, ERR_UNAVAILABLE);
	start_ns = clock_mono_ns();
	assert_int_equal(db_exec(&late, &SQL_PID, DB_NO_ARGS, NULL, &err), -1);
	assert_int_equal(err.code, ERR_UNAVAILABLE);
	assert_non_null(strstr(err.detail, "no connection became free in time"));
	assert_true(clock_mono_ns() - start_ns >= 100 * CLOCK_NS_PER_MS);
	assert_true(clock_mono_ns() < late.deadline_ns);
	db_release(&holder);
	ok(db_exec(&late, &SQL_PID, DB_NO_ARGS, NULL, &err), &err);
	db_pool_close(pool);
}

static void a_freed_connection_goes_to_who_waits(void **state)
{
	struct db_pool *pool = open_pool(1, 20000, 10000, false);
	struct db holder = caller(pool);
	struct waiting w = {.pool = pool};
	struct err err = ERR_INIT;
	pthread_t thread;

	(void)state;
	ok(db_begin(&holder, &err), &err);
	ok(thread_start(&thread, "wait", wait_for_connection, &w, &err), &err);
	until_waiting(pool, 1);
	db_rollback(&holder);
	pthread_join(thread, NULL);
	ok(w.result, &w.err);
	db_pool_close(pool);
}

struct queued {
	struct db_pool *pool;
	atomic_uint *turn; /* who is served when */
	unsigned served_as;
};

static void *take_a_turn(void *arg)
{
	struct queued *queued = arg;
	struct db db = caller(queued->pool);

	if (db_begin(&db, NULL) == 0) /* holds the only connection */
		queued->served_as = atomic_fetch_add(queued->turn, 1) + 1;
	db_release(&db);
	return NULL;
}

static void first_come_first_served(void **state)
{
	enum { CALLERS = 5 };
	struct db_pool *pool = open_pool(1, 20000, 10000, false);
	struct db holder = caller(pool);
	struct queued queued[CALLERS];
	pthread_t threads[CALLERS];
	atomic_uint turn = 0;
	struct err err = ERR_INIT;

	(void)state;
	ok(db_begin(&holder, &err), &err);
	for (unsigned i = 0; i < CALLERS; i++) {
		queued[i] = (struct queued){.pool = pool, .turn = &turn};
		ok(thread_start(&threads[i], "queued", take_a_turn, &queued[i], &err), &err);
		until_waiting(pool, i + 1);
	}
	db_release(&holder);
	for (unsigned i = 0; i < CALLERS; i++) {
		pthread_join(threads[i], NULL);
		assert_int_equal(queued[i].served_as, i + 1);
	}
	db_pool_close(pool);
}

/* Deadlines ------------------------------------------------------------------------------------ */

static void deadlines_hold_and_cancel(void **state)
{
	struct db_pool *pool = open_pool(2, 20000, 20000, false);
	struct db db = caller(pool), watch = caller(pool);
	struct err err = ERR_INIT;
	int64_t start_ns;

	(void)state;
	(void)number(&watch, &SQL_PID, DB_NO_ARGS); /* a connection is there */
	start_ns = clock_mono_ns();
	db.deadline_ns = start_ns + CLOCK_NS_PER_S;
	assert_int_equal(db_exec(&db, &SQL_SLEEP, DB_ARGS(db_f64(60)), NULL, &err), -1);
	assert_int_equal(err.code, ERR_TIMEOUT);
	assert_true(clock_mono_ns() >= db.deadline_ns);
	assert_true(clock_mono_ns() - start_ns < 15 * CLOCK_NS_PER_S);
	/* Nothing is sent after the deadline. */
	assert_int_equal(db_exec(&db, &SQL_PID, DB_NO_ARGS, NULL, &err), -1);
	assert_int_equal(err.code, ERR_TIMEOUT);
	assert_int_equal(db.queries, 1);
	while (number(&watch, &SQL_ASLEEP, DB_NO_ARGS) >
	       0) { /* until the server has cancelled it */
		if (clock_mono_ns() - start_ns > 15 * CLOCK_NS_PER_S)
			fail_msg("the statement still runs");
		clock_sleep_until(clock_mono_ns() + CLOCK_NS_PER_MS);
	}
	db_pool_close(pool);
}

static void statement_timeout_keeps_the_connection(void **state)
{
	struct db_pool *pool = open_pool(1, 20000, 1000, false);
	struct db db = caller(pool);
	struct err err = ERR_INIT;
	int64_t pid = number(&db, &SQL_PID, DB_NO_ARGS);

	(void)state;
	assert_int_equal(db_exec(&db, &SQL_SLEEP, DB_ARGS(db_f64(60)), NULL, &err), -1);
	assert_int_equal(err.code, ERR_TIMEOUT);
	assert_int_equal(number(&db, &SQL_PID, DB_NO_ARGS), pid);
	db_pool_close(pool);
}

/* Prepared statements -------------------------------------------------------------------------- */

static void shapes_are_bounded(void **state)
{
	struct db_pool *pool = open_pool(1, 20000, 10000, false);
	struct db db = caller(pool);

	(void)state;
	for (unsigned i = 0; i < 40; i++) {
		AUTO(db_result_freep) struct db_result *result = NULL;
		char sql[64];
		struct db_shape shape = {.query = &SQL_SHAPE, .key = i % 7, .sql = sql};
		struct err err = ERR_INIT;

		(void)snprintf(sql, sizeof(sql), "SELECT %u::bigint + $1", i % 7);
		ok(db_query_shape(&db, &shape, DB_ARGS(db_i64(100)), &result, &err), &err);
		assert_int_equal(db_get_i64(result, 0, 0), 100 + i % 7);
		assert_true(number(&db, &SQL_PREPARED, DB_NO_ARGS) <= 3);
	}
	assert_int_equal(number(&db, &SQL_PREPARED, DB_NO_ARGS), 3);
	db_pool_close(pool);
}

static size_t columns(struct db *db, int64_t id)
{
	AUTO(db_result_freep) struct db_result *result = NULL;
	struct err err = ERR_INIT;

	ok(db_query(db, &SQL_STAR, DB_ARGS(db_i64(id)), &result, &err), &err);
	return db_columns(result);
}

static void prepares_again_when_it_must(void **state)
{
	struct db_pool *pool = open_pool(1, 20000, 10000, false);
	struct db db = caller(pool);
	struct err err = ERR_INIT;

	(void)state;
	assert_int_equal(columns(&db, 1), 1);
	pg_sql(pg, "ALTER TABLE t ADD x int"); /* "cached plan must not change result type" */
	assert_int_equal(columns(&db, 1), 2);
	ok(db_exec(&db, &SQL_DEALLOCATE, DB_NO_ARGS, NULL, &err), &err);
	assert_int_equal(columns(&db, 1), 2);
	/* Within a transaction the statement fails, but only once. */
	ok(db_begin(&db, &err), &err);
	pg_sql(pg, "ALTER TABLE t DROP x");
	assert_int_equal(db_exec(&db, &SQL_STAR, DB_ARGS(db_i64(1)), NULL, &err), -1);
	db_rollback(&db);
	assert_int_equal(columns(&db, 1), 1);
	db_pool_close(pool);
}

/* Transactions --------------------------------------------------------------------------------- */

static void transactions(void **state)
{
	struct db_pool *pool = open_pool(2, 20000, 10000, false);
	struct db db = caller(pool), other = caller(pool);
	struct err err = ERR_INIT;
	int64_t before = number(&other, &SQL_COUNT, DB_NO_ARGS);

	(void)state;
	ok(db_begin(&db, &err), &err);
	ok(db_exec(&db, &SQL_INSERT, DB_ARGS(db_i64(10)), NULL, &err), &err);
	assert_int_equal(number(&db, &SQL_COUNT, DB_NO_ARGS), before + 1);
	assert_int_equal(number(&other, &SQL_COUNT, DB_NO_ARGS), before);
	ok(db_commit(&db, &err), &err);
	assert_int_equal(number(&other, &SQL_COUNT, DB_NO_ARGS), before + 1);

	ok(db_begin(&db, &err), &err);
	ok(db_exec(&db, &SQL_INSERT, DB_ARGS(db_i64(11)), NULL, &err), &err);
	db_rollback(&db);
	ok(db_begin(&db, &err), &err);
	ok(db_exec(&db, &SQL_INSERT, DB_ARGS(db_i64(11)), NULL, &err), &err);
	db_release(&db); /* an early return in the caller */
	assert_int_equal(number(&other, &SQL_COUNT, DB_NO_ARGS), before + 1);

	/* A commit after a failed statement must not look like one. */
	ok(db_begin(&db, &err), &err);
	assert_int_equal(db_exec(&db, &SQL_INSERT, DB_ARGS(db_i64(10)), NULL, &err), -1);
	assert_int_equal(err.code, ERR_CONFLICT);
	assert_true(db_violates(&err, "t_pkey"));
	assert_int_equal(db_commit(&db, &err), -1);
	assert_int_equal(err.code, ERR_INTERNAL);
	assert_null(db.held);
	ok(db_exec(&db, &SQL_INSERT, DB_ARGS(db_i64(12)), NULL, NULL), &err);
	db_pool_close(pool);
}

/* A transaction that ran out of time leaves nothing behind, neither rows nor a locked connection.
 */
static void transactions_past_their_deadline(void **state)
{
	struct db_pool *pool = open_pool(1, 20000, 10000, false);
	struct db db = caller(pool), other = caller(pool);
	struct err err = ERR_INIT;
	int64_t before = number(&other, &SQL_COUNT, DB_NO_ARGS);

	(void)state;
	ok(db_begin(&db, &err), &err);
	ok(db_exec(&db, &SQL_INSERT, DB_ARGS(db_i64(20)), NULL, &err), &err);
	db.deadline_ns = clock_mono_ns();
	assert_int_equal(db_commit(&db, &err), -1);
	assert_int_equal(err.code, ERR_TIMEOUT); /* it was not sent, so this is certain */
	assert_null(db.held);
	assert_int_equal(number(&other, &SQL_COUNT, DB_NO_ARGS), before);

	db = caller(pool);
	ok(db_begin(&db, &err), &err);
	db.deadline_ns = clock_mono_ns() + CLOCK_NS_PER_S;
	assert_int_equal(db_exec(&db, &SQL_SLEEP, DB_ARGS(db_f64(60)), NULL, &err), -1);
	assert_int_equal(err.code, ERR_TIMEOUT);
	db.deadline_ns = clock_mono_ns() + LONG_NS;
	assert_int_equal(db_exec(&db, &SQL_PID, DB_NO_ARGS, NULL, &err), -1);
	assert_int_equal(err.code, ERR_UNAVAILABLE);
	db_release(&db);
	ok(db_exec(&other, &SQL_PID, DB_NO_ARGS, NULL, &err), &err);
	db_pool_close(pool);
}

/* Metrics -------------------------------------------------------------------------------------- */

static void counts(void **state)
{
	static const char *const expected[] = {
		"db_queries_total{query=\"p_pid\",outcome=\"ok\"} 1\n",
		"db_queries_total{query=\"p_insert\",outcome=\"conflict\"} 1\n",
		"db_query_duration_seconds_count{query=\"p_insert\"} 1\n",
		"db_pool_connections{state=\"busy\"} 0\n",
		"db_pool_connections{state=\"idle\"} 1\n",
		"db_pool_max_connections 1\n",
		"db_pool_waiting 0\n",
		"db_circuit_breaker_state 0\n",
	};
	AUTO(buf_release) struct buf text = BUF_INIT(1 << 20);
	struct err err = ERR_INIT;
	struct db_pool *pool = NULL;
	struct db db;

	(void)state;
	ok(db_labels_register(&err), &err);
	for (int set = 0; set < LABELS_COUNT; set++) {
		static const char *const none[] = {"x", "x", "x", "x"};

		if (set != LABELS_NONE && set != LABELS_QUERY && set != LABELS_OUTCOME &&
		    set != LABELS_POOL_STATE)
			ok(metrics_labels((enum metric_label_set)set, none, 1, &err), &err);
	}
	ok(metrics_start(&err), &err);
	pool = open_pool(1, 20000, 10000, true);
	db = caller(pool);
	ok(db_exec(&db, &SQL_PID, DB_NO_ARGS, NULL, &err), &err);
	assert_int_equal(db_exec(&db, &SQL_INSERT, DB_ARGS(db_i64(1)), NULL, &err), -1);
	ok(metrics_render_text(&text, &err), &err);
	for (size_t i = 0; i < ARRAY_LEN(expected); i++) {
		if (!strstr(buf_str(&text), expected[i]))
			fail_msg("%s is missing in\n%s", expected[i], buf_str(&text));
	}
	db_pool_close(pool);
}

/* Each statement has a connection of its own, a transaction keeps its one, and no more than the
 * bound are open at once. */
static void unpooled_keeps_nothing(void **state)
{
	const struct db_pool_options options = {.conninfo = pg_conninfo(pg),
						.dbname = "postgres",
						.application_name = "test_unpooled",
						.max_connections = 2,
						.connect_ms = 10000,
						.statement_ms = 10000,
						.shapes_max = 1,
						.unpooled = true};
	struct db_pool *pool = NULL;
	struct err err = ERR_INIT;
	struct db first, second, third;
	int64_t pid;

	(void)state;
	ok(db_pool_open(&options, &pool, &err), &err);
	first = caller(pool);
	second = caller(pool);
	third = caller(pool);
	pid = number(&first, &SQL_PID, DB_NO_ARGS);
	assert_int_not_equal(number(&first, &SQL_PID, DB_NO_ARGS), pid);
	ok(db_begin(&first, &err), &err);
	pid = number(&first, &SQL_PID, DB_NO_ARGS);
	assert_int_equal(number(&first, &SQL_PID, DB_NO_ARGS), pid);
	ok(db_begin(&second, &err), &err);
	assert_int_equal(db_exec(&third, &SQL_PID, DB_NO_ARGS, NULL, &err), -1);
	assert_int_equal(err.code, ERR_UNAVAILABLE);
	ok(db_commit(&first, &err), &err);
	assert_int_not_equal(number(&third, &SQL_PID, DB_NO_ARGS), pid);
	db_release(&second);
	db_pool_close(pool);
}

static int start(void **state)
{
	(void)state;
	pg = pg_start(NULL);
	pg_sql(pg, "CREATE TABLE t (id bigint PRIMARY KEY); INSERT INTO t VALUES (1);"
		   "GRANT ALL ON t TO tasklab; GRANT pg_read_all_stats TO tasklab");
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
		cmocka_unit_test(no_more_wait_than_may),
		cmocka_unit_test(waits_are_bounded),
		cmocka_unit_test(a_freed_connection_goes_to_who_waits),
		cmocka_unit_test(first_come_first_served),
		cmocka_unit_test(deadlines_hold_and_cancel),
		cmocka_unit_test(statement_timeout_keeps_the_connection),
		cmocka_unit_test(shapes_are_bounded),
		cmocka_unit_test(prepares_again_when_it_must),
		cmocka_unit_test(transactions),
		cmocka_unit_test(transactions_past_their_deadline),
		cmocka_unit_test(unpooled_keeps_nothing),
		cmocka_unit_test(counts),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
