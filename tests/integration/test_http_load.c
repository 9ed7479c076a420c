/* test_http_load.c - overload is shed in time, and a stop under load loses no request. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <tasklab/base/attr.h>
#include <tasklab/base/clock.h>

#include "http_fixture.h"

#define HELLO "GET /hello HTTP/1.1\r\nHost: x\r\n\r\n"
#define COUNT "http_requests_total{method=\"GET\",route=\"/hello\",code=\"200\"} "
#define SLOW  "GET /slow HTTP/1.1\r\nHost: x\r\n\r\n"

static int open_with(unsigned port, const char *request)
{
	int fd = client_connect(port);

	assert_true(fd >= 0);
	assert_true(client_send(fd, request, strlen(request)));
	return fd;
}

static void expect(int fd, int status, const char *header_line)
{
	struct answer answer;

	client_read(fd, false, &answer);
	assert_int_equal(answer.status, status);
	if (header_line && !answer_has(&answer, header_line))
		fail_msg("%s is not in %s", header_line, answer.head);
	answer_release(&answer);
}

/* Overload --------------------------------------------------------------------------------------
 */

static void test_shed(void **state)
{
	struct http_options options = fixture_options();
	struct http_server *server = fixture_start(&options);
	unsigned port = http_server_port(server);
	int busy[FIXTURE_THREADS];

	(void)state;
	fixture_close_gate();
	for (size_t i = 0; i < ARRAY_LEN(busy); i++)
		busy[i] = open_with(port, SLOW);
	fixture_wait_at_gate(FIXTURE_THREADS);
	for (int i = 0; i < 20; i++) {
		int fd = open_with(port, HELLO);

		expect(fd, 503, "Retry-After: 1");
		assert_true(client_sees_end(fd));
		close(fd);
		fd = open_with(port, "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n");
		expect(fd, 200, "Connection: close");
		close(fd);
	}
	fixture_open_gate();
	for (size_t i = 0; i < ARRAY_LEN(busy); i++) {
		expect(busy[i], 200, NULL);
		close(busy[i]);
	}
	http_server_stop(server);
}

/* Silent kept-alive connections leave the spare workers to others. */
static void test_idle_connections_do_not_block(void **state)
{
	struct http_options options = fixture_options();
	struct http_server *server;
	int idle[FIXTURE_THREADS];

	(void)state;
	server = fixture_start(&options);
	for (size_t i = 0; i < ARRAY_LEN(idle); i++) {
		idle[i] = open_with(http_server_port(server), HELLO);
		expect(idle[i], 200, NULL);
	}
	for (int i = 0; i < 20; i++) {
		int fd = open_with(http_server_port(server), HELLO);

		expect(fd, 200, "Connection: close");
		close(fd);
	}
	for (size_t i = 0; i < ARRAY_LEN(idle); i++)
		close(idle[i]);
	http_server_stop(server);
}

/* Stop ------------------------------------------------------------------------------------------
 */

static void *stop_body(void *server)
{
	http_server_stop(server);
	return NULL;
}

static void test_stop_closes_idle(void **state)
{
	struct http_options options = fixture_options();
	struct http_server *server;
	int64_t start_ns = clock_mono_ns();
	int idle, silent;

	(void)state;
	options.drain_ms = 120000; /* as long as the deadlines of the connections */
	server = fixture_start(&options);
	idle = open_with(http_server_port(server), HELLO);
	expect(idle, 200, NULL);
	silent = client_connect(http_server_port(server));
	http_server_stop(server);
	assert_true(client_sees_end(idle));
	assert_true(client_sees_end(silent));
	assert_true(clock_mono_ns() - start_ns < 60 * CLOCK_NS_PER_S);
	close(idle);
	close(silent);
}

