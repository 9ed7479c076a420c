/* test_metrics.c - counts are exact whatever threads do; the text format is right; all is bounded.
 */
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include <tasklab/metrics/metrics.h>

#include "metrics/rows.h"
#include "metrics/store.h"

#define TEXT_MAX (4U << 20)

static const char *const endpoints[] = {"GET", "/tasks", "GET", "/tasks/{id}", "POST", "/tasks"};
static const char *const codes[] = {"200", "404"};
static const char *const queries[] = {"task_get", "task_list"};
static const char *const outcomes[] = {"ok", "error"};
static const char *const states[] = {"idle", "busy"};
static const char *const lab_names[] = {"back\\slash", "quo\"te", "line\nfeed",
					"caf\xC3\xA9 {x=1}"};
static const char *const phases[] = {"x", "before", "x", "after"};
static const char *const build[] = {"1.0", "abc", "gcc", "15.1"};

/* The linker sends these here (--wrap): the nth call from now fails, -1 for none. */
static int fail_at = -1;

static bool fails_now(void)
{
	return fail_at >= 0 && fail_at-- == 0;
}

void *__real_malloc(size_t size);
void *__wrap_malloc(size_t size);
void *__real_calloc(size_t n, size_t size);
void *__wrap_calloc(size_t n, size_t size);
void *__real_realloc(void *old, size_t size);
void *__wrap_realloc(void *old, size_t size);
void *__real_mmap(void *at, size_t size, int protection, int flags, int fd, off_t offset);
void *__wrap_mmap(void *at, size_t size, int protection, int flags, int fd, off_t offset);

void *__wrap_malloc(size_t size)
{
	return fails_now() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t n, size_t size)
{
	return fails_now() ? NULL : __real_calloc(n, size);
}

void *__wrap_realloc(void *old, size_t size)
{
	return fails_now() ? NULL : __real_realloc(old, size);
}

void *__wrap_mmap(void *at, size_t size, int protection, int flags, int fd, off_t offset)
{
	return fails_now() ? MAP_FAILED : __real_mmap(at, size, protection, flags, fd, offset);
}

static void register_labels(void)
{
	assert_int_equal(metrics_labels(LABELS_ENDPOINT, endpoints, 3, NULL), 0);
	assert_int_equal(metrics_labels(LABELS_CODE, codes, 2, NULL), 0);
	assert_int_equal(metrics_labels(LABELS_QUERY, queries, 2, NULL), 0);
	assert_int_equal(metrics_labels(LABELS_OUTCOME, outcomes, 2, NULL), 0);
	assert_int_equal(metrics_labels(LABELS_POOL_STATE, states, 2, NULL), 0);
	assert_int_equal(metrics_labels(LABELS_TASK_STATUS, states, 2, NULL), 0);
	assert_int_equal(metrics_labels(LABELS_LAB, lab_names, 4, NULL), 0);
	assert_int_equal(metrics_labels(LABELS_LAB_PHASE, phases, 2, NULL), 0);
	assert_int_equal(metrics_labels(LABELS_BUILD, build, 1, NULL), 0);
}

static int start(void **state)
{
	struct err err = ERR_INIT;

	(void)state;
	register_labels();
	assert_int_equal(metrics_start(&err), 0);
	return 0;
}

static int stop(void **state)
{
	(void)state;
	metrics_stop();
	return 0;
}

static char *render(void)
{
	struct buf out = BUF_INIT(TEXT_MAX);
	char *text;

	assert_int_equal(metrics_render_text(&out, NULL), 0);
	text = buf_take(&out);
	assert_non_null(text);
	return text;
}

static bool has_line(const char *text, const char *line)
{
	size_t len = strlen(line);

	for (const char *at = text; at; at = strchr(at, '\n')) {
		at += *at == '\n';
		if (strncmp(at, line, len) == 0 && at[len] == '\n')
			return true;
	}
	return false;
}

/* The value of a series by its name and labels, or -1. */
static double value_of(const char *text, const char *series)
{
	size_t len = strlen(series);

	for (const char *at = text; at; at = strchr(at, '\n')) {
		at += *at == '\n';
		if (strncmp(at, series, len) == 0 && at[len] == ' ')
			return strtod(at + len, NULL);
	}
	return -1;
}

static void test_nothing_before_the_start(void **state)
{
	AUTO(buf_release) struct buf out = BUF_INIT(TEXT_MAX);
	struct err err = ERR_INIT;

	(void)state;
	metric_inc(M_HTTP_REQUESTS_TOTAL, 0, 0);
	metric_observe_ns(M_DB_POOL_WAIT_SECONDS, 1, 0);
	metric_gauge_set(M_TASKLAB_TASKS, 1, 0);
	metric_gauge_add(M_HTTP_REQUESTS_IN_FLIGHT, 1, 0);
	assert_int_equal(metrics_render_text(&out, &err), -1);
	assert_int_equal(err.code, ERR_UNAVAILABLE);
}

