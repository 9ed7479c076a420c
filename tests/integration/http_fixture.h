/* http_fixture.h - an HTTP server of the test's own in this process, and a client on raw sockets.
 */
#ifndef TASKLAB_TESTS_HTTP_FIXTURE_H
#define TASKLAB_TESTS_HTTP_FIXTURE_H

#include <stdbool.h>
#include <stddef.h>

#include <tasklab/http/server.h>

#define FIXTURE_THREADS      4
#define FIXTURE_HEADER_BYTES 4096
#define FIXTURE_BODY_BYTES   65536
#define FIXTURE_REPLY_BYTES  (2 << 20)
#define FIXTURE_BIG_BYTES    (1 << 20)

/* Routes: /hello, /echo/{text}, /items/{id} with an ETag, /body, /query, /big, /huge (beyond the
 * limit), /fail, /slow (waits for fixture_open_gate), /healthz (always), /text (any type). No
 * deadline that a client could miss. */
struct http_options fixture_options(void);
/* Registers the metrics at its first call. The test fails when it cannot start. */
struct http_server *fixture_start(const struct http_options *options);
void fixture_close_gate(void);
void fixture_open_gate(void);
/* Waits until n requests stand before the gate. */
void fixture_wait_at_gate(unsigned n);
/* The value of a series, as the text format writes its name and labels; 0 when it is not there. */
double fixture_metric(const char *series);

struct answer {
	int status; /* 0: the connection ended without one */
	char head[4096];
	char *body; /* terminated; the caller frees */
	size_t body_len;
};

int client_connect(unsigned port);
/* -1 when nobody listens. For any thread, where client_connect and client_read, which fail the
 * test, are for the test's own. */
int client_try_connect(unsigned port);
/* What is wrong with the answer; NULL: nothing, or the connection ended without one (status 0). */
const char *client_try_read(int fd, bool head, struct answer *ret);
/* False when the server has closed. */
bool client_send(int fd, const char *data, size_t len);
/* One answer; method HEAD has none of its body. The test fails after a minute. */
void client_read(int fd, bool head, struct answer *ret);
void answer_release(struct answer *answer);
/* Whether the server ends the connection without sending more. */
bool client_sees_end(int fd);
bool answer_has(const struct answer *answer, const char *header_line);

#endif
