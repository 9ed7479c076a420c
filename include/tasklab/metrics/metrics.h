/* metrics.h - the metric table and how code counts.
 *
 * table.h holds one row a metric; the row makes the identifier (enum metric), the storage, the
 * listing and the exposition. Label values come from label sets that are registered before
 * metrics_start and never change, so that the number of series has a bound known at start.
 *
 * Counting is wait-free: each thread owns a shard on its own cache lines and is its only writer;
 * a scrape sums the shards. A thread that ends leaves its counts in a retired shard.
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
 * route from one index. values is an array of n * labels strings, row by row, that must stay. */
int metrics_labels(enum metric_label_set set, const char *const *values, size_t n, struct err *err);
/* Allocates the storage. Every label set must be registered; asserts the bound on the series. */
int metrics_start(struct err *err);
void metrics_stop(void);

/* Hot path. Indices are positions in the label sets of the metric's row, in their order. */
void metric_add(enum metric metric, uint64_t n, size_t index0, size_t index1);
void metric_observe_ns(enum metric metric, int64_t ns, size_t index0); /* seconds histograms */
void metric_observe(enum metric metric, uint64_t value, size_t index0); /* other units */
/* Gauges: one process-wide value a series, atomic. */
void metric_gauge_set(enum metric metric, double value, size_t index0);
void metric_gauge_add(enum metric metric, double delta, size_t index0);
#define metric_inc(metric, ...) METRIC_INC_PICK(__VA_ARGS__, 2, 1)(metric, __VA_ARGS__)
#define METRIC_INC_PICK(a, b, n, ...) METRIC_INC_##n
#define METRIC_INC_1(metric, a)    metric_add(metric, 1, a, 0)
#define METRIC_INC_2(metric, a, b) metric_add(metric, 1, a, b)

/* Collectors run at scrape time, before the text is written, and set gauges. They must not block. */
int metrics_collector(void (*collect)(void *arg), void *arg, struct err *err);

/* Prometheus text format 0.0.4. A series appears once it was touched; families without labels
 * always. */
int metrics_render_text(struct buf *out, struct err *err);

/* For `tasklab metrics --list` and for tests. */
struct metric_info {
	const char *name, *type, *unit, *help;
	const char *labels[4];
	size_t label_count;
	size_t max_series; /* series in the text format, histogram buckets included */
};
size_t metrics_count(void);
void metrics_info(enum metric metric, struct metric_info *ret);
size_t metrics_max_series(void); /* the bound on /metrics */

#endif