static void test_series_appear_once_touched(void **state)
{
	AUTO(freep) char *before = render();
	AUTO(freep) char *after = NULL;

	(void)state;
	assert_null(strstr(before, "http_requests_total"));
	assert_null(strstr(before, "tasklab_tasks"));
	assert_true(has_line(before, "http_requests_in_flight 0"));
	assert_true(has_line(before, "db_pool_refused_total 0"));
	assert_true(has_line(before, "db_pool_wait_seconds_bucket{le=\"+Inf\"} 0"));
	assert_true(has_line(before, "tasklab_build_info{version=\"1.0\",revision=\"abc\","
				     "compiler=\"gcc\",libpq=\"15.1\"} 1"));
	metric_inc(M_HTTP_REQUESTS_TOTAL, 1, 1);
	metric_gauge_set(M_TASKLAB_TASKS, 0, 1);
	after = render();
	assert_true(has_line(after, "http_requests_total{method=\"GET\",route=\"/tasks/{id}\","
				    "code=\"404\"} 1"));
	assert_null(strstr(after, "code=\"200\""));
	assert_true(has_line(after, "tasklab_tasks{status=\"busy\"} 0"));
	assert_null(strstr(after, "status=\"idle\""));
	assert_true(has_line(after, "# TYPE http_requests_total counter"));
	assert_true(has_line(after, "# HELP http_requests_total HTTP requests answered."));
	assert_true(has_line(after, "# TYPE process_cpu_seconds_total counter"));
}

static void test_histogram(void **state)
{
	AUTO(freep) char *text = NULL;

	(void)state;
	metric_observe_ns(M_HTTP_REQUEST_DURATION_SECONDS, 500000, 2); /* on a bound: below it */
	metric_observe_ns(M_HTTP_REQUEST_DURATION_SECONDS, 500001, 2); /* just above */
	metric_observe_ns(M_HTTP_REQUEST_DURATION_SECONDS, -7, 2);     /* a clock that went back */
	metric_observe_ns(M_HTTP_REQUEST_DURATION_SECONDS, 12000000000, 2);
	metric_observe(M_HTTP_REQUEST_SIZE_BYTES, 64, 0);
	metric_observe(M_HTTP_REQUEST_SIZE_BYTES, 5000000, 0);
	text = render();
#define SERIES "{method=\"POST\",route=\"/tasks\""
	assert_true(
		has_line(text, "http_request_duration_seconds_bucket" SERIES ",le=\"0.0005\"} 2"));
	assert_true(
		has_line(text, "http_request_duration_seconds_bucket" SERIES ",le=\"0.001\"} 3"));
	assert_true(
		has_line(text, "http_request_duration_seconds_bucket" SERIES ",le=\"10.0\"} 3"));
	assert_true(
		has_line(text, "http_request_duration_seconds_bucket" SERIES ",le=\"+Inf\"} 4"));
	assert_true(has_line(text, "http_request_duration_seconds_sum" SERIES "} 12.001000001"));
	assert_true(has_line(text, "http_request_duration_seconds_count" SERIES "} 4"));
	assert_true(has_line(text, "http_request_size_bytes_bucket{le=\"64.0\"} 1"));
	assert_true(has_line(text, "http_request_size_bytes_sum 5000064"));
}

static void test_sum_does_not_drift(void **state)
{
	AUTO(freep) char *text = NULL;

	(void)state;
	/* A double would forget the nanosecond beside so many seconds. */
	metric_observe_ns(M_DB_POOL_WAIT_SECONDS, INT64_C(9000000000000000000), 0);
	metric_observe_ns(M_DB_POOL_WAIT_SECONDS, 1, 0);
	text = render();
	assert_true(has_line(text, "db_pool_wait_seconds_sum 9000000000.000000001"));
}

static void test_escaping(void **state)
{
	AUTO(freep) char *text = NULL;

	(void)state;
	for (size_t i = 0; i < 4; i++)
		metric_gauge_set(M_TASKLAB_LAB_ACTIVE, 1, i);
	text = render();
	assert_true(has_line(text, "tasklab_lab_active{lab=\"back\\\\slash\"} 1"));
	assert_true(has_line(text, "tasklab_lab_active{lab=\"quo\\\"te\"} 1"));
	assert_true(has_line(text, "tasklab_lab_active{lab=\"line\\nfeed\"} 1"));
	assert_true(has_line(text, "tasklab_lab_active{lab=\"caf\xC3\xA9 {x=1}\"} 1"));
}

