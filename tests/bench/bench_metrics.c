/* bench_metrics.c - what counting and rendering cost, with the same work under one mutex beside it.
 *
 *   bench_metrics [--assert]
 *
 * Prints one line a figure: the best of several rounds, so that a busy machine disturbs little.
 * With --assert it fails when a figure misses its promise.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <tasklab/base/attr.h>
#include <tasklab/base/clock.h>
#include <tasklab/metrics/metrics.h>

/* Many short rounds: some fall between what else the machine does. */
#define ROUNDS      150
#define ADDS        4000000U
#define OBSERVES    400000U
#define LOCKED      100000U
#define VALUES      4096U /* latencies, drawn beforehand */
#define THREADS_MAX 2
#define SIDE        100U
#define RENDER_MAX  (64U << 20)

/* Keeps the compiler from adding up many rounds of a loop in one. */
#define EACH_TIME() __asm__ volatile("" ::: "memory")

static _Thread_local uint64_t plain;
static int64_t latencies_ns[VALUES];

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static uint64_t locked_count, locked_buckets[16], locked_sum;

static void plain_add(unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		plain++;
		EACH_TIME();
	}
}

static void counter_inc(unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		metric_inc(M_HTTP_REQUESTS_TOTAL, 1, 0);
		EACH_TIME();
	}
}

static void counter_locked(unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		pthread_mutex_lock(&mutex);
		locked_count++;
		pthread_mutex_unlock(&mutex);
	}
}

static void histogram_observe(unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		metric_observe_ns(M_HTTP_REQUEST_DURATION_SECONDS, latencies_ns[i % VALUES], 1);
}

/* A classic histogram only. */
static void histogram_locked(unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		uint64_t value = (uint64_t)latencies_ns[i % VALUES], bucket = 0;

		for (uint64_t bound = 500000; bucket < 15 && value > bound; bound *= 2)
			bucket++;
		pthread_mutex_lock(&mutex);
		locked_buckets[bucket]++;
		locked_sum += value;
		pthread_mutex_unlock(&mutex);
	}
}

struct runner {
	void (*work)(unsigned n);
	unsigned n, threads;
	_Atomic unsigned *running; /* threads that have come to the start */
	int64_t start_ns, end_ns;
};

static void *run(void *arg)
{
	struct runner *runner = arg;

	runner->work(1000); /* the shard is there, its pages are touched */
	atomic_fetch_add(runner->running, 1);
	while (atomic_load(runner->running) < runner->threads)
		;
	runner->start_ns = clock_mono_ns();
	runner->work(runner->n);
	runner->end_ns = clock_mono_ns();
	return NULL;
}

/* Nanoseconds that n calls on each of threads take, from the first start to the last end. */
static double once(void (*work)(unsigned n), unsigned n, unsigned threads)
{
	pthread_t ids[THREADS_MAX];
	_Atomic unsigned running = 0;
	struct runner runners[THREADS_MAX];
	int64_t start_ns = INT64_MAX, end_ns = 0;

	for (unsigned i = 0; i < threads; i++) {
		runners[i] = (struct runner){work, n, threads, &running, 0, 0};
		if (i > 0 && pthread_create(&ids[i], NULL, run, &runners[i]) != 0)
			abort();
	}
	run(&runners[0]);
	for (unsigned i = 0; i < threads; i++) {
		if (i > 0)
			pthread_join(ids[i], NULL);
		if (runners[i].start_ns < start_ns)
			start_ns = runners[i].start_ns;
		if (runners[i].end_ns > end_ns)
			end_ns = runners[i].end_ns;
	}
	return (double)(end_ns - start_ns);
}

struct figure {
	double one_ns, scaling; /* a call on one thread; throughput of two threads to that of one */
};

/* One thread and two in turn; the least of each, since a disturbance only ever adds. */
static struct figure measure(void (*work)(unsigned n), unsigned n)
{
	double best[THREADS_MAX] = {1e30, 1e30};

	for (int round = 0; round < ROUNDS; round++) {
		for (unsigned threads = 1; threads <= THREADS_MAX; threads++) {
			double ns = once(work, n, threads);

			if (ns < best[threads - 1])
				best[threads - 1] = ns;
		}
	}
	return (struct figure){best[0] / n, 2 * best[0] / best[1]};
}

static bool failed, asserting;

