/* lock_watch.c - a thread that looks for sessions that wait for a lock. */
#include "lock_watch.h"

#include <stdlib.h>

#include <tasklab/base/clock.h>
#include <tasklab/base/thread.h>

#define LOOK_MS INT64_C(10000) /* longest wait for the answer */

static const char SQL_WAITING[] = "SELECT pid FROM pg_stat_activity WHERE datname = $1"
				  " AND wait_event_type = 'Lock'";

struct target {
	struct actor *actor;
	uint64_t noted; /* its statement when the server was asked */
};

struct lock_watch {
	struct db_conn *conn;
	const char *database;
	struct target *targets;
	size_t count;
	int64_t interval_ns;
	pthread_t thread;
	pthread_mutex_t mutex;
	pthread_cond_t changed;
	bool ending;
	int result;
	struct err err;
};

static void tell(struct lock_watch *watch, int64_t pid)
{
	for (size_t i = 0; i < watch->count; i++)
		if (db_conn_backend_pid(watch->targets[i].actor->conn) == pid)
			(void)waits_seen(&watch->targets[i].actor->waits, watch->targets[i].noted);
}

static int look(struct lock_watch *watch, struct err *err)
{
	AUTO(db_result_freep) struct db_result *waiting = NULL;

	for (size_t i = 0; i < watch->count; i++)
		watch->targets[i].noted = waits_note(&watch->targets[i].actor->waits);
	db_conn_set_deadline(watch->conn, clock_mono_ns() + LOOK_MS * CLOCK_NS_PER_MS);
	if (db_conn_query(watch->conn, SQL_WAITING, DB_ARGS(db_text(watch->database)), &waiting,
			  err) < 0)
		return -1;
	for (size_t i = 0; i < db_rows(waiting); i++)
		tell(watch, db_get_i64(waiting, i, 0));
	return 0;
}

/* True: it is to go on. */
static bool wait_for_next(struct lock_watch *watch)
{
	int64_t next_ns = clock_mono_ns() + watch->interval_ns;
	LOCK(&watch->mutex);

	while (!watch->ending && clock_mono_ns() < next_ns)
		(void)thread_cond_wait_until(&watch->changed, &watch->mutex, next_ns);
	return !watch->ending;
}

static void *watch_main(void *arg)
{
	struct lock_watch *watch = arg;

	do
		watch->result = look(watch, &watch->err);
	while (watch->result == 0 && wait_for_next(watch));
	return NULL;
}

static void free_watch(struct lock_watch *watch)
{
	db_conn_closep(&watch->conn);
	pthread_cond_destroy(&watch->changed);
	pthread_mutex_destroy(&watch->mutex);
	free(watch->targets);
	free(watch);
}

int lock_watch_start(struct site *site, const char *database, struct actor *const *actors, size_t n,
		     unsigned interval_ms, struct lock_watch **ret, struct err *err)
{
	struct lock_watch *watch = calloc(1, sizeof(*watch));
	struct target *targets = calloc(n, sizeof(*targets));

	int result = watch && targets ? 0 : err_no_memory(err);

	if (result == 0)
		result = thread_cond_init(&watch->changed, err);
	if (result < 0) {
		free(watch);
		free(targets);
		return -1;
	}
	pthread_mutex_init(&watch->mutex, NULL);
	watch->database = database;
	watch->targets = targets;
	watch->count = n;
	watch->interval_ns = interval_ms * CLOCK_NS_PER_MS;
	for (size_t i = 0; i < n; i++)
		targets[i].actor = actors[i];
	if (site_connect(site, NULL, NULL, &watch->conn, err) < 0 ||
	    thread_start(&watch->thread, "lab-locks", watch_main, watch, err) < 0) {
		free_watch(watch);
		return -1;
	}
	*ret = watch;
	return 0;
}

int lock_watch_stop(struct lock_watch **watch, struct err *err)
{
	int result;

	if (!*watch)
		return 0;
	{
		LOCK(&(*watch)->mutex);
		(*watch)->ending = true;
		pthread_cond_broadcast(&(*watch)->changed);
	}
	pthread_join((*watch)->thread, NULL);
	result = (*watch)->result;
	if (result < 0 && err)
		*err = (*watch)->err;
	free_watch(*watch);
	*watch = NULL;
	return result;
}
