/* system.c - /, /healthz, /readyz and /metrics: the service about itself. */
#include <string.h>

#include <tasklab/base/clock.h>
#include <tasklab/metrics/metrics.h>

#include "handlers.h"
#include "state.h"

#define READY_CHECK_NS (500 * CLOCK_NS_PER_MS) /* longest wait for the database */
#define RETRY_AFTER_S  1

int index_handler(struct api_call *call, struct http_reply *reply, struct err *err)
{
	static const char *const LINKS[][2] = {
		{"health", "/healthz"},
		{"ready", "/readyz"},
		{"metrics", "/metrics"},
		{"openapi", "/openapi.json"},
		{"me", "/api/v1/users/me"},
		{"users", "/api/v1/users"},
		{"projects", "/api/v1/projects"},
		{"tasks", "/api/v1/tasks"},
		{"tags", "/api/v1/tags"},
		{"project_summary", "/api/v1/reports/project-summary"},
		{"workload", "/api/v1/reports/workload"},
	};
	struct json json = JSON_INIT(http_reply_body(reply));

	(void)err;
	json_begin_object(&json);
	json_kv_string(&json, "name", "tasklab");
	json_name(&json, "links");
	json_begin_object(&json);
	for (size_t i = 0; i < ARRAY_LEN(LINKS); i++)
		json_kv_string(&json, LINKS[i][0], LINKS[i][1]);
	if (call->api->engine)
		json_kv_string(&json, "labs", "/api/v1/labs");
	json_end_object(&json);
	json_end_object(&json);
	return 0;
}

static int reply_state(struct http_reply *reply, const char *state)
{
	struct json json = JSON_INIT(http_reply_body(reply));

	http_reply_header(reply, "Cache-Control", "no-store");
	json_begin_object(&json);
	json_kv_string(&json, "status", state);
	json_end_object(&json);
	return 0;
}

int healthz_handler(struct api_call *call, struct http_reply *reply, struct err *err)
{
	(void)call;
	(void)err;
	return reply_state(reply, "ok");
}

static int not_ready(struct err *err)
{
	err->code = ERR_UNAVAILABLE;
	err->retry_after_s = RETRY_AFTER_S;
	return -1;
}

int readyz_handler(struct api_call *call, struct http_reply *reply, struct err *err)
{
	struct api *api = call->api;
	int64_t deadline = clock_mono_ns() + READY_CHECK_NS;

	if (deadline > call->db.deadline_ns)
		deadline = call->db.deadline_ns;
	if (atomic_load(&api->draining)) {
		(void)err_set(err, ERR_UNAVAILABLE, "the service is shutting down", "draining");
		return not_ready(err);
	}
	if (db_pool_check(api->pool, deadline, err) < 0 || state_schema(api, err) < 0)
		return not_ready(err);
	return reply_state(reply, "ready");
}

/* clang-format off */
enum { METRICS_CREATED, METRICS_QUERY_COUNT };
static const struct field METRICS_FIELDS[METRICS_QUERY_COUNT] = {
	[METRICS_CREATED] = {"created", FIELD_BOOL, 0, "with _created samples, in OpenMetrics"},
};
const struct field_set METRICS_QUERY = {METRICS_FIELDS, METRICS_QUERY_COUNT};
/* clang-format on */

int metrics_handler(struct api_call *call, struct http_reply *reply, struct err *err)
{
	const char *created = call->query[METRICS_CREATED].text;
	const struct metrics_request request = {
		.accept = http_request_header(call->request, "Accept"),
		.accept_encoding = http_request_header(call->request, "Accept-Encoding"),
		.created = created && strcmp(created, "true") == 0,
	};
	const char *type, *encoding;

	if (created && !request.created && strcmp(created, "false") != 0)
		return err_field(err, ERR_INVALID, "created", "must be true or false");
	if (metrics_render(&request, http_reply_body(reply), &type, &encoding, err) < 0)
		return -1;
	http_reply_type(reply, type);
	http_reply_header(reply, "Vary", "Accept, Accept-Encoding");
	if (encoding)
		http_reply_header(reply, "Content-Encoding", "%s", encoding);
	return 0;
}
