/* comments.c - /api/v1/tasks/{id}/comments and .../events: what was said and done about a task. */
#include <inttypes.h>

#include <tasklab/domain/comment.h>
#include <tasklab/domain/event.h>

#include "handlers.h"
#include "reply.h"

/* clang-format off */
enum { BODY_BODY, BODY_AUTHOR_ID, BODY_COUNT };
static const struct field BODY[BODY_COUNT] = {
	[BODY_BODY]      = {"body", FIELD_TEXT, FIELD_REQUIRED, "up to 10000 characters"},
	[BODY_AUTHOR_ID] = {"author_id", FIELD_ID, 0, "a user; you when not given"},
};
const struct field_set COMMENT_FIELDS = {BODY, BODY_COUNT};
const struct field_set COMMENT_BODY_FIELDS = {BODY, 1};
/* clang-format on */

static void put_comment(struct json *json, const struct comment *comment)
{
	json_begin_object(json);
	json_kv_i64(json, "id", comment->id);
	json_kv_i64(json, "task_id", comment->task_id);
	json_kv_i64(json, "author_id", comment->author_id);
	json_kv_string(json, "body", comment->body);
	json_kv_time_us(json, "created_at", comment->created_at_us);
	json_kv_time_us(json, "updated_at", comment->updated_at_us);
	json_kv_i64(json, "version", comment->version);
	json_end_object(json);
}

static int reply_comment(const struct api_call *call, struct http_reply *reply,
			 const struct comment *comment)
{
	struct json json = JSON_INIT(http_reply_body(reply));

	if (!reply_etag(call, reply, comment->version))
		put_comment(&json, comment);
	return 0;
}

static void put_row(struct json *json, const struct page *page, size_t i)
{
	struct comment comment;

	comment_at(page, i, &comment);
	put_comment(json, &comment);
}

int comment_list_handler(struct api_call *call, struct http_reply *reply, struct err *err)
{
	return reply_list_of(call, reply, comment_list, put_row, err);
}

int comment_create_handler(struct api_call *call, struct http_reply *reply, struct err *err)
{
	AUTO(comment_release) struct comment comment = {0};
	int64_t id, actor;

	if (http_path_id(call->request, "id", &id, err) < 0 ||
	    api_call_actor(call, &actor, err) < 0 ||
	    comment_create(&call->db, id, call->body[BODY_AUTHOR_ID].i64,
			   call->body[BODY_BODY].text, actor, &comment, err) < 0)
		return -1;
	reply_created(call, reply, "/api/v1/tasks/%" PRId64 "/comments/%" PRId64, id, comment.id);
	return reply_comment(call, reply, &comment);
}

static int path_ids(const struct api_call *call, int64_t *task_id, int64_t *id, struct err *err)
{
	if (http_path_id(call->request, "id", task_id, err) < 0)
		return -1;
	return http_path_id(call->request, "comment_id", id, err);
}

int comment_get_handler(struct api_call *call, struct http_reply *reply, struct err *err)
{
	AUTO(comment_release) struct comment comment = {0};
	int64_t task_id, id;

	if (path_ids(call, &task_id, &id, err) < 0 ||
	    comment_get(&call->db, task_id, id, &comment, err) < 0)
		return -1;
	return reply_comment(call, reply, &comment);
}

int comment_update_handler(struct api_call *call, struct http_reply *reply, struct err *err)
{
	AUTO(comment_release) struct comment comment = {0};
	int64_t task_id, id, version;

	if (path_ids(call, &task_id, &id, err) < 0 || reply_if_match(call, &version, err) < 0)
		return -1;
	if (!call->body[BODY_BODY].given)
		return err_field(err, ERR_UNPROCESSABLE, "body", "this member is required");
	if (comment_update(&call->db, task_id, id, version, call->body[BODY_BODY].text, &comment,
			   err) < 0)
		return -1;
	return reply_comment(call, reply, &comment);
}

int comment_delete_handler(struct api_call *call, struct http_reply *reply, struct err *err)
{
	int64_t task_id, id, version;

	if (path_ids(call, &task_id, &id, err) < 0 || reply_if_match(call, &version, err) < 0 ||
	    comment_delete(&call->db, task_id, id, version, err) < 0)
		return -1;
	return reply_no_content(reply);
}

/* History -------------------------------------------------------------------------------------- */

static void put_event(struct json *json, const struct page *page, size_t i)
{
	struct event event;

	event_at(page, i, &event);
	json_begin_object(json);
	json_kv_i64(json, "id", event.id);
	json_kv_i64(json, "task_id", event.task_id);
	reply_kv_id(json, "actor_id", event.actor_id);
	json_kv_string(json, "kind", event.kind);
	reply_kv_json(json, "changes", event.changes);
	json_kv_time_us(json, "at", event.at_us);
	json_end_object(json);
}

int event_list_handler(struct api_call *call, struct http_reply *reply, struct err *err)
{
	return reply_list_of(call, reply, event_list, put_event, err);
}
