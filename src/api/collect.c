/* collect.c - the background thread: what is counted and checked now and then, never in a scrape.
 */
#include <tasklab/base/clock.h>
#include <tasklab/base/thread.h>
#include <tasklab/db/conn.h>
#include <tasklab/db/migrate.h>
#include <tasklab/domain/task.h>
#include <tasklab/metrics/metrics.h>

#include "idempotency.h"
#include "state.h"

#define COLLECT_EVERY_NS   (15 * CLOCK_NS_PER_S)
#define COLLECT_RETRY_NS   (250 * CLOCK_NS_PER_MS) /* while the schema is not complete */
#define COLLECT_TIMEOUT_NS (3 * CLOCK_NS_PER_S)    /* a stop waits for it at most */
#define CONNECT_TIMEOUT_MS 1000

int api_labels_register(struct err *err)
{
	return metrics_labels(LABELS_TASK_STATUS, task_status_names, TASK_STATUS_COUNT, err);
}

/* On a connection of its own: the check reads the migrations' table, which no other query does. */
static int check_schema(const struct api *api, struct err *err)
{
	AUTO(db_conn_closep) struct db_conn *conn = NULL;

	if (db_conn_open(api->conninfo, NULL, "tasklab readiness", CONNECT_TIMEOUT_MS, &conn, err) <
	    0)
		return -1;
	db_conn_set_deadline(conn, clock_mono_ns() + COLLECT_TIMEOUT_NS);
	return migrate_verify(conn, err);
}

/* A database that cannot be asked says nothing about its schema: then the last answer holds. */
static bool update_schema(struct api *api)
{
	struct err err = ERR_INIT;
	bool ok = check_schema(api, &err) == 0;
	LOCK(&api->mutex);

	if (ok || err.code == ERR_CONFLICT)
		api->schema_ok = ok;
	if (!api->schema_ok)
		api->schema_err = err;
	return api->schema_ok;
}

static void count_tasks(struct db *db)
{
	int64_t counts[TASK_STATUS_COUNT];

	if (task_count_by_status(db, counts, NULL) < 0)
		return; /* the gauge keeps its last value; the failure is in db_queries_total */
	for (size_t status = 0; status < TASK_STATUS_COUNT; status++)
		metric_gauge_set(M_TASKLAB_TASKS, (double)counts[status], status);
}

static void collect(struct api *api)
{
	struct db db;
	int64_t principal;

	db_init(&db, api->pool, clock_mono_ns() + COLLECT_TIMEOUT_NS);
	count_tasks(&db);
	(void)state_find_principal(api, &db, &principal, NULL);
	(void)idempotency_forget(&db, NULL);
	db_release(&db);
}

static bool wait_until(struct api *api, int64_t deadline_ns)
{
	LOCK(&api->mutex);

	while (!atomic_load(&api->draining)) {
		if (!thread_cond_wait_until(&api->wake, &api->mutex, deadline_ns))
			break;
	}
	return !atomic_load(&api->draining);
}

void *collect_run(void *arg)
{
	struct api *api = arg;
	int64_t next;

	do {
		bool ok = update_schema(api);

		if (ok && !atomic_load(&api->draining))
			collect(api);
		next = clock_mono_ns() + (ok ? COLLECT_EVERY_NS : COLLECT_RETRY_NS);
	} while (wait_until(api, next));
	return NULL;
}
