/* task_list.c - lists of tasks: what they can be filtered and sorted by. */
#include <tasklab/domain/task.h>

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include <tasklab/base/clock.h>
#include <tasklab/domain/tag.h>

#include "list.h"
#include "task_list_tags.h"
#include "task_row.h"

#define SPACES " \t\n\r\f\v"

/* clang-format off */
/* The text depends on filters and sort: list.c. */
DB_QUERY_READ(SQL_TASK_LIST, "task_list", "");

DB_QUERY_READ(SQL_TASK_LIST_TAG, "task_list_tag",
	"SELECT id FROM tags WHERE lower(name) = lower($1::text)");

/* Few values and very uneven ones: each is its own text, so that a plan knows how many rows to
 * expect and that a partial index will do. */
static const struct list_choice statuses[] = {
	{"todo",        "t.status = 'todo'"},
	{"in_progress", "t.status = 'in_progress'"},
	{"done",        "t.status = 'done'"},
};
static const struct list_choice priorities[] = {
	{"0", "t.priority = 0"},
	{"1", "t.priority = 1"},
	{"2", "t.priority = 2"},
	{"3", "t.priority = 3"},
};

/* The filters as the statement takes them. */
struct resolved {
	struct task_filter filter;
	const char *all_words; /* q, when it asks for several words at once */
};

#define MEMBER(name) #name, offsetof(struct resolved, filter.name)

/* A filter is one row here and a member of struct task_filter. Look at EXPLAIN for rare and for
 * frequent values with each sort before it is called done. */
static const struct list_filter filters[] = {
	{MEMBER(status),      LIST_CHOICE, .choices = statuses,   .choice_count = ARRAY_LEN(statuses)},
	{MEMBER(priority),    LIST_CHOICE, .choices = priorities, .choice_count = ARRAY_LEN(priorities)},
	{MEMBER(project_id),  LIST_ID,   .sql = "t.project_id = ?::bigint",  .skewed = true, .ordered = true},
	{MEMBER(assignee_id), LIST_ID,   .sql = "t.assignee_id = ?::bigint", .skewed = true, .ordered = true},
	{MEMBER(due_before),  LIST_TIME, .sql = "t.due_at < ?::timestamptz", .skewed = true},
	{MEMBER(due_after),   LIST_TIME, .sql = "t.due_at > ?::timestamptz", .skewed = true},
	{MEMBER(tag),         LIST_ID,   .skewed = true,
	 .sql = "EXISTS (SELECT FROM task_tags x WHERE x.task_id = t.id AND x.tag_id = ?::bigint)"},
	{MEMBER(q),           LIST_TEXT, .skewed = true, .max = TASK_SEARCH_MAX,
	 .sql = "to_tsvector('simple', t.title) @@ websearch_to_tsquery('simple', ?::text)"},
	/* The planner takes words for independent of each other. Two frequent ones that never stand
	 * together look frequent to it, and it would walk a whole index in search of them. So what
	 * has them all is found first, by the search index alone. */
	{"q", offsetof(struct resolved, all_words), LIST_TEXT, .skewed = true, .max = TASK_SEARCH_MAX,
	 .sql = "t.id = ANY (ARRAY(SELECT s.id FROM tasks s WHERE"
		" to_tsvector('simple', s.title) @@ websearch_to_tsquery('simple', ?::text)))"},
};

#define CREATED  "t.created_at", "timestamptz", NULL, TASK_CREATED_AT, .time = true, .indexed = true
#define UPDATED  "t.updated_at", "timestamptz", NULL, TASK_UPDATED_AT, .time = true
#define DUE      "t.due_at", "timestamptz", "t.due_at IS NOT NULL", TASK_DUE_AT, .time = true
#define PRIORITY "t.priority", "int", NULL, TASK_PRIORITY, .time = false

