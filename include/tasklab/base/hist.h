/* hist.h - a latency histogram with a fixed relative error, as in HdrHistogram.
 *
 * Log-linear buckets over 1 ns to 2^40 ns (about 18 minutes); larger values count in the last
 * bucket and in max. Relative error of a quantile is at most 1/64. 1.6 % memory: about 17 kB.
 * Not thread-safe: one per thread, merged at the end (as pgbench merges per-thread statistics).
 */
#ifndef TASKLAB_BASE_HIST_H
#define TASKLAB_BASE_HIST_H

#include <stddef.h>
#include <stdint.h>

#define HIST_SUB_BITS 6
#define HIST_BUCKETS  ((40 - HIST_SUB_BITS + 1) << HIST_SUB_BITS)

struct hist {
	uint64_t count;
	uint64_t sum_ns;
	uint64_t min_ns; /* UINT64_MAX while empty */
	uint64_t max_ns;
	uint64_t buckets[HIST_BUCKETS];
};

struct hist *hist_new(void); /* NULL when out of memory */
void hist_freep(struct hist **hist);
void hist_reset(struct hist *hist);
void hist_record(struct hist *hist, int64_t ns); /* below 0 counts as 0 */
void hist_merge(struct hist *into, const struct hist *from);
/* The upper bound of the bucket that holds quantile q in [0, 1], never above max_ns; 0 when empty.
 */
uint64_t hist_quantile_ns(const struct hist *hist, double q);
uint64_t hist_bucket_upper_ns(size_t bucket);

#endif
