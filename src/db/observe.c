/* observe.c - counts statements and shows the main pool's state at each scrape. */
#include "observe.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>

#include <tasklab/base/thread.h>
#include <tasklab/metrics/metrics.h>

#include "figures.h"
#include "registry.h"
#include "sessions.h"

#define OUTCOMES(X)                                                                                \
	X(OUTCOME_OK, "ok")                                                                        \
	X(OUTCOME_CONFLICT, "conflict")                                                            \
	X(OUTCOME_ERROR, "error")                                                                  \
	X(OUTCOME_TIMEOUT, "timeout")                                                              \
	X(OUTCOME_UNAVAILABLE, "unavailable")

enum outcome {
#define X(id, name) id,
	OUTCOMES(X)
#undef X
};

static const char *const outcome_names[] = {
#define X(id, name) name,
	OUTCOMES(X)
#undef X
};

enum pool_state { POOL_BUSY, POOL_CONNECTING, POOL_IDLE };
static const char *const pool_state_names[] = {"busy", "connecting", "idle"};

static const char *query_names[DB_QUERY_MAX];
static atomic_bool registered;

static pthread_mutex_t shown_mutex = PTHREAD_MUTEX_INITIALIZER;
static struct db_pool *shown;

static void collect(void *arg)
{
	struct db_pool_stats stats;

	(void)arg;
	LOCK(&shown_mutex);
	if (!shown)
		return;
	db_pool_stats(shown, &stats);
	metric_gauge_set(M_DB_POOL_CONNECTIONS, stats.busy, POOL_BUSY);
	metric_gauge_set(M_DB_POOL_CONNECTIONS, stats.connecting, POOL_CONNECTING);
	metric_gauge_set(M_DB_POOL_CONNECTIONS, stats.idle, POOL_IDLE);
	metric_gauge_set(M_DB_POOL_MAX_CONNECTIONS, stats.max, 0);
	metric_gauge_set(M_DB_POOL_WAITING, stats.waiting, 0);
	metric_gauge_set(M_DB_CIRCUIT_BREAKER_STATE, (double)stats.breaker, 0);
}

int db_labels_register(struct err *err)
{
	if (registry_seal(err) < 0)
		return -1;
	for (size_t i = 0; i < db_query_count(); i++)
		query_names[i] = db_query_name(i);
	if (metrics_labels(LABELS_QUERY, query_names, db_query_count(), err) < 0 ||
	    metrics_labels(LABELS_OUTCOME, outcome_names, ARRAY_LEN(outcome_names), err) < 0 ||
	    metrics_labels(LABELS_POOL_STATE, pool_state_names, ARRAY_LEN(pool_state_names), err) <
		    0 ||
	    sessions_labels_register(err) < 0 || figures_labels_register(err) < 0 ||
	    metrics_collector(collect, NULL, err) < 0)
		return -1;
	atomic_store(&registered, true);
	return 0;
}

static enum outcome outcome_of(enum err_code code)
{
	switch (code) {
	case ERR_NONE:
		return OUTCOME_OK;
	case ERR_CONFLICT:
		return OUTCOME_CONFLICT;
	case ERR_TIMEOUT:
		return OUTCOME_TIMEOUT;
	case ERR_UNAVAILABLE:
		return OUTCOME_UNAVAILABLE;
	default:
		return OUTCOME_ERROR;
	}
}

void observe_query(const struct db_query *query, enum err_code code, int64_t ns,
		   const struct id_trace *trace)
{
	if (!atomic_load_explicit(&registered, memory_order_relaxed))
		return;
	metric_add(M_DB_QUERIES_TOTAL, 1, (size_t)query->index, outcome_of(code));
	if (ns >= 0)
		metric_observe_ns_exemplar(M_DB_QUERY_DURATION_SECONDS, ns, (size_t)query->index,
					   trace);
}

void observe_wait(const struct db_pool_options *options, int64_t ns)
{
	if (options->gauges && atomic_load_explicit(&registered, memory_order_relaxed))
		metric_observe_ns(M_DB_POOL_WAIT_SECONDS, ns, 0);
}

void observe_refused(const struct db_pool_options *options)
{
	if (options->gauges && atomic_load_explicit(&registered, memory_order_relaxed))
		metric_add(M_DB_POOL_REFUSED_TOTAL, 1, 0, 0);
}

void observe_pool_opened(struct db_pool *pool)
{
	LOCK(&shown_mutex);
	shown = pool;
}

void observe_pool_closing(struct db_pool *pool)
{
	LOCK(&shown_mutex);
	if (shown == pool)
		shown = NULL;
}
