/* tasks.c - /api/v1/tasks: one task, lists with filters, changes. */
#include <inttypes.h>
#include <string.h>

#include <tasklab/domain/task.h>

#include "handlers.h"
#include "lab_request.h"
#include "reply.h"

/* clang-format off */
enum { BODY_PROJECT_ID, BODY_TITLE, BODY_DESCRIPTION, BODY_STATUS, BODY_PRIORITY, BODY_ASSIGNEE_ID,
       BODY_REPORTER_ID, BODY_DUE_AT, BODY_METADATA, BODY_COUNT };
static const struct field BODY[BODY_COUNT] = {
	[BODY_PROJECT_ID]  = {"project_id", FIELD_ID, FIELD_REQUIRED, "the project it belongs to"},
	[BODY_TITLE]       = {"title", FIELD_TEXT, FIELD_REQUIRED, "one line, up to 200 characters"},
	[BODY_DESCRIPTION] = {"description", FIELD_TEXT, 0, "up to 20000 characters"},
	[BODY_STATUS]      = {"status", FIELD_TEXT, 0, "todo, in_progress or done"},
	[BODY_PRIORITY]    = {"priority", FIELD_INT, 0, "0 low, 1 normal, 2 high, 3 urgent"},
	[BODY_ASSIGNEE_ID] = {"assignee_id", FIELD_ID, FIELD_NULLABLE, "the user who shall do it"},
	[BODY_REPORTER_ID] = {"reporter_id", FIELD_ID, 0, "the user who asked for it; you when not given"},
	[BODY_DUE_AT]      = {"due_at", FIELD_TIME, FIELD_NULLABLE, "when it must be done"},
	[BODY_METADATA]    = {"metadata", FIELD_OBJECT, FIELD_NULLABLE, "any JSON object up to 16 kB; PATCH merges it"},
};
const struct field_set TASK_FIELDS = {BODY, BODY_COUNT};

enum { QUERY_STATUS = LIST_FIELD_COUNT, QUERY_PRIORITY, QUERY_PROJECT_ID, QUERY_ASSIGNEE_ID, QUERY_TAG,
       QUERY_DUE_BEFORE, QUERY_DUE_AFTER, QUERY_Q, QUERY_SORT, QUERY_INCLUDE, QUERY_COUNT };
static const struct field QUERY[QUERY_COUNT] = {
	LIST_FIELDS,
	[QUERY_STATUS]      = {"status", FIELD_TEXT, 0, "todo, in_progress or done"},
	[QUERY_PRIORITY]    = {"priority", FIELD_INT, 0, "0 to 3"},
	[QUERY_PROJECT_ID]  = {"project_id", FIELD_ID, 0, "of this project"},
	[QUERY_ASSIGNEE_ID] = {"assignee_id", FIELD_ID, 0, "of this user"},
	[QUERY_TAG]         = {"tag", FIELD_TEXT, 0, "that carry the tag of this name"},
	[QUERY_DUE_BEFORE]  = {"due_before", FIELD_TIME, 0, "due before this time"},
	[QUERY_DUE_AFTER]   = {"due_after", FIELD_TIME, 0, "due after this time"},
	[QUERY_Q]           = {"q", FIELD_TEXT, 0, "words of the title; \"quoted phrases\", or, -not"},
	[QUERY_SORT]        = {"sort", FIELD_TEXT, 0, "created_at, updated_at, due_at or priority; with a - descending"},
	[QUERY_INCLUDE]     = {"include", FIELD_TEXT, 0, "tags: each task with the names of its tags"},
};
const struct field_set TASK_QUERY = {QUERY, QUERY_COUNT};
/* clang-format on */

static void put_task(struct json *json, const struct task *task)
{
	json_begin_object(json);
	json_kv_i64(json, "id", task->id);
	json_kv_i64(json, "project_id", task->project_id);
	json_kv_string(json, "title", task->title);
	json_kv_string(json, "description", task->description);
	json_kv_string(json, "status", task->status);
	json_kv_i64(json, "priority", task->priority);
	reply_kv_id(json, "assignee_id", task->assignee_id);
	json_kv_i64(json, "reporter_id", task->reporter_id);
	reply_kv_time(json, "due_at", task->due_at_us);
	reply_kv_time(json, "completed_at", task->completed_at_us);
	json_kv_time_us(json, "created_at", task->created_at_us);
	json_kv_time_us(json, "updated_at", task->updated_at_us);
	reply_kv_json(json, "metadata", task->metadata);
	if (task->tags)
		reply_kv_json(json, "tags", task->tags);
	json_kv_i64(json, "version", task->version);
	json_end_object(json);
}

static int reply_task(const struct api_call *call, struct http_reply *reply,
		      const struct task *task)
{
	struct json json = JSON_INIT(http_reply_body(reply));

	if (!reply_etag(call, reply, task->version))
		put_task(&json, task);
	return 0;
}

