/* table.c - the metric table as data, and what it says about itself. */
#include "rows.h"

#include <assert.h>
#include <string.h>

#include <tasklab/base/attr.h>

#include "bucket.h"

#define X(id, schema, ...)                                                                         \
	enum { SCHEMA_##id = (schema) };                                                           \
	static const double bounds_##id[] = {__VA_ARGS__};                                         \
	_Static_assert(ARRAY_LEN(bounds_##id) <= BUCKETS_MAX, "too many buckets: " #id);           \
	_Static_assert((schema) >= 0 && (schema) <= NATIVE_SCHEMA_MAX, "schema of " #id);
METRIC_BUCKET_SETS(X)
#undef X

#define X(id, type, name, unit, set0, set1, buckets, help)                                         \
	_Static_assert((set1) == LABELS_NONE || (type) == METRIC_COUNTER,                          \
		       "only counters have two label sets: " name);                                \
	_Static_assert(((buckets) == BUCKETS_NONE) == ((type) != METRIC_HISTOGRAM),                \
		       "histograms, and they alone, have buckets: " name);
METRIC_TABLE(X)
#undef X

#define BUCKET_SET(id)                                                                             \
	{                                                                                          \
		SCHEMA_##id, bounds_##id, (id) == BUCKETS_NONE ? 0 : ARRAY_LEN(bounds_##id)        \
	}

const struct metric_row metric_rows[METRIC_COUNT] = {
#define X(id, type, name, unit, set0, set1, buckets, help)                                         \
	[id] = {name, unit, help, type, set0, set1, BUCKET_SET(buckets)},
	METRIC_TABLE(X)
#undef X
};

const char *const metric_label_names[LABELS_COUNT] = {
#define X(id, names) [id] = names,
	METRIC_LABEL_SETS(X)
#undef X
};

static const char *const type_names[] = {
	[METRIC_COUNTER] = "counter",
	[METRIC_COUNTER_SET] = "counter",
	[METRIC_GAUGE] = "gauge",
	[METRIC_HISTOGRAM] = "histogram",
};

const char *metric_type_name(enum metric_type type)
{
	return type_names[type];
}

size_t metrics_count(void)
{
	return METRIC_COUNT;
}

/* A histogram is its buckets, +Inf, _sum and _count. */
size_t metric_row_series(const struct metric_row *row)
{
	size_t per_value = row->type == METRIC_HISTOGRAM ? row->buckets.count + 3 : 1;

	return label_set_size(row->set0) * label_set_size(row->set1) * per_value;
}

static void info_add_labels(struct metric_info *info, enum metric_label_set set)
{
	const char *at = metric_label_names[set];

	while (*at) {
		size_t len = strcspn(at, ",");
		struct metric_label_name *name = &info->labels[info->label_count++];

		assert(info->label_count <= ARRAY_LEN(info->labels) && len < sizeof(name->text));
		memcpy(name->text, at, len);
		at += at[len] == ',' ? len + 1 : len;
	}
}

void metrics_info(enum metric metric, struct metric_info *ret)
{
	const struct metric_row *row = &metric_rows[metric];

	*ret = (struct metric_info){
		.name = row->name,
		.type = metric_type_name(row->type),
		.unit = row->unit,
		.help = row->help,
		.buckets = row->buckets.bounds,
		.bucket_count = row->buckets.count,
		.schema = row->buckets.schema,
		.max_series = metric_row_series(row),
	};
	info_add_labels(ret, row->set0);
	info_add_labels(ret, row->set1);
}

size_t metrics_max_series(void)
{
	size_t total = 0;

	for (size_t i = 0; i < METRIC_COUNT; i++)
		total += metric_row_series(&metric_rows[i]);
	return total;
}
