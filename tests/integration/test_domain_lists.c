/* test_domain_lists.c - every list walked page by page against what plain SQL says it holds: the
 * same ids in the same order, with equal keys, and while rows come and go. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <tasklab/domain/comment.h>
#include <tasklab/domain/event.h>
#include <tasklab/domain/member.h>
#include <tasklab/domain/project.h>
#include <tasklab/domain/report.h>
#include <tasklab/domain/tag.h>
#include <tasklab/domain/task.h>
#include <tasklab/domain/user.h>

#include "domain_fixture.h"

#define IDS_MAX 4000

/* Few distinct times, so that pages end amid equal keys; a third has no due date; project 1 and
 * assignee 1 have most tasks, project 9 three. */
static const char data[] =
	"INSERT INTO users (id, email, display_name)"
	" SELECT i, 'u' || i || '@example.org', 'User ' || i FROM generate_series(1, 60) i;"
	"INSERT INTO projects (id, name, owner_id, created_at, archived_at)"
	" SELECT i, 'Project ' || i, 1 + i % 3, '2026-01-01Z'::timestamptz + (i / 4) * interval '1 "
	"h',"
	" CASE WHEN i % 5 = 0 THEN now() END FROM generate_series(1, 30) i;"
	"INSERT INTO project_members SELECT 1, i FROM generate_series(1, 55) i;"
	"INSERT INTO project_members SELECT i, 7 FROM generate_series(10, 20) i;"
	"INSERT INTO tags (id, name) SELECT i, 'Tag-' || i FROM generate_series(1, 70) i;"
	"INSERT INTO tasks (project_id, assignee_id, reporter_id, created_at, updated_at, due_at,"
	" completed_at, priority, status, title)"
	" SELECT CASE WHEN i <= 3 THEN 9 WHEN i % 4 = 0 THEN 2 ELSE 1 END,"
	" CASE WHEN i % 5 = 0 THEN NULL WHEN i % 7 = 0 THEN 2 ELSE 1 END, 1,"
	" '2026-01-01Z'::timestamptz + (i / 9) * interval '1 min',"
	" '2026-02-01Z'::timestamptz + (i * 37 % 101) * interval '1 min',"
	" CASE WHEN i % 3 > 0 THEN '2026-03-01Z'::timestamptz + (i * 53 % 41) * interval '1 day' "
	"END,"
	" CASE WHEN i % 11 > 1 THEN now() END, i % 4,"
	" CASE i % 11 WHEN 0 THEN 'todo' WHEN 1 THEN 'in_progress' ELSE 'done' END,"
	" CASE WHEN i % 2 = 0 THEN 'Fix the parser ' ELSE 'Write a report ' END || i"
	" FROM generate_series(1, 1200) i;"
	"INSERT INTO task_tags SELECT id, 1 FROM tasks WHERE id % 2 = 0;"
	"INSERT INTO task_tags SELECT id, 2 FROM tasks WHERE id % 200 = 0;"
	"INSERT INTO task_tags SELECT 1, i FROM generate_series(3, 70) i;"
	"INSERT INTO comments (task_id, author_id, body)"
	" SELECT 1 + i % 2, 1, 'c' FROM generate_series(1, 130) i;"
	"INSERT INTO task_events (task_id, kind) SELECT 1 + i % 2, 'updated'"
	" FROM generate_series(1, 150) i;"
	"ANALYZE;";

static int start(void **state)
{
	if (domain_start(state) < 0)
		return -1;
	domain_sql(data);
	return 0;
}

struct ids {
	int64_t id[IDS_MAX];
	size_t n;
};

static void expect_same(const char *label, const struct ids *got, const char *sql)
{
	size_t n;
	int64_t *expected = domain_numbers(sql, &n);

	for (size_t i = 0; i < n && i < got->n; i++) {
		if (got->id[i] != expected[i])
			fail_msg("%s: row %zu is %lld, not %lld\n%s", label, i,
				 (long long)got->id[i], (long long)expected[i], sql);
	}
	if (got->n != n)
		fail_msg("%s: %zu rows, not %zu\n%s", label, got->n, n, sql);
	free(expected);
}

