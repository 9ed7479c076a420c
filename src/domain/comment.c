/* comment.c - comments on tasks. */
#include <tasklab/domain/comment.h>

#include "list.h"
#include "row.h"

/* clang-format off */
#define COLUMNS "c.id, c.task_id, c.author_id, c.created_at, c.updated_at, c.version, c.body"

enum { ID, TASK_ID, AUTHOR_ID, CREATED_AT, UPDATED_AT, VERSION, BODY };

DB_QUERY_READ(SQL_COMMENT_GET, "comment_get",
	"SELECT " COLUMNS " FROM comments c WHERE c.id = $2::bigint AND c.task_id = $1::bigint");

DB_QUERY_READ(SQL_COMMENT_LIST, "comment_list",
	"SELECT " COLUMNS " FROM tasks t LEFT JOIN LATERAL ("
	" SELECT * FROM comments WHERE task_id = t.id AND id > $2::bigint"
	" ORDER BY id LIMIT $3::bigint) c ON true"
	" WHERE t.id = $1::bigint ORDER BY c.id");

DB_QUERY_WRITE(SQL_COMMENT_CREATE, "comment_create",
	"WITH c AS ("
	" INSERT INTO comments (task_id, author_id, body)"
	" VALUES ($1::bigint, $2::bigint, $3::text) RETURNING *"
	"), event AS ("
	" INSERT INTO task_events (task_id, actor_id, kind, changes)"
	" SELECT c.task_id, $4::bigint, 'commented',"
	"  jsonb_build_object('comment_id', jsonb_build_array(NULL, c.id)) FROM c"
	") SELECT " COLUMNS " FROM c");

DB_QUERY_WRITE(SQL_COMMENT_UPDATE, "comment_update",
	"WITH c AS ("
	" UPDATE comments SET body = $4::text, updated_at = now(), version = version + 1"
	" WHERE id = $2::bigint AND task_id = $1::bigint AND $3::bigint IN (0, version) RETURNING *"
	") SELECT " COLUMNS ", true FROM c"
	" UNION ALL SELECT " COLUMNS ", false FROM comments c"
	"  WHERE c.id = $2::bigint AND c.task_id = $1::bigint AND NOT EXISTS (SELECT FROM c)");

DB_QUERY_WRITE(SQL_COMMENT_DELETE, "comment_delete",
	"WITH gone AS ("
	" DELETE FROM comments WHERE id = $2::bigint AND task_id = $1::bigint"
	"  AND $3::bigint IN (0, version) RETURNING id"
	") SELECT EXISTS (SELECT FROM gone) FROM comments"
	" WHERE id = $2::bigint AND task_id = $1::bigint");
/* clang-format on */

#define NO_COMMENT "there is no such comment on this task"
#define NO_TASK    "there is no such task"

static const struct row_rule rules[] = {
	{"comments_task_id_fkey", ERR_NOT_FOUND, "", NO_TASK},
	{"task_events_task_id_fkey", ERR_NOT_FOUND, "", NO_TASK},
	{"comments_author_id_fkey", ERR_UNPROCESSABLE, "author_id", "there is no such user"},
	{"task_events_actor_id_fkey", ERR_UNPROCESSABLE, "actor_id", "there is no such user"},
};

static const struct list_by_id list = {
	.list = LIST_COMMENTS,
	.query = &SQL_COMMENT_LIST,
	.id_column = ID,
	.no_parent = NO_TASK,
};

void comment_release(struct comment *comment)
{
	db_result_freep(&comment->result);
}

static void comment_read(const struct db_result *result, size_t row, struct comment *ret)
{
	*ret = (struct comment){
		.id = db_get_i64(result, row, ID),
		.task_id = db_get_i64(result, row, TASK_ID),
		.author_id = db_get_i64(result, row, AUTHOR_ID),
		.created_at_us = db_get_time_us(result, row, CREATED_AT),
		.updated_at_us = db_get_time_us(result, row, UPDATED_AT),
		.version = (int32_t)db_get_i64(result, row, VERSION),
		.body = db_get_text(result, row, BODY),
	};
}

static void comment_take(struct db_result **result, struct comment *ret)
{
	comment_read(*result, 0, ret);
	ret->result = TAKE(*result);
}

int comment_get(struct db *db, int64_t task_id, int64_t id, struct comment *ret, struct err *err)
{
	AUTO(db_result_freep) struct db_result *res = NULL;

	if (db_query(db, &SQL_COMMENT_GET, DB_ARGS(db_i64(task_id), db_i64(id)), &res, err) < 0)
		return -1;
	if (db_rows(res) == 0)
		return err_set(err, ERR_NOT_FOUND, NO_COMMENT, "comment %lld", (long long)id);
	comment_take(&res, ret);
	return 0;
}

int comment_list(struct db *db, int64_t task_id, const struct page_request *request,
		 struct page *ret, struct err *err)
{
	return list_by_id(db, &list, task_id, request, ret, err);
}

void comment_at(const struct page *page, size_t i, struct comment *ret)
{
	comment_read(page->result, i, ret);
}

int comment_create(struct db *db, int64_t task_id, int64_t author_id, const char *body,
		   int64_t actor_id, struct comment *ret, struct err *err)
{
	AUTO(db_result_freep) struct db_result *res = NULL;

	if (author_id == 0)
		author_id = actor_id;
	if (author_id == 0)
		return err_field(err, ERR_UNPROCESSABLE, "author_id", "is required");
	if (rule_id("author_id", author_id, err) < 0 ||
	    rule_text("body", body, 1, COMMENT_BODY_MAX, err) < 0)
		return -1;
	if (db_query(db, &SQL_COMMENT_CREATE,
		     DB_ARGS(db_i64(task_id), db_i64(author_id), db_text(body),
			     row_arg_id(actor_id)),
		     &res, err) < 0)
		return row_explain(err, rules, ARRAY_LEN(rules));
	comment_take(&res, ret);
	return 0;
}

int comment_update(struct db *db, int64_t task_id, int64_t id, int64_t version, const char *body,
		   struct comment *ret, struct err *err)
{
	AUTO(db_result_freep) struct db_result *res = NULL;

	if (rule_text("body", body, 1, COMMENT_BODY_MAX, err) < 0)
		return -1;
	if (db_query(db, &SQL_COMMENT_UPDATE,
		     DB_ARGS(db_i64(task_id), db_i64(id), db_i64(version), db_text(body)), &res,
		     err) < 0 ||
	    row_outcome(res, version, NO_COMMENT, err) < 0)
		return -1;
	comment_take(&res, ret);
	return 0;
}

int comment_delete(struct db *db, int64_t task_id, int64_t id, int64_t version, struct err *err)
{
	AUTO(db_result_freep) struct db_result *res = NULL;

	if (db_query(db, &SQL_COMMENT_DELETE, DB_ARGS(db_i64(task_id), db_i64(id), db_i64(version)),
		     &res, err) < 0)
		return -1;
	return row_outcome(res, version, NO_COMMENT, err);
}
