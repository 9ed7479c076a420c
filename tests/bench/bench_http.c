/* bench_http.c - the HTTP room alone: one trivial route, for wrk, strace and perf.
 *
 *   bench_http [address:port] [threads] [log]     until a line or the end of standard input
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <tasklab/base/attr.h>
#include <tasklab/http/server.h>
#include <tasklab/metrics/metrics.h>

static int task(struct http_request *request, struct http_reply *reply, struct err *err)
{
	int64_t id;

	if (http_path_id(request, "id", &id, err) < 0)
		return -1;
	if (http_reply_etag(reply, request, "\"1\""))
		return 0;
	buf_puts(http_reply_body(reply), "{\"id\":");
	buf_i64(http_reply_body(reply), id);
	buf_puts(http_reply_body(reply), ",\"title\":\"a task with a title of some length\"}");
	return 0;
}

static const struct http_route routes[] = {
	{HTTP_GET, "/api/v1/tasks/{id}", task, 0, 0},
};

static int start_metrics(struct err *err)
{
	static const char *const any[] = {"any", "any", "any", "any"};

	if (http_labels_register(routes, ARRAY_LEN(routes), err) < 0)
		return -1;
	for (int set = LABELS_NONE + 1; set < LABELS_COUNT; set++) {
		if (set != LABELS_ENDPOINT && set != LABELS_CODE &&
		    metrics_labels((enum metric_label_set)set, any, 1, err) < 0)
			return -1;
	}
	return metrics_start(err);
}

int main(int argc, char **argv)
{
	struct http_options options = {
		.listen = argc > 1 ? argv[1] : "127.0.0.1:21200",
		.threads = argc > 2 ? (unsigned)strtoul(argv[2], NULL, 10) : 64,
		.queue = 128,
		.request_ms = 10000,
		.header_ms = 5000,
		.idle_ms = 15000,
		.drain_ms = 10000,
		.header_bytes = 16384,
		.body_bytes = 262144,
		.reply_bytes = 8388608,
		.routes = routes,
		.route_count = ARRAY_LEN(routes),
		.log_requests = argc > 3,
	};
	struct http_server *server;
	struct err err = ERR_INIT;

	if (start_metrics(&err) < 0 || http_server_start(&options, &server, &err) < 0) {
		fprintf(stderr, "bench_http: %s (%s)\n", err.message, err.detail);
		return 1;
	}
	printf("listening on port %u\n", http_server_port(server));
	fflush(stdout);
	(void)getchar();
	http_server_stop(server);
	return 0;
}