static void touch_everything(void)
{
	for (size_t i = 0; i < METRIC_COUNT; i++) {
		const struct metric_row *row = &metric_rows[i];
		enum metric metric = (enum metric)i;

		for (size_t a = 0; a < label_set_size(row->set0); a++) {
			for (size_t b = 0; b < label_set_size(row->set1); b++) {
				if (row->type == METRIC_COUNTER)
					metric_inc(metric, a, b);
				else if (row->type == METRIC_COUNTER_SET)
					metric_counter_set(metric, 1.5, a);
				else if (row->type == METRIC_GAUGE)
					metric_gauge_set(metric, 2.25, a);
				else if (metric_in_seconds(row))
					metric_observe_ns(metric, 1000, a);
				else
					metric_observe(metric, 1000, a);
			}
		}
	}
}

static void test_bound_is_reached_and_not_passed(void **state)
{
	AUTO(freep) char *text = NULL;
	size_t series = 0;

	(void)state;
	touch_everything();
	/* what is out of range is not counted */
	metric_inc(M_HTTP_REQUESTS_TOTAL, 3, 0);
	metric_inc(M_HTTP_REQUESTS_TOTAL, 0, 2);
	metric_inc(M_HTTP_REQUESTS_TOTAL, SIZE_MAX, SIZE_MAX);
	metric_observe_ns(M_DB_QUERY_DURATION_SECONDS, 1, 2);
	metric_gauge_set(M_TASKLAB_TASKS, 1, 2);
	metric_gauge_add(M_DB_POOL_CONNECTIONS, 1, SIZE_MAX);
	text = render();
	for (const char *at = text; *at; at = strchr(at, '\n') + 1)
		series += *at != '#';
	assert_int_equal(series, metrics_max_series());
}

static void test_promtool_is_silent(void **state)
{
	AUTO(freep) char *text = NULL;
	FILE *pipe;

	(void)state;
	if (system("command -v promtool >/dev/null") != 0)
		skip();
	touch_everything();
	text = render();
	pipe = popen("out=$(promtool check metrics 2>&1); rc=$?; printf %s \"$out\"; "
		     "[ $rc -eq 0 ] && [ -z \"$out\" ]",
		     "w");
	assert_non_null(pipe);
	fputs(text, pipe);
	assert_int_equal(pclose(pipe), 0);
}

/* Threads ---------------------------------------------------------------------------------------
 */

#define ROUNDS     20
#define THREADS    8
#define PER_THREAD 2000

static void *count(void *arg)
{
	(void)arg;
	for (int i = 0; i < PER_THREAD; i++) {
		metric_gauge_add(M_HTTP_REQUESTS_IN_FLIGHT, 1, 0);
		metric_inc(M_HTTP_REQUESTS_TOTAL, (size_t)i % 3, (size_t)i % 2);
		metric_observe_ns(M_DB_POOL_WAIT_SECONDS, i, 0);
		metric_gauge_add(M_HTTP_REQUESTS_IN_FLIGHT, -1, 0);
	}
	return NULL;
}

static _Atomic bool scraping;

/* Scrapes all the time: counters never go back, and a histogram's count is its +Inf bucket. Returns
 * what was found wrong: cmocka's assertions belong to the test's own thread. */
static void *scrape(void *arg)
{
	static char failed[] = "the metrics cannot be rendered", back[] = "a counter went back",
		    torn[] = "a histogram's count is not its +Inf bucket";
	char *wrong = NULL;
	double last = 0;

	(void)arg;
	while (atomic_load(&scraping) && !wrong) {
		AUTO(buf_release) struct buf out = BUF_INIT(TEXT_MAX);
		double now;

		if (metrics_render_text(&out, NULL) < 0)
			return failed;
		now = value_of(buf_str(&out), "db_pool_wait_seconds_count");
		if (now < last)
			wrong = back;
		if (now != value_of(buf_str(&out), "db_pool_wait_seconds_bucket{le=\"+Inf\"}"))
			wrong = torn;
		last = now;
	}
	return wrong;
}

