/* task_row.h - the columns of a task in a result, and how a struct task is read from them. */
#ifndef DOMAIN_TASK_ROW_H
#define DOMAIN_TASK_ROW_H

#include <stddef.h>

#include <tasklab/domain/task.h>

/* clang-format off */
#define TASK_COLUMNS                                                                               \
	"t.id, t.project_id, t.assignee_id, t.reporter_id, t.created_at, t.updated_at, t.due_at,"  \
	" t.completed_at, t.version, t.priority, t.status, t.title, t.description, t.metadata"

enum task_column {
	TASK_ID, TASK_PROJECT_ID, TASK_ASSIGNEE_ID, TASK_REPORTER_ID, TASK_CREATED_AT,
	TASK_UPDATED_AT, TASK_DUE_AT, TASK_COMPLETED_AT, TASK_VERSION, TASK_PRIORITY, TASK_STATUS,
	TASK_TITLE, TASK_DESCRIPTION, TASK_METADATA, TASK_COLUMN_COUNT
};
/* clang-format on */

/* Strings point into the result; ret->result is NULL. */
void task_read(const struct db_result *result, size_t row, struct task *ret);
/* The first row, with the result, which becomes the task's. */
void task_take(struct db_result **result, struct task *ret);

#endif
