/* exchange.c - the way of a request: checks, route, hooks, handler, reply, metrics, log line. */
#include "exchange.h"

#include <civetweb.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include <tasklab/base/clock.h>

#include "conditional.h"
#include "labels.h"
#include "method.h"
#include "record.h"
#include "refusal.h"
#include "sock.h"

static const struct id_trace no_trace;

/* Loading -------------------------------------------------------------------------------------- */

/* A target that civetweb has not taken apart: "*", or absolute with another port than ours, as seen
 * from behind a port mapping (RFC 9112 section 3.2). */
static const char *split_target(struct framing *framing)
{
	char *question = strchr(framing->uri, '?');
	const char *host;

	if (question) {
		*question = '\0'; /* civetweb's buffer, where it does the same */
		framing->query = question + 1;
	}
	host = strstr(framing->uri, "://");
	if (!host)
		return framing->uri;
	return host + 3 + strcspn(host + 3, "/");
}

/* Points request at what civetweb has split. Its parts are NULL as far as it did not get. */
static void load(struct worker *worker, struct mg_connection *conn)
{
	const struct mg_request_info *info = mg_get_request_info(conn);
	struct http_request *request = &worker->request;
	struct framing *framing = &request->framing;

	request_reset(request);
	reply_reset(&worker->reply);
	request->start_ns = clock_mono_ns();
	request->conn = conn;
	request->remote = info->remote_addr;
	request->remote_port = info->remote_port;
	request->method = HTTP_METHOD_COUNT;
	request->path = "";
	framing->method = info->request_method;
	framing->uri = info->request_method ? info->request_uri : NULL;
	framing->version = framing->uri ? info->http_version : NULL;
	framing->query = info->local_uri ? info->query_string : NULL;
	framing->count = framing->version && info->num_headers > 0 ? (size_t)info->num_headers : 0;
	for (size_t i = 0; i < framing->count; i++)
		framing->headers[i] = (struct http_header){info->http_headers[i].name,
							   info->http_headers[i].value};
	memset(framing->known, 0, sizeof(framing->known));
	if (framing->method)
		(void)method_parse(framing->method, &request->method);
	request->endpoint = labels_unmatched(request->method);
}

/* civetweb skips blanks before a request and then parses on beyond what it has received, into what
 * an earlier request left in its buffer. A request that does not start where the buffer does may
 * hold another client's bytes: none of them may be used. */
static bool starts_in_place(struct worker *worker)
{
	const char *method = worker->request.framing.method;

	if (method && (!worker->buffer || method < worker->buffer))
		worker->buffer = method;
	return method == worker->buffer;
}

static void identify(struct http_request *request)
{
	const char *id = request->framing.known[HEADER_REQUEST_ID];
	const char *trace = request->framing.known[HEADER_TRACEPARENT];

	if (id && id_request_valid(id))
		memcpy(request->id, id, strlen(id) + 1);
	else
		id_request_new(request->id);
	if (!trace || !id_trace_parse(trace, &request->trace))
		request->trace = no_trace;
}

/* Admission: a failure closes the connection --------------------------------------------------- */

static int admit_body(struct http_request *request, struct err *err)
{
	size_t limit = request->worker->server->options.body_bytes;

	if (request->framing.content_length > limit)
		return err_field(err, ERR_TOO_LARGE, "Content-Length",
				 "the body may have %zu bytes", limit);
	if (request->framing.content_length > 0 || request->framing.chunked)
		request->body_state = BODY_UNREAD;
	return 0;
}

static int admit(struct worker *worker, const char *path, struct err *err)
{
	const struct http_options *options = &worker->server->options;
	struct http_request *request = &worker->request;
	size_t head_bytes;

	if (!starts_in_place(worker))
		return err_set(err, ERR_INVALID, "a request must start with its method",
			       "blanks before the request line");
	if (framing_layout(&request->framing, worker->server->buffer_bytes, &head_bytes, err) < 0)
		return -1;
	if (head_bytes > options->header_bytes)
		return framing_too_large(&request->framing, options->header_bytes, err);
	if (framing_read(&request->framing, err) < 0)
		return -1;
	worker->bytes_seen += head_bytes + request->framing.content_length;
	if (*path != '/' && strcmp(path, "*") != 0)
		return err_set(err, ERR_INVALID, "the request's target must name a path", "%.64s",
			       request->framing.uri);
	request->path = path;
	return admit_body(request, err);
}

/* Routing -------------------------------------------------------------------------------------- */