static void test_threads_come_and_go(void **state)
{
	AUTO(freep) char *text = NULL;
	pthread_t threads[THREADS], scraper;
	void *wrong = NULL;
	double requests = 0;

	(void)state;
	atomic_store(&scraping, true);
	assert_int_equal(pthread_create(&scraper, NULL, scrape, NULL), 0);
	for (int round = 0; round < ROUNDS; round++) {
		for (size_t i = 0; i < THREADS; i++)
			assert_int_equal(pthread_create(&threads[i], NULL, count, NULL), 0);
		for (size_t i = 0; i < THREADS; i++)
			pthread_join(threads[i], NULL);
	}
	atomic_store(&scraping, false);
	pthread_join(scraper, &wrong);
	if (wrong)
		fail_msg("%s", (const char *)wrong);
	text = render();
	for (size_t i = 0; i < 6; i++) {
		char series[128];

		snprintf(series, sizeof(series),
			 "http_requests_total{method=\"%s\",route=\"%s\",code=\"%s\"}",
			 endpoints[i / 2 * 2], endpoints[i / 2 * 2 + 1], codes[i % 2]);
		requests += value_of(text, series);
	}
	assert_true(requests == ROUNDS * THREADS * PER_THREAD);
	assert_true(value_of(text, "db_pool_wait_seconds_count") == ROUNDS * THREADS * PER_THREAD);
	assert_true(value_of(text, "http_requests_in_flight") == 0);
	assert_in_range(store_shards(), 1, THREADS);
}

/* A destructor of another key may count after the shard was given back. */
static pthread_key_t late_key;

static void count_late(void *arg)
{
	(void)arg;
	metric_inc(M_DB_POOL_REFUSED_TOTAL, 0);
}

static void *end_late(void *arg)
{
	metric_inc(M_DB_POOL_REFUSED_TOTAL, 0);
	pthread_setspecific(late_key, &late_key);
	return arg;
}

static void test_counting_while_a_thread_ends(void **state)
{
	AUTO(freep) char *text = NULL;
	pthread_t thread;

	(void)state;
	assert_int_equal(pthread_key_create(&late_key, count_late), 0);
	for (int i = 0; i < 10; i++) {
		assert_int_equal(pthread_create(&thread, NULL, end_late, NULL), 0);
		pthread_join(thread, NULL);
	}
	pthread_key_delete(late_key);
	text = render();
	assert_true(value_of(text, "db_pool_refused_total") == 20);
	assert_int_equal(store_shards(), 1);
}

/* Registration, memory, collectors ------------------------------------------------------------- */

static void test_registration_is_checked(void **state)
{
	static const char *const twice[] = {"a", "b", "a"};
	static const char *const bytes[] = {"\xFF"};
	static const char *const same_method[] = {"GET", "/a", "GET", "/b"};
	static char text[METRICS_SERIES_LIMIT][8];
	static const char *many[METRICS_SERIES_LIMIT];
	struct err err = ERR_INIT;

	(void)state;
	assert_int_equal(metrics_labels(LABELS_CODE, twice, 3, &err), -1);
	assert_int_equal(metrics_labels(LABELS_CODE, bytes, 1, &err), -1);
	assert_int_equal(metrics_labels(LABELS_ENDPOINT, same_method, 2, &err), 0);
	for (size_t i = 0; i < METRICS_SERIES_LIMIT / 10; i++) {
		snprintf(text[i], sizeof(text[i]), "%zu", i);
		many[i] = text[i];
	}
	assert_int_equal(metrics_labels(LABELS_CODE, many, METRICS_SERIES_LIMIT / 10, &err), 0);
	assert_int_equal(metrics_labels(LABELS_QUERY, many, METRICS_SERIES_LIMIT / 10, &err), 0);
	assert_int_equal(metrics_start(&err), -1);
	assert_int_equal(err.code, ERR_TOO_LARGE);
	metrics_stop();
	assert_int_equal(start(NULL), 0);
	assert_int_equal(metrics_start(&err), -1);
	assert_int_equal(metrics_labels(LABELS_CODE, codes, 2, &err), -1);
	metrics_stop();
}

static void test_sets_that_nobody_registered(void **state)
{
	AUTO(freep) char *text = NULL;
	struct err err = ERR_INIT;

	(void)state;
	assert_int_equal(metrics_start(&err), 0);
	metric_inc(M_HTTP_REQUESTS_TOTAL, 0, 0);
	metric_inc(M_DB_POOL_REFUSED_TOTAL, 0);
	text = render();
	assert_null(strstr(text, "http_requests_total"));
	assert_true(has_line(text, "db_pool_refused_total 1"));
	metrics_stop();
}

