/* http_fixture.c - an HTTP server of the test's own in this process, and a client on raw sockets.
 */
#include "http_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <arpa/inet.h>
#include <cmocka.h>
#include <errno.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include <tasklab/base/json.h>
#include <tasklab/metrics/metrics.h>

#define WAIT_MS 60000

/* Handlers ------------------------------------------------------------------------------------- */

static int hello(struct http_request *request, struct http_reply *reply, struct err *err)
{
	(void)request;
	(void)err;
	buf_puts(http_reply_body(reply), "{\"hello\":\"world\"}");
	return 0;
}

static int echo(struct http_request *request, struct http_reply *reply, struct err *err)
{
	struct json json = JSON_INIT(http_reply_body(reply));

	(void)err;
	json_begin_object(&json);
	json_kv_string(&json, "text", http_path_text(request, "text"));
	json_end_object(&json);
	return 0;
}

static int item_get(struct http_request *request, struct http_reply *reply, struct err *err)
{
	int64_t id;

	if (http_path_id(request, "id", &id, err) < 0)
		return -1;
	if (http_reply_etag(reply, request, "\"7\""))
		return 0;
	buf_printf(http_reply_body(reply), "{\"id\":%" PRId64 "}", id);
	return 0;
}

static int item_patch(struct http_request *request, struct http_reply *reply, struct err *err)
{
	bool given;

	if (http_if_match(request, "\"7\"", true, &given, err) < 0)
		return -1;
	if (!given) /* a worker's thread: cmocka's assertions belong to the test's */
		return err_set(err, ERR_INTERNAL, "an If-Match that is asked for is missing", "");
	http_reply_status(reply, 204);
	return 0;
}

static int body_post(struct http_request *request, struct http_reply *reply, struct err *err)
{
	static const char *const types[] = {"application/json", NULL};
	const char *data;
	size_t len;

	if (http_request_body(request, types, &data, &len, err) < 0)
		return -1;
	http_reply_status(reply, 201);
	http_reply_header(reply, "Location", "/body/%d", 1);
	buf_append(http_reply_body(reply), data, len);
	return 0;
}

static int query(struct http_request *request, struct http_reply *reply, struct err *err)
{
	struct json json = JSON_INIT(http_reply_body(reply));

	(void)err;
	json_begin_object(&json);
	for (size_t i = 0; i < http_query_count(request); i++)
		json_kv_string(&json, http_query_name(request, i), http_query_value(request, i));
	json_end_object(&json);
	return 0;
}

static int filled(struct http_reply *reply, size_t len)
{
	char *to = buf_reserve(http_reply_body(reply), len);

	if (!to)
		return 0;
	memset(to, 'x', len);
	buf_commit(http_reply_body(reply), len);
	return 0;
}

static int big(struct http_request *request, struct http_reply *reply, struct err *err)
{
	(void)request;
	(void)err;
	http_reply_type(reply, "text/plain");
	return filled(reply, FIXTURE_BIG_BYTES);
}

static int huge(struct http_request *request, struct http_reply *reply, struct err *err)
{
	(void)request;
	(void)err;
	return filled(reply, FIXTURE_REPLY_BYTES + 1);
}

static int fail_always(struct http_request *request, struct http_reply *reply, struct err *err)
{
	(void)request;
	buf_puts(http_reply_body(reply), "half an answer");
	http_reply_header(reply, "X-Half", "yes");
	return err_set(err, ERR_INTERNAL, "the request could not be carried out", "secret %d", 42);
}

static int inject(struct http_request *request, struct http_reply *reply, struct err *err)
{
	(void)err;
	http_reply_header(reply, "X-Injected", "%s", http_query(request, "v"));
	return 0;
}

static struct {
	pthread_mutex_t mutex;
	pthread_cond_t changed;
	bool open;
	unsigned waiting;
} gate = {.mutex = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};

