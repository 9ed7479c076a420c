/* call.c - what happens around every handler: decoding, principal, cleanup, the log line's figures.
 */
#include "call.h"

#include <tasklab/base/clock.h>

#include "idempotency.h"
#include "lab_request.h"
#include "state.h"

static const char *const JSON_TYPES[] = {"application/json", NULL};
static const char *const PATCH_TYPES[] = {"application/merge-patch+json", "application/json", NULL};

int api_call_actor(struct api_call *call, int64_t *ret, struct err *err)
{
	if (call->principal == 0 &&
	    state_principal(call->api, &call->db, &call->principal, err) < 0)
		return -1;
	*ret = call->principal;
	return 0;
}

int api_call_principal(struct api_call *call, int64_t *ret, struct err *err)
{
	if (api_call_actor(call, ret, err) < 0)
		return -1;
	if (*ret == 0)
		return err_set(err, ERR_UNAUTHENTICATED, "this needs an account to act as", "%s",
			       call->api->sandbox ? "there is no enabled administrator"
						  : "the sandbox is off");
	return 0;
}

/* The place of tokens and permissions: every routed request passes here before its body is read.
 * Until accounts come the service listens on loopback only, and whoever reaches it may do all; a
 * handler that needs a user to act as asks api_call_principal. */
int api_authorize(struct api_call *call, struct err *err)
{
	(void)err;
	call->principal = 0;
	return 0;
}

static int decode_query(struct api_call *call, struct err *err)
{
	const struct field_set none = {NULL, 0};
	const struct field_set set = call->route->query ? *call->route->query : none;
	size_t n = http_query_count(call->request);

	for (size_t i = 0; i < n; i++) {
		if (field_param(http_query_name(call->request, i),
				http_query_value(call->request, i), set, call->query, err) < 0)
			return -1;
	}
	return 0;
}

static int decode_body(struct api_call *call, struct err *err)
{
	bool patch = call->route->method == HTTP_PATCH;

	if (!call->route->body)
		return 0;
	if (http_request_body(call->request, patch ? PATCH_TYPES : JSON_TYPES, &call->raw,
			      &call->raw_len, err) < 0)
		return -1;
	if (field_parse(call->raw, call->raw_len, &call->json, err) < 0)
		return -1;
	return field_decode(call->json, *call->route->body, patch, call->body, err);
}

int api_dispatch(struct http_request *request, struct http_reply *reply, struct err *err)
{
	struct api_call *call = http_request_storage(request);
	const char *key;

	if (decode_query(call, err) < 0 || decode_body(call, err) < 0)
		return -1;
	key = call->route->flags & API_ROUTE_IDEMPOTENT
		      ? http_request_header(request, "Idempotency-Key")
		      : NULL;
	if (key)
		return idempotency_run(call, key, reply, err);
	return call->route->handler(call, reply, err);
}

static int before(struct http_request *request, struct err *err)
{
	struct api_call *call = http_request_storage(request);
	size_t n;
	const struct api_route *rows = api_route_rows(&n);

	call->request = request;
	call->route = &rows[http_request_route(request)->flags];
	call->api = http_request_arg(request);
	if (lab_enter(call, err) < 0)
		return -1;
	db_init(&call->db, call->visit.door ? call->visit.pool : call->api->pool,
		http_request_deadline_ns(request));
	call->db.trace = http_request_trace(request);
	return api_authorize(call, err);
}

static void after(struct http_request *request, int status)
{
	struct api_call *call = http_request_storage(request);

	(void)status;
	db_release(&call->db);
	if (call->api && call->api->gate)
		gate_leave(call->api->gate, &call->visit);
	json_decref(call->json);
	call->json = NULL;
	http_request_log_i64(request, "db_queries", call->db.queries);
	http_request_log_f64(request, "db_ms", (double)call->db.query_ns / (double)CLOCK_NS_PER_MS);
}

struct http_hooks api_hooks(struct api *api)
{
	return (struct http_hooks){
		.request_bytes = sizeof(struct api_call),
		.before = before,
		.after = after,
		.arg = api,
	};
}
