/* unpooled.h - a pool that keeps nothing: a connection for each caller, closed when it is given
 * back.
 *
 * What a program without a pool does, for the lab that shows why that is a bad idea.
 */
#ifndef DB_UNPOOLED_H
#define DB_UNPOOLED_H

#include <stdint.h>

#include "pool.h"

/* Connects in the caller's thread; refused at once when max_connections are open. */
int unpooled_acquire(struct db_pool *pool, int64_t deadline_ns, struct session **ret,
		     struct err *err);
/* Closes it. */
void unpooled_put(struct db_pool *pool, struct session *session);

#endif