static int slow(struct http_request *request, struct http_reply *reply, struct err *err)
{
	pthread_mutex_lock(&gate.mutex);
	gate.waiting++;
	pthread_cond_broadcast(&gate.changed);
	while (!gate.open)
		pthread_cond_wait(&gate.changed, &gate.mutex);
	gate.waiting--;
	pthread_mutex_unlock(&gate.mutex);
	return hello(request, reply, err);
}

void fixture_close_gate(void)
{
	pthread_mutex_lock(&gate.mutex);
	gate.open = false;
	pthread_mutex_unlock(&gate.mutex);
}

void fixture_open_gate(void)
{
	pthread_mutex_lock(&gate.mutex);
	gate.open = true;
	pthread_cond_broadcast(&gate.changed);
	pthread_mutex_unlock(&gate.mutex);
}

void fixture_wait_at_gate(unsigned n)
{
	pthread_mutex_lock(&gate.mutex);
	while (gate.waiting < n)
		pthread_cond_wait(&gate.changed, &gate.mutex);
	pthread_mutex_unlock(&gate.mutex);
}

/* Server --------------------------------------------------------------------------------------- */

static const struct http_route routes[] = {
	{HTTP_GET, "/hello", hello, 0, 0},
	{HTTP_GET, "/echo/{text}", echo, 0, 0},
	{HTTP_GET, "/items/{id}", item_get, 0, 0},
	{HTTP_PATCH, "/items/{id}", item_patch, 0, 0},
	{HTTP_POST, "/body", body_post, 0, 0},
	{HTTP_GET, "/query", query, 0, 0},
	{HTTP_GET, "/big", big, 0, HTTP_ROUTE_ANY_TYPE},
	{HTTP_GET, "/huge", huge, 0, 0},
	{HTTP_GET, "/fail", fail_always, 0, 0},
	{HTTP_GET, "/inject", inject, 0, 0},
	{HTTP_GET, "/slow", slow, 0, 0},
	{HTTP_GET, "/healthz", hello, 0, HTTP_ROUTE_ALWAYS},
	{HTTP_GET, "/text", hello, 0, HTTP_ROUTE_ANY_TYPE},
};

struct http_options fixture_options(void)
{
	return (struct http_options){
		.listen = "127.0.0.1:0",
		.threads = FIXTURE_THREADS,
		.queue = 64,
		/* Longer than a busy machine keeps a test waiting. */
		.request_ms = 120000,
		.header_ms = 120000,
		.idle_ms = 120000,
		.drain_ms = 60000,
		.header_bytes = FIXTURE_HEADER_BYTES,
		.body_bytes = FIXTURE_BODY_BYTES,
		.reply_bytes = FIXTURE_REPLY_BYTES,
		.routes = routes,
		.route_count = sizeof(routes) / sizeof(routes[0]),
	};
}

/* The label sets of other rooms have one value, so that all of the table can start. */
static void start_metrics(void)
{
	static const char *const any[] = {"any", "any", "any", "any"};
	static bool started;
	struct err err = ERR_INIT;

	if (started)
		return;
	started = true;
	if (http_labels_register(routes, sizeof(routes) / sizeof(routes[0]), &err) < 0)
		fail_msg("%s (%s)", err.message, err.detail);
	for (int set = LABELS_NONE + 1; set < LABELS_COUNT; set++) {
		if (set != LABELS_ENDPOINT && set != LABELS_CODE)
			assert_int_equal(metrics_labels((enum metric_label_set)set, any, 1, &err),
					 0);
	}
	if (metrics_start(&err) < 0)
		fail_msg("%s (%s)", err.message, err.detail);
}

struct http_server *fixture_start(const struct http_options *options)
{
	struct http_server *server = NULL;
	struct err err = ERR_INIT;

	start_metrics();
	if (http_server_start(options, &server, &err) < 0)
		fail_msg("%s (%s)", err.message, err.detail);
	assert_true(http_server_port(server) > 0);
	return server;
}

