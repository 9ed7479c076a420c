/* task.h - tasks: read, create, change, delete, list, count.
 *
 * status is "todo", "in_progress" or "done"; priority 0 low, 1 normal, 2 high, 3 urgent.
 * completed_at is kept here: set when the status becomes done, null otherwise. Each change is
 * recorded in the task's history (event.h) by the same statement that makes it.
 */
#ifndef TASKLAB_DOMAIN_TASK_H
#define TASKLAB_DOMAIN_TASK_H

#include <stdbool.h>
#include <stdint.h>

#include <tasklab/db/db.h>
#include <tasklab/domain/page.h>
#include <tasklab/domain/rules.h>

#define TASK_TITLE_MAX          200
#define TASK_DESCRIPTION_MAX    20000
#define TASK_PRIORITY_MAX       3
#define TASK_METADATA_MAX_BYTES 16384
#define TASK_METADATA_DEPTH     16
#define TASK_SEARCH_MAX         200 /* characters of q */

enum task_status { TASK_TODO, TASK_IN_PROGRESS, TASK_DONE, TASK_STATUS_COUNT };
/* "todo", "in_progress", "done", in the order of enum task_status. */
extern const char *const task_status_names[TASK_STATUS_COUNT];

struct task {
	int64_t id;
	int64_t project_id;
	int64_t assignee_id; /* 0: nobody */
	int64_t reporter_id;
	int64_t created_at_us;
	int64_t updated_at_us;
	int64_t due_at_us;       /* or TIME_NONE */
	int64_t completed_at_us; /* or TIME_NONE */
	int32_t version;
	int priority;
	const char *status;
	const char *title;
	const char *description;
	const char *metadata; /* JSON object, as text */
	const char *tags; /* JSON array of names in order, when a list was asked for it; or NULL */
	struct db_result *result; /* what the strings point into; NULL in a row of a page */
};

void task_release(struct task *task);

/* One statement. ERR_NOT_FOUND. */
int task_get(struct db *db, int64_t id, struct task *ret, struct err *err);

#define TASK_SET_PROJECT_ID  (1u << 0)
#define TASK_SET_ASSIGNEE_ID (1u << 1)
#define TASK_SET_REPORTER_ID (1u << 2)
#define TASK_SET_DUE_AT      (1u << 3)
#define TASK_SET_PRIORITY    (1u << 4)
#define TASK_SET_STATUS      (1u << 5)
#define TASK_SET_TITLE       (1u << 6)
#define TASK_SET_DESCRIPTION (1u << 7)
#define TASK_SET_METADATA    (1u << 8)

struct task_input {
	uint32_t set;        /* TASK_SET_... of the fields given */
	int64_t project_id;  /* required to create */
	int64_t assignee_id; /* 0: nobody */
	int64_t reporter_id; /* to create: the actor when not given, one of both is required */
	int64_t due_at_us;   /* or TIME_NONE */
	int64_t priority;
	const char *status;
	const char *title; /* required to create */
	const char *description;
	/* JSON text of an object. To create: the value. To update: a merge patch (RFC 7396) that
	 * the database applies to the stored value; NULL sets {}. */
	const char *metadata;
};

/* The checks alone, as create (creating true) and update make them. */
int task_input_check(const struct task_input *input, bool creating, int64_t actor_id,
		     struct err *err);

/* One statement each; *ret is the task as stored, released by the caller. */
int task_create(struct db *db, const struct task_input *input, int64_t actor_id, struct task *ret,
		struct err *err);
int task_update(struct db *db, int64_t id, int64_t version, const struct task_input *input,
		int64_t actor_id, struct task *ret, struct err *err);
/* With its comments, tags and history. */
int task_delete(struct db *db, int64_t id, int64_t version, struct err *err);

/* How the tags of a list's tasks are fetched. The service joins; the other ways are there for the
 * lab that compares them. All give the same answer. */
enum task_tags {
	TASK_TAGS_NONE,
	TASK_TAGS_JOINED,   /* within the list's own statement */
	TASK_TAGS_PER_TASK, /* one more statement for each task of the page: N + 1 */
	TASK_TAGS_BATCHED,  /* one more statement for the whole page */
};

/* Lists: query parameters as they came, or NULL when not given. All filters given must match. */
struct task_filter {
	const char *status;
	const char *priority;
	const char *project_id;
	const char *assignee_id;
	const char *tag;        /* a tag's name, in any case; an unknown one gives an empty list */
	const char *due_before; /* RFC 3339; due_at < it */
	const char *due_after;  /* due_at > it, and earlier than due_before */
	const char *q; /* words of the title, as websearch_to_tsquery('simple') reads them */
	/* created_at, updated_at, due_at, priority, or one of them after a '-' for descending;
	 * -created_at when not given. Equal keys follow the id in the same direction. The due_at
	 * sorts list only tasks that have a due date. */
	const char *sort;
	enum task_tags tags; /* fill task.tags, and how */
};

/* One statement (with a tag filter, one more that looks up the tag; with tags those they take). */
int task_list(struct db *db, const struct task_filter *filter, const struct page_request *request,
	      struct page *ret, struct err *err);
void task_at(const struct page *page, size_t i, struct task *ret);

/* How many tasks there are of each status, for a gauge, cheap at any size: exact for todo and
 * in_progress (a partial index holds them), and for done the planner's estimate of the table's rows
 * minus those, which follows autovacuum's ANALYZE. */
int task_count_by_status(struct db *db, int64_t ret[TASK_STATUS_COUNT], struct err *err);

#endif
