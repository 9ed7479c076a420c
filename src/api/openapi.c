/* openapi.c - /openapi.json: OpenAPI 3.1, made from the route table and the tables of fields. */
#include <ctype.h>
#include <string.h>

#include "handlers.h"
#include "reply.h"

#define NAME_MAX_BYTES 128

/* "get" of GET: path items name methods in lower case. */
static void lower(char *out, size_t size, const char *text)
{
	size_t i = 0;

	for (; text[i] && i + 1 < size; i++)
		out[i] = (char)tolower((unsigned char)text[i]);
	out[i] = '\0';
}

/* "get_tasks_id" of GET /api/v1/tasks/{id}: unique, because routes are. */
static void put_operation_id(struct json *json, const struct api_route *route)
{
	AUTO(buf_release) struct buf id = BUF_INIT(NAME_MAX_BYTES);
	const char *path = route->template;
	char method[16];

	lower(method, sizeof(method), http_method_name(route->method));
	buf_puts(&id, method);
	if (strncmp(path, "/api/v1", 7) == 0)
		path += 7;
	for (; *path; path++) {
		if (*path == '/')
			buf_putc(&id, '_');
		else if (isalnum((unsigned char)*path) || *path == '_' || *path == '-')
			buf_putc(&id, *path == '-' ? '_' : *path);
	}
	json_kv_string(json, "operationId", buf_str(&id));
}

static void put_type(struct json *json, enum field_type type, bool nullable)
{
	const char *format = field_json_format(type);

	json_name(json, "type");
	if (nullable) {
		json_begin_array(json);
		json_str(json, field_json_type(type));
		json_str(json, "null");
		json_end_array(json);
	} else {
		json_str(json, field_json_type(type));
	}
	if (format[0])
		json_kv_string(json, "format", format);
	if (type == FIELD_ID)
		json_kv_i64(json, "minimum", 1);
}

/* Parameters ----------------------------------------------------------------------------------- */

static void put_parameter(struct json *json, const char *name, const char *in, bool required,
			  enum field_type type, const char *help)
{
	json_begin_object(json);
	json_kv_string(json, "name", name);
	json_kv_string(json, "in", in);
	json_kv_bool(json, "required", required);
	json_kv_string(json, "description", help);
	json_name(json, "schema");
	json_begin_object(json);
	put_type(json, type, false);
	json_end_object(json);
	json_end_object(json);
}

static void put_path_parameters(struct json *json, const char *template)
{
	const char *open = template;

	while ((open = strchr(open, '{')) != NULL) {
		const char *close = strchr(open, '}');
		char name[32];
		size_t len;

		if (!close)
			return;
		len = (size_t)(close - open - 1);
		if (len >= sizeof(name))
			return;
		memcpy(name, open + 1, len);
		name[len] = '\0';
		put_parameter(json, name, "path", true,
			      strcmp(name, "slug") == 0 ? FIELD_TEXT : FIELD_ID, "from the path");
		open = close;
	}
}

static void put_parameters(struct json *json, const struct api_route *route)
{
	bool write = route->method == HTTP_PATCH || route->method == HTTP_DELETE;

	json_name(json, "parameters");
	json_begin_array(json);
	put_path_parameters(json, route->template);
	for (size_t i = 0; route->query && i < route->query->count; i++) {
		const struct field *field = &route->query->fields[i];

		put_parameter(json, field->name, "query", false, field->type, field->help);
	}
	if ((route->flags & API_ROUTE_VERSIONED) && write)
		put_parameter(json, "If-Match", "header", true, FIELD_TEXT,
			      "the ETag of the version that you mean to change, or *");
	if ((route->flags & API_ROUTE_VERSIONED) && route->method == HTTP_GET)
		put_parameter(json, "If-None-Match", "header", false, FIELD_TEXT,
			      "an ETag that you have: 304 when it is still good");
	if (route->flags & API_ROUTE_IDEMPOTENT)
		put_parameter(json, "Idempotency-Key", "header", false, FIELD_TEXT,
			      "a key of your own: the same request with it is done once");
	json_end_array(json);
}

/* Bodies --------------------------------------------------------------------------------------- */

static void put_schema(struct json *json, const struct field_set *set, bool partial)
{
	json_begin_object(json);
	json_kv_string(json, "type", "object");
	json_kv_bool(json, "additionalProperties", false);
	json_name(json, "properties");
	json_begin_object(json);
	for (size_t i = 0; i < set->count; i++) {
		json_name(json, set->fields[i].name);
		json_begin_object(json);
		put_type(json, set->fields[i].type, set->fields[i].flags & FIELD_NULLABLE);
		json_kv_string(json, "description", set->fields[i].help);
		json_end_object(json);
	}
	json_end_object(json);
	if (!partial) {
		json_name(json, "required");
		json_begin_array(json);
		for (size_t i = 0; i < set->count; i++) {
			if (set->fields[i].flags & FIELD_REQUIRED)
				json_str(json, set->fields[i].name);
		}
		json_end_array(json);
	}
	json_end_object(json);
}

