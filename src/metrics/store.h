/* store.h - where the counts live, for the code that renders them.
 *
 * Each thread has a shard with the same cells. A counter or gauge series is one cell. A histogram
 * series is its sum (in nanoseconds, or in the metric's own unit), then a slot for each line of
 * buckets and for each exemplar, which says where the line is, 0 for nowhere yet: lines are taken
 * one after the other as values first need them, so that a series takes memory for the buckets it
 * uses. Gauges and counters that are set have one more cell for all threads.
 */
#ifndef METRICS_STORE_H
#define METRICS_STORE_H

#include "bucket.h"
#include "rows.h"

#define LE_SIZE        24
#define CELLS_PER_LINE 8 /* a cache line */

/* Cells of a histogram series; the slots of exemplars, one a classic bucket, stand behind those of
 * the buckets. */
enum { HIST_SUM, HIST_FILLED, HIST_SLOTS };

/* An exemplar: two words of the trace id, the value and the time in microseconds. In a shard its
 * line begins with a sequence number, odd while it is written; in the snapshot it does not. */
enum { EXEMPLAR_TRACE, EXEMPLAR_VALUE = 2, EXEMPLAR_TIME, EXEMPLAR_WORDS };

struct layout {
	size_t n0, n1; /* values of the two label sets; 0: nothing is stored */
	size_t width;  /* cells of one series */
	size_t first;  /* the family's first cell */
	size_t lines;  /* of buckets, in a histogram series */
	struct shape shape;
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
	int64_t start_us; /* since when everything is counted */
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
