/* task_list_tags.c - the tags of a page of tasks, by statements of their own. */
#include "task_list_tags.h"

#include <stdlib.h>

#include <tasklab/base/text.h>

#include "task_row.h"

/* clang-format off */
DB_QUERY_READ(SQL_TASK_TAGS_OF_ONE, "task_tags_of_one",
	"SELECT coalesce(jsonb_agg(g.name ORDER BY g.name), '[]')"
	" FROM task_tags x JOIN tags g ON g.id = x.tag_id WHERE x.task_id = $1::bigint");

DB_QUERY_READ(SQL_TASK_TAGS_OF_MANY, "task_tags_of_many",
	"SELECT x.task_id, jsonb_agg(g.name ORDER BY g.name)"
	" FROM task_tags x JOIN tags g ON g.id = x.tag_id"
	" WHERE x.task_id = ANY ($1::bigint[]) GROUP BY x.task_id");
/* clang-format on */

static int per_task(struct db *db, struct page *page, struct err *err)
{
	for (size_t i = 0; i < page->count; i++) {
		AUTO(db_result_freep) struct db_result *tags = NULL;
		int64_t id = db_get_i64(page->result, i, TASK_ID);

		if (db_query(db, &SQL_TASK_TAGS_OF_ONE, DB_ARGS(db_i64(id)), &tags, err) < 0 ||
		    text_copy(db_get_text(tags, 0, 0), &page->extra[i], err) < 0)
			return -1;
	}
	return 0;
}

static const char *tags_of(const struct db_result *tags, int64_t id)
{
	for (size_t i = 0; i < db_rows(tags); i++) {
		if (db_get_i64(tags, i, 0) == id)
			return db_get_text(tags, i, 1);
	}
	return "[]";
}

static int batched(struct db *db, struct page *page, struct err *err)
{
	AUTO(db_result_freep) struct db_result *tags = NULL;
	int64_t ids[PAGE_LIMIT_MAX];

	for (size_t i = 0; i < page->count; i++)
		ids[i] = db_get_i64(page->result, i, TASK_ID);
	if (db_query(db, &SQL_TASK_TAGS_OF_MANY, DB_ARGS(db_i64s(ids, page->count)), &tags, err) <
	    0)
		return -1;
	for (size_t i = 0; i < page->count; i++) {
		if (text_copy(tags_of(tags, ids[i]), &page->extra[i], err) < 0)
			return -1;
	}
	return 0;
}

int task_list_tags(struct db *db, enum task_tags how, struct page *page, struct err *err)
{
	if (how == TASK_TAGS_NONE || how == TASK_TAGS_JOINED || page->count == 0)
		return 0;
	page->extra = calloc(page->count, sizeof(*page->extra));
	if (!page->extra)
		return err_no_memory(err);
	return how == TASK_TAGS_PER_TASK ? per_task(db, page, err) : batched(db, page, err);
}
