/* report.h - figures over many tasks, a bounded page at a time. */
#ifndef TASKLAB_DOMAIN_REPORT_H
#define TASKLAB_DOMAIN_REPORT_H

#include <stdint.h>

#include <tasklab/db/db.h>
#include <tasklab/domain/page.h>
#include <tasklab/domain/task.h>

struct report_project {
	int64_t project_id;
	const char *name;
	int64_t tasks[TASK_STATUS_COUNT]; /* by status */
	int64_t overdue;                  /* not done, due in the past */
	int64_t last_activity_us;         /* latest change of a task, or TIME_NONE without tasks */
};

/* By project id; archived projects too. */
int report_project_summary(struct db *db, const struct page_request *request, struct page *ret,
			   struct err *err);
void report_project_at(const struct page *page, size_t i, struct report_project *ret);

struct report_workload {
	int64_t user_id;
	const char *display_name;
	int64_t open;                               /* tasks assigned that are not done */
	int64_t by_priority[TASK_PRIORITY_MAX + 1]; /* of these */
	int64_t overdue;                            /* of these */
};

/* By user id: users with at least one open task. */
int report_workload(struct db *db, const struct page_request *request, struct page *ret,
		    struct err *err);
void report_workload_at(const struct page *page, size_t i, struct report_workload *ret);

#endif
