/* pool.c - hands out connections: bounded wait, bounded queue, first come first served. */
#include "pool.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <tasklab/base/buf.h>
#include <tasklab/base/clock.h>
#include <tasklab/base/thread.h>

#include "observe.h"
#include "registry.h"
#include "sqlstate.h"
#include "unpooled.h"

#define HUNG_GRACE_MS      1000 /* beyond statement_timeout, which a living server keeps */
#define CLIENT_CHECK_MS    1000 /* how soon the server notices that its client has gone */
#define CONNECT_BACKOFF_NS (50 * CLOCK_NS_PER_MS)
#define TRUST_IDLE_NS      (100 * CLOCK_NS_PER_MS) /* idle for longer: looked at before use */
#define IDLE_MAX_NS        (60 * CLOCK_NS_PER_S)   /* beyond min_connections */

/* Stands on the waiting caller's stack; touched under the pool's mutex only. */
struct waiter {
	pthread_cond_t wake;
	struct session *session; /* what it was given */
	bool refused;
	struct waiter *next, *before;
};

/* Opening and closing ------------------------------------------------------------------------- */

static int parse_conninfo(struct db_pool *pool, const struct db_pool_options *options,
			  struct err *err)
{
	AUTO(buf_release) struct buf settings = BUF_INIT(256);

	buf_printf(&settings, "-c statement_timeout=%lld -c client_connection_check_interval=%d",
		   (long long)options->statement_ms, CLIENT_CHECK_MS);
	/* Many short statements: starting workers or compiling costs more than it saves. */
	buf_puts(&settings, " -c max_parallel_workers_per_gather=0 -c jit=off");
	if (buf_check(&settings, err) < 0)
		return -1;
	if (options->dbname && !(pool->dbname = strdup(options->dbname)))
		return err_no_memory(err);
	if (options->application_name &&
	    !(pool->application_name = strdup(options->application_name)))
		return err_no_memory(err);
	return conninfo_parse(options->conninfo, pool->dbname, pool->application_name,
			      buf_str(&settings), &pool->info, err);
}

static void pool_free(struct db_pool *pool)
{
	conninfo_release(&pool->info);
	free(pool->dbname);
	free(pool->application_name);
	if (pool->wake_fd >= 0)
		close(pool->wake_fd);
	pthread_cond_destroy(&pool->quiet);
	pthread_mutex_destroy(&pool->mutex);
	free(pool->sweep_fds);
	free(pool);
}

static int pool_init(struct db_pool *pool, const struct db_pool_options *options, struct err *err)
{
	pthread_mutex_init(&pool->mutex, NULL);
	pool->wake_fd = -1;
	if (thread_cond_init(&pool->quiet, err) < 0)
		return -1;
	pool->options = *options;
	if (pool->options.max_connections == 0)
		pool->options.max_connections = 1;
	if (pool->options.min_connections > pool->options.max_connections)
		pool->options.min_connections = pool->options.max_connections;
	pool->patience_ns = (options->statement_ms + HUNG_GRACE_MS) * CLOCK_NS_PER_MS;
	breaker_init(&pool->breaker, options->breaker_failures,
		     options->breaker_open_ms * CLOCK_NS_PER_MS);
	pool->sweep_fds = calloc(pool->options.max_connections, sizeof(*pool->sweep_fds));
	if (!pool->sweep_fds)
		return err_no_memory(err);
	pool->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (pool->wake_fd < 0)
		return err_errno(err, errno, "the connection pool cannot be opened", "eventfd");
	return parse_conninfo(pool, options, err);
}

int db_pool_open(const struct db_pool_options *options, struct db_pool **ret, struct err *err)
{
	struct db_pool *pool = NULL;

	if (registry_seal(err) < 0)
		return -1;
	pool = calloc(1, sizeof(*pool));
	if (!pool)
		return err_no_memory(err);
	if (pool_init(pool, options, err) < 0 ||
	    thread_start(&pool->keeper, "db-keeper", keeper_body, pool, err) < 0) {
		pool_free(pool);
		return -1;
	}
	pool->options.conninfo = NULL; /* the caller's strings end with this call */
	pool->options.dbname = NULL;
	pool->options.application_name = NULL;
	if (options->gauges)
		observe_pool_opened(pool);
	*ret = pool;
	return 0;
}

static void refuse_waiters(struct db_pool *pool)
{
	for (struct waiter *w = pool->first; w; w = w->next) {
		w->refused = true;
		pthread_cond_signal(&w->wake);
	}
}

void db_pool_close(struct db_pool *pool)
{
	if (!pool)
		return;
	observe_pool_closing(pool);
	pthread_mutex_lock(&pool->mutex);
	pool->closing = true;
	refuse_waiters(pool);
	while (pool->busy > 0 || pool->waiting > 0)
		pthread_cond_wait(&pool->quiet, &pool->mutex);
	pool_wake(pool);
	pthread_mutex_unlock(&pool->mutex);
	pthread_join(pool->keeper, NULL);
	while (pool->idle) {
		struct session *session = pool->idle;

		pool->idle = session->next;
		session_free(session);
	}
	pool_free(pool);
}

