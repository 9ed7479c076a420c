/* test_load.c - runs against a stub server: no coordinated omission, failures counted, bounds kept.
 */
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <netinet/in.h>

#include <cmocka.h>

#include <tasklab/base/clock.h>
#include <tasklab/base/thread.h>
#include <tasklab/load/load.h>

#include "load/operations.h"
#include "load/worker.h"

#define STUB_CONNECTIONS 64
#define MS               CLOCK_NS_PER_MS

/* The stub ------------------------------------------------------------------------------------- */

/* What the stub does when it has answered so many requests of the run (not of its preparation). */
enum stub_act { STUB_NOTHING, STUB_STALL, STUB_GO_AWAY, STUB_ANSWER_503, STUB_STOP_LOAD };

struct stub {
	enum stub_act act;
	unsigned act_after;
	int64_t act_ns; /* how long the stall or the absence lasts */
	int port;
	int holder; /* has the port and never listens: it stays ours while the listener is away */
	int listener;
	int connections[STUB_CONNECTIONS];
	size_t count;
	atomic_uint
		answered;   /* raised before the answer is sent: who has it may rely on the count */
	struct buf metrics; /* what load_render_metrics said at STUB_STOP_LOAD */
	atomic_bool stop;
	pthread_t thread;
};

/* A socket at the address, which is filled in. */
static int bound(struct sockaddr_in *address)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), yes = 1;
	socklen_t len = sizeof(*address);

	assert_true(fd >= 0);
	assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes)), 0);
	assert_int_equal(bind(fd, (struct sockaddr *)address, len), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)address, &len), 0);
	return fd;
}

static void stub_listen(struct stub *stub)
{
	struct sockaddr_in address = {.sin_family = AF_INET,
				      .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};

	stub->holder = bound(&address);
	stub->listener = bound(&address);
	assert_int_equal(listen(stub->listener, STUB_CONNECTIONS), 0);
	stub->port = ntohs(address.sin_port);
}

static void stub_hang_up(struct stub *stub)
{
	for (size_t i = 0; i < stub->count; i++)
		close(stub->connections[i]);
	stub->count = 0;
}

static void stub_act(struct stub *stub)
{
	int64_t until = clock_mono_ns() + stub->act_ns;

	switch (stub->act) {
	case STUB_STALL:
		clock_sleep_until(until);
		break;
	case STUB_GO_AWAY:
		/* Refuses connections until it listens again. */
		(void)shutdown(stub->listener, SHUT_RDWR);
		stub_hang_up(stub);
		clock_sleep_until(until);
		(void)listen(stub->listener, STUB_CONNECTIONS);
		break;
	case STUB_STOP_LOAD:
		(void)load_render_metrics(&stub->metrics, NULL);
		load_stop();
		break;
	case STUB_ANSWER_503:
	case STUB_NOTHING:
		break;
	}
}

/* The client sends whole requests without a body, one at a time on each connection. */
static void stub_answer(struct stub *stub, size_t i)
{
	static const char OK[] =
		"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 26\r\n"
		"\r\n{\"items\": [],\"next\": null}";
	static const char BUSY[] = "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n";
	char request[4096];
	ssize_t n = recv(stub->connections[i], request, sizeof(request) - 1, 0);
	unsigned number = 0;
	bool counts, busy;

	if (n <= 0) {
		close(stub->connections[i]);
		stub->connections[i] = stub->connections[--stub->count];
		return;
	}
	request[n] = '\0';
	counts = !strstr(request, "/readyz") && !strstr(request, "limit=200");
	if (counts)
		number = ++stub->answered;
	busy = counts && stub->act == STUB_ANSWER_503 && number > stub->act_after;
	(void)send(stub->connections[i], busy ? BUSY : OK, busy ? sizeof(BUSY) - 1 : sizeof(OK) - 1,
		   MSG_NOSIGNAL);
	if (counts && number == stub->act_after)
		stub_act(stub);
}

