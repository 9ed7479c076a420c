/* server.c - starts and stops a server: civetweb's options and callbacks, each set on purpose. */
#include <tasklab/http/server.h>

#include <civetweb.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <tasklab/base/clock.h>
#include <tasklab/base/log.h>
#include <tasklab/metrics/metrics.h>

#include "drain.h"
#include "exchange.h"
#include "labels.h"
#include "watch.h"

#define HEAD_SLACK_BYTES 16384 /* beyond the limit, so that what is too large can be named */
#define OPTION_SIZE      24

/* Callbacks ------------------------------------------------------------------------------------ */

/* In front of everything that civetweb would do with a request by itself: nothing gets past, so
 * its file serving and its directory redirect (CVE-2025-55763) are never reached. */
static int on_request(struct mg_connection *conn)
{
	struct worker *worker = mg_get_thread_pointer(conn);

	if (!worker) {
		mg_send_http_error(conn, 503, "out of memory");
		return 503;
	}
	exchange_serve(worker, conn);
	return worker->reply.status;
}

static int on_error(struct mg_connection *conn, int status, const char *message)
{
	struct worker *worker = mg_get_thread_pointer(conn);

	(void)message;
	if (!worker)
		return 1;
	exchange_refuse(worker, conn, status);
	return 0;
}

static int on_connect(const struct mg_connection *conn, void **data)
{
	struct worker *worker = mg_get_thread_pointer(conn);

	(void)data;
	if (!worker)
		return 0;
	atomic_fetch_add_explicit(&worker->server->connections, 1, memory_order_relaxed);
	metric_gauge_add(M_HTTP_WORKER_THREADS_BUSY, 1, 0);
	exchange_connect(worker);
	return 0;
}

/* A connection ends. civetweb gives up silently on a request whose target it does not take for its
 * own ("*", or with another port); that has a method and no local path, and is answered now. */
static void on_close(const struct mg_connection *conn)
{
	struct worker *worker = mg_get_thread_pointer(conn);
	const struct mg_request_info *info = mg_get_request_info(conn);

	if (worker && info && info->request_method && !info->local_uri && !worker->refused)
		exchange_serve(worker, (struct mg_connection *)conn);
}

static void on_closed(const struct mg_connection *conn)
{
	struct worker *worker = mg_get_thread_pointer(conn);

	if (!worker)
		return;
	atomic_fetch_sub_explicit(&worker->server->connections, 1, memory_order_relaxed);
	metric_gauge_add(M_HTTP_WORKER_THREADS_BUSY, -1, 0);
}

static void *on_thread(const struct mg_context *context, int type)
{
	if (type != 1)
		return NULL;
	metric_gauge_add(M_HTTP_WORKER_THREADS, 1, 0);
	return worker_new(mg_get_user_data(context));
}

static void on_thread_end(const struct mg_context *context, int type, void *pointer)
{
	(void)context;
	if (type != 1)
		return;
	metric_gauge_add(M_HTTP_WORKER_THREADS, -1, 0);
	worker_free(pointer);
}

/* civetweb's own messages: the first of a failed start is its reason, others are for debugging. */
static int on_message(const struct mg_connection *conn, const char *message)
{
	const struct mg_context *context = conn ? mg_get_context(conn) : NULL;
	struct http_server *server = context ? mg_get_user_data(context) : NULL;

	if (server && !atomic_load(&server->started) && !server->start_error[0])
		(void)snprintf(server->start_error, sizeof(server->start_error), "%s", message);
	else
		log_event(LOG_DEBUG, "civetweb", LOG_FIELDS(LOG_STR("message", message)));
	return 1;
}

static const struct mg_callbacks callbacks = {
	.begin_request = on_request,
	.http_error = on_error,
	.init_connection = on_connect,
	.connection_close = on_close,
	.connection_closed = on_closed,
	.init_thread = on_thread,
	.exit_thread = on_thread_end,
	.log_message = on_message,
};

/* Start ---------------------------------------------------------------------------------------- */

/* Threads beyond options.threads: when those all have a request in hand these still accept, answer
 * 503 and the routes marked HTTP_ROUTE_ALWAYS, and close. */
static size_t worker_count(const struct http_options *options)
{
	return options->threads + 2 + options->threads / 8;
}

static const char *number(char text[OPTION_SIZE], size_t value)
{
	(void)snprintf(text, OPTION_SIZE, "%zu", value);
	return text;
}