static int answer_unrouted(struct http_request *request, struct http_reply *reply, struct err *err)
{
	bool all = strcmp(request->path, "*") == 0;
	char allow[ROUTER_ALLOW_SIZE];

	if (request->match.methods == 0 && !all)
		return err_set(err, ERR_NOT_FOUND, "there is nothing under this path", "");
	if (request->method != HTTP_OPTIONS)
		return err_set(err, all ? ERR_INVALID : ERR_METHOD,
			       all ? "only OPTIONS may be asked of *"
				   : "the resource does not have this method",
			       "%.32s", request->framing.method);
	router_allow(all ? (UINT32_C(1) << HTTP_METHOD_COUNT) - 1 : request->match.methods, allow);
	reply->status = 204;
	http_reply_header(reply, "Allow", "%s", allow);
	return 0;
}

static int check_accept(const struct http_request *request, struct err *err)
{
	int precision = 0;
	double q = 0;

	if (!request->framing.known[HEADER_ACCEPT] ||
	    (request->match.route->options & HTTP_ROUTE_ANY_TYPE))
		return 0;
	for (size_t i = 0; i < request->framing.count; i++) {
		if (strcasecmp(request->framing.headers[i].name, "Accept") == 0)
			conditional_accepts_json(request->framing.headers[i].value, &precision, &q);
	}
	if (q > 0 || request->framing.known[HEADER_ACCEPT][0] == '\0')
		return 0;
	return err_field(err, ERR_NOT_ACCEPTABLE, "Accept", "only application/json is to be had");
}

static int check_load(const struct worker *worker, struct err *err)
{
	const struct http_server *server = worker->server;
	const struct http_route *route = worker->request.match.route;

	if (atomic_load_explicit(&server->in_flight, memory_order_relaxed) <=
		    server->options.threads ||
	    (route && route->options & HTTP_ROUTE_ALWAYS))
		return 0;
	return err_set(err, ERR_UNAVAILABLE, "the service is overloaded, try again later",
		       "%u requests in flight", server->options.threads);
}

static int check_reply(const struct http_reply *reply, struct err *err)
{
	if (buf_check(&reply->headers, NULL) < 0)
		return err_set(err, ERR_INTERNAL, "the answer's headers cannot be sent",
			       "too large, or a line end in a value");
	if (buf_check(&reply->body, err) == 0)
		return 0;
	if (err->code == ERR_TOO_LARGE) /* that is about requests; here it is our fault */
		err_set(err, ERR_INTERNAL, "the answer became too large", "more than %zu bytes",
			reply->body.max);
	return -1;
}

static int run_handler(struct worker *worker, struct err *err)
{
	const struct http_hooks *hooks = &worker->server->options.hooks;
	struct http_request *request = &worker->request;
	struct http_reply *reply = &worker->reply;
	int result;

	if (request->storage)
		memset(request->storage, 0, hooks->request_bytes);
	result = hooks->before ? hooks->before(request, err) : 0;
	if (result == 0)
		result = request->match.route->handler(request, reply, err);
	if (result == 0)
		result = check_reply(reply, err);
	if (hooks->after)
		hooks->after(request, result < 0 ? err_http_status(err->code) : reply->status);
	return result;
}

static int answer(struct worker *worker, struct err *err)
{
	struct http_request *request = &worker->request;
	const char *fault = uri_fault(request->path, strlen(request->path), false);

	if (fault)
		return err_field(err, ERR_INVALID, "path", "the path %s", fault);
	router_find(worker->server->router, request->method, request->path, &request->match);
	if (request->match.route)
		request->endpoint = worker->server->endpoints[request->match.index];
	if (check_load(worker, err) < 0)
		return -1;
	if (!request->match.route)
		return answer_unrouted(request, &worker->reply, err);
	if (check_accept(request, err) < 0 || request_decode(request, err) < 0)
		return -1;
	return run_handler(worker, err);
}

/* Replying ------------------------------------------------------------------------------------- */

static void make_problem(struct worker *worker, const struct err *err)
{
	struct http_request *request = &worker->request;
	char allow[ROUTER_ALLOW_SIZE];

	problem_reply(&worker->reply, request, err);
	if (err->code != ERR_METHOD)
		return;
	router_allow(request->match.methods, allow);
	http_reply_header(&worker->reply, "Allow", "%s", allow);
}

/* Keeping the connection needs the client's wish, a body that was read to its end, a thread to
 * spare, and a server that goes on. civetweb 1.15 does not always find the end of a chunked body.
 */
static bool may_keep(struct worker *worker)
{
	struct http_server *server = worker->server;
	struct http_request *request = &worker->request;

	if (!request->framing.keep_alive || request->framing.chunked ||
	    request->body_state == BODY_BROKEN ||
	    atomic_load_explicit(&server->draining, memory_order_relaxed) ||
	    atomic_load_explicit(&server->connections, memory_order_relaxed) >
		    server->options.threads)
		return false;
	if (request->body_state != BODY_UNREAD)
		return true;
	/* A client that waits to be told to send its body has not sent it. */
	return !request->framing.expect_continue && request_read_body(request, NULL) == 0;
}

