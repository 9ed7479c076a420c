/* test_web_runner.c - clients of a lab over HTTP, against a stub: calls shared out, one failure
 * ends all. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include <tasklab/base/attr.h>
#include <tasklab/base/clock.h>

#include "lab/web_runner.h"

#define CLIENTS 3

struct stub {
	int failing;         /* client whose requests have no answer; -1: none */
	int64_t give_up_ns;  /* so that a test fails instead of going on for ever */
	atomic_bool gave_up; /* it came to that */
	int opened;
	struct stub_client {
		struct stub *stub;
		int number;
		uint64_t sent;
		char last[32]; /* path */
	} clients[CLIENTS];
};

static int stub_open(void *arg, const char *name, void **client, struct err *err)
{
	struct stub *stub = arg;
	struct stub_client *next = &stub->clients[stub->opened];

	(void)name;
	(void)err;
	next->stub = stub;
	next->number = stub->opened++;
	*client = next;
	return 0;
}

static int stub_send(void *arg, const char *method, const char *path, struct buf *body, int *status,
		     struct err *err)
{
	struct stub_client *client = arg;

	(void)method;
	client->sent++;
	(void)snprintf(client->last, sizeof(client->last), "%s", path);
	if (client->number == client->stub->failing)
		return err_set(err, ERR_UNAVAILABLE, "the connection was lost", "stub");
	if (clock_mono_ns() >= client->stub->give_up_ns) {
		atomic_store(&client->stub->gave_up, true);
		return err_set(err, ERR_TIMEOUT, "the stub gives up", "stub");
	}
	buf_puts(body, "{}");
	*status = 200;
	return 0;
}

static void stub_close(void *client)
{
	(void)client;
}

static int at_once(void *arg, struct err *err)
{
	(void)arg;
	(void)err;
	return 0;
}

static int run(struct stub *stub, struct lab_workload workload, struct record *record,
	       struct err *err)
{
	static char slug[] = "stubbed", request[] = "GET /tasks/{1}";
	static char *requests[] = {request};
	static const char *const values[] = {"a", "b"};
	const struct web web = {
		.arg = stub, .open = stub_open, .send = stub_send, .close = stub_close};
	const struct lab lab = {.slug = slug};
	struct params params = {.columns = 1, .rows = 2};
	struct site site = {.lab = &lab};
	const struct web_job job = {
		.web = &web, .name = slug, .site = &site, .params = &params, .workload = &workload};

	params.values = (const char **)(uintptr_t)values;
	interrupt_init(&site.interrupt, "", &lab, -1);
	workload.requests.items = requests;
	workload.requests.count = 1;
	workload.clients = CLIENTS;
	stub->give_up_ns = clock_mono_ns() + 60 * CLOCK_NS_PER_S;
	return web_run(&job, at_once, NULL, record, err);
}

/* Call i is client i modulo their number's, with parameter row i modulo theirs. */
static void calls_are_shared_out(void **state)
{
	AUTO(record_freep) struct record *record = NULL;
	struct stub stub = {.failing = -1};
	struct err err = ERR_INIT;

	(void)state;
	assert_int_equal(record_new(&record, &err), 0);
	assert_int_equal(run(&stub, (struct lab_workload){.calls = 10}, record, &err), 0);
	assert_int_equal(stub.opened, CLIENTS);
	assert_int_equal(stub.clients[0].sent, 4);
	assert_int_equal(stub.clients[1].sent, 3);
	assert_int_equal(stub.clients[2].sent, 3);
	assert_string_equal(stub.clients[0].last, "/tasks/b"); /* call 9 */
	assert_string_equal(stub.clients[2].last, "/tasks/a"); /* call 8 */
	assert_int_equal(record->workload.calls, 10);
	assert_int_equal(record->workload.http_errors, 0);
}

/* Background traffic has no end of its own: the others must not go on without one that failed. */
static void one_failure_ends_all(void **state)
{
	const struct lab_workload endless = {.seconds = 1000000};
	const struct lab_workload bursts = {.seconds = 1000000, .burst_ms = 1};

	(void)state;
	for (int failing = 0; failing < CLIENTS; failing++) {
		for (int i = 0; i < 2; i++) {
			AUTO(record_freep) struct record *record = NULL;
			struct stub stub = {.failing = failing};
			struct err err = ERR_INIT;

			assert_int_equal(record_new(&record, &err), 0);
			assert_int_equal(run(&stub, i ? bursts : endless, record, &err), -1);
			assert_string_equal(err.message, "the connection was lost");
			assert_false(atomic_load(&stub.gave_up));
			assert_int_equal(stub.clients[failing].sent, 1);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(calls_are_shared_out),
		cmocka_unit_test(one_failure_ends_all),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
