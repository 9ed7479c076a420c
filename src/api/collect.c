/* collect.c - the background collectors, a table of groups, and how old each group is. */
#include "collect.h"

#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include <tasklab/base/clock.h>
#include <tasklab/base/log.h>
#include <tasklab/base/thread.h>
#include <tasklab/db/conn.h>
#include <tasklab/db/migrate.h>
#include <tasklab/db/monitor.h>
#include <tasklab/domain/task.h>
#include <tasklab/metrics/metrics.h>

#include "idempotency.h"
#include "state.h"

#define PASS_NS            (3 * CLOCK_NS_PER_S) /* a stop waits for it at most */
#define CONNECT_TIMEOUT_MS 1000
#define REASON_SIZE        sizeof(((struct err *)0)->detail)

typedef int collect_fn(struct collector *collector, struct err *err);
static collect_fn check_schema, count_tasks, sample_sessions, count_statements;

/* Adding a group is one row and its function, which fails when its figures are not fresh.
 * X(identifier, group, source, milliseconds from pass to pass, after a failed one, function) */
/* clang-format off */
#define COLLECT_GROUPS(X)                                                                          \
	X(GROUP_SCHEMA, "schema", COLLECT_SERVICE, 15000, 250, check_schema)                       \
	X(GROUP_TASKS, "tasks", COLLECT_SERVICE, 15000, 1000, count_tasks)                         \
	X(GROUP_SESSIONS, "sessions", COLLECT_SERVER, 5000, 1000, sample_sessions)                 \
	X(GROUP_STATEMENTS, "statements", COLLECT_SERVER, 5000, 1000, count_statements)
/* clang-format on */

enum group {
#define X(id, name, source, every_ms, retry_ms, collect) id,
	COLLECT_GROUPS(X)
#undef X
		GROUP_COUNT
};

static const struct {
	const char *name;
	enum collect_source source;
	int64_t every_ms, retry_ms;
	collect_fn *collect;
} groups[] = {
#define X(id, name, source, every_ms, retry_ms, collect)                                           \
	{name, source, every_ms, retry_ms, collect},
	COLLECT_GROUPS(X)
#undef X
};

/* How fresh ---------------------------------------------------------------------------------- */

static struct {
	_Atomic int64_t fresh_ns; /* when the last good pass began; at first the start */
	atomic_bool up;           /* the last pass was good */
} ages[GROUP_COUNT];

/* At each scrape. A group whose pass hangs is not up either, however its last one ended. */
static void show_ages(void *arg)
{
	int64_t now_ns = clock_mono_ns();

	(void)arg;
	for (size_t i = 0; i < GROUP_COUNT; i++) {
		int64_t age_ns = now_ns - atomic_load(&ages[i].fresh_ns);
		int64_t limit_ns = groups[i].every_ms * CLOCK_NS_PER_MS + 2 * PASS_NS;
		bool up = atomic_load(&ages[i].up) && age_ns <= limit_ns;

		metric_gauge_set(M_TASKLAB_COLLECTOR_AGE_SECONDS,
				 (double)age_ns / (double)CLOCK_NS_PER_S, i);
		metric_gauge_set(M_TASKLAB_COLLECTOR_UP, up, i);
	}
}

int api_labels_register(struct err *err)
{
	static const char *names[GROUP_COUNT];

	for (size_t i = 0; i < GROUP_COUNT; i++) {
		names[i] = groups[i].name;
		atomic_store(&ages[i].fresh_ns, clock_mono_ns());
	}
	if (metrics_labels(LABELS_TASK_STATUS, task_status_names, TASK_STATUS_COUNT, err) < 0 ||
	    metrics_labels(LABELS_COLLECTOR, names, GROUP_COUNT, err) < 0)
		return -1;
	return metrics_collector(show_ages, NULL, err);
}

/* The groups ----------------------------------------------------------------------------------- */

/* On a connection of its own: the check reads the migrations' table, which no other query does. */
static int verify_schema(const struct api *api, struct err *err)
{
	AUTO(db_conn_closep) struct db_conn *conn = NULL;

	if (db_conn_open(api->conninfo, NULL, "tasklab readiness", CONNECT_TIMEOUT_MS, &conn, err) <
	    0)
		return -1;
	db_conn_set_deadline(conn, clock_mono_ns() + PASS_NS);
	return migrate_verify(conn, err);
}