static void linger(const struct worker *worker)
{
	const struct http_request *request = &worker->request;
	int fd = sock_find(worker->server->port, request->remote, request->remote_port);

	if (fd < 0)
		return;
	sock_linger(fd);
	close(fd);
}

static void finish(struct worker *worker, const struct err *err, bool keep)
{
	struct http_request *request = &worker->request;
	bool sent, unread;

	if (!keep)
		mg_disable_connection_keep_alive(request->conn);
	sent = reply_send(worker, keep);
	if (!sent)
		mg_disable_connection_keep_alive(request->conn);
	record(worker, err, sent);
	record_end(worker->server);
	unread = request->body_state == BODY_UNREAD || request->body_state == BODY_BROKEN;
	if (sent && !keep && unread)
		linger(worker);
	if (request->body.cap > EXCHANGE_KEEP_BYTES)
		buf_release(&request->body);
	if (worker->reply.body.cap > EXCHANGE_KEEP_BYTES)
		buf_release(&worker->reply.body);
	worker->quiet_since_ns = clock_mono_ns();
	worker->first = false;
}

void exchange_serve(struct worker *worker, struct mg_connection *conn)
{
	struct http_request *request = &worker->request;
	struct http_server *server = worker->server;
	const struct mg_request_info *info = mg_get_request_info(conn);
	struct err err = ERR_INIT;
	const char *path;
	bool keep = false;
	int result;

	load(worker, conn);
	/* Without a local path this is called at the connection's end. */
	path = info->local_uri ? info->local_uri_raw : split_target(&request->framing);
	request->deadline_ns = request->start_ns + server->options.request_ms * CLOCK_NS_PER_MS;
	record_begin(server);
	result = admit(worker, path, &err);
	identify(request);
	if (result < 0) {
		request->body_state = BODY_BROKEN;
	} else {
		result = answer(worker, &err);
		keep = info->local_uri && err.code != ERR_UNAVAILABLE && may_keep(worker);
	}
	if (result < 0)
		make_problem(worker, &err);
	finish(worker, &err, keep);
}

/* The path of a refused request, for its route's methods and the problem document: only when the
 * request line stands where and as it should. */
static void load_path(struct worker *worker)
{
	struct http_request *request = &worker->request;
	struct framing line = {.method = request->framing.method,
			       .uri = request->framing.uri,
			       .version = request->framing.version};
	size_t head_bytes, len;
	char *path;

	if (!line.version || !starts_in_place(worker) || line.uri[0] != '/' ||
	    framing_layout(&line, worker->server->buffer_bytes, &head_bytes, NULL) < 0)
		return;
	len = strcspn(line.uri, "?");
	path = buf_reserve(&request->text, len + 1);
	if (!path)
		return;
	memcpy(path, line.uri, len);
	path[len] = '\0';
	request->path = path;
	router_find(worker->server->router, request->method, path, &request->match);
	request->match.route = NULL;
}

static uint64_t received_bytes(const struct worker *worker)
{
	const struct http_request *request = &worker->request;
	int fd = sock_find(worker->server->port, request->remote, request->remote_port);
	uint64_t received;

	if (fd < 0)
		return 0;
	received = sock_bytes_received(fd);
	close(fd);
	return received > worker->bytes_seen ? received - worker->bytes_seen : 0;
}

void exchange_refuse(struct worker *worker, struct mg_connection *conn, int status)
{
	struct http_request *request = &worker->request;
	const struct http_options *options = &worker->server->options;
	struct refusal refusal = {.framing = &request->framing,
				  .status = status,
				  .buffer_bytes = worker->server->buffer_bytes};
	struct err err = ERR_INIT;

	load(worker, conn);
	record_begin(worker->server);
	worker->refused = true;
	refusal.bad_headers = mg_get_request_info(conn)->num_headers < 0;
	refusal.waited_ms = (request->start_ns - worker->quiet_since_ns) / CLOCK_NS_PER_MS;
	refusal.limit_ms = worker->first ? options->header_ms : options->idle_ms;
	if (!request->framing.method)
		refusal.received_bytes = received_bytes(worker);
	refusal_explain(&refusal, &err);
	load_path(worker);
	if (err.code == ERR_METHOD && request->match.methods == 0)
		err_set(&err, ERR_NOT_FOUND, "there is nothing under this path", "");
	identify(request);
	request->body_state = BODY_BROKEN;
	make_problem(worker, &err);
	finish(worker, &err, false);
}

void exchange_connect(struct worker *worker)
{
	worker->quiet_since_ns = clock_mono_ns();
	worker->bytes_seen = 0;
	worker->first = true;
	worker->refused = false;
}