static int start_civetweb(struct http_server *server, struct err *err)
{
	const struct http_options *options = &server->options;
	char threads[OPTION_SIZE], queue[OPTION_SIZE], head[OPTION_SIZE], idle[OPTION_SIZE],
		buffer[OPTION_SIZE];
	/* clang-format off */
	const char *settings[] = {
		"listening_ports", options->listen,
		"num_threads", number(threads, worker_count(options)),
		"connection_queue", number(queue, options->queue),
		"listen_backlog", queue,
		/* for a connection's first head, for each body, for each step of a write */
		"request_timeout_ms", number(head, (size_t)options->header_ms),
		/* for the silence before a further head, and that head */
		"keep_alive_timeout_ms", number(idle, (size_t)options->idle_ms),
		"enable_keep_alive", "yes",
		"tcp_nodelay", "1",
		"max_request_size", number(buffer, server->buffer_bytes),
		/* we decode, and refuse what cannot be */
		"decode_url", "no",
		"decode_query_string", "no",
		"enable_directory_listing", "no",
		"enable_auth_domain_check", "no",
		"access_control_allow_methods", "",
		"access_control_allow_origin", "",
		NULL,
	};
	/* clang-format on */
	struct mg_init_data init = {
		.callbacks = &callbacks, .user_data = server, .configuration_options = settings};
	char text[256] = "";
	struct mg_error_data error = {.text = text, .text_buffer_size = sizeof(text)};

	server->context = mg_start2(&init, &error);
	if (!server->context)
		return err_set(err, ERR_UNAVAILABLE, "cannot listen", "%s: %s %s", options->listen,
			       text, server->start_error);
	return 0;
}

/* Signals are for the thread that waits for them: civetweb's block all. */
static int start_threads(struct http_server *server, struct err *err)
{
	sigset_t all, before;
	int result;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	result = watch_new(worker_count(&server->options), &server->watch, err);
	if (result == 0)
		result = start_civetweb(server, err);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return result;
}

/* civetweb would also take lists, and ports that end in s for TLS or r for a redirect. */
static int check_listen(const char *listen, struct err *err)
{
	size_t len = strlen(listen);

	if (len == 0 || strchr(listen, ',') || listen[len - 1] < '0' || listen[len - 1] > '9')
		return err_field(err, ERR_INVALID, "listen", "must be one address and port");
	return 0;
}

static void server_free(struct http_server *server)
{
	watch_freep(&server->watch);
	router_freep(&server->router);
	free(server->endpoints);
	free(server);
}

static int server_prepare(struct http_server *server, const struct http_options *options,
			  struct err *err)
{
	server->options = *options;
	server->buffer_bytes = options->header_bytes + HEAD_SLACK_BYTES;
	server->endpoints = calloc(options->route_count + 1, sizeof(*server->endpoints));
	if (!server->endpoints)
		return err_no_memory(err);
	if (check_listen(options->listen, err) < 0 ||
	    labels_endpoints(options->routes, options->route_count, server->endpoints, err) < 0)
		return -1;
	return router_new(options->routes, options->route_count, &server->router, err);
}

static int server_run(struct http_server *server, struct err *err)
{
	struct mg_server_port port;

	mg_init_library(MG_FEATURES_DEFAULT);
	if (start_threads(server, err) < 0) {
		mg_exit_library();
		return -1;
	}
	atomic_store(&server->started, true);
	if (mg_get_server_ports(server->context, 1, &port) == 1)
		server->port = (unsigned)port.port;
	watch_port(server->watch, server->port);
	return 0;
}

int http_server_start(const struct http_options *options, struct http_server **ret, struct err *err)
{
	struct http_server *server = calloc(1, sizeof(*server));

	if (!server)
		return err_no_memory(err);
	if (server_prepare(server, options, err) < 0 || server_run(server, err) < 0) {
		server_free(server);
		return -1;
	}
	*ret = server;
	return 0;
}

unsigned http_server_port(const struct http_server *server)
{
	return server->port;
}

void http_server_stop(struct http_server *server)
{
	if (!server)
		return;
	atomic_store(&server->draining, true);
	drain(server->port, clock_mono_ns() + server->options.drain_ms * CLOCK_NS_PER_MS);
	mg_stop(server->context);
	mg_exit_library();
	server_free(server);
}
