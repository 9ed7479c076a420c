/* pool.h - the inside of a pool, for the callers' side (pool.c) and the keeper's (keeper.c).
 *
 * Invariants, under the mutex: idle > 0 and waiting > 0 never hold together; a session is in the
 * idle list, or counted busy, or nowhere. No lock is held across input or output.
 */
#ifndef DB_POOL_H
#define DB_POOL_H

#include <poll.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include <tasklab/db/db.h>

#include "breaker.h"
#include "conninfo.h"
#include "session.h"

struct waiter; /* a caller in the queue */

struct db_pool {
	struct db_pool_options options;  /* without its strings, which info holds */
	char *dbname, *application_name; /* which info points to */
	struct conninfo info;
	int64_t patience_ns; /* a statement without an answer for so long means a server that hangs
			      */

	pthread_mutex_t mutex; /* of all that follows */
	pthread_cond_t quiet;  /* no session is busy */
	struct session *idle;  /* the most recently used first */
	unsigned idle_count, busy, connecting, waiting;
	struct waiter *first, *last;
	struct breaker breaker;
	struct err last_failure; /* why the last connection was lost or refused */
	int64_t retry_at_ns;     /* no new connection before */
	bool closing;
	bool woken; /* the keeper has been told already */

	int wake_fd; /* eventfd of the keeper */
	pthread_t keeper;
	struct pollfd *sweep_fds; /* max_connections of them, used by the sweep */
};

/* Callers' side */

/* A session for the caller until pool_put. *waited is set when it had to wait. */
int pool_acquire(struct db_pool *pool, int64_t now_ns, int64_t deadline_ns, struct session **ret,
		 bool *waited, struct err *err);
/* Gives it back; what its last statement came to (session->end) decides whether it is kept. hung:
 * the server did not answer although it should have. */
void pool_put(struct db_pool *pool, struct session *session, bool hung, const struct err *err);

/* Keeper's side */

void *keeper_body(void *pool);
/* How many connections to begin now; they are counted as connecting. *next_ns: when to ask again.
 */
unsigned pool_plan(struct db_pool *pool, int64_t now_ns, unsigned most, int64_t *next_ns);
void pool_adopt(struct db_pool *pool, struct session *session);
void pool_connect_failed(struct db_pool *pool, const struct err *err);
/* Drops idle sessions that the server has closed, and those that nobody needed for long. */
void pool_sweep(struct db_pool *pool);
bool pool_is_closing(struct db_pool *pool);
enum db_breaker_state pool_breaker(struct db_pool *pool);
void pool_wake(struct db_pool *pool); /* with the mutex held */

#endif