/* The queue ------------------------------------------------------------------------------------ */

static void enqueue(struct db_pool *pool, struct waiter *waiter)
{
	waiter->before = pool->last;
	if (pool->last)
		pool->last->next = waiter;
	else
		pool->first = waiter;
	pool->last = waiter;
	pool->waiting++;
}

static void dequeue(struct db_pool *pool, struct waiter *waiter)
{
	if (waiter->before)
		waiter->before->next = waiter->next;
	else
		pool->first = waiter->next;
	if (waiter->next)
		waiter->next->before = waiter->before;
	else
		pool->last = waiter->before;
	pool->waiting--;
}

/* To the caller who has waited longest, or to the idle list. */
static void hand_over(struct db_pool *pool, struct session *session)
{
	struct waiter *waiter = pool->first;

	if (!waiter) {
		session->next = pool->idle;
		pool->idle = session;
		pool->idle_count++;
		return;
	}
	dequeue(pool, waiter);
	waiter->session = session;
	pool->busy++;
	pthread_cond_signal(&waiter->wake);
}

static int refuse(struct db_pool *pool, const char *why, struct err *err)
{
	observe_refused(&pool->options);
	if (pool->last_failure.code == ERR_NONE)
		(void)sqlstate_unavailable(err, "pool", why);
	else
		(void)sqlstate_unavailable(err, why, pool->last_failure.detail);
	return -1;
}

void pool_wake(struct db_pool *pool)
{
	if (pool->woken)
		return;
	pool->woken = true;
	(void)eventfd_write(pool->wake_fd, 1);
}

static int wait_for_session(struct db_pool *pool, int64_t until_ns, struct session **ret,
			    struct err *err)
{
	struct waiter waiter = {.session = NULL};

	if (pool->waiting >= pool->options.max_waiters)
		return refuse(pool, "too many callers wait for a connection", err);
	if (thread_cond_init(&waiter.wake, err) < 0)
		return -1;
	enqueue(pool, &waiter);
	if (pool->busy + pool->connecting < pool->options.max_connections)
		pool_wake(pool);
	while (!waiter.session && !waiter.refused) {
		if (!thread_cond_wait_until(&waiter.wake, &pool->mutex, until_ns))
			break;
	}
	if (!waiter.session)
		dequeue(pool, &waiter);
	if (pool->closing && pool->waiting == 0)
		pthread_cond_signal(&pool->quiet);
	pthread_cond_destroy(&waiter.wake);
	if (!waiter.session)
		return refuse(pool,
			      !waiter.refused ? "no connection became free in time"
			      : pool->closing ? "closing"
					      : "circuit breaker opened while waiting",
			      err);
	*ret = waiter.session;
	return 0;
}

static int take_session(struct db_pool *pool, int64_t until_ns, struct session **ret, bool *waited,
			struct err *err)
{
	LOCK(&pool->mutex);
	if (pool->closing)
		return refuse(pool, "closing", err);
	if (pool->breaker.state != DB_BREAKER_CLOSED)
		return refuse(pool, "circuit breaker open", err);
	if (pool->idle) {
		*ret = pool->idle;
		pool->idle = (*ret)->next;
		pool->idle_count--;
		pool->busy++;
		return 0;
	}
	*waited = true;
	return wait_for_session(pool, until_ns, ret, err);
}

int pool_acquire(struct db_pool *pool, int64_t now_ns, int64_t deadline_ns, struct session **ret,
		 bool *waited, struct err *err)
{
	int64_t until_ns = now_ns + pool->options.wait_ms * CLOCK_NS_PER_MS;
	struct err stale = ERR_INIT;

	if (pool->options.unpooled) {
		*waited = true; /* for the connection to be made */
		return unpooled_acquire(pool, deadline_ns, ret, err);
	}
	if (until_ns > deadline_ns)
		until_ns = deadline_ns;
	for (;;) {
		struct session *session = NULL;

		if (take_session(pool, until_ns, &session, waited, err) < 0)
			return -1;
		if (*waited || now_ns - session->idle_since_ns < TRUST_IDLE_NS ||
		    !session_is_stale(session)) {
			*ret = session;
			return 0;
		}
		(void)sqlstate_unavailable(&stale, "idle connection", "closed by the server");
		session->end = WIRE_DEAD;
		pool_put(pool, session, false, &stale);
	}
}

/* Giving back ---------------------------------------------------------------------------------- */

static void note_failure(struct db_pool *pool, const struct err *err)
{
	if (err)
		pool->last_failure = *err;
	if (breaker_failed(&pool->breaker, clock_mono_ns()))
		refuse_waiters(pool);
}