/* Lists of tasks ------------------------------------------------------------------------------- */

static const struct {
	const char *sort, *order, *where;
} sorts[] = {
	{NULL, "created_at DESC, id DESC", "true"},
	{"created_at", "created_at, id", "true"},
	{"-created_at", "created_at DESC, id DESC", "true"},
	{"updated_at", "updated_at, id", "true"},
	{"-updated_at", "updated_at DESC, id DESC", "true"},
	{"due_at", "due_at, id", "due_at IS NOT NULL"},
	{"-due_at", "due_at DESC, id DESC", "due_at IS NOT NULL"},
	{"priority", "priority, id", "true"},
	{"-priority", "priority DESC, id DESC", "true"},
};

static const struct {
	struct task_filter filter;
	const char *where;
} filters[] = {
	{{0}, "true"},
	{{.status = "todo"}, "status = 'todo'"},
	{{.status = "in_progress"}, "status = 'in_progress'"},
	{{.status = "done"}, "status = 'done'"},
	{{.priority = "0"}, "priority = 0"},
	{{.priority = "3"}, "priority = 3"},
	{{.project_id = "1"}, "project_id = 1"},
	{{.project_id = "9"}, "project_id = 9"},
	{{.project_id = "987654"}, "false"},
	{{.assignee_id = "2"}, "assignee_id = 2"},
	{{.tag = "tag-1"}, "id % 2 = 0"},
	{{.tag = "TAG-2"}, "id % 200 = 0"},
	{{.tag = "unknown"}, "false"},
	{{.due_before = "2026-03-15T00:00:00Z"}, "due_at < '2026-03-15Z'"},
	{{.due_after = "2026-03-15T02:00:00+02:00"}, "due_at > '2026-03-15Z'"},
	{{.due_after = "2026-03-05T00:00:00Z", .due_before = "2026-03-07T00:00:00Z"},
	 "due_at > '2026-03-05Z' AND due_at < '2026-03-07Z'"},
	{{.q = "PARSER"}, "title LIKE '%parser%'"},
	{{.q = "report 77"}, "title LIKE '%report 77'"},
	{{.q = "fix or report"}, "true"},
	{{.q = "-parser"}, "title NOT LIKE '%parser%'"},
	{{.q = "!!! ' \" \\ & | ("}, "false"},
	{{.project_id = "2", .status = "todo", .assignee_id = "1"},
	 "project_id = 2 AND status = 'todo' AND assignee_id = 1"},
	{{.project_id = "1", .priority = "2", .tag = "Tag-1", .q = "fix"},
	 "project_id = 1 AND priority = 2 AND id % 2 = 0 AND title LIKE 'Fix%'"},
	{{.status = "done",
	  .priority = "1",
	  .project_id = "1",
	  .assignee_id = "1",
	  .tag = "tag-1",
	  .due_before = "2027-01-01T00:00:00Z",
	  .due_after = "2020-01-01T00:00:00Z",
	  .q = "the"},
	 "status = 'done' AND priority = 1 AND project_id = 1 AND assignee_id = 1 AND id % 2 = 0"
	 " AND due_at IS NOT NULL AND title LIKE '%the%'"},
};

/* One walk from the first page to the last; between is called after each page but the last. */
static void walk(const struct task_filter *filter, const char *limit, void (*between)(size_t page),
		 struct ids *ret)
{
	char cursor[PAGE_CURSOR_SIZE] = "";
	size_t pages = 0;

