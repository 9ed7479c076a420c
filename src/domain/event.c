/* event.c - reads the history of a task. */
#include <tasklab/domain/event.h>

#include "list.h"

/* clang-format off */
DB_QUERY_READ(SQL_EVENT_LIST, "event_list",
	"SELECT e.id, e.task_id, e.actor_id, e.at, e.kind, e.changes"
	" FROM tasks t LEFT JOIN LATERAL ("
	" SELECT * FROM task_events WHERE task_id = t.id AND id > $2::bigint"
	" ORDER BY id LIMIT $3::bigint) e ON true"
	" WHERE t.id = $1::bigint ORDER BY e.id");

enum { ID, TASK_ID, ACTOR_ID, AT, KIND, CHANGES };
/* clang-format on */

static const struct list_by_id list = {
	.list = LIST_EVENTS,
	.query = &SQL_EVENT_LIST,
	.id_column = ID,
	.no_parent = "there is no such task",
};

int event_list(struct db *db, int64_t task_id, const struct page_request *request, struct page *ret,
	       struct err *err)
{
	return list_by_id(db, &list, task_id, request, ret, err);
}

void event_at(const struct page *page, size_t i, struct event *ret)
{
	*ret = (struct event){
		.id = db_get_i64(page->result, i, ID),
		.task_id = db_get_i64(page->result, i, TASK_ID),
		.actor_id = db_get_i64(page->result, i, ACTOR_ID),
		.at_us = db_get_time_us(page->result, i, AT),
		.kind = db_get_text(page->result, i, KIND),
		.changes = db_get_text(page->result, i, CHANGES),
	};
}