static void *stub_main(void *arg)
{
	struct stub *stub = arg;

	while (!atomic_load(&stub->stop)) {
		struct pollfd fds[STUB_CONNECTIONS + 1] = {
			{.fd = stub->listener, .events = POLLIN}};
		size_t count = stub->count;

		for (size_t i = 0; i < count; i++)
			fds[i + 1] = (struct pollfd){.fd = stub->connections[i], .events = POLLIN};
		if (poll(fds, count + 1, 10) <= 0)
			continue;
		/* One a round, because an answer may change the list of connections. */
		for (size_t i = 0; i < count; i++) {
			if (fds[i + 1].revents) {
				stub_answer(stub, i);
				break;
			}
		}
		if (fds[0].revents && stub->count == count && count < STUB_CONNECTIONS) {
			int fd = accept(stub->listener, NULL, NULL);

			if (fd >= 0)
				stub->connections[stub->count++] = fd;
		}
	}
	stub_hang_up(stub);
	close(stub->listener);
	close(stub->holder);
	return NULL;
}

static void stub_start(struct stub *stub)
{
	stub->metrics = BUF_INIT(65536);
	stub_listen(stub);
	assert_int_equal(thread_start(&stub->thread, "stub", stub_main, stub, NULL), 0);
}

static void stub_end(struct stub *stub)
{
	atomic_store(&stub->stop, true);
	pthread_join(stub->thread, NULL);
	buf_release(&stub->metrics);
}

static struct load_report *run(struct stub *stub, double rate, int64_t duration_ns,
			       unsigned connections)
{
	struct load_report *report = NULL;
	struct err err = ERR_INIT;
	char url[64];

	(void)snprintf(url, sizeof(url), "http://127.0.0.1:%d/", stub->port);
	if (load_run(&(struct load_options){.url = url,
					    .profile = LOAD_STEADY,
					    .rate = rate,
					    .duration_ns = duration_ns,
					    .connections = connections,
					    .wait_ns = 10 * CLOCK_NS_PER_S,
					    .seed = 1},
		     &report, &err) < 0)
		fail_msg("%s (%s)", err.message, err.detail);
	return report;
}

static uint64_t code(const struct load_report *report, const char *name)
{
	for (size_t i = 0; i < report->code_count; i++) {
		if (strcmp(report->codes[i].name, name) == 0)
			return report->codes[i].count;
	}
	return 0;
}

/* Runs ----------------------------------------------------------------------------------------- */

/* With 4 connections a client that measures from the sending sees 4 slow answers. Here a request is
 * due every 5 ms, so about 200 were due during the second, and 100 of them waited half of it. */
static void test_no_coordinated_omission(void **state)
{
	struct stub stub = {.act = STUB_STALL, .act_after = 100, .act_ns = 1000 * MS};
	struct load_report *report;

	(void)state;
	stub_start(&stub);
	report = run(&stub, 200, 3000 * MS, 4);
	assert_int_equal(report->requests, 600);
	assert_int_equal(report->dropped, 0);
	assert_true(report->hist->max_ns >= (uint64_t)(950 * MS));
	assert_true(hist_quantile_ns(report->hist, 1 - 90.0 / 600) >= (uint64_t)(500 * MS));
	assert_true(hist_quantile_ns(report->hist, 1 - 170.0 / 600) >= (uint64_t)(100 * MS));
	load_report_freep(&report);
	stub_end(&stub);
}

static void test_every_arrival_is_sent(void **state)
{
	struct stub stub = {.act = STUB_NOTHING};
	struct load_report *report;
	uint64_t sum = 0;

	(void)state;
	stub_start(&stub);
	report = run(&stub, 500, 1000 * MS, 130);
	assert_int_equal(report->requests, 500);
	assert_int_equal(report->answered, 500);
	assert_int_equal(report->errors, 0);
	assert_int_equal(code(report, "200"), 500);
	assert_int_equal(stub.answered, 500);
	for (size_t i = 0; i < report->operation_count; i++)
		sum += report->operations[i].requests;
	assert_int_equal(sum, 500);
	assert_int_equal(report->hist->count, 500);
	load_report_freep(&report);
	stub_end(&stub);
}

