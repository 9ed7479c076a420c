/* report.c - figures over many tasks. */
#include <tasklab/domain/report.h>

#include "list.h"
#include "row.h"

/* clang-format off */
/* For each project of the page: its tasks that are not done, from the small partial index, and all
 * of them with the latest change, from (project_id, updated_at, id) without a look at the table. */
DB_QUERY_READ(SQL_REPORT_PROJECT_SUMMARY, "report_project_summary",
	"SELECT p.id, p.name, open.todo, open.in_progress,"
	" greatest(total.n - open.todo - open.in_progress, 0), open.overdue, total.last_activity"
	" FROM (SELECT id, name FROM projects WHERE id > $1::bigint ORDER BY id LIMIT $2::bigint) p"
	" CROSS JOIN LATERAL ("
	"  SELECT count(*) FILTER (WHERE status = 'todo') AS todo,"
	"   count(*) FILTER (WHERE status = 'in_progress') AS in_progress,"
	"   count(*) FILTER (WHERE due_at < now()) AS overdue"
	"  FROM tasks WHERE project_id = p.id AND status <> 'done') open"
	" CROSS JOIN LATERAL ("
	"  SELECT count(*) AS n, max(updated_at) AS last_activity"
	"  FROM tasks WHERE project_id = p.id) total"
	" ORDER BY p.id");

enum { PROJECT_ID, NAME, SUM_TODO, SUM_IN_PROGRESS, SUM_DONE, PROJECT_OVERDUE, LAST_ACTIVITY };

DB_QUERY_READ(SQL_REPORT_WORKLOAD, "report_workload",
	"SELECT u.id, u.display_name, open.n, open.p0, open.p1, open.p2, open.p3, open.overdue"
	" FROM (SELECT id, display_name FROM users WHERE id > $1::bigint"
	"  AND EXISTS (SELECT FROM tasks WHERE assignee_id = users.id AND status <> 'done')"
	"  ORDER BY id LIMIT $2::bigint) u"
	" CROSS JOIN LATERAL ("
	"  SELECT count(*) AS n,"
	"   count(*) FILTER (WHERE priority = 0) AS p0, count(*) FILTER (WHERE priority = 1) AS p1,"
	"   count(*) FILTER (WHERE priority = 2) AS p2, count(*) FILTER (WHERE priority = 3) AS p3,"
	"   count(*) FILTER (WHERE due_at < now()) AS overdue"
	"  FROM tasks WHERE assignee_id = u.id AND status <> 'done') open"
	" ORDER BY u.id");

enum { USER_ID, DISPLAY_NAME, OPEN, PRIORITY_0, WORKLOAD_OVERDUE = PRIORITY_0 + TASK_PRIORITY_MAX + 1 };
/* clang-format on */

static const struct list_by_id summary = {
	.list = LIST_PROJECT_SUMMARY,
	.query = &SQL_REPORT_PROJECT_SUMMARY,
	.id_column = PROJECT_ID,
};

static const struct list_by_id workload = {
	.list = LIST_WORKLOAD,
	.query = &SQL_REPORT_WORKLOAD,
	.id_column = USER_ID,
};

int report_project_summary(struct db *db, const struct page_request *request, struct page *ret,
			   struct err *err)
{
	return list_by_id(db, &summary, 0, request, ret, err);
}

void report_project_at(const struct page *page, size_t i, struct report_project *ret)
{
	*ret = (struct report_project){
		.project_id = db_get_i64(page->result, i, PROJECT_ID),
		.name = db_get_text(page->result, i, NAME),
		.tasks[TASK_TODO] = db_get_i64(page->result, i, SUM_TODO),
		.tasks[TASK_IN_PROGRESS] = db_get_i64(page->result, i, SUM_IN_PROGRESS),
		.tasks[TASK_DONE] = db_get_i64(page->result, i, SUM_DONE),
		.overdue = db_get_i64(page->result, i, PROJECT_OVERDUE),
		.last_activity_us = row_time_us(page->result, i, LAST_ACTIVITY),
	};
}

int report_workload(struct db *db, const struct page_request *request, struct page *ret,
		    struct err *err)
{
	return list_by_id(db, &workload, 0, request, ret, err);
}

void report_workload_at(const struct page *page, size_t i, struct report_workload *ret)
{
	*ret = (struct report_workload){
		.user_id = db_get_i64(page->result, i, USER_ID),
		.display_name = db_get_text(page->result, i, DISPLAY_NAME),
		.open = db_get_i64(page->result, i, OPEN),
		.overdue = db_get_i64(page->result, i, WORKLOAD_OVERDUE),
	};
	for (size_t p = 0; p <= TASK_PRIORITY_MAX; p++)
		ret->by_priority[p] = db_get_i64(page->result, i, PRIORITY_0 + p);
}
