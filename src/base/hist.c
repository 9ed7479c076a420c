/* hist.c - a log-linear latency histogram. */
#include <tasklab/base/hist.h>

#include <math.h>
#include <stdlib.h>

#define SUB_COUNT (UINT64_C(1) << HIST_SUB_BITS)

/* Values below SUB_COUNT have a bucket each; from there every power of two is cut in SUB_COUNT. */
static size_t hist_bucket(uint64_t ns)
{
	unsigned shift;
	size_t bucket;

	if (ns < SUB_COUNT)
		return (size_t)ns;
	shift = 63U - (unsigned)__builtin_clzll(ns) - HIST_SUB_BITS;
	bucket = ((size_t)(shift + 1) << HIST_SUB_BITS) + (size_t)((ns >> shift) & (SUB_COUNT - 1));
	return bucket < HIST_BUCKETS ? bucket : HIST_BUCKETS - 1;
}

uint64_t hist_bucket_upper_ns(size_t bucket)
{
	size_t shift = bucket >> HIST_SUB_BITS;

	if (shift == 0)
		return bucket;
	return ((SUB_COUNT + (bucket & (SUB_COUNT - 1)) + 1) << (shift - 1)) - 1;
}

struct hist *hist_new(void)
{
	struct hist *hist = malloc(sizeof(*hist));

	if (hist)
		hist_reset(hist);
	return hist;
}

void hist_freep(struct hist **hist)
{
	free(*hist);
	*hist = NULL;
}

void hist_reset(struct hist *hist)
{
	*hist = (struct hist){.min_ns = UINT64_MAX};
}

void hist_record(struct hist *hist, int64_t ns)
{
	uint64_t value = ns < 0 ? 0 : (uint64_t)ns;

	hist->count++;
	hist->sum_ns += value;
	if (value < hist->min_ns)
		hist->min_ns = value;
	if (value > hist->max_ns)
		hist->max_ns = value;
	hist->buckets[hist_bucket(value)]++;
}

void hist_merge(struct hist *into, const struct hist *from)
{
	into->count += from->count;
	into->sum_ns += from->sum_ns;
	if (from->min_ns < into->min_ns)
		into->min_ns = from->min_ns;
	if (from->max_ns > into->max_ns)
		into->max_ns = from->max_ns;
	for (size_t i = 0; i < HIST_BUCKETS; i++)
		into->buckets[i] += from->buckets[i];
}

uint64_t hist_quantile_ns(const struct hist *hist, double q)
{
	uint64_t rank, seen = 0;

	if (hist->count == 0)
		return 0;
	if (q <= 0)
		rank = 1;
	else
		rank = q >= 1 ? hist->count : (uint64_t)ceil(q * (double)hist->count);
	for (size_t i = 0; i < HIST_BUCKETS - 1; i++) {
		seen += hist->buckets[i];
		if (seen >= rank) {
			uint64_t upper = hist_bucket_upper_ns(i);

			return upper < hist->max_ns ? upper : hist->max_ns;
		}
	}
	return hist->max_ns; /* the last bucket is open above */
}
