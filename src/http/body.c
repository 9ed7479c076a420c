/* body.c - reads a request's body, within its limits of size and time. */
#include <civetweb.h>
#include <inttypes.h>
#include <string.h>

#include <tasklab/base/clock.h>

#include "conditional.h"
#include "exchange.h"
#include "watch.h"

#define CHUNK_STEP_BYTES 16384

static const char go_on[] = "HTTP/1.1 100 Continue\r\n\r\n";

static int read_whole(struct http_request *request, struct err *err)
{
	size_t length = (size_t)request->framing.content_length;
	char *to = buf_reserve(&request->body, length);
	int n;

	if (!to)
		return err_no_memory(err);
	n = mg_read(request->conn, to, length);
	if (n != (int)length)
		return err_set(err, ERR_INVALID, "the request's body ended early",
			       "%d of %zu bytes", n, length);
	buf_commit(&request->body, length);
	return 0;
}

/* How much more the body may have is asked for, and a byte beyond it: whether there is more. */
static int read_step(struct http_request *request, struct err *err)
{
	struct buf *body = &request->body;
	size_t room = body->max - body->len;
	char beyond, *to = &beyond;
	int n;

	if (room > CHUNK_STEP_BYTES)
		room = CHUNK_STEP_BYTES;
	if (room > 0)
		to = buf_reserve(body, room);
	if (!to)
		return err_no_memory(err);
	n = mg_read(request->conn, to, room > 0 ? room : 1);
	if (n < 0)
		return err_field(err, ERR_INVALID, "Transfer-Encoding",
				 "the body's chunks are malformed, or it ended early");
	if (n > 0 && room == 0)
		return err_field(err, ERR_TOO_LARGE, "", "the body may have %zu bytes", body->max);
	if (n > 0)
		buf_commit(body, (size_t)n);
	return n;
}

static int read_chunked(struct http_request *request, struct err *err)
{
	int n;

	do
		n = read_step(request, err);
	while (n > 0);
	return n;
}

static int read_watched(struct http_request *request, int64_t deadline_ns, struct err *err)
{
	struct watch *watch = request->worker->server->watch;
	size_t slot = watch_begin(watch, request->remote, request->remote_port, deadline_ns,
				  WATCH_CUT_READ);
	int result =
		request->framing.chunked ? read_chunked(request, err) : read_whole(request, err);

	watch_end(watch, slot);
	return result;
}

int request_read_body(struct http_request *request, struct err *err)
{
	int64_t limit_ms = request->worker->server->options.header_ms;
	int64_t deadline_ns = clock_mono_ns() + limit_ms * CLOCK_NS_PER_MS;
	int result;

	if (request->body_state == BODY_NONE || request->body_state == BODY_READ)
		return 0;
	if (request->body_state == BODY_BROKEN)
		return err_set(err, ERR_INVALID, "the request's body could not be read", "again");
	if (request->framing.expect_continue)
		(void)mg_write(request->conn, go_on, strlen(go_on));
	result = read_watched(request, deadline_ns, err);
	request->body_state = result < 0 ? BODY_BROKEN : BODY_READ;
	if (result < 0 && clock_mono_ns() >= deadline_ns)
		return err_set(err, ERR_REQUEST_TIMEOUT,
			       "the request's body did not arrive in time",
			       "%zu bytes and more in %" PRId64 " ms", request->body.len, limit_ms);
	return result;
}

static int check_type(const struct http_request *request, const char *const *content_types,
		      struct err *err)
{
	const char *type = request->framing.known[HEADER_CONTENT_TYPE];
	const char *encoding = request->framing.known[HEADER_CONTENT_ENCODING];

	if (encoding && strcmp(encoding, "identity") != 0)
		return err_field(err, ERR_MEDIA_TYPE, "Content-Encoding",
				 "the body must be sent without an encoding");
	if (!content_types || (type && conditional_type_in(type, content_types)))
		return 0;
	return err_field(err, ERR_MEDIA_TYPE, "Content-Type", "must be %s", content_types[0]);
}

int http_request_body(struct http_request *request, const char *const *content_types,
		      const char **data, size_t *len, struct err *err)
{
	if (request->body_state != BODY_NONE && check_type(request, content_types, err) < 0)
		return -1;
	if (request_read_body(request, err) < 0)
		return -1;
	*data = buf_str(&request->body);
	*len = request->body.len;
	return 0;
}