static void test_stop_waits_for_requests(void **state)
{
	struct http_options options = fixture_options();
	struct http_server *server = fixture_start(&options);
	unsigned port = http_server_port(server);
	int busy[3], kept = open_with(port, HELLO);
	struct answer answer;
	pthread_t thread;
	bool closing;

	(void)state;
	fixture_close_gate();
	for (size_t i = 0; i < ARRAY_LEN(busy); i++)
		busy[i] = open_with(port, SLOW);
	fixture_wait_at_gate(ARRAY_LEN(busy));
	assert_int_equal(pthread_create(&thread, NULL, stop_body, server), 0);
	/* A connection in use goes on until an answer says that it is the last. */
	do {
		client_read(kept, false, &answer);
		assert_int_equal(answer.status, 200);
		closing = answer_has(&answer, "Connection: close");
		answer_release(&answer);
		assert_true(closing || client_send(kept, HELLO, strlen(HELLO)));
	} while (!closing);
	assert_true(client_sees_end(kept));
	close(kept);
	for (int fd = client_try_connect(port); fd >= 0; fd = client_try_connect(port)) {
		client_send(fd, HELLO, strlen(HELLO));
		expect(fd, 200, "Connection: close");
		close(fd);
	}
	fixture_open_gate();
	for (size_t i = 0; i < ARRAY_LEN(busy); i++) {
		expect(busy[i], 200, "Connection: close");
		close(busy[i]);
	}
	pthread_join(thread, NULL);
}

struct load {
	unsigned port;
	bool keep;
	_Atomic unsigned *answered;
	unsigned lost;
	const char *fault; /* of the last answer that had one; NULL: none */
};

/* Asks without pause until no connection can be had. A request that was sent whole must be
 * answered. */
static void *load_body(void *arg)
{
	struct load *load = arg;
	int fd = -1;

	for (;;) {
		struct answer answer;
		const char *fault;
		bool last;

		if (fd < 0)
			fd = client_try_connect(load->port);
		if (fd < 0)
			return NULL;
		if (!client_send(fd, HELLO, strlen(HELLO))) {
			load->lost++; /* the last answer said that it would go on */
			close(fd);
			fd = -1;
			continue;
		}
		fault = client_try_read(fd, false, &answer);
		if (fault)
			load->fault = fault;
		load->lost += fault || answer.status != 200;
		atomic_fetch_add(load->answered, 1);
		last = fault || answer.status == 0 || answer_has(&answer, "Connection: close");
		answer_release(&answer);
		if (last || !load->keep) {
			close(fd);
			fd = -1;
		}
	}
}

static void wait_for(const _Atomic unsigned *count, unsigned n)
{
	while (atomic_load(count) < n)
		clock_sleep_until(clock_mono_ns() + CLOCK_NS_PER_MS);
}

/* Each round's threads end with its server, and what they counted stays. */
static void test_stop_under_load(void **state)
{
	struct http_options options = fixture_options();
	struct http_server *server;
	_Atomic unsigned answered = 0;
	pthread_t threads[8];
	struct load loads[8];
	unsigned lost = 0, sent = 0;
	double before = fixture_metric(COUNT);

	(void)state;
	options.threads = 16;
	for (int round = 0; round < 3; round++) {
		server = fixture_start(&options);
		atomic_store(&answered, 0);
		for (size_t i = 0; i < ARRAY_LEN(loads); i++) {
			loads[i] = (struct load){.port = http_server_port(server),
						 .keep = i % 2 == 0,
						 .answered = &answered};
			assert_int_equal(pthread_create(&threads[i], NULL, load_body, &loads[i]),
					 0);
		}
		wait_for(&answered, 500);
		http_server_stop(server);
		for (size_t i = 0; i < ARRAY_LEN(loads); i++) {
			pthread_join(threads[i], NULL);
			if (loads[i].fault)
				fail_msg("%s", loads[i].fault);
			lost += loads[i].lost;
		}
		sent += atomic_load(&answered);
	}
	assert_int_equal(lost, 0);
	assert_true(fixture_metric(COUNT) - before == sent);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_shed),
		cmocka_unit_test(test_idle_connections_do_not_block),
		cmocka_unit_test(test_stop_closes_idle),
		cmocka_unit_test(test_stop_waits_for_requests),
		cmocka_unit_test(test_stop_under_load),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
