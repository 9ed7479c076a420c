/* metrics.h - the metric table and how code counts.
 *
 * table.h holds one row a metric; the row makes the identifier (enum metric), the storage, the
 * listing and the exposition. Label values come from label sets that are registered before
 * metrics_start and never change, so that the number of series has a bound known at start.
 *
 * Counting is wait-free: each thread owns a shard on its own cache lines and is its only writer;
 * a scrape sums the shards. A thread that ends leaves its counts in its shard, which the next new
 * thread takes over.
 *
 * Who registers which label set (the room that counts owns values and indices; all are called by
 * cmd_metrics_labels, for `serve` and for `metrics --list`):
 *   LABELS_ENDPOINT, LABELS_CODE                       http (http_labels_register)
 *   LABELS_QUERY, LABELS_OUTCOME, LABELS_POOL_STATE,
 *   LABELS_STATEMENT_*, LABELS_SESSION                 db (db_labels_register)
 *   LABELS_TASK_STATUS, LABELS_COLLECTOR               api, beside the collectors
 *   LABELS_LAB, LABELS_LAB_PHASE                       lab (lab_labels_register)
 *   LABELS_BUILD                                       cmd
 */
#ifndef TASKLAB_METRICS_METRICS_H
#define TASKLAB_METRICS_METRICS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <tasklab/base/buf.h>
#include <tasklab/base/err.h>
#include <tasklab/base/id.h>
#include <tasklab/metrics/table.h>

/* A set of values for one or more labels that go together, e.g. set "endpoint" gives method and
 * route from one index. values is an array of n * labels strings, row by row, that must stay. Rows
 * must differ and be UTF-8 (ERR_INVALID). Before metrics_start only. */
int metrics_labels(enum metric_label_set set, const char *const *values, size_t n, struct err *err);
/* Allocates the storage. Counts for a set that was not registered go nowhere. Fails with
 * ERR_TOO_LARGE when the bound on the series passes METRICS_SERIES_LIMIT. */
int metrics_start(struct err *err);
/* Forgets all counts, label sets and collectors. Other threads that count must have ended. */
void metrics_stop(void);

#define METRICS_SERIES_LIMIT 20000

/* Hot path: any thread, nothing happens before metrics_start. Indices are positions in the label
 * sets of the metric's row, in their order (0 for LABELS_NONE); one that is out of range is not
 * counted. */
static inline void metric_add(enum metric metric, uint64_t n, size_t index0, size_t index1);
void metric_observe_ns(enum metric metric, int64_t ns, size_t index0);  /* seconds histograms */
void metric_observe(enum metric metric, uint64_t value, size_t index0); /* other units */
/* The same, and when the trace (NULL: none) is one that its sender records, it becomes the exemplar
 * of the value's bucket. */
void metric_observe_ns_exemplar(enum metric metric, int64_t ns, size_t index0,
				const struct id_trace *trace);
void metric_observe_exemplar(enum metric metric, uint64_t value, size_t index0,
			     const struct id_trace *trace);
/* A gauge is either set or added to, not both. Set: one value a series for all threads. Add: every
 * thread has its own part, so that it costs no more than a counter. */
void metric_gauge_set(enum metric metric, double value, size_t index0);
void metric_gauge_add(enum metric metric, double delta, size_t index0);
/* For METRIC_COUNTER_SET: copies a counter that is kept elsewhere. */
void metric_counter_set(enum metric metric, double value, size_t index0);
#define metric_inc(metric, ...)       METRIC_INC_PICK(__VA_ARGS__, 2, 1)(metric, __VA_ARGS__)
#define METRIC_INC_PICK(a, b, n, ...) METRIC_INC_##n
#define METRIC_INC_1(metric, a)       metric_add(metric, 1, a, 0)
#define METRIC_INC_2(metric, a, b)    metric_add(metric, 1, a, b)

/* Collectors run at scrape time, before the text is written, in the scraping thread, and set
 * gauges. They must not block. The process_* collector is always there. */
#define METRICS_COLLECTORS_MAX 16
int metrics_collector(void (*collect)(void *arg), void *arg, struct err *err);

/* An answer to a scrape. A series appears once it was touched; families without labels always. The
 * formats, by the Accept header with its q-values, Prometheus' own among them:
 *   text 0.0.4       also when nothing, or nothing known, is asked for
 *   OpenMetrics 1.0  with exemplars, units, and _created where created is set
 *   protobuf         length-delimited MetricFamily messages with native histograms and exemplars
 * compressed by gzip when Accept-Encoding allows it. *content_encoding is NULL when it is not. On
 * failure out may hold a part. */
struct metrics_request {
	const char *accept, *accept_encoding; /* headers; NULL: not sent */
	bool created;
};
int metrics_render(const struct metrics_request *request, struct buf *out,
		   const char **content_type, const char **content_encoding, struct err *err);
/* Prometheus text format 0.0.4. */
int metrics_render_text(struct buf *out, struct err *err);

/* For `tasklab metrics --list` and for tests. */
struct metric_label_name {
	char text[16];
};
struct metric_info {
	const char *name, *type, *unit, *help;
	struct metric_label_name labels[4];
	size_t label_count;
	const double *buckets; /* classic bounds of a histogram, without +Inf */
	size_t bucket_count;
	int schema;        /* of the native histogram, until it has too many buckets */
	size_t max_series; /* series in the text format, histogram buckets included */
};
size_t metrics_count(void);
void metrics_info(enum metric metric, struct metric_info *ret);
size_t metrics_max_series(void); /* the bound on /metrics */

/* The inside of metric_add, here so that it is inlined; for nobody else. */
struct metric_place {
	size_t n0, n1, first; /* of a counter: the sizes of its label sets, its first cell */
};
extern struct metric_place metric_places[METRIC_COUNT];
/* The calling thread's cells; NULL before its first count. */
extern _Thread_local _Atomic uint64_t *metric_cells;
_Atomic uint64_t *metric_cells_acquire(void); /* NULL: no memory, or not started */

/* The owner is the only writer, so that a load and a store do; no locked instruction. */
static inline void metric_cell_add(_Atomic uint64_t *cell, uint64_t n)
{
	uint64_t value = atomic_load_explicit(cell, memory_order_relaxed);

	atomic_store_explicit(cell, value + n, memory_order_relaxed);
}

static inline void metric_add(enum metric metric, uint64_t n, size_t index0, size_t index1)
{
	const struct metric_place *place = &metric_places[metric];
	_Atomic uint64_t *cells = metric_cells;

	if (index0 >= place->n0 || index1 >= place->n1)
		return;
	if (!cells && !(cells = metric_cells_acquire()))
		return;
	metric_cell_add(&cells[place->first + index0 * place->n1 + index1], n);
}

/* The service without counting, to measure what counting costs: cmake -DTASKLAB_METRICS=OFF. */
#if defined(TASKLAB_METRICS_OFF) && !defined(METRICS_INSIDE)
#define metric_add(metric, n, i, j)                  ((void)(metric), (void)(n), (void)(i), (void)(j))
#define metric_gauge_add(metric, delta, i)           ((void)(metric), (void)(delta), (void)(i))
#define metric_observe(metric, value, i)             ((void)(metric), (void)(value), (void)(i))
#define metric_observe_ns(metric, ns, i)             ((void)(metric), (void)(ns), (void)(i))
#define metric_observe_exemplar(metric, value, i, t) metric_observe_ns_exemplar(metric, value, i, t)
#define metric_observe_ns_exemplar(metric, ns, i, t)                                               \
	((void)(metric), (void)(ns), (void)(i), (void)(t))
#endif

#endif