	ret->n = 0;
	do {
		AUTO(page_release) struct page page = {0};
		struct db db = domain_caller();
		struct err err = ERR_INIT;
		struct page_request request = {.limit = limit, .cursor = *cursor ? cursor : NULL};

		OK(task_list(&db, filter, &request, &page, &err), &err);
		assert_int_equal(db.queries, filter->tag ? 2 : 1);
		assert_true(ret->n + page.count <= IDS_MAX);
		for (size_t i = 0; i < page.count; i++) {
			struct task task;

			task_at(&page, i, &task);
			assert_null(task.result);
			assert_null(task.tags);
			ret->id[ret->n++] = task.id;
		}
		memcpy(cursor, page.next, sizeof(cursor));
		assert_true(!*cursor || page.count == (size_t)atoi(limit ? limit : "50"));
		if (*cursor && between)
			between(pages);
		pages++;
	} while (*cursor);
}

static void tasks_are_listed_as_sql_says(void **state)
{
	static const char *const limits[] = {"7", NULL, "200"};
	static struct ids ids;
	char sql[1024];

	(void)state;
	for (size_t f = 0; f < ARRAY_LEN(filters); f++) {
		for (size_t s = 0; s < ARRAY_LEN(sorts); s++) {
			struct task_filter filter = filters[f].filter;

			filter.sort = sorts[s].sort;
			(void)snprintf(sql, sizeof(sql),
				       "SELECT id FROM tasks WHERE (%s) AND %s ORDER BY %s",
				       filters[f].where, sorts[s].where, sorts[s].order);
			walk(&filter, limits[(f + s) % ARRAY_LEN(limits)], NULL, &ids);
			expect_same(filters[f].where, &ids, sql);
		}
	}
}

/* Page sizes around the number of rows: no empty last page, no lost last row. */
static void last_pages_are_exact(void **state)
{
	static const char *const limits[] = {"1", "2", "3", "4"};
	const struct task_filter filter = {.project_id = "9"};
	static struct ids ids;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(limits); i++) {
		walk(&filter, limits[i], NULL, &ids);
		expect_same(limits[i], &ids,
			    "SELECT id FROM tasks WHERE project_id = 9"
			    " ORDER BY created_at DESC, id DESC");
	}
}

static void disturb(size_t page)
{
	char sql[1024];

	/* New rows before, amid and after the walk's place, with keys that others have too; a row
	 * that is gone; and one that moves from the end to the front. */
	(void)snprintf(sql, sizeof(sql),
		       "INSERT INTO tasks (project_id, reporter_id, created_at, title)"
		       " SELECT 1, 1, created_at, 'new' FROM tasks WHERE id %% 97 = %zu"
		       " AND title <> 'new';"
		       "DELETE FROM tasks WHERE title = 'doomed %zu';"
		       "UPDATE tasks SET created_at = '2026-05-01Z' WHERE title = 'mover %zu'",
		       page, page, page);
	domain_sql(sql);
}

static void walks_stand_changes(void **state)
{
	static struct ids ids;
	static struct ids stayed;
	int64_t *before;
	size_t n;

	(void)state;
	domain_sql("INSERT INTO tasks (project_id, reporter_id, created_at, title)"
		   " SELECT 1, 1, '2025-01-01Z', 'doomed ' || i FROM generate_series(0, 19) i;"
		   "INSERT INTO tasks (project_id, reporter_id, created_at, title)"
		   " SELECT 1, 1, '2025-01-02Z', 'mover ' || i FROM generate_series(0, 19) i");
	before = domain_numbers("SELECT id FROM tasks", &n);
	walk(&(struct task_filter){0}, "40", disturb, &ids);
	for (size_t i = 0; i < ids.n; i++) {
		for (size_t k = i + 1; k < ids.n; k++)
			assert_true(ids.id[i] != ids.id[k]);
	}
	/* What was there all the time and did not move came once and in order. */
	stayed.n = 0;
	for (size_t i = 0; i < ids.n; i++) {
		for (size_t k = 0; k < n; k++) {
			if (before[k] == ids.id[i])
				stayed.id[stayed.n++] = ids.id[i];
		}
	}
	free(before);
	expect_same("walk under changes", &stayed,
		    "SELECT id FROM tasks WHERE title <> 'new' AND title NOT LIKE 'mover%'"
		    " AND title NOT LIKE 'doomed%' ORDER BY created_at DESC, id DESC");
	domain_sql("DELETE FROM tasks WHERE title = 'new' OR title LIKE 'mover%'"
		   " OR title LIKE 'doomed%'");
}

