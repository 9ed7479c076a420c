/* tags.c - /api/v1/tags, and /api/v1/tasks/{id}/tags: which of them a task carries. */
#include <inttypes.h>

#include <tasklab/domain/tag.h>

#include "handlers.h"
#include "reply.h"

/* clang-format off */
enum { BODY_NAME, BODY_COLOUR, BODY_COUNT };
static const struct field BODY[BODY_COUNT] = {
	[BODY_NAME]   = {"name", FIELD_TEXT, FIELD_REQUIRED, "unique in any case, up to 50 characters"},
	[BODY_COLOUR] = {"colour", FIELD_TEXT, 0, "#rrggbb in lower case; #808080 when not given"},
};
const struct field_set TAG_FIELDS = {BODY, BODY_COUNT};

static const struct field TASK_TAG_BODY[] = {
	{"tag_id", FIELD_ID, FIELD_REQUIRED, "the tag to put on the task"},
};
const struct field_set TASK_TAG_FIELDS = {TASK_TAG_BODY, 1};
/* clang-format on */

static void put_tag(struct json *json, const struct tag *tag)
{
	json_begin_object(json);
	json_kv_i64(json, "id", tag->id);
	json_kv_string(json, "name", tag->name);
	json_kv_string(json, "colour", tag->colour);
	json_kv_time_us(json, "created_at", tag->created_at_us);
	json_kv_i64(json, "version", tag->version);
	json_end_object(json);
}

static int reply_tag(const struct api_call *call, struct http_reply *reply, const struct tag *tag)
{
	struct json json = JSON_INIT(http_reply_body(reply));

	if (!reply_etag(call, reply, tag->version))
		put_tag(&json, tag);
	return 0;
}

static void put_row(struct json *json, const struct page *page, size_t i)
{
	struct tag tag;

	tag_at(page, i, &tag);
	put_tag(json, &tag);
}

int tag_list_handler(struct api_call *call, struct http_reply *reply, struct err *err)
{
	AUTO(page_release) struct page page = {0};
	const struct page_request request = reply_page_request(call);

	if (tag_list(&call->db, &request, &page, err) < 0)
		return -1;
	return reply_list(call, reply, &page, put_row, err);
}

static struct tag_input read_input(const struct api_call *call)
{
	static const uint32_t BITS[BODY_COUNT] = {
		[BODY_NAME] = TAG_SET_NAME,
		[BODY_COLOUR] = TAG_SET_COLOUR,
	};

	return (struct tag_input){
		.set = reply_set_bits(call->body, BITS, BODY_COUNT),
		.name = call->body[BODY_NAME].text,
		.colour = call->body[BODY_COLOUR].text,
	};
}

int tag_create_handler(struct api_call *call, struct http_reply *reply, struct err *err)
{
	AUTO(tag_release) struct tag tag = {0};
	const struct tag_input input = read_input(call);

	if (tag_create(&call->db, &input, &tag, err) < 0)
		return -1;
	reply_created(call, reply, "/api/v1/tags/%" PRId64, tag.id);
	return reply_tag(call, reply, &tag);
}

int tag_get_handler(struct api_call *call, struct http_reply *reply, struct err *err)
{
	AUTO(tag_release) struct tag tag = {0};
	int64_t id;

	if (http_path_id(call->request, "id", &id, err) < 0 ||
	    tag_get(&call->db, id, &tag, err) < 0)
		return -1;
	return reply_tag(call, reply, &tag);
}

int tag_update_handler(struct api_call *call, struct http_reply *reply, struct err *err)
{
	AUTO(tag_release) struct tag tag = {0};
	const struct tag_input input = read_input(call);
	int64_t id, version;

	if (http_path_id(call->request, "id", &id, err) < 0 ||
	    reply_if_match(call, &version, err) < 0 ||
	    tag_update(&call->db, id, version, &input, &tag, err) < 0)
		return -1;
	return reply_tag(call, reply, &tag);
}

int tag_delete_handler(struct api_call *call, struct http_reply *reply, struct err *err)
{
	return reply_deletion(call, reply, tag_delete, err);
}

/* Tags of a task ------------------------------------------------------------------------------- */

int task_tag_list_handler(struct api_call *call, struct http_reply *reply, struct err *err)
{
	return reply_list_of(call, reply, task_tag_list, put_row, err);
}

/* 201 when the task lacked the tag, 200 when it carried it already. */
int task_tag_add_handler(struct api_call *call, struct http_reply *reply, struct err *err)
{
	AUTO(tag_release) struct tag tag = {0};
	struct json json = JSON_INIT(http_reply_body(reply));
	int64_t id, actor;
	bool added;

	if (http_path_id(call->request, "id", &id, err) < 0 ||
	    api_call_actor(call, &actor, err) < 0 ||
	    task_tag_add(&call->db, id, call->body[0].i64, actor, &added, &tag, err) < 0)
		return -1;
	put_tag(&json, &tag);
	if (added)
		reply_created(call, reply, "/api/v1/tags/%" PRId64, tag.id);
	return 0;
}

int task_tag_remove_handler(struct api_call *call, struct http_reply *reply, struct err *err)
{
	int64_t id, tag_id, actor;

	if (http_path_id(call->request, "id", &id, err) < 0 ||
	    http_path_id(call->request, "tag_id", &tag_id, err) < 0 ||
	    api_call_actor(call, &actor, err) < 0 ||
	    task_tag_remove(&call->db, id, tag_id, actor, err) < 0)
		return -1;
	return reply_no_content(reply);
}