int task_get_handler(struct api_call *call, struct http_reply *reply, struct err *err)
{
	AUTO(task_release) struct task task = {0};
	int64_t id;

	if (http_path_id(call->request, "id", &id, err) < 0 ||
	    task_get(&call->db, id, &task, err) < 0)
		return -1;
	return reply_task(call, reply, &task);
}

static void put_row(struct json *json, const struct page *page, size_t i)
{
	struct task task;

	task_at(page, i, &task);
	put_task(json, &task);
}

int task_list_handler(struct api_call *call, struct http_reply *reply, struct err *err)
{
	AUTO(page_release) struct page page = {0};
	const struct page_request request = reply_page_request(call);
	const struct task_filter filter = {
		.status = reply_param(call, QUERY_STATUS),
		.priority = reply_param(call, QUERY_PRIORITY),
		.project_id = reply_param(call, QUERY_PROJECT_ID),
		.assignee_id = reply_param(call, QUERY_ASSIGNEE_ID),
		.tag = reply_param(call, QUERY_TAG),
		.due_before = reply_param(call, QUERY_DUE_BEFORE),
		.due_after = reply_param(call, QUERY_DUE_AFTER),
		.q = reply_param(call, QUERY_Q),
		.sort = reply_param(call, QUERY_SORT),
		.tags = call->query[QUERY_INCLUDE].given ? lab_task_tags(call) : TASK_TAGS_NONE,
	};

	if (filter.tags && strcmp(call->query[QUERY_INCLUDE].text, "tags") != 0)
		return err_field(err, ERR_INVALID, "include", "must be tags");
	if (task_list(&call->db, &filter, &request, &page, err) < 0)
		return -1;
	return reply_list(call, reply, &page, put_row, err);
}

/* *metadata is what input points to; the caller frees it. */
static int read_input(const struct api_call *call, struct task_input *input, char **metadata,
		      struct err *err)
{
	static const uint32_t BITS[BODY_COUNT] = {
		[BODY_PROJECT_ID] = TASK_SET_PROJECT_ID,
		[BODY_TITLE] = TASK_SET_TITLE,
		[BODY_DESCRIPTION] = TASK_SET_DESCRIPTION,
		[BODY_STATUS] = TASK_SET_STATUS,
		[BODY_PRIORITY] = TASK_SET_PRIORITY,
		[BODY_ASSIGNEE_ID] = TASK_SET_ASSIGNEE_ID,
		[BODY_REPORTER_ID] = TASK_SET_REPORTER_ID,
		[BODY_DUE_AT] = TASK_SET_DUE_AT,
		[BODY_METADATA] = TASK_SET_METADATA,
	};
	const struct field_value *body = call->body;

	if (body[BODY_METADATA].given && !body[BODY_METADATA].null) {
		*metadata = json_dumps(body[BODY_METADATA].object, JSON_COMPACT);
		if (!*metadata)
			return err_no_memory(err);
	}
	*input = (struct task_input){
		.set = reply_set_bits(body, BITS, BODY_COUNT),
		.project_id = body[BODY_PROJECT_ID].i64,
		.assignee_id = body[BODY_ASSIGNEE_ID].i64,
		.reporter_id = body[BODY_REPORTER_ID].i64,
		.due_at_us = body[BODY_DUE_AT].null ? TIME_NONE : body[BODY_DUE_AT].i64,
		.priority = body[BODY_PRIORITY].i64,
		.status = body[BODY_STATUS].text,
		.title = body[BODY_TITLE].text,
		.description = body[BODY_DESCRIPTION].text,
		.metadata = *metadata,
	};
	return 0;
}

int task_create_handler(struct api_call *call, struct http_reply *reply, struct err *err)
{
	AUTO(task_release) struct task task = {0};
	AUTO(freep) char *metadata = NULL;
	struct task_input input;
	int64_t actor;

	if (read_input(call, &input, &metadata, err) < 0 || api_call_actor(call, &actor, err) < 0 ||
	    task_create(&call->db, &input, actor, &task, err) < 0)
		return -1;
	reply_created(call, reply, "/api/v1/tasks/%" PRId64, task.id);
	return reply_task(call, reply, &task);
}

int task_update_handler(struct api_call *call, struct http_reply *reply, struct err *err)
{
	AUTO(task_release) struct task task = {0};
	AUTO(freep) char *metadata = NULL;
	struct task_input input;
	int64_t id, version, actor;

	if (http_path_id(call->request, "id", &id, err) < 0 ||
	    reply_if_match(call, &version, err) < 0 ||
	    read_input(call, &input, &metadata, err) < 0 || api_call_actor(call, &actor, err) < 0 ||
	    task_update(&call->db, id, version, &input, actor, &task, err) < 0)
		return -1;
	return reply_task(call, reply, &task);
}

int task_delete_handler(struct api_call *call, struct http_reply *reply, struct err *err)
{
	return reply_deletion(call, reply, task_delete, err);
}