static void tags_come_along(void **state)
{
	AUTO(page_release) struct page page = {0};
	struct db db = domain_caller();
	struct err err = ERR_INIT;
	const struct task_filter filter = {
		.project_id = "9", .sort = "created_at", .tags = TASK_TAGS_JOINED};
	struct task task;

	(void)state;
	domain_sql("DELETE FROM task_tags WHERE task_id = 1 AND tag_id > 4");
	OK(task_list(&db, &filter, &(struct page_request){0}, &page, &err), &err);
	assert_int_equal(db.queries, 1);
	assert_int_equal(page.count, 3);
	task_at(&page, 0, &task);
	assert_string_equal(task.tags, "[\"Tag-3\", \"Tag-4\"]");
	task_at(&page, 1, &task);
	assert_string_equal(task.tags, "[\"Tag-1\"]");
	task_at(&page, 2, &task);
	assert_string_equal(task.tags, "[]");
	domain_sql("INSERT INTO task_tags SELECT 1, i FROM generate_series(5, 70) i");
}

/* Every way to fetch them gives the same, and costs what its name says. */
static void tags_come_by_other_ways(void **state)
{
	static const struct {
		const char *label;
		enum task_tags how;
		unsigned statements; /* for a page of three tasks */
	} cases[] = {
		{"joined", TASK_TAGS_JOINED, 1},
		{"per task", TASK_TAGS_PER_TASK, 4},
		{"batched", TASK_TAGS_BATCHED, 2},
	};
	static const char *const expected[] = {"[\"Tag-3\", \"Tag-4\"]", "[\"Tag-1\"]", "[]"};

	(void)state;
	domain_sql("DELETE FROM task_tags WHERE task_id = 1 AND tag_id > 4");
	for (size_t c = 0; c < ARRAY_LEN(cases); c++) {
		AUTO(page_release) struct page page = {0};
		struct db db = domain_caller();
		struct err err = ERR_INIT;
		const struct task_filter filter = {
			.project_id = "9", .sort = "created_at", .tags = cases[c].how};

		OK(task_list(&db, &filter, &(struct page_request){0}, &page, &err), &err);
		if (db.queries != cases[c].statements || page.count != ARRAY_LEN(expected))
			fail_msg("%s: %u statements, %zu tasks", cases[c].label, db.queries,
				 page.count);
		for (size_t i = 0; i < page.count; i++) {
			struct task task;

			task_at(&page, i, &task);
			if (strcmp(task.tags, expected[i]) != 0)
				fail_msg("%s: task %zu has %s", cases[c].label, i, task.tags);
		}
	}
	domain_sql("INSERT INTO task_tags SELECT 1, i FROM generate_series(5, 70) i");
}

