/* observe.h - what the room counts. */
#ifndef DB_OBSERVE_H
#define DB_OBSERVE_H

#include <stdbool.h>
#include <stdint.h>

#include <tasklab/db/db.h>

/* One statement by the name of its query; code is ERR_NONE when it succeeded; ns is below 0 when
 * it was not sent; trace (or NULL) is the one it belongs to. */
void observe_query(const struct db_query *query, enum err_code code, int64_t ns,
		   const struct id_trace *trace);
/* Only pools that were opened with gauges. */
void observe_wait(const struct db_pool_options *options, int64_t ns);
void observe_refused(const struct db_pool_options *options);
/* The pool whose state the gauges show. */
void observe_pool_opened(struct db_pool *pool);
void observe_pool_closing(struct db_pool *pool);

#endif
