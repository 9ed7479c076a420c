/* rows.h - the metric table as data, and the label sets with the text they are rendered as. */
#ifndef METRICS_ROWS_H
#define METRICS_ROWS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <tasklab/base/buf.h>
#include <tasklab/metrics/metrics.h>

#define LABELS_PER_SET_MAX 4

enum metric_bucket_set {
#define X(id, schema, ...) id,
	METRIC_BUCKET_SETS(X)
#undef X
};

struct bucket_set {
	int schema;
	const double *bounds;
	size_t count; /* without +Inf; 0 for BUCKETS_NONE */
};

struct metric_row {
	const char *name, *unit, *help;
	enum metric_type type;
	enum metric_label_set set0, set1;
	struct bucket_set buckets;
};

extern const struct metric_row metric_rows[METRIC_COUNT];

static inline bool metric_in_seconds(const struct metric_row *row)
{
	return strcmp(row->unit, "seconds") == 0;
}

static inline bool metric_is_counter(enum metric_type type)
{
	return type == METRIC_COUNTER || type == METRIC_COUNTER_SET;
}

const char *metric_type_name(enum metric_type type);

struct label_set {
	size_t name_count;
	const char *const *values; /* NULL: not registered */
	size_t n;
	/* Made by label_sets_render: row i is text[at[i]] up to text[at[i + 1]], e.g.
	 * method="GET",route="/tasks" with all escapes. */
	struct buf text;
	size_t *at;
};

extern const char *const metric_label_names[LABELS_COUNT]; /* "method,route" */
extern struct label_set label_sets[LABELS_COUNT];

/* Values of a set: 1 for LABELS_NONE, 0 for one that was not registered. */
size_t label_set_size(enum metric_label_set set);
int label_sets_render(struct err *err);
void label_sets_reset(void);

/* Series of a family in the text format. */
size_t metric_row_series(const struct metric_row *row);

#endif
