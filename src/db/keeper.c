/* keeper.c - the pool's background thread: makes connections, probes a database that was lost,
 * and drops idle connections that died. No caller ever waits in connect(2). */
#include <poll.h>
#include <stdlib.h>
#include <sys/eventfd.h>

#include <tasklab/base/clock.h>

#include "pool.h"
#include "sqlstate.h"

#define ATTEMPTS_MAX   8 /* connections being made at once */
#define SWEEP_EVERY_NS (250 * CLOCK_NS_PER_MS)
#define PROBE_MAX_NS   CLOCK_NS_PER_S /* a probe that takes longer is begun anew */

struct attempt {
	PGconn *pg;
	short events; /* what it waits for */
	int64_t deadline_ns;
};

struct keeper {
	struct db_pool *pool;
	struct attempt attempts[ATTEMPTS_MAX];
	unsigned count;
};

static void drop_attempt(struct keeper *keeper, unsigned i)
{
	PQfinish(keeper->attempts[i].pg);
	keeper->attempts[i] = keeper->attempts[--keeper->count];
}

static void fail_attempt(struct keeper *keeper, unsigned i)
{
	struct err err = ERR_INIT;

	if (PQstatus(keeper->attempts[i].pg) == CONNECTION_BAD)
		(void)conninfo_refused(keeper->attempts[i].pg, &err);
	else
		(void)sqlstate_unavailable(&err, "connect", "no answer in time");
	drop_attempt(keeper, i);
	pool_connect_failed(keeper->pool, &err);
}

static void finish_attempt(struct keeper *keeper, unsigned i)
{
	PGconn *pg = keeper->attempts[i].pg;
	struct session *session = NULL;
	struct err err = ERR_INIT;

	if (PQsetnonblocking(pg, 1) != 0 ||
	    session_new(pg, keeper->pool->options.shapes_max, &session, &err) < 0) {
		fail_attempt(keeper, i);
		return;
	}
	PQsetErrorVerbosity(pg, PQERRORS_DEFAULT);
	keeper->attempts[i].pg = NULL; /* the session's now */
	drop_attempt(keeper, i);
	pool_adopt(keeper->pool, session);
}

static void step_attempt(struct keeper *keeper, unsigned i)
{
	switch (PQconnectPoll(keeper->attempts[i].pg)) {
	case PGRES_POLLING_OK:
		finish_attempt(keeper, i);
		break;
	case PGRES_POLLING_READING:
		keeper->attempts[i].events = POLLIN;
		break;
	case PGRES_POLLING_WRITING:
		keeper->attempts[i].events = POLLOUT;
		break;
	default:
		fail_attempt(keeper, i);
		break;
	}
}

static void begin_attempt(struct keeper *keeper, int64_t now_ns)
{
	struct attempt *attempt = &keeper->attempts[keeper->count++];

	attempt->pg = conninfo_start(&keeper->pool->info);
	attempt->events = POLLOUT;
	attempt->deadline_ns = now_ns + keeper->pool->options.connect_ms * CLOCK_NS_PER_MS;
	if (PQstatus(attempt->pg) == CONNECTION_BAD)
		fail_attempt(keeper, keeper->count - 1);
}

/* With the breaker open each attempt is a probe: its time is short, so that a database that comes
 * back is not missed while an old attempt hangs. */
static void hurry(struct keeper *keeper, int64_t now_ns)
{
	if (pool_breaker(keeper->pool) == DB_BREAKER_CLOSED)
		return;
	for (unsigned i = 0; i < keeper->count; i++) {
		if (keeper->attempts[i].deadline_ns > now_ns + PROBE_MAX_NS)
			keeper->attempts[i].deadline_ns = now_ns + PROBE_MAX_NS;
	}
}

static int64_t earliest(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

/* Waits until an attempt goes on, the pool calls, or it is time for something. */
static void wait_and_step(struct keeper *keeper, int64_t until_ns)
{
	struct pollfd fds[ATTEMPTS_MAX + 1];
	unsigned n = keeper->count;
	eventfd_t ignored;
	int64_t now_ns;

	for (unsigned i = 0; i < n; i++) {
		fds[i] = (struct pollfd){.fd = PQsocket(keeper->attempts[i].pg),
					 .events = keeper->attempts[i].events};
		until_ns = earliest(until_ns, keeper->attempts[i].deadline_ns);
	}
	fds[n] = (struct pollfd){.fd = keeper->pool->wake_fd, .events = POLLIN};
	if (poll(fds, n + 1, clock_poll_ms(until_ns)) < 0)
		return;
	if (fds[n].revents)
		(void)eventfd_read(keeper->pool->wake_fd, &ignored);
	now_ns = clock_mono_ns();
	for (unsigned i = n; i-- > 0;) { /* downwards: a step may move the last one here */
		if (fds[i].revents)
			step_attempt(keeper, i);
		else if (now_ns >= keeper->attempts[i].deadline_ns)
			fail_attempt(keeper, i);
	}
}

void *keeper_body(void *arg)
{
	struct keeper keeper = {.pool = arg};

	while (!pool_is_closing(keeper.pool)) {
		int64_t now_ns = clock_mono_ns();
		int64_t until_ns = now_ns + SWEEP_EVERY_NS;
		unsigned wanted =
			pool_plan(keeper.pool, now_ns, ATTEMPTS_MAX - keeper.count, &until_ns);

		while (wanted-- > 0)
			begin_attempt(&keeper, now_ns);
		hurry(&keeper, now_ns);
		wait_and_step(&keeper, earliest(until_ns, now_ns + SWEEP_EVERY_NS));
		pool_sweep(keeper.pool);
	}
	while (keeper.count > 0)
		drop_attempt(&keeper, 0);
	return NULL;
}
