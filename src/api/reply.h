/* reply.h - the shapes of answers that many handlers share: one row, a list, a creation. */
#ifndef TASKLAB_API_REPLY_H
#define TASKLAB_API_REPLY_H

#include <stdint.h>

#include <tasklab/domain/page.h>

#include "call.h"

/* Every list takes these two parameters, as the first rows of its table. */
#define LIST_FIELDS                                                                                \
	{"limit", FIELD_INT, 0, "rows of a page, 1 to 200; 50 when not given"},                    \
	{                                                                                          \
		"cursor", FIELD_TEXT, 0,                                                           \
			"where the page begins: from the next link of the page before"             \
	}
enum { LIST_LIMIT, LIST_CURSOR, LIST_FIELD_COUNT };

/* A query parameter as it came, or NULL. */
const char *reply_param(const struct api_call *call, size_t field);
struct page_request reply_page_request(const struct api_call *call);

/* Strong validators: the version of the row in quotes. Turns the answer to a conditional read into
 * 304 (RFC 9110 section 13.1.2); true: it did, and no body is due. */
bool reply_etag(const struct api_call *call, struct http_reply *reply, int32_t version);
/* If-Match of a write, as the version for the domain: 0 for "*". ERR_PRECONDITION_REQUIRED when it
 * is absent, ERR_INVALID when it is no entity tag or a list of several. A tag that was never ours
 * gives a version that no row has. */
int reply_if_match(const struct api_call *call, int64_t *version, struct err *err);

/* 201 with Location. */
void reply_created(struct api_call *call, struct http_reply *reply, const char *format, ...)
	PRINTF(3, 4);
int reply_no_content(struct http_reply *reply);

/* Writes row i as one JSON value. */
typedef void reply_row(struct json *json, const struct page *page, size_t i);
/* {"items": [...], "next": "/api/v1/...&cursor=..." or null}, and the Link header (RFC 8288). */
int reply_list(const struct api_call *call, struct http_reply *reply, const struct page *page,
	       reply_row *row, struct err *err);
/* The list of what belongs to the row that the path's id names. */
typedef int reply_list_by_id(struct db *db, int64_t id, const struct page_request *request,
			     struct page *ret, struct err *err);
int reply_list_of(struct api_call *call, struct http_reply *reply, reply_list_by_id *list,
		  reply_row *row, struct err *err);

/* Deletes the row that the path's id names, in the version of If-Match. */
typedef int reply_delete_by_id(struct db *db, int64_t id, int64_t version, struct err *err);
int reply_deletion(struct api_call *call, struct http_reply *reply, reply_delete_by_id *delete_row,
		   struct err *err);

/* The union of bits[i] for every member that was given: the set of a domain input. */
uint32_t reply_set_bits(const struct field_value *values, const uint32_t *bits, size_t n);

/* Members that may be null. */
void reply_kv_id(struct json *json, const char *name, int64_t id);        /* 0: null */
void reply_kv_time(struct json *json, const char *name, int64_t unix_us); /* TIME_NONE: null */
/* A member whose value is JSON text already. */
void reply_kv_json(struct json *json, const char *name, const char *text);

#endif