static void test_goes_on_after_an_outage(void **state)
{
	struct stub stub = {.act = STUB_GO_AWAY, .act_after = 20, .act_ns = 300 * MS};
	struct load_report *report;

	(void)state;
	stub_start(&stub);
	report = run(&stub, 100, 1500 * MS, 8);
	assert_int_equal(report->requests, 150);
	assert_true(code(report, "connect") > 0);
	assert_true(code(report, "200") > 20);
	assert_int_equal(report->errors, report->requests - code(report, "200"));
	assert_int_equal(report->answered, code(report, "200"));
	load_report_freep(&report);
	stub_end(&stub);
}

static void test_counts_errors(void **state)
{
	struct stub stub = {.act = STUB_ANSWER_503, .act_after = 30};
	struct load_report *report;

	(void)state;
	stub_start(&stub);
	report = run(&stub, 200, 500 * MS, 4);
	assert_int_equal(report->requests, 100);
	assert_int_equal(code(report, "200"), 30);
	assert_int_equal(code(report, "503"), 70);
	assert_int_equal(report->errors, 70);
	load_report_freep(&report);
	stub_end(&stub);
}

static void test_stops_and_tells(void **state)
{
	struct stub stub = {.act = STUB_STOP_LOAD, .act_after = 50};
	struct load_report *report;

	(void)state;
	stub_start(&stub);
	report = run(&stub, 500, 0, 4);
	assert_true(report->requests >= 50);
	assert_int_equal(report->errors, 0);
	assert_non_null(
		strstr(buf_str(&stub.metrics),
		       "tasklab_load_requests_total{operation=\"task_list\",code=\"200\"} "));
	assert_non_null(strstr(buf_str(&stub.metrics),
			       "tasklab_load_request_duration_seconds_bucket{operation="
			       "\"task_list\",le=\"+Inf\"} "));
	assert_non_null(strstr(buf_str(&stub.metrics), "\ntasklab_load_rate_target 500\n"));
	assert_non_null(strstr(buf_str(&stub.metrics), "\ntasklab_load_dropped_total 0\n"));
	load_report_freep(&report);
	stub_end(&stub);
}

static void test_waits_in_vain(void **state)
{
	struct load_report *report = NULL;
	struct err err = ERR_INIT;
	struct load_options options = {.url = "http://127.0.0.1:1",
				       .rate = 1,
				       .connections = 1,
				       .duration_ns = 1000 * MS,
				       .wait_ns = 150 * MS};

	(void)state;
	assert_int_equal(load_run(&options, &report, &err), -1);
	assert_int_equal(err.code, ERR_UNAVAILABLE);
	assert_null(report);
	options.url = "ftp://127.0.0.1";
	assert_int_equal(load_run(&options, &report, &err), -1);
	assert_string_equal(err.field, "url");
	options.url = "http://127.0.0.1:1";
	options.connections = 0;
	assert_int_equal(load_run(&options, &report, &err), -1);
	assert_string_equal(err.field, "connections");
}

/* What is later than the bound is not sent at all: the stub never sees it. */
static void test_drops_what_is_too_late(void **state)
{
	struct stub stub = {.act = STUB_STALL, .act_after = 10, .act_ns = 500 * MS};
	AUTO(known_freep) struct known *known = known_new();
	AUTO(stats_freep) struct stats *stats = stats_new(OPERATION_COUNT);
	atomic_bool stop = false;
	struct worker *worker = NULL;
	struct load_report report = {0};
	char url[64];
	struct run run = {.late_max_ns = 50 * MS, .known = known, .stats = stats, .stop = &stop};

	(void)state;
	stub_start(&stub);
	(void)snprintf(url, sizeof(url), "http://127.0.0.1:%d", stub.port);
	run.url = url;
	assert_int_equal(schedule_init(&run.schedule, LOAD_STEADY, 100, 1000 * MS, NULL), 0);
	run.count = schedule_count(&run.schedule);
	run.start_ns = clock_mono_ns();
	assert_int_equal(worker_start(&run, 2, &worker, NULL), 0);
	worker_joinp(&worker);
	assert_int_equal(stats_report(stats, &report, NULL), 0);
	assert_true(report.dropped >= 40);
	assert_int_equal(report.requests + report.dropped, 100);
	assert_int_equal(stub.answered, report.requests);
	for (size_t i = 0; i < report.operation_count; i++)
		hist_freep(&report.operations[i].hist);
	hist_freep(&report.hist);
	freep(&report.operations);
	freep(&report.codes);
	stub_end(&stub);
}

