/* test_problem.c - errors become problem documents, and every status has its row. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include <tasklab/base/attr.h>

#include "http/exchange.h"
#include "http/refusal.h"
#include "http/status.h"

static void test_statuses(void **state)
{
	size_t len;

	(void)state;
	for (int code = 0; code < ERR_CODE_COUNT; code++) {
		int status = err_http_status((enum err_code)code);

		if (status_index(status) >= status_count())
			fail_msg("%s: %d has no row", err_name((enum err_code)code), status);
	}
	assert_string_equal(status_label(status_index(404)), "404");
	assert_string_equal(status_label(status_index(299)), "other");
	assert_int_equal(status_index(299), status_count());
	assert_string_equal(status_line(404, &len), "HTTP/1.1 404 Not Found\r\n");
	assert_int_equal(len, strlen("HTTP/1.1 404 Not Found\r\n"));
	assert_string_equal(status_line(299, &len), "HTTP/1.1 500 Internal Server Error\r\n");
}

static void check_problem(const struct err *err, const char *path, const char *body,
			  const char *headers)
{
	struct http_request *request = calloc(1, sizeof(*request));
	struct http_reply reply = {.body = BUF_INIT(4096), .headers = BUF_INIT(4096)};

	assert_non_null(request);
	request->path = path;
	strcpy(request->id, "id-1");
	buf_puts(&reply.body, "half an answer");
	http_reply_header(&reply, "X-Half", "%d", 1);
	problem_reply(&reply, request, err);
	assert_string_equal(buf_str(&reply.body), body);
	assert_string_equal(buf_str(&reply.headers), headers);
	assert_string_equal(reply.type, "application/problem+json");
	assert_int_equal(reply.status, err_http_status(err->code));
	buf_release(&reply.body);
	buf_release(&reply.headers);
	free(request);
}

static void test_problems(void **state)
{
	struct err err = ERR_INIT;

	(void)state;
	err_field(&err, ERR_UNPROCESSABLE, "title", "must not be empty");
	check_problem(
		&err, "/tasks",
		"{\"type\":\"about:blank\",\"title\":\"Unprocessable Content\",\"status\":422,"
		"\"detail\":\"must not be empty\",\"instance\":\"/tasks\",\"field\":\"title\","
		"\"request_id\":\"id-1\"}",
		"");
	err_set(&err, ERR_UNAVAILABLE, "try \"later\"", "secret %d", 42);
	err.retry_after_s = 7;
	check_problem(&err, "",
		      "{\"type\":\"about:blank\",\"title\":\"Service Unavailable\",\"status\":503,"
		      "\"detail\":\"try \\\"later\\\"\",\"request_id\":\"id-1\"}",
		      "Retry-After: 7\r\n");
	err_set(&err, ERR_RATE_LIMITED, "slow down", "");
	check_problem(&err, "",
		      "{\"type\":\"about:blank\",\"title\":\"Too Many Requests\",\"status\":429,"
		      "\"detail\":\"slow down\",\"request_id\":\"id-1\"}",
		      "Retry-After: 1\r\n");
}

static void test_header_without_line_ends(void **state)
{
	struct http_reply reply = {.body = BUF_INIT(64), .headers = BUF_INIT(64)};

	(void)state;
	http_reply_header(&reply, "A", "%s", "b\tc");
	assert_int_equal(buf_check(&reply.headers, NULL), 0);
	assert_string_equal(reply.headers.data, "A: b\tc\r\n");
	http_reply_header(&reply, "A", "%s", "b\r\nSet-Cookie: c");
	assert_int_equal(buf_check(&reply.headers, NULL), -1);
	reply_reset(&reply);
	http_reply_header(&reply, "A", "%0100d", 1);
	assert_int_equal(buf_check(&reply.headers, NULL), -1);
	buf_release(&reply.headers);
}

static void test_refusals(void **state)
{
	struct framing framing = {0};
	struct refusal refusal = {.framing = &framing,
				  .status = 400,
				  .limit_ms = 100,
				  .received_bytes = 10,
				  .buffer_bytes = 1000};
	struct err err;

	(void)state;
	refusal_explain(&refusal, &err);
	assert_int_equal(err.code, ERR_INVALID);
	refusal.received_bytes = 1000;
	refusal_explain(&refusal, &err);
	assert_int_equal(err.code, ERR_HEADERS_TOO_LARGE);
	refusal.waited_ms = 100;
	refusal_explain(&refusal, &err);
	assert_int_equal(err.code, ERR_REQUEST_TIMEOUT);
	framing.method = "get";
	refusal_explain(&refusal, &err);
	assert_int_equal(err.code, ERR_INVALID);
	framing.uri = "/";
	framing.version = "1.1";
	refusal_explain(&refusal, &err);
	assert_int_equal(err.code, ERR_METHOD);
	framing.version = "2.0";
	refusal_explain(&refusal, &err);
	assert_int_equal(err.code, ERR_INVALID);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_statuses),
		cmocka_unit_test(test_problems),
		cmocka_unit_test(test_header_without_line_ends),
		cmocka_unit_test(test_refusals),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
