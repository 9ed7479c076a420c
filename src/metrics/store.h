/* store.h - where the counts live, for the code that renders them.
 *
 * Every family has a dense block of cells. A counter or gauge series is one cell; a histogram
 * series is one cell for each bucket, +Inf among them (not cumulative), then one for the sum (in
 * nanoseconds, or in the metric's own unit). Each thread has a shard with all cells; gauges and
 * counters that are set have one more cell for all threads.
 */
#ifndef METRICS_STORE_H
#define METRICS_STORE_H

#include "rows.h"

#define LE_SIZE 24

struct layout {
	size_t n0, n1;  /* values of the two label sets; 0: nothing is stored */
	size_t width;   /* cells of one series */
	size_t first;   /* the family's first cell */
	size_t buckets; /* bounds of a histogram */
	uint64_t bounds[BUCKETS_MAX];
	char le[BUCKETS_MAX + 1][LE_SIZE]; /* the bounds as label values, "+Inf" last */
};

/* The sums over all shards at one moment. */
union cell {
	uint64_t count;
	double gauge;
};

struct snapshot {
	const struct layout *layouts; /* by enum metric */
	const union cell *cells;
};

bool store_started(void);
size_t store_shards(void); /* so many threads counted at once at most */
/* Runs the collectors and sums the shards. The snapshot stays valid, and other scrapes wait, until
 * store_snapshot_end. */
void store_snapshot_begin(struct snapshot *ret);
void store_snapshot_end(void);
/* True for a set or added gauge and for a counter that was set; only those families may ask. */
bool store_gauge_touched(const struct snapshot *snapshot, size_t cell);

/* process.c: sets process_*. */
void process_collect(void *arg);

#endif