static void bad_parameters_are_named(void **state)
{
	static const struct {
		struct task_filter filter;
		struct page_request request;
		const char *field;
	} cases[] = {
		{{.status = "open"}, {0}, "status"},
		{{.status = ""}, {0}, "status"},
		{{.priority = "4"}, {0}, "priority"},
		{{.priority = "high"}, {0}, "priority"},
		{{.project_id = "0"}, {0}, "project_id"},
		{{.project_id = "-1"}, {0}, "project_id"},
		{{.project_id = "1 OR 1=1"}, {0}, "project_id"},
		{{.assignee_id = "9223372036854775808"}, {0}, "assignee_id"},
		{{.due_before = "tomorrow"}, {0}, "due_before"},
		{{.due_after = "2026-13-01T00:00:00Z"}, {0}, "due_after"},
		{{.due_after = "2026-03-07T00:00:00Z", .due_before = "2026-03-07T00:00:00Z"},
		 {0},
		 "due_before"},
		{{.tag = ""}, {0}, "tag"},
		{{.tag = "a\xff"}, {0}, "tag"},
		{{.q = ""}, {0}, "q"},
		{{.q = "\x01"}, {0}, "q"},
		{{.sort = "title"}, {0}, "sort"},
		{{.sort = "+created_at"}, {0}, "sort"},
		{{.sort = ""}, {0}, "sort"},
		{{0}, {.limit = "0"}, "limit"},
		{{0}, {.limit = "201"}, "limit"},
		{{0}, {.limit = "-5"}, "limit"},
		{{0}, {.limit = "ten"}, "limit"},
		{{0}, {.cursor = ""}, "cursor"},
		{{0}, {.cursor = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}, "cursor"},
	};
	struct page page = {0};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct db db = domain_caller();
		struct err err = ERR_INIT;

		FAILS(task_list(&db, &cases[i].filter, &cases[i].request, &page, &err), &err,
		      ERR_INVALID, cases[i].field);
		assert_null(page.result);
	}
}

static void cursors_stay_with_their_list(void **state)
{
	AUTO(page_release) struct page page = {0};
	struct page none = {0};
	struct db db = domain_caller();
	struct err err = ERR_INIT;
	struct page_request request = {.limit = "10"};
	struct task_filter filter = {.status = "done"};

	(void)state;
	OK(task_list(&db, &filter, &request, &page, &err), &err);
	assert_int_equal(strlen(page.next), PAGE_CURSOR_CHARS);
	request.cursor = page.next;
	FAILS(task_list(&db, &(struct task_filter){0}, &request, &none, &err), &err, ERR_INVALID,
	      "cursor");
	filter.sort = "created_at";
	FAILS(task_list(&db, &filter, &request, &none, &err), &err, ERR_INVALID, "cursor");
	filter.sort = "-created_at"; /* the default by its name */
	FAILS(user_list(&db, &request, &none, &err), &err, ERR_INVALID, "cursor");
	FAILS(comment_list(&db, 1, &request, &none, &err), &err, ERR_INVALID, "cursor");
	FAILS(project_list(&db, &(struct project_filter){0}, &request, &none, &err), &err,
	      ERR_INVALID, "cursor");
	request.limit = "20"; /* another page size is fine */
	OK(task_list(&db, &filter, &request, &none, &err), &err);
	page_release(&none);
	page_release(&page);
	OK(comment_list(&db, 1, &(struct page_request){.limit = "5"}, &page, &err), &err);
	request.cursor = page.next;
	FAILS(comment_list(&db, 2, &request, &none, &err), &err, ERR_INVALID, "cursor");
	FAILS(event_list(&db, 1, &request, &none, &err), &err, ERR_INVALID, "cursor");
}

/* The other lists ------------------------------------------------------------------------------ */

typedef int list_page(struct db *db, const struct page_request *request, struct page *ret,
		      struct err *err);

static int list_comments(struct db *db, const struct page_request *request, struct page *ret,
			 struct err *err)
{
	return comment_list(db, 2, request, ret, err);
}

static int list_events(struct db *db, const struct page_request *request, struct page *ret,
		       struct err *err)
{
	return event_list(db, 2, request, ret, err);
}

static int list_members(struct db *db, const struct page_request *request, struct page *ret,
			struct err *err)
{
	return member_list(db, 1, request, ret, err);
}

static int list_task_tags(struct db *db, const struct page_request *request, struct page *ret,
			  struct err *err)
{
	return task_tag_list(db, 1, request, ret, err);
}

static int list_projects(struct db *db, const struct page_request *request, struct page *ret,
			 struct err *err)
{
	return project_list(db, &(struct project_filter){0}, request, ret, err);
}

