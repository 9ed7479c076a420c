/* test_db_failure.c - the database crashes, hangs, restarts and refuses; callers and pool survive.
 */
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
#include <tasklab/db/db.h>

#include "ok.h"
#include "pg_fixture.h"

DB_QUERY_READ(SQL_PID, "f_pid", "SELECT pg_backend_pid()");
DB_QUERY_READ(SQL_COUNT, "f_count", "SELECT count(*) FROM t");
DB_QUERY_READ(SQL_SLEEP, "f_sleep", "SELECT 1 FROM pg_sleep($1)");
DB_QUERY_WRITE(SQL_INSERT, "f_insert", "INSERT INTO t (id) VALUES ($1)");

#define LONG_NS   (30 * CLOCK_NS_PER_S)
#define WORKERS   12
#define FAIL_NS   CLOCK_NS_PER_S       /* callers are told within it that the database is gone */
#define RETURN_NS (2 * CLOCK_NS_PER_S) /* the pool works again within it */
#define TRIES     5

static struct pg *pg;
static bool late; /* a limit was missed */

static void within(const char *what, int64_t start_ns, int64_t limit_ns)
{
	int64_t took_ns = clock_mono_ns() - start_ns;

	if (took_ns < limit_ns)
		return;
	print_message("%s took %lld ms\n", what, (long long)(took_ns / CLOCK_NS_PER_MS));
	late = true;
}

/* What the pool does at once, it does in time at the first attempt on a machine that is free, and
 * at some attempt on one that is busy with other things. All else must hold at every attempt. */
static void in_time(void (*attempt)(void))
{
	for (int i = 0; i < TRIES; i++) {
		late = false;
		attempt();
		if (!late)
			return;
	}
	fail_msg("late %d times out of %d", TRIES, TRIES);
}

static struct db_pool *open_pool(unsigned max)
{
	struct db_pool_options options = {.conninfo = pg_conninfo(pg),
					  .application_name = "test_db_failure",
					  .max_connections = max,
					  .min_connections = 1,
					  .max_waiters = 64,
					  .wait_ms = 500,
					  .connect_ms = 2000,
					  .statement_ms = 5000,
					  .breaker_open_ms = 500,
					  .breaker_failures = 3,
					  .shapes_max = 3};
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

static int run(struct db_pool *pool, const struct db_query *query, struct err *err)
{
	struct db db = caller(pool);

	return db_exec(&db, query, DB_NO_ARGS, NULL, err);
}

static enum db_breaker_state breaker(struct db_pool *pool)
{
	struct db_pool_stats stats;

