/* task.c - one task at a time: read, create, change, delete; and how many there are. */
#include <tasklab/domain/task.h>

#include <stdio.h>
#include <string.h>

#include "row.h"
#include "task_row.h"

/* clang-format off */
DB_QUERY_READ(SQL_TASK_GET, "task_get",
	"SELECT " TASK_COLUMNS " FROM tasks t WHERE t.id = $1::bigint");

DB_QUERY_WRITE(SQL_TASK_CREATE, "task_create",
	"WITH t AS ("
	" INSERT INTO tasks (project_id, assignee_id, reporter_id, due_at, priority, status, title,"
	"  description, metadata, completed_at)"
	" VALUES ($1::bigint, $2::bigint, $3::bigint, $4::timestamptz, $5::int, $6::text, $7::text,"
	"  $8::text, $9::jsonb, CASE WHEN $6::text = 'done' THEN now() END)"
	" RETURNING *"
	"), event AS ("
	" INSERT INTO task_events (task_id, actor_id, kind)"
	" SELECT t.id, $10::bigint, 'created' FROM t"
	") SELECT " TASK_COLUMNS " FROM t");

/* old is the latest row, locked; want is what it shall be; diff says what differs. The row is
 * written, and the event with it, only where the version is the expected one and something does. */
DB_QUERY_WRITE(SQL_TASK_UPDATE, "task_update",
	"WITH old AS ("
	" SELECT * FROM tasks WHERE id = $1::bigint FOR UPDATE"
	"), want AS ("
	" SELECT id, $2::bigint IN (0, version) AS matches,"
	"  " ROW_SET("1", "$5::bigint", "project_id") " AS project_id,"
	"  " ROW_SET("2", "$6::bigint", "assignee_id") " AS assignee_id,"
	"  " ROW_SET("4", "$7::bigint", "reporter_id") " AS reporter_id,"
	"  " ROW_SET("8", "$8::timestamptz", "due_at") " AS due_at,"
	"  " ROW_SET("16", "$9::int", "priority") " AS priority,"
	"  " ROW_SET("32", "$10::text", "status") " AS status,"
	"  " ROW_SET("64", "$11::text", "title") " AS title,"
	"  " ROW_SET("128", "$12::text", "description") " AS description,"
	"  " ROW_SET("256", "CASE WHEN $13::jsonb IS NULL THEN '{}'"
			      " ELSE jsonb_merge_patch(metadata, $13::jsonb) END", "metadata")
	"   AS metadata"
	" FROM old"
	"), diff AS ("
	" SELECT jsonb_object_agg(field, jsonb_build_array(was, becomes)) AS changes"
	" FROM old, want, LATERAL (VALUES"
	"  ('project_id', to_jsonb(old.project_id), to_jsonb(want.project_id)),"
	"  ('assignee_id', to_jsonb(old.assignee_id), to_jsonb(want.assignee_id)),"
	"  ('reporter_id', to_jsonb(old.reporter_id), to_jsonb(want.reporter_id)),"
	"  ('due_at', to_jsonb(old.due_at), to_jsonb(want.due_at)),"
	"  ('priority', to_jsonb(old.priority), to_jsonb(want.priority)),"
	"  ('status', to_jsonb(old.status), to_jsonb(want.status)),"
	"  ('title', to_jsonb(old.title), to_jsonb(want.title)),"
	"  ('description', to_jsonb(old.description), to_jsonb(want.description)),"
	"  ('metadata', old.metadata, want.metadata)) AS v (field, was, becomes)"
	" WHERE want.matches AND was IS DISTINCT FROM becomes"
	"), t AS ("
	" UPDATE tasks SET project_id = want.project_id, assignee_id = want.assignee_id,"
	"  reporter_id = want.reporter_id, due_at = want.due_at, priority = want.priority,"
	"  status = want.status, title = want.title, description = want.description,"
	"  metadata = want.metadata, updated_at = now(), version = tasks.version + 1,"
	"  completed_at = CASE WHEN want.status = 'done' THEN coalesce(tasks.completed_at, now()) END"
	" FROM want, diff WHERE tasks.id = want.id AND diff.changes IS NOT NULL"
	" RETURNING tasks.*"
	"), event AS ("
	" INSERT INTO task_events (task_id, actor_id, kind, changes)"
	" SELECT t.id, $4::bigint, 'updated', diff.changes FROM t, diff"
	") SELECT " TASK_COLUMNS ", true FROM t"
	" UNION ALL SELECT " TASK_COLUMNS ", $2::bigint IN (0, t.version) FROM old t"
	"  WHERE NOT EXISTS (SELECT FROM t)");