static int list_active_projects_of_2(struct db *db, const struct page_request *request,
				     struct page *ret, struct err *err)
{
	return project_list(db,
			    &(struct project_filter){
				    .owner_id = "2", .archived = "false", .sort = "created_at"},
			    request, ret, err);
}

static int list_archived_projects_with_7(struct db *db, const struct page_request *request,
					 struct page *ret, struct err *err)
{
	return project_list(db, &(struct project_filter){.member_id = "7", .archived = "true"},
			    request, ret, err);
}

static const struct {
	const char *label;
	list_page *list;
	size_t column; /* of the id */
	const char *sql;
} lists[] = {
	{"users", user_list, 0, "SELECT id FROM users ORDER BY id"},
	{"tags", tag_list, 0, "SELECT id FROM tags ORDER BY id"},
	{"comments", list_comments, 0, "SELECT id FROM comments WHERE task_id = 2 ORDER BY id"},
	{"events", list_events, 0, "SELECT id FROM task_events WHERE task_id = 2 ORDER BY id"},
	{"members", list_members, 1,
	 "SELECT user_id FROM project_members WHERE project_id = 1 ORDER BY user_id"},
	{"task tags", list_task_tags, 0,
	 "SELECT tag_id FROM task_tags WHERE task_id = 1 ORDER BY tag_id"},
	{"projects", list_projects, 0, "SELECT id FROM projects ORDER BY created_at DESC, id DESC"},
	{"projects of 2", list_active_projects_of_2, 0,
	 "SELECT id FROM projects WHERE owner_id = 2 AND archived_at IS NULL"
	 " ORDER BY created_at, id"},
	{"projects with 7", list_archived_projects_with_7, 0,
	 "SELECT id FROM projects WHERE archived_at IS NOT NULL AND id IN"
	 " (SELECT project_id FROM project_members WHERE user_id = 7)"
	 " ORDER BY created_at DESC, id DESC"},
	{"summary", report_project_summary, 0, "SELECT id FROM projects ORDER BY id"},
	{"workload", report_workload, 0,
	 "SELECT DISTINCT assignee_id FROM tasks WHERE status <> 'done'"
	 " AND assignee_id IS NOT NULL ORDER BY 1"},
};

static void other_lists_are_as_sql_says(void **state)
{
	static const char *const limits[] = {"1", "7", "50", "200"};
	static struct ids ids;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(lists) * ARRAY_LEN(limits); i++) {
		const size_t l = i / ARRAY_LEN(limits);
		char cursor[PAGE_CURSOR_SIZE] = "";

		ids.n = 0;
		do {
			AUTO(page_release) struct page page = {0};
			struct db db = domain_caller();
			struct err err = ERR_INIT;
			const struct page_request request = {
				.limit = limits[i % ARRAY_LEN(limits)],
				.cursor = *cursor ? cursor : NULL,
			};

			OK(lists[l].list(&db, &request, &page, &err), &err);
			assert_int_equal(db.queries, 1);
			for (size_t row = 0; row < page.count; row++)
				ids.id[ids.n++] = db_get_i64(page.result, row, lists[l].column);
			memcpy(cursor, page.next, sizeof(cursor));
		} while (*cursor);
		assert_true(ids.n > 0);
		expect_same(lists[l].label, &ids, lists[l].sql);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tasks_are_listed_as_sql_says),
		cmocka_unit_test(last_pages_are_exact),
		cmocka_unit_test(walks_stand_changes),
		cmocka_unit_test(tags_come_along),
		cmocka_unit_test(tags_come_by_other_ways),
		cmocka_unit_test(bad_parameters_are_named),
		cmocka_unit_test(cursors_stay_with_their_list),
		cmocka_unit_test(other_lists_are_as_sql_says),
	};

	return cmocka_run_group_tests(tests, start, domain_stop);
}