/* Parts ---------------------------------------------------------------------------------------- */

static void test_mix(void **state)
{
	AUTO(known_freep) struct known *known = known_new();
	struct operation_request request;
	unsigned total = 0, seen[64] = {0};
	struct rand rand;

	(void)state;
	assert_true(OPERATION_COUNT <= ARRAY_LEN(seen));
	for (size_t i = 0; i < OPERATION_COUNT; i++)
		total += OPERATIONS[i].weight;
	assert_int_equal(total, OPERATION_WEIGHTS);
	operation_request_init(&request);
	rand_init(&rand, 1);
	for (int kind = 0; kind < KNOWN_KINDS; kind++)
		known_id(known, (enum known_kind)kind, 7 + kind);
	for (int i = 0; i < 100000; i++) {
		known_etag(known, 7, "\"3\"");
		known_link(known, "/api/v1/tasks?cursor=x");
		seen[operation_draw(known, &rand, &request)]++;
		assert_false(request.path.failed || request.body.failed);
		assert_int_equal(request.path.data[0], '/');
	}
	for (size_t i = 0; i < OPERATION_COUNT; i++) {
		unsigned expected = OPERATIONS[i].weight * 100;

		assert_in_range(seen[i], expected - expected / 5 - 50,
				expected + expected / 5 + 50);
	}
	operation_request_release(&request);
}

/* A change carries the entity tag of the read before it, once. */
static void test_update_after_read(void **state)
{
	static const char TASK[] =
		"{\"id\":42,\"project_id\":3,\"assignee_id\":null,\"title\":\"a \\\"b\\\"\"}";
	AUTO(known_freep) struct known *known = known_new();
	struct operation_request request;
	struct rand rand;
	size_t get = 0, update = 0;
	int updates = 0;

	(void)state;
	for (size_t i = 0; i < OPERATION_COUNT; i++) {
		if (strcmp(OPERATIONS[i].name, "task_get") == 0)
			get = i;
		if (strcmp(OPERATIONS[i].name, "task_update") == 0)
			update = i;
	}
	operation_request_init(&request);
	operation_learn(known, get, &request, 200, TASK, "\"5\"");
	rand_init(&rand, 2);
	for (int i = 0; i < 1000; i++) {
		if (operation_draw(known, &rand, &request) != update)
			continue;
		updates++;
		assert_string_equal(request.method, "PATCH");
		assert_string_equal(buf_str(&request.path), "/api/v1/tasks/42");
		assert_string_equal(request.if_match, "\"5\"");
		assert_true(request.body.len > 0);
	}
	assert_int_equal(updates, 1);
	request.task_id = 42;
	operation_learn(known, get, &request, 404, "", "");
	assert_int_equal(known_popular(known, KNOWN_TASK, &rand), 0);
	operation_request_release(&request);
}

static void test_popularity(void **state)
{
	AUTO(known_freep) struct known *known = known_new();
	AUTO(freep) unsigned *seen = calloc(2001, sizeof(unsigned));
	unsigned top = 0, kept = 0;
	struct rand rand;

	(void)state;
	rand_init(&rand, 3);
	assert_int_equal(known_popular(known, KNOWN_TASK, &rand), 0);
	for (int64_t id = 1; id <= 2000; id++)
		known_id(known, KNOWN_TASK, id);
	for (int i = 0; i < 100000; i++)
		seen[known_popular(known, KNOWN_TASK, &rand)]++;
	for (int id = 1; id <= 2000; id++) {
		top = seen[id] > top ? seen[id] : top;
		kept += seen[id] > 0;
	}
	assert_in_range(top, 5000, 40000); /* the most popular one: several per cent of all */
	assert_in_range(kept, 1000, 2000);
}

static void count_items(const struct scan_item *item, void *arg)
{
	int64_t *sums = arg;

	sums[0]++;
	sums[1] += item->id;
	sums[2] += item->project_id;
	sums[3] += item->archived;
}

