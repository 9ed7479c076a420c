/* task_tag.c - which tags a task carries. */
#include <tasklab/domain/tag.h>

#include "list.h"
#include "row.h"
#include "tag_row.h"

/* clang-format off */
DB_QUERY_READ(SQL_TASK_TAG_LIST, "task_tag_list",
	"SELECT " TAG_COLUMNS " FROM tasks t LEFT JOIN LATERAL ("
	" SELECT tags.* FROM task_tags x JOIN tags ON tags.id = x.tag_id"
	" WHERE x.task_id = t.id AND x.tag_id > $2::bigint"
	" ORDER BY x.tag_id LIMIT $3::bigint) g ON true"
	" WHERE t.id = $1::bigint ORDER BY g.id");

/* One row always: the tag's columns, null without the tag; is there the task; was the tag added;
 * did the task carry it before; how many did it carry. */
DB_QUERY_WRITE(SQL_TASK_TAG_ADD, "task_tag_add",
	"WITH task AS (SELECT id FROM tasks WHERE id = $1::bigint),"
	" carried AS (SELECT tag_id FROM task_tags WHERE task_id = $1::bigint),"
	" added AS ("
	" INSERT INTO task_tags (task_id, tag_id)"
	" SELECT task.id, g.id FROM task, tags g"
	" WHERE g.id = $2::bigint AND (SELECT count(*) FROM carried) < $4::bigint"
	" ON CONFLICT DO NOTHING RETURNING task_id, tag_id"
	"), event AS ("
	" INSERT INTO task_events (task_id, actor_id, kind, changes)"
	" SELECT added.task_id, $3::bigint, 'tagged',"
	"  jsonb_build_object('tag', jsonb_build_array(NULL, g.name))"
	" FROM added JOIN tags g ON g.id = added.tag_id"
	") SELECT " TAG_COLUMNS ", EXISTS (SELECT FROM task), EXISTS (SELECT FROM added),"
	"  EXISTS (SELECT FROM carried WHERE tag_id = $2::bigint), (SELECT count(*) FROM carried)"
	" FROM (VALUES (1)) one LEFT JOIN tags g ON g.id = $2::bigint");

DB_QUERY_WRITE(SQL_TASK_TAG_REMOVE, "task_tag_remove",
	"WITH gone AS ("
	" DELETE FROM task_tags WHERE task_id = $1::bigint AND tag_id = $2::bigint"
	" RETURNING task_id, tag_id"
	"), event AS ("
	" INSERT INTO task_events (task_id, actor_id, kind, changes)"
	" SELECT gone.task_id, $3::bigint, 'untagged',"
	"  jsonb_build_object('tag', jsonb_build_array(g.name, NULL))"
	" FROM gone JOIN tags g ON g.id = gone.tag_id"
	") SELECT tag_id FROM gone");
/* clang-format on */

#define NO_TASK "there is no such task"
#define NO_TAG  "there is no such tag"

enum { TASK_FOUND = TAG_COLUMN_COUNT, ADDED, CARRIED, CARRIED_COUNT };

/* The last three: the task or the tag was deleted while it was being added. */
static const struct row_rule rules[] = {
	{"task_events_actor_id_fkey", ERR_UNPROCESSABLE, "actor_id", "there is no such user"},
	{"task_events_task_id_fkey", ERR_NOT_FOUND, "", NO_TASK},
	{"task_tags_task_id_fkey", ERR_NOT_FOUND, "", NO_TASK},
	{"task_tags_tag_id_fkey", ERR_UNPROCESSABLE, "tag_id", NO_TAG},
};

static const struct list_by_id list = {
	.list = LIST_TASK_TAGS,
	.query = &SQL_TASK_TAG_LIST,
	.id_column = TAG_ID,
	.no_parent = NO_TASK,
};

int task_tag_list(struct db *db, int64_t task_id, const struct page_request *request,
		  struct page *ret, struct err *err)
{
	return list_by_id(db, &list, task_id, request, ret, err);
}

int task_tag_add(struct db *db, int64_t task_id, int64_t tag_id, int64_t actor_id, bool *added,
		 struct tag *ret, struct err *err)
{
	AUTO(db_result_freep) struct db_result *res = NULL;

	if (rule_id("tag_id", tag_id, err) < 0)
		return -1;
	if (db_query(db, &SQL_TASK_TAG_ADD,
		     DB_ARGS(db_i64(task_id), db_i64(tag_id), row_arg_id(actor_id),
			     db_i64(TASK_TAGS_MAX)),
		     &res, err) < 0)
		return row_explain(err, rules, ARRAY_LEN(rules));
	if (!db_get_bool(res, 0, TASK_FOUND))
		return err_set(err, ERR_NOT_FOUND, NO_TASK, "task %lld", (long long)task_id);
	if (db_is_null(res, 0, TAG_ID))
		return err_field(err, ERR_UNPROCESSABLE, "tag_id", NO_TAG);
	if (!db_get_bool(res, 0, ADDED) && !db_get_bool(res, 0, CARRIED) &&
	    db_get_i64(res, 0, CARRIED_COUNT) >= TASK_TAGS_MAX)
		return err_field(err, ERR_CONFLICT, "tag_id", "the task carries %d tags already",
				 TASK_TAGS_MAX);
	if (added)
		*added = db_get_bool(res, 0, ADDED);
	tag_take(&res, ret);
	return 0;
}

int task_tag_remove(struct db *db, int64_t task_id, int64_t tag_id, int64_t actor_id,
		    struct err *err)
{
	AUTO(db_result_freep) struct db_result *res = NULL;

	if (db_query(db, &SQL_TASK_TAG_REMOVE,
		     DB_ARGS(db_i64(task_id), db_i64(tag_id), row_arg_id(actor_id)), &res, err) < 0)
		return row_explain(err, rules, ARRAY_LEN(rules));
	if (db_rows(res) == 0)
		return err_set(err, ERR_NOT_FOUND, "the task does not carry this tag",
			       "task %lld, tag %lld", (long long)task_id, (long long)tag_id);
	return 0;
}