	db_pool_stats(pool, &stats);
	return stats.breaker;
}

static void until_breaker(struct db_pool *pool, enum db_breaker_state state)
{
	int64_t give_up_ns = clock_mono_ns() + LONG_NS;

	while (breaker(pool) != state) {
		if (clock_mono_ns() > give_up_ns)
			fail_msg("the breaker's state stays %d", (int)breaker(pool));
		clock_sleep_until(clock_mono_ns() + CLOCK_NS_PER_MS);
	}
}

static void until_working(struct db_pool *pool)
{
	int64_t give_up_ns = clock_mono_ns() + LONG_NS;
	struct err err = ERR_INIT;

	while (run(pool, &SQL_PID, &err) < 0) {
		if (clock_mono_ns() > give_up_ns)
			fail_msg("it does not work again: %s", err.detail);
		clock_sleep_until(clock_mono_ns() + CLOCK_NS_PER_MS);
	}
}

/* A crash under load --------------------------------------------------------------------------- */

struct load {
	struct db_pool *pool;
	atomic_llong next_id;
	atomic_bool killed, stop;
	atomic_int told;         /* callers that got their error after the kill */
	atomic_llong slowest_ns; /* failing call */
	atomic_int wrong;        /* errors of another code */
	atomic_llong acknowledged;
};

struct worker {
	struct load *load;
	int64_t acked[200000];
	size_t n;
};

static void note_slowest(struct load *load, int64_t ns)
{
	long long seen = atomic_load(&load->slowest_ns);

	while (ns > seen && !atomic_compare_exchange_weak(&load->slowest_ns, &seen, ns))
		continue;
}

/* Reads, single writes and transactions in turn; remembers each acknowledged id. */
static int one_call(struct worker *worker, size_t turn, struct err *err)
{
	struct db db = caller(worker->load->pool);
	int64_t id = atomic_fetch_add(&worker->load->next_id, 1);
	int result;

	if (turn % 3 == 0)
		return db_exec(&db, &SQL_PID, DB_NO_ARGS, NULL, err);
	if (turn % 3 == 1) {
		result = db_exec(&db, &SQL_INSERT, DB_ARGS(db_i64(id)), NULL, err);
	} else {
		result = db_begin(&db, err);
		if (result == 0)
			result = db_exec(&db, &SQL_INSERT, DB_ARGS(db_i64(id)), NULL, err);
		if (result == 0)
			result = db_commit(&db, err);
		db_release(&db);
	}
	if (result == 0 && worker->n < ARRAY_LEN(worker->acked))
		worker->acked[worker->n++] = id;
	return result;
}

static void *work(void *arg)
{
	struct worker *worker = arg;
	struct load *load = worker->load;
	bool told = false;

	for (size_t turn = 0; !atomic_load(&load->stop); turn++) {
		struct err err = ERR_INIT;
		int64_t start_ns = clock_mono_ns();

		if (one_call(worker, turn, &err) == 0) {
			atomic_fetch_add(&load->acknowledged, 1);
			continue;
		}
		note_slowest(load, clock_mono_ns() - start_ns);
		if (err.code != ERR_UNAVAILABLE || err.retry_after_s == 0)
			atomic_fetch_add(&load->wrong, 1);
		if (atomic_load(&load->killed) && !told) {
			told = true;
			atomic_fetch_add(&load->told, 1);
		}
		clock_sleep_until(clock_mono_ns() +
				  CLOCK_NS_PER_MS); /* a client that tries again */
	}
	return NULL;
}

static void until_count(atomic_llong *count, long long least)
{
	while (atomic_load(count) < least)
		clock_sleep_until(clock_mono_ns() + CLOCK_NS_PER_MS);
}

/* To the load, that the server was killed; returns when all have their error. */
static void kill_server(struct load *load)
{
	int64_t killed_ns = clock_mono_ns();

	atomic_store(&load->killed, true);
	pg_kill(pg);
	while (atomic_load(&load->told) < WORKERS)
		clock_sleep_until(clock_mono_ns() + CLOCK_NS_PER_MS);
	within("telling all callers", killed_ns, FAIL_NS);
}

static void all_there(const struct worker *workers)
{
	AUTO(db_conn_closep) struct db_conn *conn = ok_connect(pg_conninfo(pg), NULL);
	struct err err = ERR_INIT;

	for (int i = 0; i < WORKERS; i++) {
		AUTO(db_result_freep) struct db_result *result = NULL;

		ok(db_conn_query(conn, "SELECT count(*) FROM t WHERE id = ANY ($1)",
				 DB_ARGS(db_i64s(workers[i].acked, workers[i].n)), &result, &err),
		   &err);
		assert_int_equal(db_get_i64(result, 0, 0), workers[i].n);
	}
}

static void crash_under_load(void)
{
	static struct worker workers[WORKERS];
	static long long first_id = 1000;
	struct load load = {.pool = open_pool(8)}; /* fewer than callers, so that some wait */
	pthread_t threads[WORKERS];
	struct err err = ERR_INIT;
	int64_t back_ns;
	long long before;

	atomic_store(&load.next_id, first_id);
	for (int i = 0; i < WORKERS; i++) {
		workers[i] = (struct worker){.load = &load};
		ok(thread_start(&threads[i], "load", work, &workers[i], &err), &err);
	}
	until_count(&load.acknowledged, 500);
	kill_server(&load);
	until_breaker(load.pool, DB_BREAKER_OPEN);
	pg_restart(pg); /* returns when it accepts connections */
	until_breaker(load.pool, DB_BREAKER_CLOSED);
	before = atomic_load(&load.acknowledged);
	back_ns = clock_mono_ns();
	until_count(&load.acknowledged, before + 100);
	within("the first calls after the return", back_ns, RETURN_NS);
	atomic_store(&load.stop, true);
	for (int i = 0; i < WORKERS; i++)
		pthread_join(threads[i], NULL);
	assert_int_equal(atomic_load(&load.wrong), 0);
	within("the slowest failure", clock_mono_ns() - atomic_load(&load.slowest_ns), FAIL_NS);
	all_there(workers);
	db_pool_close(load.pool);
	first_id = atomic_load(&load.next_id);
}

static void a_crash_under_load(void **state)
{
	(void)state;
	in_time(crash_under_load);
}

/* Without any caller, the pool finds out and comes back. */
static void recover(void)
{
	struct db_pool *pool = open_pool(4);
	struct err err = ERR_INIT;
	int64_t start_ns;

	until_working(pool);
	pg_kill(pg);
	until_breaker(pool, DB_BREAKER_OPEN);
	assert_int_equal(run(pool, &SQL_PID, &err), -1);
	assert_int_equal(err.code, ERR_UNAVAILABLE);
	assert_int_equal(err.retry_after_s, 1);
	assert_int_equal(db_pool_check(pool, clock_mono_ns() + LONG_NS, &err), -1);
	pg_restart(pg);
	start_ns = clock_mono_ns();
	until_breaker(pool, DB_BREAKER_CLOSED);
	ok(db_pool_check(pool, clock_mono_ns() + LONG_NS, &err), &err);
	within("the return", start_ns, RETURN_NS);
	db_pool_close(pool);
}

static void recovers_within_two_seconds(void **state)
{
	(void)state;
	in_time(recover);
}

static void open_without_a_server(void)
{
	struct db_pool *pool;
	struct err err = ERR_INIT;
	int64_t start_ns;

	pg_stop(pg);
	pool = open_pool(4);
	start_ns = clock_mono_ns();
	assert_int_equal(run(pool, &SQL_PID, &err), -1);
	assert_int_equal(err.code, ERR_UNAVAILABLE);
	within("the refusal", start_ns, FAIL_NS);
	until_breaker(pool, DB_BREAKER_OPEN);
	pg_restart(pg);
	start_ns = clock_mono_ns();
	until_working(pool);
	within("the return", start_ns, RETURN_NS);
	db_pool_close(pool);
}

static void opens_without_a_server(void **state)
{
	(void)state;
	in_time(open_without_a_server);
}

/* Reads on connections that a restart has closed are repeated on new ones. */
static void a_restart_between_calls_is_not_seen(void **state)
{
	struct db_pool *pool = open_pool(4);
	struct err err = ERR_INIT;

	(void)state;
	until_working(pool);
	for (int i = 0; i < 3; i++) {
		pg_stop(pg);
		pg_restart(pg);
		until_working(pool);
	}
	pg_sql(pg, "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity"
		   " WHERE application_name = 'test_db_failure'");
	ok(run(pool, &SQL_PID, &err), &err);
	assert_int_equal(breaker(pool), DB_BREAKER_CLOSED);
	db_pool_close(pool);
}

static void *terminate_sleeper(void *arg)
{
	AUTO(db_conn_closep) struct db_conn *conn = NULL;
	int64_t n = 0;

	(void)arg;
	if (db_conn_open(pg_superuser(pg), NULL, "terminate", 10000, &conn, NULL) < 0)
		return NULL;
	while (n == 0) {
		AUTO(db_result_freep) struct db_result *result = NULL;

		if (db_conn_query(conn,
				  "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
				  " WHERE wait_event = 'PgSleep'",
				  DB_NO_ARGS, &result, NULL) < 0)
			return NULL;
		n = db_get_i64(result, 0, 0);
	}
	return NULL;
}

/* A transaction is never repeated, and what became of it is said. */
static void a_lost_transaction_is_unavailable(void **state)
{
	struct db_pool *pool = open_pool(2);
	struct db db = caller(pool);
	struct err err = ERR_INIT;
	pthread_t thread;

	(void)state;
	until_working(pool);
	ok(db_begin(&db, &err), &err);
	ok(db_exec(&db, &SQL_INSERT, DB_ARGS(db_i64(1)), NULL, &err), &err);
	ok(thread_start(&thread, "kill", terminate_sleeper, NULL, &err), &err);
	assert_int_equal(db_exec(&db, &SQL_SLEEP, DB_ARGS(db_f64(60)), NULL, &err), -1);
	pthread_join(thread, NULL);
	assert_int_equal(err.code, ERR_UNAVAILABLE);
	assert_int_equal(db_exec(&db, &SQL_PID, DB_NO_ARGS, NULL, &err), -1);
	assert_int_equal(err.code, ERR_UNAVAILABLE);
	assert_int_equal(db_commit(&db, &err), -1);
	assert_int_equal(err.code, ERR_UNAVAILABLE);
	assert_null(db.held);

	/* The connection goes just before the commit. */
	ok(db_begin(&db, &err), &err);
	ok(db_exec(&db, &SQL_INSERT, DB_ARGS(db_i64(1)), NULL, &err), &err);
	pg_sql(pg, "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity"
		   " WHERE application_name = 'test_db_failure'");
	assert_int_equal(db_commit(&db, &err), -1);
	assert_int_equal(err.code, ERR_UNAVAILABLE);
	assert_int_equal(err.retry_after_s, 1);
	assert_non_null(strstr(err.detail, "outcome unknown"));
	ok(db_exec(&db, &SQL_INSERT, DB_ARGS(db_i64(1)), NULL, &err),
	   &err); /* it had not happened */
	db_pool_close(pool);
}

/* A server that hangs (SIGSTOP) answers nothing and closes nothing. */
static void call_a_hanging_server(void)
{
	struct db_pool *pool = open_pool(2);
	struct err err = ERR_INIT;
	int64_t resumed_ns;

	until_working(pool);
	pg_pause(pg);
	for (int i = 0; i < 6; i++) {
		struct db db = caller(pool);
		int64_t start_ns = clock_mono_ns();

		db.deadline_ns = start_ns + 200 * CLOCK_NS_PER_MS;
		assert_int_equal(db_exec(&db, &SQL_PID, DB_NO_ARGS, NULL, &err), -1);
		assert_true(err.code == ERR_TIMEOUT || err.code == ERR_UNAVAILABLE);
		within("a call", start_ns, FAIL_NS);
	}
	pg_resume(pg);
	resumed_ns = clock_mono_ns();
	until_working(pool);
	within("the return", resumed_ns, RETURN_NS);
	db_pool_close(pool);
}

static void a_hanging_server_costs_the_deadline_only(void **state)
{
	(void)state;
	in_time(call_a_hanging_server);
}

/* Closing does not wait for a server that hangs. */
static void closes_while_the_server_hangs(void **state)
{
	struct db_pool *pool = open_pool(2);
	struct db db = caller(pool);
	struct err err = ERR_INIT;
	int64_t start_ns;

	(void)state;
	until_working(pool);
	pg_pause(pg);
	start_ns = clock_mono_ns();
	db.deadline_ns = start_ns + 50 * CLOCK_NS_PER_MS;
	assert_int_equal(db_exec(&db, &SQL_PID, DB_NO_ARGS, NULL, &err), -1);
	db_pool_close(pool);
	assert_true(clock_mono_ns() - start_ns < 10 * CLOCK_NS_PER_S);
	pg_resume(pg);
}

/* No connection to spare is no reason to stop those that work. */
static void too_many_connections(void **state)
{
	struct db_pool *pool = open_pool(4);
	struct db first = caller(pool);
	struct err err = ERR_INIT;

	(void)state;
	until_working(pool);
	ok(db_begin(&first, &err), &err);
	pg_sql(pg, "ALTER ROLE tasklab CONNECTION LIMIT 1");
	assert_int_equal(run(pool, &SQL_PID, &err), -1); /* a second one is refused */
	assert_int_equal(err.code, ERR_UNAVAILABLE);
	ok(db_exec(&first, &SQL_PID, DB_NO_ARGS, NULL, &err), &err);
	ok(db_commit(&first, &err), &err);
	ok(run(pool, &SQL_PID, &err), &err);
	assert_int_equal(breaker(pool), DB_BREAKER_CLOSED);
	pg_sql(pg, "ALTER ROLE tasklab CONNECTION LIMIT -1");
	db_pool_close(pool);
}

static int start(void **state)
{
	(void)state;
	pg = pg_start(NULL);
	pg_sql(pg, "CREATE TABLE t (id bigint PRIMARY KEY); GRANT ALL ON t TO tasklab");
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
		cmocka_unit_test(a_crash_under_load),
		cmocka_unit_test(recovers_within_two_seconds),
		cmocka_unit_test(opens_without_a_server),
		cmocka_unit_test(a_restart_between_calls_is_not_seen),
		cmocka_unit_test(a_lost_transaction_is_unavailable),
		cmocka_unit_test(a_hanging_server_costs_the_deadline_only),
		cmocka_unit_test(closes_while_the_server_hangs),
		cmocka_unit_test(too_many_connections),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