static void report(const char *what, double value, const char *unit, double promise, bool at_most)
{
	bool holds = promise == 0 || (at_most ? value <= promise : value >= promise);

	printf("%-52s %8.2f %s", what, value, unit);
	if (promise != 0)
		printf("  (promised %s %g)%s", at_most ? "<=" : ">=", promise,
		       holds ? "" : "  MISSED");
	printf("\n");
	failed = failed || !holds;
}

static void draw_latencies(void)
{
	uint64_t state = 1;

	for (unsigned i = 0; i < VALUES; i++) {
		state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
		/* 64 us to 64 ms, each octave as often */
		latencies_ns[i] =
			(int64_t)((UINT64_C(65536) << (state >> 60) % 10) + (state >> 30) % 65536);
	}
}

/* Endpoints by codes: SIDE * SIDE counters to touch. */
static int start_metrics(struct err *err)
{
	static char routes[SIDE][24], numbers[SIDE][4];
	static const char *endpoints[SIDE][2], *codes[SIDE];

	for (unsigned i = 0; i < SIDE; i++) {
		(void)snprintf(routes[i], sizeof(routes[i]), "/api/v1/things/%u", i);
		(void)snprintf(numbers[i], sizeof(numbers[i]), "%u", 400 + i);
		endpoints[i][0] = "GET";
		endpoints[i][1] = routes[i];
		codes[i] = numbers[i];
	}
	if (metrics_labels(LABELS_ENDPOINT, &endpoints[0][0], SIDE, err) < 0 ||
	    metrics_labels(LABELS_CODE, codes, SIDE, err) < 0)
		return -1;
	return metrics_start(err);
}

static double render_ms(const char *accept)
{
	AUTO(buf_release) struct buf out = BUF_INIT(RENDER_MAX);
	struct metrics_request request = {.accept = accept};
	const char *type, *encoding;
	double best = 1e30;

	for (int round = 0; round < ROUNDS; round++) {
		int64_t start_ns = clock_mono_ns();
		double ms;

		buf_reset(&out);
		if (metrics_render(&request, &out, &type, &encoding, NULL) < 0)
			abort();
		ms = (double)(clock_mono_ns() - start_ns) / 1e6;
		best = ms < best ? ms : best;
	}
	return best;
}

static void bench_counting(void)
{
	struct figure bare = measure(plain_add, ADDS);
	struct figure counter = measure(counter_inc, ADDS);
	struct figure histogram = measure(histogram_observe, OBSERVES);
	struct figure counter_mutex = measure(counter_locked, LOCKED);
	struct figure histogram_mutex = measure(histogram_locked, LOCKED);

	report("plain thread-local 64-bit add", bare.one_ns, "ns", 0, true);
	report("counter increment", counter.one_ns, "ns", 0, true);
	report("counter increment to plain add", counter.one_ns / bare.one_ns, "x ", 3, true);
	report("counter increment, two threads to one", counter.scaling, "x ", 1.8, false);
	report("histogram observation, classic and native", histogram.one_ns, "ns", 40, true);
	report("histogram observation, two threads to one", histogram.scaling, "x ", 1.8, false);
	report("under one mutex: counter increment", counter_mutex.one_ns, "ns", 0, true);
	report("under one mutex: two threads to one", counter_mutex.scaling, "x ", 0, true);
	report("under one mutex: classic histogram observation", histogram_mutex.one_ns, "ns", 0,
	       true);
	report("under one mutex: two threads to one", histogram_mutex.scaling, "x ", 0, true);
}

int main(int argc, char **argv)
{
	struct err err = ERR_INIT;

	asserting = argc > 1 && strcmp(argv[1], "--assert") == 0;
	draw_latencies();
	if (start_metrics(&err) < 0) {
		(void)fprintf(stderr, "bench_metrics: %s (%s)\n", err.message, err.detail);
		return 1;
	}
	bench_counting();
	for (size_t i = 0; i < SIDE * SIDE; i++)
		metric_inc(M_HTTP_REQUESTS_TOTAL, i / SIDE, i % SIDE);
	report("10,000 counters and the rest as text", render_ms(NULL), "ms", 5, true);
	report("the same as OpenMetrics", render_ms("application/openmetrics-text"), "ms", 0, true);
	report("the same as protobuf", render_ms("application/vnd.google.protobuf"), "ms", 0, true);
	metrics_stop();
	return failed && asserting;
}
