/* problem.c - errors as problem documents (RFC 9457). */
#include <tasklab/base/json.h>

#include "exchange.h"

#define RETRY_AFTER_DEFAULT_S 1

void problem_reply(struct http_reply *reply, const struct http_request *request,
		   const struct err *err)
{
	int status = err_http_status(err->code);
	struct json json;

	reply_reset(reply);
	reply->status = status;
	reply->type = "application/problem+json";
	json = JSON_INIT(&reply->body);
	json_begin_object(&json);
	json_kv_string(&json, "type", "about:blank");
	json_kv_string(&json, "title", err_title(err->code));
	json_kv_i64(&json, "status", status);
	json_kv_string(&json, "detail", err->message);
	if (request->path[0])
		json_kv_string(&json, "instance", request->path);
	if (err->field[0])
		json_kv_string(&json, "field", err->field);
	json_kv_string(&json, "request_id", request->id);
	json_end_object(&json);
	if (status == 429 || status == 503)
		http_reply_header(reply, "Retry-After", "%u",
				  err->retry_after_s ? err->retry_after_s : RETRY_AFTER_DEFAULT_S);
}