DB_QUERY_WRITE(SQL_TASK_DELETE, "task_delete",
	"WITH gone AS ("
	" DELETE FROM tasks WHERE id = $1::bigint AND $2::bigint IN (0, version) RETURNING id"
	") SELECT EXISTS (SELECT FROM gone) FROM tasks WHERE id = $1::bigint");

DB_QUERY_READ(SQL_TASK_COUNT, "task_count",
	"SELECT count(*) FILTER (WHERE status = 'todo'),"
	" count(*) FILTER (WHERE status = 'in_progress'),"
	" (SELECT CASE WHEN reltuples >= 0 THEN reltuples::bigint ELSE (SELECT count(*) FROM tasks) END"
	"  FROM pg_class WHERE oid = 'tasks'::regclass)"
	" FROM tasks WHERE status <> 'done'");
/* clang-format on */

#define NO_TASK "there is no such task"

const char *const task_status_names[TASK_STATUS_COUNT] = {
	[TASK_TODO] = "todo",
	[TASK_IN_PROGRESS] = "in_progress",
	[TASK_DONE] = "done",
};

static const struct row_rule rules[] = {
	{"tasks_project_id_fkey", ERR_UNPROCESSABLE, "project_id", "there is no such project"},
	{"tasks_assignee_id_fkey", ERR_UNPROCESSABLE, "assignee_id", "there is no such user"},
	{"tasks_reporter_id_fkey", ERR_UNPROCESSABLE, "reporter_id", "there is no such user"},
	{"tasks_metadata_check", ERR_UNPROCESSABLE, "metadata", "is too large"},
	{"task_events_actor_id_fkey", ERR_UNPROCESSABLE, "actor_id", "there is no such user"},
};

void task_release(struct task *task)
{
	db_result_freep(&task->result);
}

void task_read(const struct db_result *result, size_t row, struct task *ret)
{
	*ret = (struct task){
		.id = db_get_i64(result, row, TASK_ID),
		.project_id = db_get_i64(result, row, TASK_PROJECT_ID),
		.assignee_id = db_get_i64(result, row, TASK_ASSIGNEE_ID),
		.reporter_id = db_get_i64(result, row, TASK_REPORTER_ID),
		.created_at_us = db_get_time_us(result, row, TASK_CREATED_AT),
		.updated_at_us = db_get_time_us(result, row, TASK_UPDATED_AT),
		.due_at_us = row_time_us(result, row, TASK_DUE_AT),
		.completed_at_us = row_time_us(result, row, TASK_COMPLETED_AT),
		.version = (int32_t)db_get_i64(result, row, TASK_VERSION),
		.priority = (int)db_get_i64(result, row, TASK_PRIORITY),
		.status = db_get_text(result, row, TASK_STATUS),
		.title = db_get_text(result, row, TASK_TITLE),
		.description = db_get_text(result, row, TASK_DESCRIPTION),
		.metadata = db_get_text(result, row, TASK_METADATA),
	};
}

void task_take(struct db_result **result, struct task *ret)
{
	task_read(*result, 0, ret);
	ret->result = TAKE(*result);
}

int task_get(struct db *db, int64_t id, struct task *ret, struct err *err)
{
	AUTO(db_result_freep) struct db_result *res = NULL;

	if (db_query(db, &SQL_TASK_GET, DB_ARGS(db_i64(id)), &res, err) < 0)
		return -1;
	if (db_rows(res) == 0)
		return err_set(err, ERR_NOT_FOUND, NO_TASK, "task %lld", (long long)id);
	task_take(&res, ret);
	return 0;
}

/* Ids: the project always, the assignee unless nobody, the reporter unless the actor stands in. */
static int check_ids(const struct task_input *in, bool creating, int64_t actor_id, struct err *err)
{
	if ((creating || in->set & TASK_SET_PROJECT_ID) &&
	    rule_id("project_id", (in->set & TASK_SET_PROJECT_ID) ? in->project_id : 0, err) < 0)
		return -1;
	if (in->set & TASK_SET_ASSIGNEE_ID && in->assignee_id != 0 &&
	    rule_id("assignee_id", in->assignee_id, err) < 0)
		return -1;
	if (in->set & TASK_SET_REPORTER_ID)
		return rule_id("reporter_id", in->reporter_id, err);
	if (creating && actor_id == 0)
		return err_field(err, ERR_UNPROCESSABLE, "reporter_id", "is required");
	return 0;
}

