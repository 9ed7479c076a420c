/* task_list_tags.h - the tags of a page of tasks, by statements of their own. */
#ifndef DOMAIN_TASK_LIST_TAGS_H
#define DOMAIN_TASK_LIST_TAGS_H

#include <tasklab/domain/task.h>

/* Fills page->extra with JSON arrays of names, one a task; the ways that need no statement of their
 * own do nothing. */
int task_list_tags(struct db *db, enum task_tags how, struct page *page, struct err *err);

#endif