static void drop_session(struct db_pool *pool, struct session *session, bool failed,
			 const struct err *err)
{
	enum wire_end end = session->end;

	if (end == WIRE_TIMEOUT)
		session_abandon(session);
	else
		session_free(session);
	LOCK(&pool->mutex);
	pool->busy--;
	if (failed)
		note_failure(pool, err);
	if (pool->busy == 0 && pool->closing)
		pthread_cond_signal(&pool->quiet);
	pool_wake(pool); /* for a replacement, and to look at the idle ones */
}

void pool_put(struct db_pool *pool, struct session *session, bool hung, const struct err *err)
{
	if (pool->options.unpooled) {
		unpooled_put(pool, session);
		return;
	}
	if (session->end == WIRE_DEAD || session->end == WIRE_TIMEOUT ||
	    PQtransactionStatus(session->pg) != PQTRANS_IDLE) {
		drop_session(pool, session, session->end == WIRE_DEAD || hung, err);
		return;
	}
	session->idle_since_ns = clock_mono_ns();
	LOCK(&pool->mutex);
	breaker_answered(&pool->breaker);
	pool->busy--;
	hand_over(pool, session);
	if (pool->busy == 0 && pool->closing)
		pthread_cond_signal(&pool->quiet);
}

/* The keeper's side ---------------------------------------------------------------------------- */

unsigned pool_plan(struct db_pool *pool, int64_t now_ns, unsigned most, int64_t *next_ns)
{
	unsigned wanted = 0, open;

	LOCK(&pool->mutex);
	pool->woken = false;
	if (pool->options.unpooled)
		return 0;
	if (pool->breaker.state != DB_BREAKER_CLOSED) {
		if (breaker_probes(&pool->breaker, now_ns))
			wanted = pool->connecting == 0 ? 1 : 0;
		else
			*next_ns = pool->breaker.probe_at_ns;
	} else if (now_ns < pool->retry_at_ns) {
		*next_ns = pool->retry_at_ns;
	} else {
		open = pool->idle_count + pool->busy + pool->connecting;
		wanted = pool->busy + pool->waiting;
		if (wanted < pool->options.min_connections)
			wanted = pool->options.min_connections;
		if (wanted > pool->options.max_connections)
			wanted = pool->options.max_connections;
		wanted = wanted > open ? wanted - open : 0;
	}
	if (wanted > most)
		wanted = most;
	pool->connecting += wanted;
	return wanted;
}

void pool_adopt(struct db_pool *pool, struct session *session)
{
	session->idle_since_ns = clock_mono_ns();
	LOCK(&pool->mutex);
	pool->connecting--;
	pool->last_failure = ERR_INIT;
	breaker_connected(&pool->breaker);
	hand_over(pool, session);
}

void pool_connect_failed(struct db_pool *pool, const struct err *err)
{
	LOCK(&pool->mutex);
	pool->connecting--;
	pool->retry_at_ns = clock_mono_ns() + CONNECT_BACKOFF_NS;
	/* While others work, it is not the database that is gone: it may have none to spare. */
	if (pool->idle_count + pool->busy == 0)
		note_failure(pool, err);
	else
		pool->last_failure = *err;
}

/* Splits off what must go, under the mutex; the caller frees it. */
static struct session *pick_unwanted(struct db_pool *pool)
{
	struct session **at = &pool->idle;
	struct session *unwanted = NULL;
	int64_t now_ns = clock_mono_ns();
	unsigned n = 0;

	LOCK(&pool->mutex);
	for (struct session *s = pool->idle; s; s = s->next)
		pool->sweep_fds[n++] = (struct pollfd){.fd = PQsocket(s->pg), .events = POLLIN};
	if (poll(pool->sweep_fds, n, 0) < 0)
		return NULL;
	for (unsigned i = 0; i < n; i++) {
		struct session *session = *at;
		bool extra = pool->idle_count + pool->busy > pool->options.min_connections &&
			     now_ns - session->idle_since_ns > IDLE_MAX_NS;

		if (pool->sweep_fds[i].revents == 0 && !extra) {
			at = &session->next;
			continue;
		}
		*at = session->next;
		session->next = unwanted;
		unwanted = session;
		pool->idle_count--;
	}
	return unwanted;
}

void pool_sweep(struct db_pool *pool)
{
	struct session *unwanted = pick_unwanted(pool);

	while (unwanted) {
		struct session *session = unwanted;

		unwanted = session->next;
		session_free(session);
	}
}

bool pool_is_closing(struct db_pool *pool)
{
	LOCK(&pool->mutex);
	return pool->closing;
}

enum db_breaker_state pool_breaker(struct db_pool *pool)
{
	LOCK(&pool->mutex);
	return pool->breaker.state;
}

void db_pool_stats(struct db_pool *pool, struct db_pool_stats *ret)
{
	LOCK(&pool->mutex);
	*ret = (struct db_pool_stats){
		.open = pool->idle_count + pool->busy,
		.idle = pool->idle_count,
		.busy = pool->busy,
		.connecting = pool->connecting,
		.waiting = pool->waiting,
		.max = pool->options.max_connections,
		.breaker = pool->breaker.state,
	};
}
