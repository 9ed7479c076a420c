/* members.c - /api/v1/projects/{id}/members: who belongs to a project, and as what. */
#include <inttypes.h>

#include <tasklab/domain/member.h>

#include "handlers.h"
#include "reply.h"

/* clang-format off */
/* The role stands first, so that it has one position in both tables. */
enum { BODY_ROLE, BODY_USER_ID, BODY_COUNT };
static const struct field BODY[BODY_COUNT] = {
	[BODY_ROLE]    = {"role", FIELD_TEXT, 0, "maintainer, contributor (the default) or observer"},
	[BODY_USER_ID] = {"user_id", FIELD_ID, FIELD_REQUIRED, "the user to add"},
};
const struct field_set MEMBER_FIELDS = {BODY, BODY_COUNT};
const struct field_set MEMBER_ROLE_FIELDS = {BODY, 1};
/* clang-format on */

static void put_member(struct json *json, const struct member *member)
{
	json_begin_object(json);
	json_kv_i64(json, "project_id", member->project_id);
	json_kv_i64(json, "user_id", member->user_id);
	json_kv_string(json, "display_name", member->display_name);
	json_kv_string(json, "role", member->role);
	json_kv_time_us(json, "joined_at", member->joined_at_us);
	json_end_object(json);
}

static int reply_member(struct http_reply *reply, const struct member *member)
{
	struct json json = JSON_INIT(http_reply_body(reply));

	put_member(&json, member);
	return 0;
}

static void put_row(struct json *json, const struct page *page, size_t i)
{
	struct member member;

	member_at(page, i, &member);
	put_member(json, &member);
}

int member_list_handler(struct api_call *call, struct http_reply *reply, struct err *err)
{
	return reply_list_of(call, reply, member_list, put_row, err);
}

int member_add_handler(struct api_call *call, struct http_reply *reply, struct err *err)
{
	AUTO(member_release) struct member member = {0};
	int64_t id;

	if (http_path_id(call->request, "id", &id, err) < 0 ||
	    member_add(&call->db, id, call->body[BODY_USER_ID].i64, call->body[BODY_ROLE].text,
		       &member, err) < 0)
		return -1;
	reply_created(call, reply, "/api/v1/projects/%" PRId64 "/members/%" PRId64, id,
		      member.user_id);
	return reply_member(reply, &member);
}

static int path_ids(const struct api_call *call, int64_t *project_id, int64_t *user_id,
		    struct err *err)
{
	if (http_path_id(call->request, "id", project_id, err) < 0)
		return -1;
	return http_path_id(call->request, "user_id", user_id, err);
}

int member_get_handler(struct api_call *call, struct http_reply *reply, struct err *err)
{
	AUTO(member_release) struct member member = {0};
	int64_t project_id, user_id;

	if (path_ids(call, &project_id, &user_id, err) < 0 ||
	    member_get(&call->db, project_id, user_id, &member, err) < 0)
		return -1;
	return reply_member(reply, &member);
}

int member_update_handler(struct api_call *call, struct http_reply *reply, struct err *err)
{
	AUTO(member_release) struct member member = {0};
	int64_t project_id, user_id;

	if (path_ids(call, &project_id, &user_id, err) < 0)
		return -1;
	if (!call->body[BODY_ROLE].given)
		return err_field(err, ERR_UNPROCESSABLE, "role", "this member is required");
	if (member_update(&call->db, project_id, user_id, call->body[BODY_ROLE].text, &member,
			  err) < 0)
		return -1;
	return reply_member(reply, &member);
}

int member_delete_handler(struct api_call *call, struct http_reply *reply, struct err *err)
{
	int64_t project_id, user_id;

	if (path_ids(call, &project_id, &user_id, err) < 0 ||
	    member_delete(&call->db, project_id, user_id, err) < 0)
		return -1;
	return reply_no_content(reply);
}