static void test_failed_allocations(void **state)
{
	AUTO(freep) char *text = NULL;
	int nth = 0;

	(void)state;
	for (;; nth++) {
		struct err err = ERR_INIT;
		int rc;

		register_labels();
		fail_at = nth;
		rc = metrics_start(&err);
		fail_at = -1;
		if (rc == 0)
			break;
		assert_int_equal(err.code, ERR_NO_MEMORY);
		metrics_stop();
	}
	assert_true(nth > 5);
	fail_at = 0; /* no shard: the count is lost, nothing else */
	metric_inc(M_DB_POOL_REFUSED_TOTAL, 0);
	fail_at = -1;
	metric_inc(M_DB_POOL_REFUSED_TOTAL, 0);
	text = render();
	assert_true(has_line(text, "db_pool_refused_total 1"));
	metrics_stop();
}

static void collect(void *arg)
{
	int *calls = arg;

	metric_gauge_set(M_DB_POOL_WAITING, ++*calls, 0);
}

static void test_collectors(void **state)
{
	AUTO(freep) char *first = NULL;
	AUTO(freep) char *second = NULL;
	struct err err = ERR_INIT;
	int calls = 0;

	(void)state;
	assert_int_equal(metrics_collector(collect, &calls, &err), 0);
	first = render();
	second = render();
	assert_true(value_of(first, "db_pool_waiting") == 1);
	assert_true(value_of(second, "db_pool_waiting") == 2);
	assert_true(value_of(first, "tasklab_scrape_duration_seconds") == 0);
	assert_true(value_of(second, "tasklab_scrape_duration_seconds") > 0);
	for (int i = 1; i < METRICS_COLLECTORS_MAX; i++)
		assert_int_equal(metrics_collector(collect, &calls, &err), 0);
	assert_int_equal(metrics_collector(collect, &calls, &err), -1);
	assert_int_equal(err.code, ERR_TOO_LARGE);
}

static void test_process(void **state)
{
	AUTO(freep) char *before = render();
	AUTO(freep) char *after = NULL;
	double start_s = value_of(before, "process_start_time_seconds");
	int fds[3];

	(void)state;
	for (size_t i = 0; i < 3; i++)
		fds[i] = open("/dev/null", O_RDONLY);
	after = render();
	for (size_t i = 0; i < 3; i++)
		close(fds[i]);
	assert_true(value_of(after, "process_open_fds") ==
		    value_of(before, "process_open_fds") + 3);
	assert_true(value_of(after, "process_max_fds") >= value_of(after, "process_open_fds"));
	assert_true(value_of(before, "process_threads") >= 1);
	assert_true(value_of(after, "process_cpu_seconds_total") >=
		    value_of(before, "process_cpu_seconds_total"));
	assert_true(value_of(before, "process_cpu_seconds_total") > 0);
	assert_true(value_of(before, "process_resident_memory_bytes") > 100000);
	assert_true(value_of(before, "process_virtual_memory_bytes") >=
		    value_of(before, "process_resident_memory_bytes"));
	/* this test began less than ten minutes ago; the kernel's boot time is good to a second */
	assert_true(start_s <= (double)time(NULL) + 2 && start_s > (double)time(NULL) - 600);
}

static void test_info(void **state)
{
	struct metric_info info;

	(void)state;
	metrics_info(M_HTTP_REQUESTS_TOTAL, &info);
	assert_string_equal(info.name, "http_requests_total");
	assert_string_equal(info.type, "counter");
	assert_int_equal(info.label_count, 3);
	assert_string_equal(info.labels[0].text, "method");
	assert_string_equal(info.labels[1].text, "route");
	assert_string_equal(info.labels[2].text, "code");
	assert_int_equal(info.max_series, 6);
	metrics_info(M_DB_QUERY_DURATION_SECONDS, &info);
	assert_string_equal(info.unit, "seconds");
	assert_int_equal(info.max_series, 2 * (15 + 3));
	metrics_info(M_TASKLAB_BUILD_INFO, &info);
	assert_int_equal(info.label_count, 4);
	assert_string_equal(info.labels[3].text, "libpq");
}

int main(void)
{
#define STARTED(test) cmocka_unit_test_setup_teardown(test, start, stop)
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nothing_before_the_start),
		STARTED(test_series_appear_once_touched),
		STARTED(test_histogram),
		STARTED(test_sum_does_not_drift),
		STARTED(test_escaping),
		STARTED(test_bound_is_reached_and_not_passed),
		STARTED(test_promtool_is_silent),
		STARTED(test_threads_come_and_go),
		STARTED(test_counting_while_a_thread_ends),
		cmocka_unit_test(test_registration_is_checked),
		cmocka_unit_test(test_sets_that_nobody_registered),
		cmocka_unit_test(test_failed_allocations),
		STARTED(test_collectors),
		STARTED(test_process),
		STARTED(test_info),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