int task_input_check(const struct task_input *in, bool creating, int64_t actor_id, struct err *err)
{
	if ((creating || in->set & TASK_SET_TITLE) &&
	    rule_line("title", (in->set & TASK_SET_TITLE) ? in->title : NULL, 1, TASK_TITLE_MAX,
		      err) < 0)
		return -1;
	if (check_ids(in, creating, actor_id, err) < 0)
		return -1;
	if (in->set & TASK_SET_DUE_AT && in->due_at_us != TIME_NONE &&
	    rule_time("due_at", in->due_at_us, err) < 0)
		return -1;
	if (in->set & TASK_SET_PRIORITY &&
	    rule_range("priority", in->priority, 0, TASK_PRIORITY_MAX, err) < 0)
		return -1;
	if (in->set & TASK_SET_STATUS &&
	    rule_choice("status", in->status, task_status_names, TASK_STATUS_COUNT, err) < 0)
		return -1;
	if (in->set & TASK_SET_DESCRIPTION &&
	    rule_text("description", in->description, 0, TASK_DESCRIPTION_MAX, err) < 0)
		return -1;
	if (in->set & TASK_SET_METADATA && (creating || in->metadata) &&
	    rule_json_object("metadata", in->metadata, TASK_METADATA_MAX_BYTES, TASK_METADATA_DEPTH,
			     err) < 0)
		return -1;
	return 0;
}

/* A failed write in the client's words. What the database could not read as jsonb although the
 * parser could (numbers beyond its range, for one) can only be the metadata. */
static int explain(const struct task_input *in, struct err *err)
{
	if (in->set & TASK_SET_METADATA && err && err->code == ERR_UNPROCESSABLE &&
	    strncmp(err->detail, "22", 2) == 0)
		(void)snprintf(err->field, sizeof(err->field), "metadata");
	return row_explain(err, rules, ARRAY_LEN(rules));
}

int task_create(struct db *db, const struct task_input *in, int64_t actor_id, struct task *ret,
		struct err *err)
{
	AUTO(db_result_freep) struct db_result *res = NULL;

	if (task_input_check(in, true, actor_id, err) < 0)
		return -1;
	if (db_query(db, &SQL_TASK_CREATE,
		     DB_ARGS(db_i64(in->project_id),
			     row_arg_id(in->set & TASK_SET_ASSIGNEE_ID ? in->assignee_id : 0),
			     db_i64(in->set & TASK_SET_REPORTER_ID ? in->reporter_id : actor_id),
			     row_arg_time(in->set & TASK_SET_DUE_AT ? in->due_at_us : TIME_NONE),
			     db_i32(in->set & TASK_SET_PRIORITY ? (int32_t)in->priority : 1),
			     db_text(in->set & TASK_SET_STATUS ? in->status : "todo"),
			     db_text(in->title),
			     db_text(in->set & TASK_SET_DESCRIPTION ? in->description : ""),
			     db_json(in->set & TASK_SET_METADATA ? in->metadata : "{}"),
			     row_arg_id(actor_id)),
		     &res, err) < 0)
		return explain(in, err);
	task_take(&res, ret);
	return 0;
}

int task_update(struct db *db, int64_t id, int64_t version, const struct task_input *in,
		int64_t actor_id, struct task *ret, struct err *err)
{
	AUTO(db_result_freep) struct db_result *res = NULL;

	if (task_input_check(in, false, actor_id, err) < 0)
		return -1;
	if (db_query(db, &SQL_TASK_UPDATE,
		     DB_ARGS(db_i64(id), db_i64(version), db_i32((int32_t)in->set),
			     row_arg_id(actor_id), db_i64(in->project_id),
			     row_arg_id(in->assignee_id), db_i64(in->reporter_id),
			     row_arg_time(in->due_at_us), db_i32((int32_t)in->priority),
			     db_text(in->status), db_text(in->title), db_text(in->description),
			     db_json(in->metadata)),
		     &res, err) < 0)
		return explain(in, err);
	if (row_outcome(res, version, NO_TASK, err) < 0)
		return -1;
	task_take(&res, ret);
	return 0;
}

int task_delete(struct db *db, int64_t id, int64_t version, struct err *err)
{
	AUTO(db_result_freep) struct db_result *res = NULL;

	if (db_query(db, &SQL_TASK_DELETE, DB_ARGS(db_i64(id), db_i64(version)), &res, err) < 0)
		return -1;
	return row_outcome(res, version, NO_TASK, err);
}

int task_count_by_status(struct db *db, int64_t ret[TASK_STATUS_COUNT], struct err *err)
{
	AUTO(db_result_freep) struct db_result *res = NULL;
	int64_t done;

	if (db_query(db, &SQL_TASK_COUNT, DB_NO_ARGS, &res, err) < 0)
		return -1;
	ret[TASK_TODO] = db_get_i64(res, 0, 0);
	ret[TASK_IN_PROGRESS] = db_get_i64(res, 0, 1);
	done = db_get_i64(res, 0, 2) - ret[TASK_TODO] - ret[TASK_IN_PROGRESS];
	ret[TASK_DONE] = done > 0 ? done : 0;
	return 0;
}
