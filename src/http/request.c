/* request.c - requests as handlers see them: path, query, headers, log members. */
#include <string.h>

#include <tasklab/base/text.h>

#include "conditional.h"
#include "exchange.h"

void request_reset(struct http_request *request)
{
	request->match.route = NULL;
	request->match.param_count = 0;
	request->query.count = 0;
	request->log_count = 0;
	request->id[0] = '\0';
	request->body_state = BODY_NONE;
	memset(&request->trace, 0, sizeof(request->trace));
	buf_reset(&request->body);
	buf_reset(&request->text);
}

/* Decoding ------------------------------------------------------------------------------------- */

static size_t text_room(const struct http_request *request)
{
	size_t room = request->framing.query ? strlen(request->framing.query) + URI_QUERY_EXTRA : 0;

	for (size_t i = 0; i < request->match.param_count; i++)
		room += request->match.params[i].text_len + 1;
	return room;
}

/* Decodes the parameters of path and query. The path's own faults were refused before routing. */
int request_decode(struct http_request *request, struct err *err)
{
	size_t room = text_room(request);
	char *text = room > 0 ? buf_reserve(&request->text, room) : NULL;

	if (room > 0 && !text)
		return err_no_memory(err);
	for (size_t i = 0; i < request->match.param_count; i++) {
		const struct router_param *param = &request->match.params[i];

		request->params[i] = text;
		text += uri_decode(param->text, param->text_len, false, text) + 1;
	}
	if (!request->framing.query)
		return 0;
	return uri_query_parse(request->framing.query, text, &request->query, err);
}

/* What a handler asks ------------------------------------------------------------------------- */

enum http_method http_request_method(const struct http_request *request)
{
	return request->method;
}

const char *http_request_path(const struct http_request *request)
{
	return request->path;
}

const struct http_route *http_request_route(const struct http_request *request)
{
	return request->match.route;
}

const char *http_request_id(const struct http_request *request)
{
	return request->id;
}

const struct id_trace *http_request_trace(const struct http_request *request)
{
	return &request->trace;
}

int64_t http_request_deadline_ns(const struct http_request *request)
{
	return request->deadline_ns;
}

void *http_request_storage(struct http_request *request)
{
	return request->storage;
}

void *http_request_arg(struct http_request *request)
{
	return request->worker->server->options.hooks.arg;
}

const char *http_request_header(const struct http_request *request, const char *name)
{
	return framing_header(&request->framing, name);
}

const char *http_path_text(const struct http_request *request, const char *name)
{
	for (size_t i = 0; i < request->match.param_count; i++) {
		const struct router_param *param = &request->match.params[i];

		if (strlen(name) == param->name_len &&
		    memcmp(name, param->name, param->name_len) == 0)
			return request->params[i];
	}
	return NULL;
}

int http_path_id(const struct http_request *request, const char *name, int64_t *ret,
		 struct err *err)
{
	const char *text = http_path_text(request, name);

	if (text && text_i64(text, 1, INT64_MAX, ret))
		return 0;
	return err_field(err, ERR_NOT_FOUND, name, "there is nothing under this id");
}

size_t http_query_count(const struct http_request *request)
{
	return request->query.count;
}

const char *http_query_name(const struct http_request *request, size_t i)
{
	return request->query.params[i].name;
}

const char *http_query_value(const struct http_request *request, size_t i)
{
	return request->query.params[i].value;
}

const char *http_query(const struct http_request *request, const char *name)
{
	for (size_t i = 0; i < request->query.count; i++) {
		if (strcmp(request->query.params[i].name, name) == 0)
			return request->query.params[i].value;
	}
	return NULL;
}

int http_if_match(const struct http_request *request, const char *etag, bool required, bool *given,
		  struct err *err)
{
	const char *list = request->framing.known[HEADER_IF_MATCH];

	if (!list && required)
		return err_field(err, ERR_PRECONDITION_REQUIRED, "If-Match",
				 "send the ETag of the version that you mean to change");
	if (list && !conditional_holds(list, etag, true))
		return err_field(err, ERR_PRECONDITION, "If-Match",
				 "the resource has changed: its ETag is now %s", etag);
	*given = list != NULL;
	return 0;
}

/* Log members ---------------------------------------------------------------------------------- */

static void add_field(struct http_request *request, struct log_field field)
{
	if (request->log_count < EXCHANGE_LOG_FIELDS_MAX)
		request->log[request->log_count++] = field;
}

void http_request_log_i64(struct http_request *request, const char *name, int64_t value)
{
	add_field(request, LOG_I64(name, value));
}

void http_request_log_f64(struct http_request *request, const char *name, double value)
{
	add_field(request, LOG_F64(name, value));
}