double fixture_metric(const char *series)
{
	AUTO(buf_release) struct buf text = BUF_INIT(1 << 24);
	const char *at;

	assert_int_equal(metrics_render_text(&text, NULL), 0);
	at = strstr(buf_str(&text), series);
	return at ? strtod(at + strlen(series), NULL) : 0;
}

/* Client --------------------------------------------------------------------------------------- */

int client_try_connect(unsigned port)
{
	struct sockaddr_in address = {.sin_family = AF_INET,
				      .sin_port = htons((uint16_t)port),
				      .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	if (fd < 0)
		return -1;
	if (connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0)
		return fd;
	close(fd);
	return -1;
}

int client_connect(unsigned port)
{
	int fd = client_try_connect(port);

	if (fd < 0)
		fail_msg("no connection to port %u: %s", port, strerror(errno));
	return fd;
}

bool client_send(int fd, const char *data, size_t len)
{
	while (len > 0) {
		ssize_t n = send(fd, data, len, MSG_NOSIGNAL);

		if (n < 0)
			return false;
		data += n;
		len -= (size_t)n;
	}
	return true;
}

/* -2: nothing came in time. */
static ssize_t receive(int fd, char *to, size_t len)
{
	struct pollfd pollfd = {.fd = fd, .events = POLLIN};

	return poll(&pollfd, 1, WAIT_MS) == 0 ? -2 : recv(fd, to, len, 0);
}

static size_t body_length(const char *head)
{
	const char *line = strcasestr(head, "\r\nContent-Length: ");

	return line ? strtoul(line + strlen("\r\nContent-Length: "), NULL, 10) : 0;
}

static const char NOTHING_CAME[] = "nothing came from the server in time";

/* Byte by byte up to the empty line, so that nothing of a next answer is taken. Without a head the
 * status stays 0. */
static const char *read_head(int fd, struct answer *answer)
{
	size_t len = 0;

	do {
		ssize_t n;

		if (len + 1 >= sizeof(answer->head))
			return "the head of the answer does not end";
		n = receive(fd, answer->head + len, 1);
		if (n <= 0)
			return n == -2 ? NOTHING_CAME : NULL;
		answer->head[++len] = '\0';
	} while (len < 4 || memcmp(answer->head + len - 4, "\r\n\r\n", 4) != 0);
	if (sscanf(answer->head, "HTTP/1.1 %d ", &answer->status) != 1 || answer->status == 0)
		return "the answer does not begin with a status line";
	return NULL;
}

const char *client_try_read(int fd, bool head, struct answer *ret)
{
	const char *fault;
	size_t got = 0;

	memset(ret, 0, sizeof(*ret));
	fault = read_head(fd, ret);
	if (fault || ret->status == 0)
		return fault;
	ret->body_len = head ? 0 : body_length(ret->head);
	ret->body = calloc(1, ret->body_len + 1);
	if (!ret->body)
		return "there is no memory for the body";
	while (got < ret->body_len) {
		ssize_t n = receive(fd, ret->body + got, ret->body_len - got);

		if (n <= 0)
			return n == -2 ? NOTHING_CAME : "the body ends early";
		got += (size_t)n;
	}
	return NULL;
}

void client_read(int fd, bool head, struct answer *ret)
{
	const char *fault = client_try_read(fd, head, ret);

	if (fault)
		fail_msg("%s: %.200s", fault, ret->head);
}

void answer_release(struct answer *answer)
{
	free(answer->body);
	memset(answer, 0, sizeof(*answer));
}

bool client_sees_end(int fd)
{
	ssize_t n;
	char byte;

	n = receive(fd, &byte, 1);
	if (n == -2)
		fail_msg("%s", NOTHING_CAME);
	return n <= 0;
}

bool answer_has(const struct answer *answer, const char *header_line)
{
	char line[256];

	(void)snprintf(line, sizeof(line), "\r\n%s\r\n", header_line);
	return strcasestr(answer->head, line) != NULL;
}