static void put_body(struct json *json, const struct api_route *route)
{
	bool patch = route->method == HTTP_PATCH;

	if (!route->body)
		return;
	json_name(json, "requestBody");
	json_begin_object(json);
	json_kv_bool(json, "required", true);
	json_name(json, "content");
	json_begin_object(json);
	json_name(json, patch ? "application/merge-patch+json" : "application/json");
	json_begin_object(json);
	json_name(json, "schema");
	put_schema(json, route->body, patch);
	json_end_object(json);
	json_end_object(json);
	json_end_object(json);
}

/* Answers -------------------------------------------------------------------------------------- */

static void put_content(struct json *json, const char *type, const char *reference)
{
	json_name(json, "content");
	json_begin_object(json);
	json_name(json, type);
	json_begin_object(json);
	json_name(json, "schema");
	json_begin_object(json);
	if (reference)
		json_kv_string(json, "$ref", reference);
	else
		json_kv_string(json, "type",
			       strcmp(type, "application/json") == 0 ? "object" : "string");
	json_end_object(json);
	json_end_object(json);
	json_end_object(json);
}

static void put_responses(struct json *json, const struct api_route *route)
{
	bool none = route->method == HTTP_DELETE;
	const char *status = none                                  ? "204"
			     : route->flags & API_ROUTE_IDEMPOTENT ? "201"
			     : route->flags & API_ROUTE_ACCEPTED   ? "202"
								   : "200";

	json_name(json, "responses");
	json_begin_object(json);
	json_name(json, status);
	json_begin_object(json);
	json_kv_string(json, "description", "Done");
	if (!none)
		put_content(json, route->flags & API_ROUTE_TEXT ? "text/plain" : "application/json",
			    route->flags & API_ROUTE_LIST ? "#/components/schemas/List" : NULL);
	json_end_object(json);
	json_name(json, "default");
	json_begin_object(json);
	json_kv_string(json, "description", "Refused or failed");
	put_content(json, "application/problem+json", "#/components/schemas/Problem");
	json_end_object(json);
	json_end_object(json);
}

static void put_operation(struct json *json, const struct api_route *route)
{
	char method[16];

	lower(method, sizeof(method), http_method_name(route->method));
	json_name(json, method);
	json_begin_object(json);
	put_operation_id(json, route);
	json_kv_string(json, "summary", route->summary);
	put_parameters(json, route);
	put_body(json, route);
	put_responses(json, route);
	json_end_object(json);
}

/* The rows of one path stand together in the table. */
static void put_paths(struct json *json)
{
	size_t n;
	const struct api_route *rows = api_route_rows(&n);

	json_name(json, "paths");
	json_begin_object(json);
	for (size_t i = 0; i < n;) {
		const char *template = rows[i].template;

		json_name(json, template);
		json_begin_object(json);
		for (; i < n && strcmp(rows[i].template, template) == 0; i++)
			put_operation(json, &rows[i]);
		json_end_object(json);
	}
	json_end_object(json);
}

static const char COMPONENTS[] =
	"{\"schemas\":{"
	"\"List\":{\"type\":\"object\",\"required\":[\"items\",\"next\"],\"properties\":{"
	"\"items\":{\"type\":\"array\",\"items\":{\"type\":\"object\"}},"
	"\"next\":{\"type\":[\"string\",\"null\"],\"description\":\"link to the next page\"}}},"
	"\"Problem\":{\"type\":\"object\",\"description\":\"RFC 9457\",\"properties\":{"
	"\"type\":{\"type\":\"string\"},\"title\":{\"type\":\"string\"},"
	"\"status\":{\"type\":\"integer\"},\"detail\":{\"type\":\"string\"},"
	"\"field\":{\"type\":\"string\",\"description\":\"the member, parameter or header at "
	"fault\"}"
	"}}}}";

int openapi_handler(struct api_call *call, struct http_reply *reply, struct err *err)
{
	struct json json = JSON_INIT(http_reply_body(reply));

	(void)call;
	(void)err;
	json_begin_object(&json);
	json_kv_string(&json, "openapi", "3.1.0");
	json_name(&json, "info");
	json_begin_object(&json);
	json_kv_string(&json, "title", "Tasklab");
	json_kv_string(&json, "version", "1");
	json_end_object(&json);
	put_paths(&json);
	json_name(&json, "components");
	json_raw(&json, COMPONENTS, sizeof(COMPONENTS) - 1);
	json_end_object(&json);
	return 0;
}