static void test_scan(void **state)
{
	static const struct {
		const char *label, *text;
		bool list;
		int64_t items, ids, projects, archived;
		const char *next;
	} LISTS[] = {
		{"empty", "{\"items\":[],\"next\":null}", true, 0, 0, 0, 0, ""},
		{"two",
		 "{\"items\": "
		 "[{\"id\":1,\"project_id\":9,\"archived_at\":null},\n{\"id\":22,\"archived_at\":"
		 "\"2026-01-01T00:00:00Z\"}],\"next\":\"/api/v1/tasks?cursor=ab_c-9\"}",
		 true, 2, 23, 9, 1, "/api/v1/tasks?cursor=ab_c-9"},
		{"nested",
		 "{\"next\":null,\"items\":[{\"tags\":[\"id\",{\"id\":5}],\"metadata\":{\"id\":7,"
		 "\"a\":[]},"
		 "\"id\":4,\"title\":\"\\\"id\\\":99 ]}\"}]}",
		 true, 1, 4, 0, 0, ""},
		{"problem", "{\"type\":\"about:blank\",\"status\":503}", false, 0, 0, 0, 0, ""},
		{"cut", "{\"items\":[{\"id\":1},{\"id\":", false, 1, 1, 0, 0, ""},
		{"numbers", "{\"items\":[1,2,3],\"next\":null}", false, 0, 0, 0, 0, ""},
		{"brackets", "{\"items\":[{\"id\":}]}", false, 0, 0, 0, 0, ""},
		{"unclosed string", "{\"items\":[{\"id\":1,\"t\":\"\\", false, 0, 0, 0, 0, ""},
		{"no JSON", "<html>", false, 0, 0, 0, 0, ""},
		{"nothing", "", false, 0, 0, 0, 0, ""},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(LISTS); i++) {
		char next[SCAN_LINK_SIZE];
		int64_t sums[4] = {0};

		print_message("%s\n", LISTS[i].label);
		assert_int_equal(scan_list(LISTS[i].text, count_items, sums, next), LISTS[i].list);
		assert_int_equal(sums[0], LISTS[i].items);
		assert_int_equal(sums[1], LISTS[i].ids);
		assert_int_equal(sums[2], LISTS[i].projects);
		assert_int_equal(sums[3], LISTS[i].archived);
		assert_string_equal(next, LISTS[i].next);
	}
}

/* The summary's figures from known latencies: 1 to 1000 ms. */
static void test_summary(void **state)
{
	AUTO(stats_freep) struct stats *stats = stats_new(OPERATION_COUNT);
	AUTO(load_report_freep) struct load_report *report = calloc(1, sizeof(*report));
	static const struct {
		double quantile;
		int64_t ms;
	} EXPECTED[] = {{0.5, 500}, {0.9, 900}, {0.99, 990}, {0.999, 999}};

	(void)state;
	for (int64_t ms = 1; ms <= 1000; ms++)
		stats_record(stats, ms % 2 ? 0 : 1, ms > 900 ? 503 : ms > 890 ? 412 : 200, ms * MS);
	assert_int_equal(stats_report(stats, report, NULL), 0);
	for (size_t i = 0; i < ARRAY_LEN(EXPECTED); i++) {
		int64_t got = (int64_t)hist_quantile_ns(report->hist, EXPECTED[i].quantile);
		int64_t wanted = EXPECTED[i].ms * MS;

		assert_in_range(got, wanted, wanted + wanted / 64 + 1);
	}
	assert_int_equal(report->hist->max_ns, 1000 * MS);
	assert_int_equal(report->errors, 100);
	assert_int_equal(report->operations[0].requests, 500);
	assert_int_equal(report->operations[1].errors, 50);
	assert_int_equal(code(report, "412"), 10);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_mix),
		cmocka_unit_test(test_update_after_read),
		cmocka_unit_test(test_popularity),
		cmocka_unit_test(test_scan),
		cmocka_unit_test(test_summary),
		cmocka_unit_test(test_every_arrival_is_sent),
		cmocka_unit_test(test_no_coordinated_omission),
		cmocka_unit_test(test_counts_errors),
		cmocka_unit_test(test_goes_on_after_an_outage),
		cmocka_unit_test(test_stops_and_tells),
		cmocka_unit_test(test_drops_what_is_too_late),
		cmocka_unit_test(test_waits_in_vain),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
