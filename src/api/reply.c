/* reply.c - the shapes of answers that many handlers share. */
#include "reply.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <tasklab/base/text.h>
#include <tasklab/domain/rules.h>

#include "handlers.h"

#define LINK_MAX_BYTES 8192 /* a next link; parameters are bounded by the request line already */

/* Versions ------------------------------------------------------------------------------------- */

/* A tag that no row can have: versions are counted from 1 and never get this far. */
#define VERSION_OF_NONE INT32_MAX

bool reply_etag(const struct api_call *call, struct http_reply *reply, int32_t version)
{
	char etag[16];

	(void)snprintf(etag, sizeof(etag), "\"%" PRId32 "\"", version);
	return http_reply_etag(reply, call->request, etag);
}

/* entity-tag = [ "W/" ] DQUOTE *etagc DQUOTE (RFC 9110 section 8.8.3). */
static bool is_entity_tag(const char *text)
{
	size_t len;

	if (strncmp(text, "W/", 2) == 0)
		text += 2;
	len = strlen(text);
	return len >= 2 && text[0] == '"' && strchr(text + 1, '"') == text + len - 1;
}

int reply_if_match(const struct api_call *call, int64_t *version, struct err *err)
{
	const char *text = http_request_header(call->request, "If-Match");
	char digits[16];

	if (!text)
		return err_field(err, ERR_PRECONDITION_REQUIRED, "If-Match",
				 "send the ETag of the version that you mean to change, or *");
	if (strcmp(text, "*") == 0) {
		*version = 0;
		return 0;
	}
	if (!is_entity_tag(text))
		return err_field(err, ERR_INVALID, "If-Match",
				 "must be * or one entity tag, such as \"1\"");
	*version = VERSION_OF_NONE;
	if (text[0] == '"' && strlen(text) - 2 < sizeof(digits)) {
		memcpy(digits, text + 1, strlen(text) - 2);
		digits[strlen(text) - 2] = '\0';
		(void)text_i64(digits, 1, VERSION_OF_NONE, version);
	}
	return 0;
}

/* Creations ------------------------------------------------------------------------------------ */

void reply_created(struct api_call *call, struct http_reply *reply, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	(void)vsnprintf(call->location, sizeof(call->location), format, args);
	va_end(args);
	call->status = 201;
	http_reply_status(reply, 201);
	http_reply_header(reply, "Location", "%s", call->location);
}

int reply_no_content(struct http_reply *reply)
{
	http_reply_status(reply, 204);
	return 0;
}

int reply_deletion(struct api_call *call, struct http_reply *reply, reply_delete_by_id *delete_row,
		   struct err *err)
{
	int64_t id, version;

	if (http_path_id(call->request, "id", &id, err) < 0 ||
	    reply_if_match(call, &version, err) < 0 || delete_row(&call->db, id, version, err) < 0)
		return -1;
	return reply_no_content(reply);
}

/* Lists ---------------------------------------------------------------------------------------- */

const char *reply_param(const struct api_call *call, size_t field)
{
	return call->query[field].given ? call->query[field].text : NULL;
}

struct page_request reply_page_request(const struct api_call *call)
{
	return (struct page_request){
		.limit = reply_param(call, LIST_LIMIT),
		.cursor = reply_param(call, LIST_CURSOR),
	};
}

/* The request's own path and parameters, with the cursor of the next page. */
static void put_next(struct buf *buf, const struct api_call *call, const char *cursor)
{
	const struct field_set *set = call->route->query;

	buf_puts(buf, http_request_path(call->request));
	buf_putc(buf, '?');
	for (size_t i = 0; i < set->count; i++) {
		if (i == LIST_CURSOR || !call->query[i].given)
			continue;
		buf_puts(buf, set->fields[i].name);
		buf_putc(buf, '=');
		text_percent_encode(call->query[i].text, buf);
		buf_putc(buf, '&');
	}
	buf_puts(buf, "cursor=");
	text_percent_encode(cursor, buf);
}

int reply_list(const struct api_call *call, struct http_reply *reply, const struct page *page,
	       reply_row *row, struct err *err)
{
	AUTO(buf_release) struct buf next = BUF_INIT(LINK_MAX_BYTES);
	struct json json = JSON_INIT(http_reply_body(reply));

	if (page->next[0])
		put_next(&next, call, page->next);
	if (buf_check(&next, err) < 0)
		return -1;
	json_begin_object(&json);
	json_name(&json, "items");
	json_begin_array(&json);
	for (size_t i = 0; i < page->count; i++)
		row(&json, page, i);
	json_end_array(&json);
	json_kv_string(&json, "next", next.len > 0 ? next.data : NULL);
	json_end_object(&json);
	if (json.buf->failed && !json.buf->no_memory && page->count > 1)
		return err_field(err, ERR_INVALID, "limit",
				 "%zu rows make the page larger than %zu bytes: ask for fewer",
				 page->count, json.buf->max);
	if (next.len > 0)
		http_reply_header(reply, "Link", "<%s>; rel=\"next\"", next.data);
	return 0;
}

int reply_list_of(struct api_call *call, struct http_reply *reply, reply_list_by_id *list,
		  reply_row *row, struct err *err)
{
	AUTO(page_release) struct page page = {0};
	const struct page_request request = reply_page_request(call);
	int64_t id;

	if (http_path_id(call->request, "id", &id, err) < 0 ||
	    list(&call->db, id, &request, &page, err) < 0)
		return -1;
	return reply_list(call, reply, &page, row, err);
}

const struct field_set LIST_QUERY = {(const struct field[]){LIST_FIELDS}, LIST_FIELD_COUNT};

/* Members -------------------------------------------------------------------------------------- */

uint32_t reply_set_bits(const struct field_value *values, const uint32_t *bits, size_t n)
{
	uint32_t set = 0;

	for (size_t i = 0; i < n; i++) {
		if (values[i].given)
			set |= bits[i];
	}
	return set;
}

void reply_kv_id(struct json *json, const char *name, int64_t id)
{
	json_name(json, name);
	if (id == 0)
		json_nil(json);
	else
		json_i64(json, id);
}

void reply_kv_time(struct json *json, const char *name, int64_t unix_us)
{
	json_name(json, name);
	if (unix_us == TIME_NONE)
		json_nil(json);
	else
		json_time_us(json, unix_us);
}

void reply_kv_json(struct json *json, const char *name, const char *text)
{
	json_name(json, name);
	json_raw(json, text, strlen(text));
}
