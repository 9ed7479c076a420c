/* list.h - runs the room's lists: by id below a parent, or with filters and sorts from tables. */
#ifndef DOMAIN_LIST_H
#define DOMAIN_LIST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <tasklab/domain/page.h>

/* A cursor is good for the list that made it. */
enum list_id {
	LIST_TASKS = 1,
	LIST_PROJECTS,
	LIST_USERS,
	LIST_TAGS,
	LIST_TASK_TAGS,
	LIST_COMMENTS,
	LIST_EVENTS,
	LIST_MEMBERS,
	LIST_PROJECT_SUMMARY,
	LIST_WORKLOAD,
};

/* Lists by id ---------------------------------------------------------------------------------- */

/* The statement takes $1 the parent, $2 the id to go on after, $3 how many rows; without a parent
 * $1 the id, $2 how many rows. With a parent it must give one row of nulls when the parent is there
 * and has no (more) children, and no row when it is not. */
struct list_by_id {
	enum list_id list;
	const struct db_query *query;
	size_t id_column;
	const char *no_parent; /* message of ERR_NOT_FOUND; NULL: the list has no parent */
};

int list_by_id(struct db *db, const struct list_by_id *list, int64_t parent_id,
	       const struct page_request *request, struct page *ret, struct err *err);

/* Lists with filters and sorts ----------------------------------------------------------------- */

/* A condition without a value: the plan is made for exactly this one, which matters where the
 * values are few and skewed. */
struct list_choice {
	const char *value;
	const char *sql;
};

enum list_filter_kind {
	LIST_CHOICE,
	LIST_ID,
	LIST_TIME, /* RFC 3339 */
	LIST_TEXT, /* one line of at most max characters */
};

struct list_filter {
	const char *name; /* of the query parameter */
	size_t offset;    /* of its const char * in the aggregate's filter struct */
	enum list_filter_kind kind;
	bool skewed;  /* how many rows match depends much on the value: see replan in list.c */
	bool ordered; /* skewed, but an index has its rows in the order of the indexed sorts */
	const struct list_choice *choices; /* LIST_CHOICE */
	size_t choice_count;
	const char *sql; /* the others: a condition with one '?' for the value */
	size_t max;
};

struct list_sort {
	const char *name;
	const char *key;   /* an SQL expression */
	const char *type;  /* its SQL type */
	const char *where; /* a condition that comes with the sort, or NULL */
	size_t key_column; /* where the result has it */
	bool time;         /* the key is a timestamp; otherwise a small integer */
	bool descending;
	bool indexed; /* for each ordered filter an index begins with it and goes on with the key */
};

struct list {
	enum list_id list;
	const struct db_query *query; /* its text is not used: each combination has its own */
	const char *columns;
	const char *from;  /* "tasks t" */
	const char *id;    /* "t.id", column 0 of the result */
	const char *alias; /* "t" */
	const char
		*more_column; /* asked for by extra: computed for the page's rows only; or NULL */
	const struct list_filter *filters;
	size_t filter_count;
	const struct list_sort *sorts; /* the first is the default */
	size_t sort_count;
};

/* filter is the aggregate's filter struct, sort its member of that name. */
int list_run(struct db *db, const struct list *list, const void *filter, const char *sort,
	     bool more, const struct page_request *request, struct page *ret, struct err *err);

#endif
