/* unpooled.c - a pool that keeps nothing: a connection for each caller, closed when it is given
 * back.
 */
#include "unpooled.h"

#include <tasklab/base/clock.h>
#include <tasklab/base/thread.h>

#include "observe.h"
#include "sqlstate.h"

static int enter(struct db_pool *pool, struct err *err)
{
	LOCK(&pool->mutex);
	if (pool->closing || pool->busy >= pool->options.max_connections) {
		observe_refused(&pool->options);
		return sqlstate_unavailable(err, "connect",
					    pool->closing ? "closing" : "too many at once");
	}
	pool->busy++;
	return 0;
}

static void leave(struct db_pool *pool)
{
	LOCK(&pool->mutex);
	pool->busy--;
	if (pool->busy == 0 && pool->closing)
		pthread_cond_signal(&pool->quiet);
}

static int connect_session(struct db_pool *pool, int64_t deadline_ns, struct session **ret,
			   struct err *err)
{
	AUTO(conninfo_finishp) PGconn *pg = NULL;
	int64_t until_ns = clock_mono_ns() + pool->options.connect_ms * CLOCK_NS_PER_MS;

	if (conninfo_connect(&pool->info, until_ns < deadline_ns ? until_ns : deadline_ns, &pg,
			     err) < 0)
		return -1;
	if (session_new(pg, pool->options.shapes_max, ret, err) < 0)
		return -1;
	pg = NULL; /* the session's now */
	return 0;
}

int unpooled_acquire(struct db_pool *pool, int64_t deadline_ns, struct session **ret,
		     struct err *err)
{
	if (enter(pool, err) < 0)
		return -1;
	if (connect_session(pool, deadline_ns, ret, err) == 0)
		return 0;
	leave(pool);
	return -1;
}

void unpooled_put(struct db_pool *pool, struct session *session)
{
	if (session->end == WIRE_TIMEOUT)
		session_abandon(session);
	else
		session_free(session);
	leave(pool);
}
