/* server.h - HTTP/1.1 server: routes, limits, problem documents; civetweb is behind this door.
 *
 * Request path: framing and limit checks -> request id, trace -> route -> hooks.before (later:
 * authentication, permission) -> handler -> hooks.after -> reply or problem -> metrics, log line.
 * A handler returns 0 with a filled reply, or -1 with an err that becomes an RFC 9457 problem.
 * Several servers may run in one process.
 */
#ifndef TASKLAB_HTTP_SERVER_H
#define TASKLAB_HTTP_SERVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <tasklab/base/buf.h>
#include <tasklab/base/err.h>
#include <tasklab/base/id.h>

#define HTTP_PATH_PARAMS_MAX  4
#define HTTP_QUERY_PARAMS_MAX 32

enum http_method {
	HTTP_GET,
	HTTP_HEAD,
	HTTP_POST,
	HTTP_PUT,
	HTTP_PATCH,
	HTTP_DELETE,
	HTTP_OPTIONS,
	HTTP_METHOD_COUNT
};
const char *http_method_name(enum http_method method);

struct http_request;
struct http_reply;

typedef int http_handler(struct http_request *request, struct http_reply *reply, struct err *err);

enum http_route_option {
	HTTP_ROUTE_ALWAYS = 0x1,   /* answered in overload too: health, metrics */
	HTTP_ROUTE_ANY_TYPE = 0x2, /* not (only) JSON: the Accept header is left to the handler */
};

/* One row of the route table. Templates as in OpenAPI: "/api/v1/tasks/{id}". HEAD is served by GET
 * rows, OPTIONS by the table. flags are the caller's own (permissions later). The rows must stay
 * as long as the server. */
struct http_route {
	enum http_method method;
	const char *template;
	http_handler *handler;
	uint32_t flags;
	uint32_t options; /* of enum http_route_option */
};

/* Called around every routed handler: after() whenever before() was called, whatever came of it,
 * and before the reply is sent. http_request_storage is request_bytes of zeroed memory. */
struct http_hooks {
	size_t request_bytes;
	int (*before)(struct http_request *request, struct err *err);
	void (*after)(struct http_request *request, int status);
	void *arg;
};

struct http_options {
	const char *listen;  /* "127.0.0.1:8080"; port 0 picks a free one */
	unsigned threads;    /* kept-alive connections, and requests in flight; further
			      * requests are answered 503 by a few spare workers */
	unsigned queue;      /* accepted connections that wait for a worker */
	int64_t request_ms;  /* the handler's deadline */
	int64_t header_ms;   /* a request's head, then its body, must arrive within it */
	int64_t idle_ms;     /* a kept-alive connection may be silent for it */
	int64_t drain_ms;    /* SIGTERM: how long requests in flight may go on */
	size_t header_bytes; /* request line and headers */
	size_t body_bytes;
	size_t reply_bytes;
	const struct http_route *routes;
	size_t route_count;
	struct http_hooks hooks;
	bool log_requests;
};

struct http_server;
/* Registers the label sets of method and route, and of the status codes, with metrics; called once,
 * before metrics_start, with the rows of every server to come. */
int http_labels_register(const struct http_route *routes, size_t n, struct err *err);
int http_server_start(const struct http_options *options, struct http_server **ret,
		      struct err *err);
unsigned http_server_port(const struct http_server *server);
/* Stops accepting, answers what was sent with Connection: close, closes idle connections, waits up
 * to drain_ms for the rest, frees. For one thread to call, not from a signal handler. */
void http_server_stop(struct http_server *server);

/* Requests ------------------------------------------------------------------------------------- */

enum http_method http_request_method(const struct http_request *request);
const char *http_request_path(const struct http_request *request);
const struct http_route *http_request_route(const struct http_request *request);
const char *http_request_id(const struct http_request *request);
const struct id_trace *http_request_trace(const struct http_request *request);
int64_t http_request_deadline_ns(const struct http_request *request);
void *http_request_storage(struct http_request *request); /* hooks.request_bytes */
void *http_request_arg(struct http_request *request);     /* hooks.arg */
const char *http_request_header(const struct http_request *request, const char *name);
/* Path parameter by its name in the template: a positive 64-bit id, or ERR_NOT_FOUND. */
int http_path_id(const struct http_request *request, const char *name, int64_t *ret,
		 struct err *err);
const char *http_path_text(const struct http_request *request, const char *name);
/* Decoded query parameters, valid UTF-8 without NUL (refused earlier otherwise). A name that is
 * given twice is refused earlier too. */
size_t http_query_count(const struct http_request *request);
const char *http_query_name(const struct http_request *request, size_t i);
const char *http_query_value(const struct http_request *request, size_t i);
const char *http_query(const struct http_request *request, const char *name); /* or NULL */
/* The whole body, read within its limits. Content type is checked against the list, which ends with
 * NULL, e.g. "application/json"; a NULL list: any. Bytes stay valid until the request ends. */
int http_request_body(struct http_request *request, const char *const *content_types,
		      const char **data, size_t *len, struct err *err);
/* Adds a member to the request's log line (kept by reference to name). */
void http_request_log_i64(struct http_request *request, const char *name, int64_t value);
void http_request_log_f64(struct http_request *request, const char *name, double value);

/* Replies -------------------------------------------------------------------------------------- */

struct buf *http_reply_body(struct http_reply *reply); /* write here; limited to reply_bytes */
void http_reply_status(struct http_reply *reply, int status);     /* 200 at first */
void http_reply_type(struct http_reply *reply, const char *type); /* application/json at first */
void http_reply_header(struct http_reply *reply, const char *name, const char *format, ...)
	PRINTF(3, 4);
/* Sets ETag (given as it is sent: "\"7\"" or "W/\"7\""), and turns the reply to a GET into 304 when
 * If-None-Match holds it (RFC 9110 13.1.2). True: it did, and no body need be written. */
bool http_reply_etag(struct http_reply *reply, const struct http_request *request,
		     const char *etag);
/* If-Match against the current version's etag: ERR_PRECONDITION_REQUIRED when absent and required,
 * ERR_PRECONDITION when it differs. *given tells whether the header was there. */
int http_if_match(const struct http_request *request, const char *etag, bool required, bool *given,
		  struct err *err);

#endif
