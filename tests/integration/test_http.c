/* test_http.c - raw requests and what must come of them: an answer that names the fault, and then a
 * connection that is closed or answers the next request as itself. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include <tasklab/base/attr.h>
#include <tasklab/base/clock.h>
#include <tasklab/metrics/metrics.h>

#include "http_fixture.h"

static struct http_server *server;

static int setup(void **state)
{
	struct http_options options = fixture_options();

	(void)state;
	server = fixture_start(&options);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	http_server_stop(server);
	return 0;
}

/* The table ------------------------------------------------------------------------------------ */

#define H     "Host: x\r\n"
#define PROBE "GET /hello HTTP/1.1\r\n" H "\r\n"
#define JSON  "Content-Type: application/json\r\n"

#define CHUNKED "POST /body HTTP/1.1\r\n" H JSON "Transfer-Encoding: chunked\r\n\r\n"
#define X8(x)   x x x x x x x x

enum after { KEPT, CLOSED };

struct exchange {
	const char *label;
	const char *request;
	int status;
	enum after after;
	const char *body; /* found in the answer's body; NULL: not looked at */
	size_t len;       /* 0: strlen(request) */
};

/* clang-format off */
static const struct exchange exchanges[] = {
	/* what must work */
	{"get", PROBE, 200, KEPT, "world", 0},
	{"head", "HEAD /hello HTTP/1.1\r\n" H "\r\n", 200, KEPT, NULL, 0},
	{"options", "OPTIONS /items/1 HTTP/1.1\r\n" H "\r\n", 204, KEPT, NULL, 0},
	{"options *", "OPTIONS * HTTP/1.1\r\n" H "\r\n", 204, CLOSED, NULL, 0},
	{"get *", "GET * HTTP/1.1\r\n" H "\r\n", 400, CLOSED, "OPTIONS", 0},
	{"http 1.0", "GET /hello HTTP/1.0\r\n\r\n", 200, CLOSED, "world", 0},
	{"http 1.0 kept", "GET /hello HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", 200, KEPT, "world", 0},
	{"connection close", "GET /hello HTTP/1.1\r\n" H "Connection: close\r\n\r\n", 200, CLOSED, "world", 0},
	{"connection upgrade", "GET /hello HTTP/1.1\r\n" H "Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n", 200, CLOSED, "world", 0},
	{"connection twice", "GET /hello HTTP/1.1\r\n" H "Connection: keep-alive\r\nConnection: close\r\n\r\n", 200, CLOSED, "world", 0},
	{"post", "POST /body HTTP/1.1\r\n" H JSON "Content-Length: 2\r\n\r\n{}", 201, KEPT, "{}", 0},
	{"post, blanks around the length", "POST /body HTTP/1.1\r\n" H JSON "Content-Length:  2 \r\n\r\n{}", 201, KEPT, "{}", 0},
	{"post, charset", "POST /body HTTP/1.1\r\n" H "Content-Type: application/json ; charset=utf-8\r\nContent-Length: 2\r\n\r\n{}", 201, KEPT, "{}", 0},
	{"post, expect", "POST /body HTTP/1.1\r\n" H JSON "Expect: 100-continue\r\nContent-Length: 2\r\n\r\n{}", 100, KEPT, NULL, 0},
	{"chunked", CHUNKED "2\r\n{\"\r\n3\r\na\":\r\n002\r\n1}\r\n0\r\n\r\n", 201, CLOSED, "{\"a\":1}", 0},
	{"chunked, empty", CHUNKED "0\r\n\r\n", 201, CLOSED, "", 0},
	{"chunked, trailers", CHUNKED "2\r\n{}\r\n0\r\nA: b\r\n\r\n", 201, CLOSED, "{}", 0},
	{"chunked, another request behind it", CHUNKED "2\r\n{}\r\n0\r\n\r\n" PROBE, 201, CLOSED, "{}", 0},
	{"chunked, unread", "POST /nowhere HTTP/1.1\r\n" H "Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n", 404, CLOSED, NULL, 0},
	{"chunked, size not a number", CHUNKED "x\r\n{}\r\n0\r\n\r\n", 400, CLOSED, "chunks", 0},
	{"chunked, size with a sign", CHUNKED "-2\r\n{}\r\n0\r\n\r\n", 400, CLOSED, "chunks", 0},
	{"chunked, size with 0x", CHUNKED "0x2\r\n{}\r\n0\r\n\r\n", 400, CLOSED, "chunks", 0},
	{"chunked, size with a blank", CHUNKED " 2\r\n{}\r\n0\r\n\r\n", 400, CLOSED, "chunks", 0},
	{"chunked, size empty", CHUNKED "\r\n{}\r\n0\r\n\r\n", 400, CLOSED, "chunks", 0},
	{"chunked, size too small", CHUNKED "1\r\n{}\r\n0\r\n\r\n", 400, CLOSED, "chunks", 0},
	{"chunked, size of 2 ^ 64 - 1", CHUNKED "ffffffffffffffff\r\n{}\r\n0\r\n\r\n", 400, CLOSED, "chunks", 0},
	{"chunked, size of 64 digits", CHUNKED X8("ffffffff") "\r\n{}\r\n0\r\n\r\n", 400, CLOSED, "chunks", 0},
	{"chunked, bare line feed", CHUNKED "2\n{}\r\n0\r\n\r\n", 400, CLOSED, "chunks", 0},
	{"get with an unread body", "GET /hello HTTP/1.1\r\n" H "Content-Length: 5\r\n\r\nhello", 200, KEPT, "world", 0},
	{"unread body without a route", "POST /nowhere HTTP/1.1\r\n" H "Content-Length: 5\r\n\r\nhello", 404, KEPT, NULL, 0},
	{"encoded path", "GET /echo/a%2Fb%C3%A9 HTTP/1.1\r\n" H "\r\n", 200, KEPT, "a/b\xC3\xA9", 0},
	{"query", "GET /query?a=1&b=x%20y+z&c HTTP/1.1\r\n" H "\r\n", 200, KEPT, "{\"a\":\"1\",\"b\":\"x y z\",\"c\":\"\"}", 0},
	{"empty query", "GET /query? HTTP/1.1\r\n" H "\r\n", 200, KEPT, "{}", 0},
	{"big answer", "GET /big HTTP/1.1\r\n" H "\r\n", 200, KEPT, NULL, 0},
	{"absolute form, another port", "GET http://example.test:1/query?a=1 HTTP/1.1\r\n" H "\r\n", 200, CLOSED, "\"a\":\"1\"", 0},
	{"absolute form, no port", "GET http://example.test/hello HTTP/1.1\r\n" H "\r\n", 200, CLOSED, "world", 0},
	{"etag", "GET /items/1 HTTP/1.1\r\n" H "\r\n", 200, KEPT, "\"id\":1", 0},
	{"not modified", "GET /items/1 HTTP/1.1\r\n" H "If-None-Match: \"6\", W/\"7\"\r\n\r\n", 304, KEPT, NULL, 0},
	{"not modified, star", "HEAD /items/1 HTTP/1.1\r\n" H "If-None-Match: *\r\n\r\n", 304, KEPT, NULL, 0},
	{"modified", "GET /items/1 HTTP/1.1\r\n" H "If-None-Match: \"8\"\r\n\r\n", 200, KEPT, "\"id\":1", 0},
	{"if-match", "PATCH /items/1 HTTP/1.1\r\n" H "If-Match: \"1\", \"7\"\r\n\r\n", 204, KEPT, NULL, 0},
	{"if-match, weak", "PATCH /items/1 HTTP/1.1\r\n" H "If-Match: W/\"7\"\r\n\r\n", 412, KEPT, "If-Match", 0},
	{"if-match, missing", "PATCH /items/1 HTTP/1.1\r\n" H "\r\n", 428, KEPT, "If-Match", 0},
	{"accept json", "GET /hello HTTP/1.1\r\n" H "Accept: text/html, application/*;q=0.5\r\n\r\n", 200, KEPT, NULL, 0},
	{"accept in two headers", "GET /hello HTTP/1.1\r\n" H "Accept: text/html\r\nAccept: application/json\r\n\r\n", 200, KEPT, NULL, 0},
	{"accept on a route of any type", "GET /text HTTP/1.1\r\n" H "Accept: text/plain\r\n\r\n", 200, KEPT, NULL, 0},

	/* refused by the rules of the service, connection kept */
	{"no route", "GET /nowhere HTTP/1.1\r\n" H "\r\n", 404, KEPT, "/nowhere", 0},
	{"trailing slash", "GET /hello/ HTTP/1.1\r\n" H "\r\n", 404, KEPT, NULL, 0},
	{"dot segments", "GET /x/../hello HTTP/1.1\r\n" H "\r\n", 404, KEPT, NULL, 0},
	{"backslash", "GET /..\\..\\hello HTTP/1.1\r\n" H "\r\n", 404, KEPT, NULL, 0},
	{"wrong method", "POST /hello HTTP/1.1\r\n" H "Content-Length: 0\r\n\r\n", 405, KEPT, "method", 0},
	{"webdav method", "PROPFIND /hello HTTP/1.1\r\n" H "\r\n", 405, KEPT, "method", 0},
	{"connect, path", "CONNECT /hello HTTP/1.1\r\n" H "\r\n", 405, KEPT, "method", 0},
	{"id zero", "GET /items/0 HTTP/1.1\r\n" H "\r\n", 404, KEPT, "id", 0},
	{"id negative", "GET /items/-1 HTTP/1.1\r\n" H "\r\n", 404, KEPT, "id", 0},
	{"id huge", "GET /items/99999999999999999999 HTTP/1.1\r\n" H "\r\n", 404, KEPT, "id", 0},
	{"not acceptable", "GET /hello HTTP/1.1\r\n" H "Accept: text/html\r\n\r\n", 406, KEPT, "Accept", 0},
	{"not acceptable, q 0", "GET /hello HTTP/1.1\r\n" H "Accept: application/json;q=0, text/html\r\n\r\n", 406, KEPT, "Accept", 0},
	{"no content type", "POST /body HTTP/1.1\r\n" H "Content-Length: 2\r\n\r\n{}", 415, KEPT, "Content-Type", 0},
	{"wrong content type", "POST /body HTTP/1.1\r\n" H "Content-Type: text/xml\r\nContent-Length: 2\r\n\r\n{}", 415, KEPT, "Content-Type", 0},
	{"content encoding", "POST /body HTTP/1.1\r\n" H JSON "Content-Encoding: gzip\r\nContent-Length: 2\r\n\r\n{}", 415, KEPT, "Content-Encoding", 0},
	{"path, bad percent", "GET /echo/%zz HTTP/1.1\r\n" H "\r\n", 400, KEPT, "path", 0},
	{"path, cut percent", "GET /echo/%4 HTTP/1.1\r\n" H "\r\n", 400, KEPT, "path", 0},
	{"path, encoded NUL", "GET /echo/a%00b HTTP/1.1\r\n" H "\r\n", 400, KEPT, "NUL", 0},
	{"path, bad UTF-8", "GET /echo/%C3%28 HTTP/1.1\r\n" H "\r\n", 400, KEPT, "UTF-8", 0},
	{"path, overlong UTF-8", "GET /echo/%C0%AF HTTP/1.1\r\n" H "\r\n", 400, KEPT, "UTF-8", 0},
	{"path, encoded line end", "GET /echo/a%0d%0ab HTTP/1.1\r\n" H "\r\n", 400, KEPT, "control", 0},
	{"query, bad percent", "GET /query?a=%g1 HTTP/1.1\r\n" H "\r\n", 400, KEPT, "\"field\":\"a\"", 0},
	{"query, encoded NUL", "GET /query?a=%00 HTTP/1.1\r\n" H "\r\n", 400, KEPT, "NUL", 0},
	{"query, bad UTF-8", "GET /query?a=%ff HTTP/1.1\r\n" H "\r\n", 400, KEPT, "UTF-8", 0},
	{"query, twice", "GET /query?a=1&b=2&a=3 HTTP/1.1\r\n" H "\r\n", 400, KEPT, "twice", 0},
	{"query, no name", "GET /query?=1 HTTP/1.1\r\n" H "\r\n", 400, KEPT, "name", 0},
	{"answer beyond its limit", "GET /huge HTTP/1.1\r\n" H "\r\n", 500, KEPT, "too large", 0},
	{"failing handler", "GET /fail HTTP/1.1\r\n" H "\r\n", 500, KEPT, "could not be carried out", 0},
	{"header injection", "GET /inject?v=a%0d%0aSet-Cookie:%20x HTTP/1.1\r\n" H "\r\n", 500, KEPT, NULL, 0},

	/* refused because the head cannot be trusted, connection closed */
	{"no host", "GET /hello HTTP/1.1\r\nAccept: */*\r\n\r\n", 400, CLOSED, "\"field\":\"Host\"", 0},
	{"no header at all", "GET /hello HTTP/1.1\r\n\r\n", 400, CLOSED, "\"field\":\"Host\"", 0},
	{"two hosts", "GET /hello HTTP/1.1\r\n" H H "\r\n", 400, CLOSED, "\"field\":\"Host\"", 0},
	{"bad host", "GET /hello HTTP/1.1\r\nHost: a/b\r\n\r\n", 400, CLOSED, "\"field\":\"Host\"", 0},
	{"length and encoding", "POST /body HTTP/1.1\r\n" H JSON "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" PROBE, 400, CLOSED, "Content-Length", 0},
	{"two lengths", "POST /body HTTP/1.1\r\n" H JSON "Content-Length: 2\r\nContent-Length: 20\r\n\r\n{}" PROBE, 400, CLOSED, "Content-Length", 0},
	{"two equal lengths", "POST /body HTTP/1.1\r\n" H JSON "Content-Length: 2\r\nContent-Length: 2\r\n\r\n{}" PROBE, 400, CLOSED, "Content-Length", 0},
	{"length +12", "POST /body HTTP/1.1\r\n" H JSON "Content-Length: +2\r\n\r\n{}" PROBE, 400, CLOSED, "Content-Length", 0},
	{"length 0xc", "POST /body HTTP/1.1\r\n" H JSON "Content-Length: 0x2\r\n\r\n{}" PROBE, 400, CLOSED, "Content-Length", 0},
	{"length 2,", "POST /body HTTP/1.1\r\n" H JSON "Content-Length: 2,\r\n\r\n{}" PROBE, 400, CLOSED, "Content-Length", 0},
	{"length 2, 2", "POST /body HTTP/1.1\r\n" H JSON "Content-Length: 2, 2\r\n\r\n{}" PROBE, 400, CLOSED, "Content-Length", 0},
	{"length -1", "POST /body HTTP/1.1\r\n" H JSON "Content-Length: -1\r\n\r\n", 400, CLOSED, "Content-Length", 0},
	{"length empty", "POST /body HTTP/1.1\r\n" H JSON "Content-Length: \r\n\r\n", 400, CLOSED, "Content-Length", 0},
	{"length abc", "POST /body HTTP/1.1\r\n" H JSON "Content-Length: abc\r\n\r\n", 400, CLOSED, "Content-Length", 0},
	{"length 2 ^ 64", "POST /body HTTP/1.1\r\n" H JSON "Content-Length: 18446744073709551616\r\n\r\n{}", 413, CLOSED, "Content-Length", 0},
	{"length too large", "POST /body HTTP/1.1\r\n" H JSON "Content-Length: 65537\r\n\r\n{}", 413, CLOSED, "65536", 0},
	{"length too large, expect", "POST /body HTTP/1.1\r\n" H JSON "Expect: 100-continue\r\nContent-Length: 65537\r\n\r\n", 413, CLOSED, "65536", 0},
	{"unread body that waits to be sent", "POST /nowhere HTTP/1.1\r\n" H "Expect: 100-continue\r\nContent-Length: 5\r\n\r\n", 404, CLOSED, NULL, 0},
	{"unknown expectation", "POST /body HTTP/1.1\r\n" H JSON "Expect: tea\r\nContent-Length: 2\r\n\r\n{}", 400, CLOSED, "Expect", 0},
	{"encoding gzip", "POST /body HTTP/1.1\r\n" H JSON "Transfer-Encoding: gzip\r\n\r\n", 400, CLOSED, "Transfer-Encoding", 0},
	{"encoding gzip, chunked", "POST /body HTTP/1.1\r\n" H JSON "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", 400, CLOSED, "Transfer-Encoding", 0},
	{"encoding identity", "POST /body HTTP/1.1\r\n" H JSON "Transfer-Encoding: identity\r\nContent-Length: 2\r\n\r\n{}", 400, CLOSED, NULL, 0},
	{"encoding twice", "POST /body HTTP/1.1\r\n" H JSON "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400, CLOSED, "Transfer-Encoding", 0},
	{"chunked in 1.0", "POST /body HTTP/1.0\r\n" H JSON "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400, CLOSED, "Transfer-Encoding", 0},
	{"blank before the colon", "POST /body HTTP/1.1\r\n" H JSON "Content-Length : 2\r\n\r\n{}", 400, CLOSED, "Content-Length", 0},
	{"folded header", "POST /body HTTP/1.1\r\n" H "X: a\r\n b\r\nContent-Length: 40\r\n\r\n" PROBE, 400, CLOSED, NULL, 0},
	{"first header starts with a blank", "POST /body HTTP/1.1\r\n " H "Content-Length: 2\r\n\r\n{}", 400, CLOSED, NULL, 0},
	{"header without a colon", "GET /hello HTTP/1.1\r\n" H "nonsense\r\n\r\n", 400, CLOSED, NULL, 0},
	{"header without a name", "GET /hello HTTP/1.1\r\n" H ": x\r\n\r\n", 400, CLOSED, NULL, 0},
	{"header's name with a slash", "GET /hello HTTP/1.1\r\n" H "a/b: x\r\n\r\n", 400, CLOSED, "name", 0},
	{"bare line feeds", "GET /hello HTTP/1.1\nHost: x\n\n", 400, CLOSED, NULL, 0},
	{"one bare line feed", "GET /hello HTTP/1.1\r\nHost: x\nA: b\r\n\r\n", 400, CLOSED, NULL, 0},
	{"bare carriage return", "GET /hello HTTP/1.1\r\nHost: x\rA: b\r\n\r\n", 400, CLOSED, NULL, 0},
	{"empty line first", "\r\n" PROBE, 400, CLOSED, "start", 0},
	{"only empty lines", "\r\n\r\n", 400, CLOSED, NULL, 0},
	{"sixteen blanks first", "                " PROBE, 400, CLOSED, "start", 0},
	{"two blanks in the request line", "GET  /hello HTTP/1.1\r\n" H "\r\n", 400, CLOSED, "request line", 0},
	{"blank after the version", "GET /hello HTTP/1.1 \r\n" H "\r\n", 400, CLOSED, NULL, 0},
	{"tab in the request line", "GET\t/hello HTTP/1.1\r\n" H "\r\n", 400, CLOSED, NULL, 0},
	{"line end within the request line", "GET \r\n/hello HTTP/1.1\r\n" H "\r\n", 400, CLOSED, NULL, 0},
	{"http 0.9", "GET /hello\r\n\r\n", 400, CLOSED, NULL, 0},
	{"http 2.0", "GET /hello HTTP/2.0\r\n" H "\r\n", 400, CLOSED, "HTTP/1.1", 0},
	{"http 1.10", "GET /hello HTTP/1.10\r\n" H "\r\n", 400, CLOSED, "HTTP/1.1", 0},
	{"http/2 preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400, CLOSED, "HTTP/1.1", 0},
	{"another protocol", "SSH-2.0-OpenSSH_9.2\r\n\r\n", 400, CLOSED, NULL, 0},
	{"tls hello", "\x16\x03\x01\x00\xa5\x01\x00\x00\xa1\x03\x03", 400, CLOSED, "control", 11},
	{"NUL in a header", "GET /hello HTTP/1.1\r\n" H "A: \0\r\n\r\n", 400, CLOSED, "control", 38},
	{"NUL in the target", "GET /he\0llo HTTP/1.1\r\n" H "\r\n", 400, CLOSED, "control", 33},
	{"method in lower case", "get /hello HTTP/1.1\r\n" H "\r\n", 405, CLOSED, "case", 0},
	{"trace", "TRACE /hello HTTP/1.1\r\n" H "\r\n", 405, CLOSED, "method", 0},
	{"trace without a route", "TRACE /nowhere HTTP/1.1\r\n" H "\r\n", 404, CLOSED, NULL, 0},
	{"connect", "CONNECT example.test:443 HTTP/1.1\r\n" H "\r\n", 400, CLOSED, "target", 0},
	{"target without a slash", "GET hello HTTP/1.1\r\n" H "\r\n", 400, CLOSED, "target", 0},
	{"target with raw bytes", "GET /echo/\xC3\xA9 HTTP/1.1\r\n" H "\r\n", 400, CLOSED, "target", 0},
	{"absolute form without a path", "GET http://example.test HTTP/1.1\r\n" H "\r\n", 400, CLOSED, "target", 0},
};
/* clang-format on */

/* All that is wrong is told in one run. */
static bool wrong(const char *format, ...) PRINTF(1, 2);
static bool wrong(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vprint_error(format, args);
	va_end(args);
	print_error("\n");
	return false;
}

static bool check_after(int fd, const struct exchange *exchange)
{
	struct answer answer;
	bool right;

	if (exchange->after == CLOSED)
		return client_sees_end(fd) || wrong("%s: the connection goes on", exchange->label);
	if (!client_send(fd, PROBE, strlen(PROBE)))
		return wrong("%s: the connection was closed", exchange->label);
	client_read(fd, false, &answer);
	right = answer.status == 200 && strcmp(answer.body, "{\"hello\":\"world\"}") == 0;
	if (!right)
		wrong("%s: then a request was answered %d", exchange->label, answer.status);
	answer_release(&answer);
	return right;
}

static bool check_answer(const struct answer *answer, const struct exchange *exchange)
{
	bool problem = answer->status >= 400;

	if (answer->status != exchange->status)
		return wrong("%s: %d instead of %d: %s", exchange->label, answer->status,
			     exchange->status, answer->body ? answer->body : "(no body)");
	if (answer->status == 0 || answer->status == 100)
		return true;
	if (exchange->body && !strstr(answer->body, exchange->body))
		return wrong("%s: %s is not in %s", exchange->label, exchange->body, answer->body);
	if (problem != answer_has(answer, "Content-Type: application/problem+json"))
		return wrong("%s: %s", exchange->label, answer->head);
	if (problem &&
	    (!strstr(answer->body, "\"request_id\"") || !strstr(answer->body, "\"title\"")))
		return wrong("%s: %s", exchange->label, answer->body);
	if ((exchange->after == CLOSED) != answer_has(answer, "Connection: close"))
		return wrong("%s: %s", exchange->label, answer->head);
	if (!strcasestr(answer->head, "\r\nX-Request-Id: ") ||
	    !strcasestr(answer->head, "\r\nDate: "))
		return wrong("%s: %s", exchange->label, answer->head);
	return true;
}

static bool run_exchange(const struct exchange *exchange)
{
	size_t len = exchange->len ? exchange->len : strlen(exchange->request);
	int fd = client_connect(http_server_port(server));
	bool head = strncmp(exchange->request, "HEAD ", 5) == 0;
	struct answer answer;
	bool right;

	assert_true(fd >= 0);
	client_send(fd, exchange->request, len);
	client_read(fd, head, &answer);
	right = check_answer(&answer, exchange);
	if (answer.status == 100) {
		answer_release(&answer);
		client_read(fd, head, &answer);
		right = right && answer.status == 201;
	}
	answer_release(&answer);
	right = right && check_after(fd, exchange);
	close(fd);
	return right;
}

static void test_exchanges(void **state)
{
	size_t failed = 0;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(exchanges); i++)
		failed += !run_exchange(&exchanges[i]);
	assert_int_equal(failed, 0);
}

/* Sizes ---------------------------------------------------------------------------------------- */

/* Sends head, then count bytes of fill, then tail; reads the answer, which must be a problem with
 * the status and the text in it, and the end of the connection. */
static void send_filled(const char *head, size_t count, const char *tail, int status,
			const char *text)
{
	int fd = client_connect(http_server_port(server));
	char *request = malloc(strlen(head) + count + strlen(tail) + 1);
	struct answer answer;

	assert_non_null(request);
	strcpy(request, head);
	memset(request + strlen(head), 'a', count);
	strcpy(request + strlen(head) + count, tail);
	client_send(fd, request, strlen(head) + count + strlen(tail));
	client_read(fd, false, &answer);
	assert_int_equal(answer.status, status);
	if (!strstr(answer.body, text))
		fail_msg("%s is not in %s", text, answer.body);
	assert_true(client_sees_end(fd));
	answer_release(&answer);
	free(request);
	close(fd);
}

static void test_oversized(void **state)
{
	static const size_t beyond_buffer = FIXTURE_HEADER_BYTES + 20000;

	(void)state;
	send_filled("GET /hello HTTP/1.1\r\n" H "X-Large: ", FIXTURE_HEADER_BYTES, "\r\n\r\n", 431,
		    "\"field\":\"X-Large\"");
	send_filled("GET /hello HTTP/1.1\r\n" H "X-Large: ", beyond_buffer, "\r\n\r\n", 431,
		    "too large");
	send_filled("GET /hello HTTP/1.1\r\n" H "X-Large: ", 1 << 20, "\r\n\r\n", 431, "too large");
	send_filled("GET /", FIXTURE_HEADER_BYTES, " HTTP/1.1\r\n" H "\r\n", 414, "target");
	send_filled("GET /", 1 << 20, " HTTP/1.1\r\n" H "\r\n", 431, "too large");
	send_filled(CHUNKED "f4240\r\n", 1000000, "\r\n0\r\n\r\n", 413, "65536");
	send_filled("POST /body HTTP/1.1\r\n" H JSON "Content-Length: 1000000\r\n\r\n", 1000000, "",
		    413, "\"field\":\"Content-Length\"");
}

static void test_too_many_headers(void **state)
{
	char request[2048] = "GET /hello HTTP/1.1\r\n" H;
	int fd = client_connect(http_server_port(server));
	struct answer answer;

	(void)state;
	for (unsigned i = 0; i < 63; i++)
		strcat(request, "A: b\r\n");
	strcat(request, "\r\n");
	client_send(fd, request, strlen(request));
	client_read(fd, false, &answer);
	assert_int_equal(answer.status, 200);
	answer_release(&answer);
	strcpy(request + strlen(request) - 2, "A: b\r\nContent-Length: 5\r\n\r\nhello");
	client_send(fd, request, strlen(request));
	client_read(fd, false, &answer);
	assert_int_equal(answer.status, 431);
	assert_non_null(strstr(answer.body, "too many"));
	assert_true(client_sees_end(fd));
	answer_release(&answer);
	close(fd);
}

static void test_largest_allowed(void **state)
{
	static const char head[] = "POST /body HTTP/1.1\r\n" H JSON "Content-Length: 65536\r\n\r\n";
	int fd = client_connect(http_server_port(server));
	char *body = calloc(1, FIXTURE_BODY_BYTES);
	struct answer answer;

	(void)state;
	assert_non_null(body);
	memset(body, 'b', FIXTURE_BODY_BYTES);
	for (int i = 0; i < 2; i++) {
		client_send(fd, head, strlen(head));
		client_send(fd, body, FIXTURE_BODY_BYTES);
		client_read(fd, false, &answer);
		assert_int_equal(answer.status, 201);
		assert_int_equal(answer.body_len, FIXTURE_BODY_BYTES);
		assert_memory_equal(answer.body, body, FIXTURE_BODY_BYTES);
		answer_release(&answer);
	}
	free(body);
	close(fd);
}

/* CVE-2025-55763: civetweb's directory redirect overflows the heap for a path of very many slashes.
 */
static void test_long_slash(void **state)
{
	struct http_options options = fixture_options();
	char *request;
	struct http_server *wide;
	struct answer answer;
	int fd;

	(void)state;
	options.header_bytes = 65536;
	wide = fixture_start(&options);
	for (size_t slashes = 1; slashes < 60000; slashes *= 2) {
		request = calloc(1, slashes + 100);
		assert_non_null(request);
		strcpy(request, "GET ");
		memset(request + 4, '/', slashes);
		strcpy(request + 4 + slashes, " HTTP/1.1\r\n" H "\r\n");
		fd = client_connect(http_server_port(wide));
		client_send(fd, request, strlen(request));
		client_read(fd, false, &answer);
		assert_int_equal(answer.status, 404);
		answer_release(&answer);
		free(request);
		close(fd);
	}
	http_server_stop(wide);
}

/* Time ------------------------------------------------------------------------------------------
 */

#define HEADER_MS 400
#define IDLE_MS   800

/* Far from those and from the fixture's other deadlines. */
#define OVERDUE_NS (40 * CLOCK_NS_PER_S)

/* A server of its own, so that no other test has to be as quick. */
static struct http_server *start_impatient(void)
{
	struct http_options options = fixture_options();

	options.header_ms = HEADER_MS;
	options.idle_ms = IDLE_MS;
	return fixture_start(&options);
}

/* What was sent stays as it is: an answer with the status, or none for 0, must come when the
 * deadline has passed, and then the end. */
static void check_stalled(int fd, int status)
{
	int64_t start_ns = clock_mono_ns();
	struct answer answer;

	client_read(fd, false, &answer);
	assert_int_equal(answer.status, status);
	if (status != 0)
		assert_true(client_sees_end(fd));
	assert_true(clock_mono_ns() - start_ns < OVERDUE_NS);
	answer_release(&answer);
	close(fd);
}

static int sent_to(const struct http_server *to, const char *request)
{
	int fd = client_connect(http_server_port(to));

	assert_true(client_send(fd, request, strlen(request)));
	return fd;
}

static void test_stalled(void **state)
{
	static const char head[] = "POST /body HTTP/1.1\r\n" H JSON "Content-Length: 10\r\n\r\n{";
	struct http_server *impatient = start_impatient();
	struct answer answer;
	int fd;

	(void)state;
	check_stalled(client_connect(http_server_port(impatient)), 0);
	check_stalled(sent_to(impatient, "GET /hello HTTP/1.1\r\nHost"), 408);
	check_stalled(sent_to(impatient, head), 408);
	check_stalled(sent_to(impatient, CHUNKED "5\r\n{"), 408);

	fd = sent_to(impatient, PROBE);
	client_read(fd, false, &answer);
	answer_release(&answer);
	check_stalled(fd, 0);

	fd = sent_to(impatient, PROBE "GET /hello");
	client_read(fd, false, &answer);
	answer_release(&answer);
	check_stalled(fd, 408);
	http_server_stop(impatient);
}

/* Sends start, then one byte of text after the other, again and again, until the server has closed:
 * that does not put the deadline off. */
static void trickle(const struct http_server *to, const char *start, const char *text)
{
	int fd = sent_to(to, start);
	int64_t start_ns = clock_mono_ns(), now_ns = start_ns;
	struct answer answer;

	for (size_t i = 0; client_send(fd, text + i % strlen(text), 1); i++) {
		now_ns = clock_mono_ns();
		assert_true(now_ns - start_ns < OVERDUE_NS);
		clock_sleep_until(now_ns + 20 * CLOCK_NS_PER_MS);
	}
	client_read(fd, false, &answer);
	assert_int_equal(answer.status, 408);
	answer_release(&answer);
	close(fd);
}

static void test_trickle(void **state)
{
	struct http_server *impatient = start_impatient();

	(void)state;
	trickle(impatient, "GET /hello HTTP/1.1\r\nX: ", "a");
	trickle(impatient, "POST /body HTTP/1.1\r\n" H JSON "Content-Length: 60000\r\n\r\n", "a");
	trickle(impatient, CHUNKED, "1\r\na\r\n");
	trickle(impatient, CHUNKED, "0");
	http_server_stop(impatient);
}

/* A peer that takes no bytes of large answers off its socket does not keep the worker. */
static void test_slow_reader(void **state)
{
	static const char ask[] = "GET /big HTTP/1.1\r\n" H "\r\n";
	struct http_options options = fixture_options();
	struct pollfd end = {.events = POLLRDHUP};
	struct http_server *impatient;
	int small = 4096;

	(void)state;
	options.request_ms = 300;
	impatient = fixture_start(&options);
	end.fd = client_connect(http_server_port(impatient));
	setsockopt(end.fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof(small));
	for (int i = 0; i < 32; i++)
		client_send(end.fd, ask, strlen(ask));
	assert_int_equal(poll(&end, 1, 60000), 1);
	close(end.fd);
	http_server_stop(impatient);
}

static void test_body_cut(void **state)
{
	static const char head[] = "POST /body HTTP/1.1\r\n" H JSON "Content-Length: 10\r\n\r\n{";
	int fd = sent_to(server, head);
	struct answer answer;

	(void)state;
	shutdown(fd, SHUT_WR);
	client_read(fd, false, &answer);
	assert_int_equal(answer.status, 400);
	assert_non_null(strstr(answer.body, "early"));
	answer_release(&answer);
	close(fd);
}

/* Connections -----------------------------------------------------------------------------------
 */

static void test_pipelined(void **state)
{
	char requests[4096] = "";
	int fd = client_connect(http_server_port(server));
	struct answer answer;

	(void)state;
	for (int i = 0; i < 9; i++)
		(void)snprintf(requests + strlen(requests), sizeof(requests) - strlen(requests),
			       i % 2 ? "GET /echo/%d HTTP/1.1\r\n" H "\r\n"
				     : "POST /body HTTP/1.1\r\n" H JSON
				       "Content-Length: 3\r\n\r\n\"%d\"",
			       i);
	client_send(fd, requests, strlen(requests));
	for (int i = 0; i < 9; i++) {
		char expected[32];

		client_read(fd, false, &answer);
		(void)snprintf(expected, sizeof(expected), i % 2 ? "{\"text\":\"%d\"}" : "\"%d\"",
			       i);
		assert_string_equal(answer.body, expected);
		answer_release(&answer);
	}
	close(fd);
}

/* civetweb would parse on into what an earlier client of the worker has left in its buffer. */
static void test_no_bytes_of_others(void **state)
{
	char secret[400] = "POST /body HTTP/1.1\r\n" H JSON "Content-Length: 240\r\n\r\n";
	static const char rest[] = " HTTP/1.1\r\n" H "\r\n";
	size_t head_len = strlen(secret);

	(void)state;
	memset(secret + head_len, 's', 240);
	memcpy(secret + head_len + 200, rest, strlen(rest));
	for (int i = 0; i < 32; i++) {
		char attack[180] = "\r\n\r\nGET /";
		struct answer answer;
		int fd = client_connect(http_server_port(server));

		client_send(fd, secret, head_len + 240);
		client_read(fd, false, &answer);
		assert_int_equal(answer.status, 201);
		answer_release(&answer);
		close(fd);
		fd = client_connect(http_server_port(server));
		memset(attack + 9, 'a', sizeof(attack) - 9);
		client_send(fd, attack, sizeof(attack));
		client_read(fd, false, &answer);
		assert_int_equal(answer.status, 400);
		assert_null(strstr(answer.body, "sss"));
		answer_release(&answer);
		close(fd);
	}
}

static void test_head_has_the_length(void **state)
{
	static const char head[] = "HEAD /hello HTTP/1.1\r\n" H "\r\n";
	int fd = client_connect(http_server_port(server));
	struct answer answer;

	(void)state;
	client_send(fd, head, strlen(head));
	client_read(fd, true, &answer);
	assert_true(answer_has(&answer, "Content-Length: 17"));
	answer_release(&answer);
	close(fd);
}

static void check_header(const char *request, const char *line)
{
	int fd = client_connect(http_server_port(server));
	struct answer answer;

	client_send(fd, request, strlen(request));
	client_read(fd, false, &answer);
	if (!answer_has(&answer, line))
		fail_msg("%s is not in %s", line, answer.head);
	answer_release(&answer);
	close(fd);
}

static void test_headers(void **state)
{
	struct answer answer;
	int fd;

	(void)state;
	check_header("GET /hello HTTP/1.1\r\n" H "X-Request-Id: my-id.1\r\n\r\n",
		     "X-Request-Id: my-id.1");
	check_header("OPTIONS /items/1 HTTP/1.1\r\n" H "\r\n", "Allow: GET, HEAD, PATCH, OPTIONS");
	check_header("DELETE /items/1 HTTP/1.1\r\n" H "\r\n", "Allow: GET, HEAD, PATCH, OPTIONS");
	check_header("delete /items/1 HTTP/1.1\r\n" H "\r\n", "Allow: GET, HEAD, PATCH, OPTIONS");
	check_header("GET /items/1 HTTP/1.1\r\n" H "\r\n", "ETag: \"7\"");
	check_header("GET /items/1 HTTP/1.1\r\n" H "If-None-Match: \"7\"\r\n\r\n", "ETag: \"7\"");
	check_header("POST /body HTTP/1.1\r\n" H JSON "Content-Length: 2\r\n\r\n{}",
		     "Location: /body/1");
	fd = sent_to(server, "GET /fail HTTP/1.1\r\n" H "X-Request-Id: not valid\r\n\r\n");
	client_read(fd, false, &answer);
	assert_null(strstr(answer.head, "not valid"));
	assert_null(strstr(answer.head, "X-Half"));
	assert_null(strstr(answer.body, "secret"));
	answer_release(&answer);
	close(fd);
}

/* Metrics ---------------------------------------------------------------------------------------
 */

static void test_counted(void **state)
{
	static const char *const names[] = {
		"http_requests_total{method=\"GET\",route=\"/hello\",code=\"200\"}",
		"http_requests_total{method=\"GET\",route=\"unmatched\",code=\"404\"}",
		"http_requests_total{method=\"GET\",route=\"unmatched\",code=\"400\"}",
		"http_requests_total{method=\"OTHER\",route=\"unmatched\",code=\"405\"}",
		"http_requests_total{method=\"OTHER\",route=\"unmatched\",code=\"400\"}",
		"http_requests_total{method=\"OTHER\",route=\"unmatched\",code=\"408\"}",
		"http_requests_total{method=\"OTHER\",route=\"unmatched\",code=\"431\"}",
		"http_requests_total{method=\"POST\",route=\"/body\",code=\"201\"}",
		"http_requests_total{method=\"POST\",route=\"/body\",code=\"408\"}",
	};
	AUTO(buf_release) struct buf text = BUF_INIT(1 << 24);
	size_t lines = 0;

	(void)state;
	assert_int_equal(metrics_render_text(&text, NULL), 0);
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		if (fixture_metric(names[i]) < 1)
			fail_msg("%s is not counted", names[i]);
	}
	for (const char *at = text.data; *at; at = strchr(at, '\n') + 1)
		lines += *at != '#';
	assert_true(lines <= metrics_max_series());
}

/* Two servers -----------------------------------------------------------------------------------
 */

static void test_two_servers(void **state)
{
	static const char hello[] = "GET /hello HTTP/1.1\r\n" H "\r\n";
	struct http_options options = fixture_options();
	struct http_server *other = NULL;
	struct err err = ERR_INIT;
	struct answer answer;
	char taken[32];
	int fd;

	(void)state;
	options.route_count = 1;
	other = fixture_start(&options);
	fd = client_connect(http_server_port(other));
	client_send(fd, hello, strlen(hello));
	client_read(fd, false, &answer);
	assert_int_equal(answer.status, 200);
	answer_release(&answer);
	close(fd);
	(void)snprintf(taken, sizeof(taken), "127.0.0.1:%u", http_server_port(other));
	options.listen = taken;
	assert_int_equal(http_server_start(&options, &other, &err), -1);
	if (!strstr(err.detail, "in use"))
		fail_msg("%s", err.detail);
	http_server_stop(other);
	assert_int_equal(client_try_connect((unsigned)strtoul(strchr(taken, ':') + 1, NULL, 10)),
			 -1);
	options.listen = "127.0.0.1:80s";
	assert_int_equal(http_server_start(&options, &other, &err), -1);
	check_header(hello, "Content-Type: application/json");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_exchanges),
		cmocka_unit_test(test_oversized),
		cmocka_unit_test(test_too_many_headers),
		cmocka_unit_test(test_largest_allowed),
		cmocka_unit_test(test_long_slash),
		cmocka_unit_test(test_stalled),
		cmocka_unit_test(test_trickle),
		cmocka_unit_test(test_slow_reader),
		cmocka_unit_test(test_body_cut),
		cmocka_unit_test(test_pipelined),
		cmocka_unit_test(test_no_bytes_of_others),
		cmocka_unit_test(test_head_has_the_length),
		cmocka_unit_test(test_headers),
		cmocka_unit_test(test_counted),
		cmocka_unit_test(test_two_servers),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
