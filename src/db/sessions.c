/* sessions.c - a sample of pg_stat_activity, in the fixed tables of its states and wait events. */
#include "sessions.h"

#include <string.h>

#include <tasklab/base/attr.h>
#include <tasklab/metrics/metrics.h>

/* The collector's own session is left out, since it would always be there and active. */
#define SQL_SESSIONS                                                                               \
	"SELECT coalesce(state, ''), coalesce(wait_event_type, ''), count(*)"                      \
	"  FROM pg_stat_activity"                                                                  \
	" WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"                       \
	" GROUP BY 1, 2"

/* The manual's table of pg_stat_activity; what is not here is counted as "other". */
static const char *const states[] = {
	"active",   "idle",  "idle in transaction", "idle in transaction (aborted)",
	"disabled", "other",
};

/* The manual's table of wait event types, 15 to 18; "none": it runs. */
static const char *const waits[] = {
	"none", "Activity", "BufferPin", "Client", "Extension", "InjectionPoint",
	"IO",   "IPC",      "LWLock",    "Lock",   "Timeout",   "other",
};

#define STATES ARRAY_LEN(states)
#define WAITS  ARRAY_LEN(waits)

int sessions_labels_register(struct err *err)
{
	static const char *values[STATES * WAITS][2];

	for (size_t i = 0; i < STATES * WAITS; i++) {
		values[i][0] = states[i / WAITS];
		values[i][1] = waits[i % WAITS];
	}
	return metrics_labels(LABELS_SESSION, &values[0][0], STATES * WAITS, err);
}

static size_t find(const char *const *names, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++) {
		if (strcmp(names[i], name) == 0)
			return i;
	}
	return n - 1; /* "other" */
}

int sessions_collect(struct db_conn *conn, struct err *err)
{
	AUTO(db_result_freep) struct db_result *result = NULL;
	int64_t counts[STATES * WAITS] = {0};

	if (db_conn_query(conn, SQL_SESSIONS, DB_NO_ARGS, &result, err) < 0)
		return -1;
	for (size_t row = 0; row < db_rows(result); row++) {
		const char *wait = db_get_text(result, row, 1);
		size_t state = find(states, STATES, db_get_text(result, row, 0));

		counts[state * WAITS + (*wait ? find(waits, WAITS, wait) : 0)] +=
			db_get_i64(result, row, 2);
	}
	for (size_t i = 0; i < STATES * WAITS; i++)
		metric_gauge_set(M_DB_SESSIONS, (double)counts[i], i);
	return 0;
}