/* The row's place is its number in cursors: new ones go to the end. */
static const struct list_sort sorts[] = {
	{"-created_at", CREATED,  .descending = true},
	{"created_at",  CREATED},
	{"-updated_at", UPDATED,  .descending = true},
	{"updated_at",  UPDATED},
	{"-due_at",     DUE,      .descending = true},
	{"due_at",      DUE},
	{"-priority",   PRIORITY, .descending = true},
	{"priority",    PRIORITY},
};

static const struct list list = {
	.list = LIST_TASKS,
	.query = &SQL_TASK_LIST,
	.columns = TASK_COLUMNS,
	.from = "tasks t",
	.id = "t.id",
	.alias = "t",
	.more_column =
		"(SELECT coalesce(jsonb_agg(g.name ORDER BY g.name), '[]') FROM task_tags x"
		" JOIN tags g ON g.id = x.tag_id WHERE x.task_id = t.id)",
	.filters = filters,
	.filter_count = ARRAY_LEN(filters),
	.sorts = sorts,
	.sort_count = ARRAY_LEN(sorts),
};
/* clang-format on */

/* The id of a tag, as text. No tag has the id that stands for an unknown one. How many tasks carry
 * a tag differs widely, and only with its id in the statement can the planner know: hence a
 * statement of its own. */
static int find_tag(struct db *db, const char *name, char id[24], struct err *err)
{
	AUTO(db_result_freep) struct db_result *res = NULL;

	if (rule_line("tag", name, 1, TAG_NAME_MAX, err) < 0) {
		if (err)
			err->code = ERR_INVALID;
		return -1;
	}
	if (db_query(db, &SQL_TASK_LIST_TAG, DB_ARGS(db_text(name)), &res, err) < 0)
		return -1;
	(void)snprintf(id, 24, "%lld",
		       db_rows(res) > 0 ? (long long)db_get_i64(res, 0, 0) : (long long)INT64_MAX);
	return 0;
}

/* Two times that leave nothing between them: an empty list, but one for which the planner expects
 * rows, so that it would read the whole table in vain. Malformed ones are refused later. */
static bool is_empty_range(const struct task_filter *filter)
{
	int64_t after;
	int64_t before;

	return filter->due_after && filter->due_before &&
	       clock_parse_rfc3339(filter->due_after, &after, NULL) == 0 &&
	       clock_parse_rfc3339(filter->due_before, &before, NULL) == 0 && after >= before;
}

/* Two words or more that must all be there; "or" widens a search, "-word" and quotes narrow it. */
static bool is_all_words(const char *q)
{
	size_t words = 0;

	for (q += strspn(q, SPACES); *q; q += strspn(q, SPACES)) {
		size_t len = strcspn(q, SPACES);

		if (len == 2 && strncasecmp(q, "or", 2) == 0)
			return false;
		words += *q != '-';
		q += len;
	}
	return words > 1;
}

int task_list(struct db *db, const struct task_filter *filter, const struct page_request *request,
	      struct page *ret, struct err *err)
{
	struct resolved resolved = {.filter = *filter};
	struct page page = {0};
	char tag_id[24];

	if (is_empty_range(filter))
		return err_field(err, ERR_INVALID, "due_before", "must be later than due_after");
	if (filter->tag) {
		if (find_tag(db, filter->tag, tag_id, err) < 0)
			return -1;
		resolved.filter.tag = tag_id;
	}
	if (filter->q && is_all_words(filter->q))
		resolved.all_words = TAKE(resolved.filter.q);
	if (list_run(db, &list, &resolved, filter->sort, filter->tags == TASK_TAGS_JOINED, request,
		     &page, err) < 0)
		return -1;
	if (task_list_tags(db, filter->tags, &page, err) < 0) {
		page_release(&page);
		return -1;
	}
	*ret = page;
	return 0;
}

void task_at(const struct page *page, size_t i, struct task *ret)
{
	task_read(page->result, i, ret);
	if (page->extra)
		ret->tags = page->extra[i];
	else if (db_columns(page->result) > TASK_COLUMN_COUNT)
		ret->tags = db_get_text(page->result, i, TASK_COLUMN_COUNT);
}
