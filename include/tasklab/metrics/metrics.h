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
 *   LABELS_LAB, LABELS_PHASE                           lab
 *   LABELS_BUILD                                       cmd
 */
#ifndef TASKLAB_METRICS_METRICS_H
#define TASKLAB_METRICS_METRICS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <tasklab/base/buf.h>
#include <tasklab/base/err.h>
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
void metric_add(enum metric metric, uint64_t n, size_t index0, size_t index1);
void metric_observe_ns(enum metric metric, int64_t ns, size_t index0);  /* seconds histograms */
void metric_observe(enum metric metric, uint64_t value, size_t index0); /* other units */
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

/* Prometheus text format 0.0.4. A series appears once it was touched; families without labels
 * always. */
int metrics_render_text(struct buf *out, struct err *err);

/* For `tasklab metrics --list` and for tests. */
struct metric_label_name {
	char text[16];
};
struct metric_info {
	const char *name, *type, *unit, *help;
	struct metric_label_name labels[4];
	size_t label_count;
	size_t max_series; /* series in the text format, histogram buckets included */
};
size_t metrics_count(void);
void metrics_info(enum metric metric, struct metric_info *ret);
size_t metrics_max_series(void); /* the bound on /metrics */

#endif
