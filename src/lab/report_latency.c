/* report_latency.c - two latency histograms brought into the same logarithmic slots. */
#include "report_view.h"

#include <math.h>

#include <tasklab/base/hist.h>

/* Slots of a factor of ten, from coarse to fine. */
static const int PER_DECADE[] = {1, 2, 3, 5, 10, 20, 40};

/* The slot of a latency, counted from 1 ns; a bound belongs to the slot below it. */
static int slot_of(double ns, int per_decade)
{
	return ns <= 1 ? 0 : (int)ceil(log10(ns) * per_decade - 1e-9) - 1;
}

static double value_of(const struct hist *hist, size_t bucket)
{
	double upper = (double)hist_bucket_upper_ns(bucket), max = (double)hist->max_ns;

	return upper < max ? upper : max;
}

static void count(const struct hist *hist, int first, int per_decade, uint64_t *counts,
		  size_t slots)
{
	for (size_t i = 0; i < HIST_BUCKETS; i++) {
		int slot = slot_of(value_of(hist, i), per_decade) - first;

		if (hist->buckets[i] == 0)
			continue;
		if (slot < 0)
			slot = 0;
		if ((size_t)slot >= slots)
			slot = (int)slots - 1;
		counts[slot] += hist->buckets[i];
	}
}

static double share(const struct report_latency *latency, size_t side, size_t slot)
{
	if (latency->calls[side] == 0)
		return 0;
	return (double)latency->count[side][slot] / (double)latency->calls[side];
}

double report_latency_bar(const struct report_latency *latency, size_t side, size_t slot)
{
	return latency->most > 0 ? share(latency, side, slot) / latency->most : 0;
}

bool report_latency_read(const struct report_view *view, size_t slots, struct report_latency *ret)
{
	double min = INFINITY, max = 0;
	int per_decade = 0, first = 0;

	*ret = (struct report_latency){.slots = 0};
	for (size_t i = 0; i < ARRAY_LEN(view->side); i++) {
		const struct hist *hist = view->side[i].record->latency;

		if (hist->count == 0)
			continue;
		min = fmin(min, (double)hist->min_ns);
		max = fmax(max, (double)hist->max_ns);
	}
	if (isinf(min) || slots == 0)
		return false;
	if (slots > REPORT_SLOTS)
		slots = REPORT_SLOTS;
	for (size_t i = 0; i < ARRAY_LEN(PER_DECADE); i++) {
		int from = slot_of(min, PER_DECADE[i]);
		int wide = slot_of(max, PER_DECADE[i]) - from + 1;

		if (i > 0 && (size_t)wide > slots)
			break;
		per_decade = PER_DECADE[i];
		first = from;
		ret->slots = (size_t)wide;
	}
	if (ret->slots > REPORT_SLOTS)
		ret->slots = REPORT_SLOTS;
	ret->lower_ns = pow(10, (double)first / per_decade);
	for (size_t i = 0; i < ret->slots; i++)
		ret->upper_ns[i] = pow(10, (double)(first + (int)i + 1) / per_decade);
	for (size_t i = 0; i < ARRAY_LEN(view->side); i++)
		count(view->side[i].record->latency, first, per_decade, ret->count[i], ret->slots);
	for (size_t i = 0; i < ARRAY_LEN(view->side); i++) {
		ret->calls[i] = view->side[i].record->latency->count;
		for (size_t j = 0; j < ret->slots; j++)
			ret->most = fmax(ret->most, share(ret, i, j));
	}
	return true;
}
