/* bench_db.c - how many prepared selects by id the pool runs a second: for tuning by hand.
 *
 *   bench_db CONNINFO SQL MAX_ID [THREADS [SECONDS [POOL]]]
 *   bench_db "$URL" 'SELECT * FROM tasks WHERE id = $1' 100000 8 5
 */
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include <tasklab/base/clock.h>
#include <tasklab/base/hist.h>
#include <tasklab/base/thread.h>
#include <tasklab/db/db.h>

#define THREADS_MAX 256
#define CALL_NS     (5 * CLOCK_NS_PER_S)

static struct db_query query = {.name = "bench", .read_only = true};
__attribute__((constructor)) static void query_register(void)
{
	db_query_register(&query);
}

struct worker {
	struct db_pool *pool;
	uint64_t seed;
	int64_t max_id, end_ns;
	struct hist *latency;
	uint64_t failures;
};

static uint64_t next_random(uint64_t *state)
{
	*state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return *state >> 33;
}

static void *work(void *arg)
{
	struct worker *worker = arg;
	int64_t now_ns = clock_mono_ns();

	while (now_ns < worker->end_ns) {
		AUTO(db_result_freep) struct db_result *result = NULL;
		int64_t id = 1 + (int64_t)(next_random(&worker->seed) % (uint64_t)worker->max_id);
		int64_t start_ns = now_ns;
		struct db db;

		db_init(&db, worker->pool, now_ns + CALL_NS);
		if (db_query(&db, &query, DB_ARGS(db_i64(id)), &result, NULL) < 0)
			worker->failures++;
		db_release(&db);
		now_ns = clock_mono_ns();
		hist_record(worker->latency, now_ns - start_ns);
	}
	return NULL;
}

static long number(int argc, char **argv, int i, long otherwise)
{
	return i < argc ? strtol(argv[i], NULL, 10) : otherwise;
}

static int wait_open(struct db_pool *pool)
{
	struct err err = ERR_INIT;

	if (db_pool_check(pool, clock_mono_ns() + CALL_NS, &err) == 0)
		return 0;
	(void)fprintf(stderr, "bench_db: %s (%s)\n", err.message, err.detail);
	return -1;
}

int main(int argc, char **argv)
{
	static struct worker workers[THREADS_MAX];
	pthread_t threads[THREADS_MAX];
	long n = number(argc, argv, 4, 8), seconds = number(argc, argv, 5, 5);
	struct db_pool_options options = {.max_waiters = THREADS_MAX,
					  .wait_ms = 2000,
					  .connect_ms = 2000,
					  .statement_ms = 5000,
					  .breaker_open_ms = 500,
					  .breaker_failures = 3,
					  .shapes_max = 16};
	struct db_pool *pool = NULL;
	struct hist *sum = hist_new();
	uint64_t failures = 0;

	if (argc < 4 || n < 1 || n > THREADS_MAX || !sum)
		return 2;
	query.sql = argv[2];
	options.conninfo = argv[1];
	options.max_connections = options.min_connections = (unsigned)number(argc, argv, 6, n);
	if (db_pool_open(&options, &pool, NULL) < 0 || wait_open(pool) < 0)
		return 1;
	for (long i = 0; i < n; i++) {
		workers[i] = (struct worker){.pool = pool,
					     .seed = (uint64_t)i + 1,
					     .max_id = number(argc, argv, 3, 1),
					     .end_ns = clock_mono_ns() + seconds * CLOCK_NS_PER_S,
					     .latency = hist_new()};
		if (!workers[i].latency ||
		    thread_start(&threads[i], "bench", work, &workers[i], NULL) < 0)
			return 1;
	}
	for (long i = 0; i < n; i++) {
		pthread_join(threads[i], NULL);
		hist_merge(sum, workers[i].latency);
		hist_freep(&workers[i].latency);
		failures += workers[i].failures;
	}
	printf("%ld threads: %.0f/s, p50 %.0f us, p99 %.0f us, max %.0f us, %llu failures\n", n,
	       (double)sum->count / (double)seconds, (double)hist_quantile_ns(sum, 0.5) / 1e3,
	       (double)hist_quantile_ns(sum, 0.99) / 1e3, (double)sum->max_ns / 1e3,
	       (unsigned long long)failures);
	hist_freep(&sum);
	db_pool_close(pool);
	return failures > 0;
}
