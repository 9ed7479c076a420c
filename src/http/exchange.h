/* exchange.h - one request and its reply, as the files of this room share them.
 *
 * A worker thread serves one connection at a time and one request of it at a time, so all of a
 * request's storage belongs to its worker and is used again for the next one.
 */
#ifndef TASKLAB_HTTP_EXCHANGE_H
#define TASKLAB_HTTP_EXCHANGE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include <tasklab/base/buf.h>
#include <tasklab/base/id.h>
#include <tasklab/base/log.h>
#include <tasklab/http/server.h>

#include "framing.h"
#include "router.h"
#include "uri.h"

#define EXCHANGE_LOG_FIELDS_MAX 8      /* that a handler may add to the request's line */
#define EXCHANGE_KEEP_BYTES     131072 /* a larger buffer is given back after its request */
#define EXCHANGE_HEADERS_BYTES  16384  /* that a handler may add to a reply */
#define EXCHANGE_COPY_BYTES     65536  /* a larger body is written by itself, after its head */

struct mg_connection;
struct mg_context;
struct watch;

enum body_state { BODY_NONE, BODY_UNREAD, BODY_READ, BODY_BROKEN };

struct http_request {
	struct worker *worker;
	struct mg_connection *conn;
	struct framing framing;
	enum http_method method; /* HTTP_METHOD_COUNT: not one of ours */
	const char *path;        /* as sent, without query; "" while it is not known */
	struct router_match match;
	size_t endpoint; /* row in LABELS_ENDPOINT */
	char id[ID_REQUEST_SIZE];
	struct id_trace trace;
	int64_t start_ns, deadline_ns;
	const char *remote; /* the peer's address */
	int remote_port;

	struct uri_query query;
	struct buf text; /* decoded parameters; large enough at once, as they are pointed to */
	const char *params[HTTP_PATH_PARAMS_MAX];

	enum body_state body_state;
	struct buf body;

	struct log_field log[EXCHANGE_LOG_FIELDS_MAX];
	size_t log_count;
	void *storage; /* hooks.request_bytes */
};

struct http_reply {
	int status;
	const char *type;
	struct buf body;
	struct buf headers; /* whole lines */
};

/* What one worker thread has. */
struct worker {
	struct http_server *server;
	struct http_request request;
	struct http_reply reply;
	struct buf out; /* head and body, for one write */
	char date[64];  /* header line of the second date_s */
	time_t date_s;

	/* the connection */
	const char *buffer;     /* where civetweb's read buffer starts, once a request was seen */
	int64_t quiet_since_ns; /* its start, or the end of its last request */
	uint64_t bytes_seen;    /* heads and bodies of its requests so far */
	bool first;             /* no request was read yet */
	bool refused;           /* civetweb has refused a request of it */
};

struct http_server {
	/* what civetweb says while it starts */
	_Atomic bool started;
	char start_error[256];

	struct http_options options;
	struct router *router;
	struct watch *watch;
	size_t *endpoints; /* row in LABELS_ENDPOINT of each route */
	struct mg_context *context;
	_Atomic unsigned port;
	size_t buffer_bytes; /* of civetweb's read buffer */
	_Atomic unsigned connections;
	_Atomic unsigned in_flight;
	_Atomic bool draining;
};

/* civetweb has split a request's head: answers it. */
void exchange_serve(struct worker *worker, struct mg_connection *conn);
/* civetweb has refused a request, or could not read it, with this status: answers why. */
void exchange_refuse(struct worker *worker, struct mg_connection *conn, int status);
/* A connection begins. */
void exchange_connect(struct worker *worker);

/* NULL without memory. */
struct worker *worker_new(struct http_server *server);
void worker_free(struct worker *worker);

/* Reads what is left of the body into request->body; bounded by header_ms. */
int request_read_body(struct http_request *request, struct err *err);
void request_reset(struct http_request *request);
int request_decode(struct http_request *request, struct err *err);

void reply_reset(struct http_reply *reply);
/* Composes head and body and writes them; false when the peer is gone. */
bool reply_send(struct worker *worker, bool keep_alive);
/* Makes the reply the problem document of err (RFC 9457). */
void problem_reply(struct http_reply *reply, const struct http_request *request,
		   const struct err *err);

#endif