/* A database that cannot be asked says nothing about its schema: then the last answer holds. */
static int check_schema(struct collector *collector, struct err *err)
{
	struct api *api = collector->api;
	int result = verify_schema(api, err);
	LOCK(&api->mutex);

	if (result == 0 || err->code == ERR_CONFLICT)
		api->schema_ok = result == 0;
	if (!api->schema_ok)
		api->schema_err = *err;
	return result;
}

/* The gauges keep their last values when it fails. */
static int show_tasks(struct db *db, struct err *err)
{
	int64_t counts[TASK_STATUS_COUNT];

	if (task_count_by_status(db, counts, err) < 0)
		return -1;
	for (size_t status = 0; status < TASK_STATUS_COUNT; status++)
		metric_gauge_set(M_TASKLAB_TASKS, (double)counts[status], status);
	return 0;
}

/* And what else has to be done now and then. */
static int count_tasks(struct collector *collector, struct err *err)
{
	struct api *api = collector->api;
	struct db db;
	int64_t principal;
	int result;

	if (state_schema(api, err) < 0)
		return -1;
	db_init(&db, api->pool, clock_mono_ns() + PASS_NS);
	result = show_tasks(&db, err);
	(void)state_find_principal(api, &db, &principal, NULL);
	(void)idempotency_forget(&db, NULL);
	db_release(&db);
	return result;
}

static int sample_sessions(struct collector *collector, struct err *err)
{
	return db_monitor_sessions(collector->monitor, err);
}

static int count_statements(struct collector *collector, struct err *err)
{
	return db_monitor_statements(collector->monitor, err);
}

/* The threads ---------------------------------------------------------------------------------- */

/* Once when a group stops being fresh, again for another reason, and when it is fresh again. */
static void tell(enum group group, int result, const struct err *err, char last[REASON_SIZE])
{
	struct log_field fields[] = {
		LOG_STR("group", groups[group].name),
		LOG_STR("message", err->message),
		LOG_STR("detail", err->detail),
	};

	if (result == 0) {
		if (*last)
			log_event(LOG_INFO, "collector goes on", fields, 1);
		*last = '\0';
	} else if (strcmp(last, err->detail) != 0) {
		log_event(LOG_WARN, "collector failed", fields, ARRAY_LEN(fields));
		(void)snprintf(last, REASON_SIZE, "%s", err->detail);
	}
}

/* Returns when the group is due again. */
static int64_t pass(struct collector *collector, enum group group, char last[REASON_SIZE])
{
	struct err err = ERR_INIT;
	int64_t begin_ns = clock_mono_ns();
	int result = groups[group].collect(collector, &err);
	int64_t now_ns = clock_mono_ns();

	if (result == 0)
		atomic_store(&ages[group].fresh_ns, begin_ns);
	atomic_store(&ages[group].up, result == 0);
	if (!atomic_load(&collector->api->draining))
		tell(group, result, &err, last);
	return now_ns +
	       (result == 0 ? groups[group].every_ms : groups[group].retry_ms) * CLOCK_NS_PER_MS;
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

static void *run(void *arg)
{
	struct collector *collector = arg;
	char last[GROUP_COUNT][REASON_SIZE] = {{0}};
	int64_t due_ns[GROUP_COUNT] = {0};
	int64_t next_ns;

	do {
		next_ns = CLOCK_NEVER;
		for (size_t i = 0; i < GROUP_COUNT; i++) {
			if (groups[i].source != collector->source)
				continue;
			if (clock_mono_ns() >= due_ns[i] && !atomic_load(&collector->api->draining))
				due_ns[i] = pass(collector, (enum group)i, last[i]);
			if (due_ns[i] < next_ns)
				next_ns = due_ns[i];
		}
	} while (wait_until(collector->api, next_ns));
	return NULL;
}

int collect_start(struct collector *collector, struct api *api, enum collect_source source,
		  struct err *err)
{
	static const char *const names[] = {"collect", "monitor"};

	*collector = (struct collector){.api = api, .source = source};
	if (source == COLLECT_SERVER && db_monitor_new(api->conninfo, &collector->monitor, err) < 0)
		return -1;
	if (thread_start(&collector->thread, names[source], run, collector, err) < 0) {
		db_monitor_freep(&collector->monitor);
		return -1;
	}
	return 0;
}

void collect_stop(struct collector *collector)
{
	pthread_join(collector->thread, NULL);
	db_monitor_freep(&collector->monitor);
}
