/* projects.c - /api/v1/projects. */
#include <inttypes.h>

#include <tasklab/domain/project.h>

#include "handlers.h"
#include "reply.h"

/* clang-format off */
enum { BODY_NAME, BODY_DESCRIPTION, BODY_OWNER_ID, BODY_ARCHIVED, BODY_COUNT };
static const struct field BODY[BODY_COUNT] = {
	[BODY_NAME]        = {"name", FIELD_TEXT, FIELD_REQUIRED, "unique in any case, up to 200 characters"},
	[BODY_DESCRIPTION] = {"description", FIELD_TEXT, 0, "up to 10000 characters"},
	[BODY_OWNER_ID]    = {"owner_id", FIELD_ID, 0, "a user; you when not given"},
	[BODY_ARCHIVED]    = {"archived", FIELD_BOOL, 0, "true sets archived_at to now, false clears it"},
};
const struct field_set PROJECT_FIELDS = {BODY, BODY_COUNT};

enum { QUERY_OWNER_ID = LIST_FIELD_COUNT, QUERY_MEMBER_ID, QUERY_ARCHIVED, QUERY_SORT, QUERY_COUNT };
static const struct field QUERY[QUERY_COUNT] = {
	LIST_FIELDS,
	[QUERY_OWNER_ID]  = {"owner_id", FIELD_ID, 0, "of this owner"},
	[QUERY_MEMBER_ID] = {"member_id", FIELD_ID, 0, "that this user is a member of"},
	[QUERY_ARCHIVED]  = {"archived", FIELD_BOOL, 0, "true: archived ones only; false: others only"},
	[QUERY_SORT]      = {"sort", FIELD_TEXT, 0, "created_at or -created_at"},
};
const struct field_set PROJECT_QUERY = {QUERY, QUERY_COUNT};
/* clang-format on */

static void put_project(struct json *json, const struct project *project)
{
	json_begin_object(json);
	json_kv_i64(json, "id", project->id);
	json_kv_string(json, "name", project->name);
	json_kv_string(json, "description", project->description);
	json_kv_i64(json, "owner_id", project->owner_id);
	reply_kv_time(json, "archived_at", project->archived_at_us);
	json_kv_time_us(json, "created_at", project->created_at_us);
	json_kv_time_us(json, "updated_at", project->updated_at_us);
	json_kv_i64(json, "version", project->version);
	json_end_object(json);
}

static int reply_project(const struct api_call *call, struct http_reply *reply,
			 const struct project *project)
{
	struct json json = JSON_INIT(http_reply_body(reply));

	if (!reply_etag(call, reply, project->version))
		put_project(&json, project);
	return 0;
}

static void put_row(struct json *json, const struct page *page, size_t i)
{
	struct project project;

	project_at(page, i, &project);
	put_project(json, &project);
}

int project_list_handler(struct api_call *call, struct http_reply *reply, struct err *err)
{
	AUTO(page_release) struct page page = {0};
	const struct page_request request = reply_page_request(call);
	const struct project_filter filter = {
		.owner_id = reply_param(call, QUERY_OWNER_ID),
		.member_id = reply_param(call, QUERY_MEMBER_ID),
		.archived = reply_param(call, QUERY_ARCHIVED),
		.sort = reply_param(call, QUERY_SORT),
	};

	if (project_list(&call->db, &filter, &request, &page, err) < 0)
		return -1;
	return reply_list(call, reply, &page, put_row, err);
}

static struct project_input read_input(const struct api_call *call)
{
	static const uint32_t BITS[BODY_COUNT] = {
		[BODY_NAME] = PROJECT_SET_NAME,
		[BODY_DESCRIPTION] = PROJECT_SET_DESCRIPTION,
		[BODY_OWNER_ID] = PROJECT_SET_OWNER_ID,
		[BODY_ARCHIVED] = PROJECT_SET_ARCHIVED,
	};
	const struct field_value *body = call->body;

	return (struct project_input){
		.set = reply_set_bits(body, BITS, BODY_COUNT),
		.name = body[BODY_NAME].text,
		.description = body[BODY_DESCRIPTION].text,
		.owner_id = body[BODY_OWNER_ID].i64,
		.archived = body[BODY_ARCHIVED].boolean,
	};
}

int project_create_handler(struct api_call *call, struct http_reply *reply, struct err *err)
{
	AUTO(project_release) struct project project = {0};
	const struct project_input input = read_input(call);
	int64_t actor;

	if (api_call_actor(call, &actor, err) < 0 ||
	    project_create(&call->db, &input, actor, &project, err) < 0)
		return -1;
	reply_created(call, reply, "/api/v1/projects/%" PRId64, project.id);
	return reply_project(call, reply, &project);
}

int project_get_handler(struct api_call *call, struct http_reply *reply, struct err *err)
{
	AUTO(project_release) struct project project = {0};
	int64_t id;

	if (http_path_id(call->request, "id", &id, err) < 0 ||
	    project_get(&call->db, id, &project, err) < 0)
		return -1;
	return reply_project(call, reply, &project);
}

int project_update_handler(struct api_call *call, struct http_reply *reply, struct err *err)
{
	AUTO(project_release) struct project project = {0};
	const struct project_input input = read_input(call);
	int64_t id, version;

	if (http_path_id(call->request, "id", &id, err) < 0 ||
	    reply_if_match(call, &version, err) < 0 ||
	    project_update(&call->db, id, version, &input, &project, err) < 0)
		return -1;
	return reply_project(call, reply, &project);
}

int project_delete_handler(struct api_call *call, struct http_reply *reply, struct err *err)
{
	return reply_deletion(call, reply, project_delete, err);
}
