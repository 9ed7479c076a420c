/* reply.c - replies: what a handler fills in, and how it goes out in one write. */
#include <civetweb.h>
#include <stdarg.h>
#include <string.h>

#include <tasklab/base/clock.h>

#include "conditional.h"
#include "exchange.h"
#include "status.h"
#include "watch.h"

void reply_reset(struct http_reply *reply)
{
	reply->status = 200;
	reply->type = "application/json";
	buf_reset(&reply->body);
	buf_reset(&reply->headers);
}

struct buf *http_reply_body(struct http_reply *reply)
{
	return &reply->body;
}

void http_reply_status(struct http_reply *reply, int status)
{
	reply->status = status;
}

void http_reply_type(struct http_reply *reply, const char *type)
{
	reply->type = type;
}

void http_reply_header(struct http_reply *reply, const char *name, const char *format, ...)
{
	struct buf *headers = &reply->headers;
	size_t start;
	va_list args;

	buf_puts(headers, name);
	buf_puts(headers, ": ");
	start = headers->len;
	va_start(args, format);
	buf_vprintf(headers, format, args);
	va_end(args);
	/* A value with a line end in it would be another header. */
	for (size_t i = start; i < headers->len; i++) {
		if ((unsigned char)headers->data[i] < ' ' && headers->data[i] != '\t')
			headers->failed = true;
	}
	buf_puts(headers, "\r\n");
}

bool http_reply_etag(struct http_reply *reply, const struct http_request *request, const char *etag)
{
	const char *held = request->framing.known[HEADER_IF_NONE_MATCH];

	http_reply_header(reply, "ETag", "%s", etag);
	if (!held || (request->method != HTTP_GET && request->method != HTTP_HEAD) ||
	    !conditional_holds(held, etag, false))
		return false;
	reply->status = 304;
	return true;
}

/* Formatted once a second; RFC 9110 section 5.6.7, which is English whatever the locale. */
static void put_date(struct worker *worker)
{
	static const char days[] = "SunMonTueWedThuFriSat";
	static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	time_t now = time(NULL);

	if (now != worker->date_s) {
		struct tm tm;

		gmtime_r(&now, &tm);
		worker->date_s = now;
		(void)snprintf(worker->date, sizeof(worker->date),
			       "Date: %.3s, %02d %.3s %04d %02d:%02d:%02d GMT\r\n",
			       days + (size_t)tm.tm_wday * 3, tm.tm_mday % 100,
			       months + (size_t)tm.tm_mon * 3, (tm.tm_year + 1900) % 10000,
			       tm.tm_hour % 100, tm.tm_min % 100, tm.tm_sec % 100);
	}
	buf_puts(&worker->out, worker->date);
}

/* 204 and 304 have no body and no Content-Length (RFC 9110 section 8.6). */
static bool has_body(int status)
{
	return status != 204 && status != 304;
}

static void put_head(struct worker *worker, bool keep_alive)
{
	const struct http_reply *reply = &worker->reply;
	const struct http_request *request = &worker->request;
	const char *version = request->framing.version;
	struct buf *out = &worker->out;
	size_t len;
	const char *line = status_line(reply->status, &len);

	buf_reset(out);
	buf_append(out, line, len);
	put_date(worker);
	if (has_body(reply->status)) {
		buf_puts(out, "Content-Type: ");
		buf_puts(out, reply->type);
		buf_puts(out, "\r\nContent-Length: ");
		buf_u64(out, reply->body.len);
		buf_puts(out, "\r\n");
	}
	buf_puts(out, "X-Request-Id: ");
	buf_puts(out, request->id);
	buf_puts(out, "\r\n");
	buf_append(out, buf_str(&reply->headers), reply->headers.len);
	if (!keep_alive)
		buf_puts(out, "Connection: close\r\n");
	else if (version && strcmp(version, "1.0") == 0)
		buf_puts(out, "Connection: keep-alive\r\n");
	buf_puts(out, "\r\n");
}

static bool write_all(struct mg_connection *conn, const struct buf *buf)
{
	return mg_write(conn, buf->data, buf->len) == (int)buf->len;
}

/* A small reply goes into the socket's buffer at once; for a large one the peer must take it off.
 */
static bool write_large(struct worker *worker)
{
	const struct http_request *request = &worker->request;
	struct watch *watch = worker->server->watch;
	int64_t deadline_ns =
		clock_mono_ns() + worker->server->options.request_ms * CLOCK_NS_PER_MS;
	size_t slot = watch_begin(watch, request->remote, request->remote_port, deadline_ns,
				  WATCH_CUT_ALL);
	bool sent = !worker->out.failed && write_all(request->conn, &worker->out) &&
		    write_all(request->conn, &worker->reply.body);

	watch_end(watch, slot);
	return sent;
}

bool reply_send(struct worker *worker, bool keep_alive)
{
	struct http_reply *reply = &worker->reply;
	struct mg_connection *conn = worker->request.conn;
	struct buf *out = &worker->out;

	if (!has_body(reply->status))
		buf_reset(&reply->body);
	put_head(worker, keep_alive);
	if (worker->request.method == HTTP_HEAD)
		return !out->failed && write_all(conn, out);
	if (reply->body.len > EXCHANGE_COPY_BYTES)
		return write_large(worker);
	buf_append(out, buf_str(&reply->body), reply->body.len);
	return !out->failed && write_all(conn, out);
}
