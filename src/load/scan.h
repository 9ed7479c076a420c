/* scan.h - takes what the generator needs out of the service's JSON, without a document tree. */
#ifndef TASKLAB_LOAD_SCAN_H
#define TASKLAB_LOAD_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SCAN_LINK_SIZE 1024

struct scan_item {
	int64_t id;
	int64_t project_id; /* 0: it has none; so for assignee_id */
	int64_t assignee_id;
	bool archived; /* archived_at is there and not null */
};

/* Calls each for every object of the list's "items", and copies its "next" ("" for null, or one
 * that is too long). False for text that is not such a list; each may have been called by then. */
bool scan_list(const char *text, void (*each)(const struct scan_item *item, void *arg), void *arg,
	       char next[SCAN_LINK_SIZE]);
/* The members of one object, e.g. a task that was created. */
bool scan_object(const char *text, struct scan_item *ret);

#endif
