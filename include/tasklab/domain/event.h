/* event.h - the history of a task, read only: the rest of this room writes it.
 *
 * kind        changes
 * created     {}
 * updated     {"field": [old, new], ...} of project_id, assignee_id, reporter_id, due_at, priority,
 *             status, title, description, metadata: those that changed
 * commented   {"comment_id": [null, id]}
 * tagged      {"tag": [null, name]}
 * untagged    {"tag": [name, null]}
 */
#ifndef TASKLAB_DOMAIN_EVENT_H
#define TASKLAB_DOMAIN_EVENT_H

#include <stdint.h>

#include <tasklab/db/db.h>
#include <tasklab/domain/page.h>

struct event {
	int64_t id;
	int64_t task_id;
	int64_t actor_id; /* 0: none, or since deleted */
	int64_t at_us;
	const char *kind;
	const char *changes; /* JSON object, as text */
};

/* By id, oldest first. ERR_NOT_FOUND when there is no such task. */
int event_list(struct db *db, int64_t task_id, const struct page_request *request, struct page *ret,
	       struct err *err);
void event_at(const struct page *page, size_t i, struct event *ret);

#endif
