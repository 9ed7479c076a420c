/* histogram.h - one histogram of a snapshot, as the formats want it. */
#ifndef METRICS_HISTOGRAM_H
#define METRICS_HISTOGRAM_H

#include "store.h"

struct histogram {
	uint64_t count;
	uint64_t sum;                      /* in values: nanoseconds or the metric's unit */
	uint64_t classic[BUCKETS_MAX + 1]; /* not cumulative, +Inf last */
	const union cell *exemplars[BUCKETS_MAX + 1]; /* EXEMPLAR_WORDS each; NULL: none */
};

/* The native buckets, rising by index, none empty. The schema is the table's, or the highest with
 * which they are no more than NATIVE_LIMIT. */
struct native {
	int schema;
	uint64_t zero_count;
	size_t n;
	struct {
		int index;
		uint64_t count;
	} buckets[NATIVE_LIMIT];
};

/* series is the histogram's first cell. */
void histogram_read(const struct snapshot *snapshot, const struct layout *layout, size_t series,
		    struct histogram *ret);
void native_read(const struct snapshot *snapshot, const struct layout *layout, size_t series,
		 struct native *ret);
bool histogram_is_empty(const struct snapshot *snapshot, size_t series);

#endif
