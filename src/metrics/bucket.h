/* bucket.h - which bucket a value falls into, classic and native at once.
 *
 * Native buckets are those of the native histogram specification
 * (https://prometheus.io/docs/specs/native_histograms/): with schema s, bucket i holds values in
 * (2^((i-1)/2^s), 2^(i/2^s)]; zero has a bucket of its own. A classic bucket's bound lies somewhere
 * within a native one and cuts it in two. So the line of numbers is cut at the bounds of both
 * kinds, and every piece is one cell: its number is the number of native bounds plus that of
 * classic bounds below it. One increment counts an observation in both histograms, and their counts
 * cannot differ.
 *
 * Values are integers: nanoseconds in a histogram of seconds. Classic bounds are compared as
 * integers; the native bucket is the one of the double that is nearest to the value in the metric's
 * unit, found by its exponent and fraction as frexp(3) gives them.
 */
#ifndef METRICS_BUCKET_H
#define METRICS_BUCKET_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <tasklab/metrics/table.h>

#define BUCKETS_MAX       32 /* classic bounds of a metric */
#define NATIVE_SCHEMA_MIN (-4)
#define NATIVE_SCHEMA_MAX 4   /* of a row of the table */
#define NATIVE_LIMIT      160 /* populated buckets of a series; beyond it the schema is lowered */
#define NATIVE_OCTAVES    65  /* every uint64_t, as seconds or as another unit */
#define NATIVE_CELLS      ((NATIVE_OCTAVES << NATIVE_SCHEMA_MAX) + 2)
#define SHAPE_CELLS_MAX   (NATIVE_CELLS + BUCKETS_MAX)
#define NATIVE_STEPS      (1 << NATIVE_SCHEMA_MAX) /* of an octave */
#define FRACTION_BITS     52                       /* of a double */

/* 2^-30, below a nanosecond: only 0 is in the zero bucket. A bound of every schema from 0. */
#define NATIVE_ZERO_THRESHOLD 0x1p-30

/* The buckets of one metric. */
struct shape {
	int schema;
	int first;    /* index of the native bucket that is number 1; number 0 is the zero bucket */
	double scale; /* values in one unit */
	size_t natives, cells;
	size_t buckets;                   /* classic bounds */
	uint64_t bounds[BUCKETS_MAX + 1]; /* in values, UINT64_MAX last */
	double upper[BUCKETS_MAX + 1];    /* in the metric's unit, +Inf last */
	/* Fractions that end the native buckets of an octave, and for every piece of the octave,
	 * half as wide as a bucket or less, the first bucket that may be meant. */
	uint64_t fractions[NATIVE_STEPS + 1];
	uint8_t guess[2 * NATIVE_STEPS];
	uint8_t classic_low[NATIVE_CELLS];   /* classic bucket of a native one's lowest value */
	uint8_t classic_of[SHAPE_CELLS_MAX]; /* classic bucket of a cell */
};

/* count bounds, rising, of a metric with scale values a unit. */
void shape_init(struct shape *shape, int schema, const double *bounds, size_t count, double scale);

/* The number of a value's native bucket: 0 for 0, else its index - first + 1. */
static inline size_t shape_native(const struct shape *shape, uint64_t value)
{
	double in_units = (double)value / shape->scale;
	uint64_t bits, fraction, step;
	int exponent, number;

	if (value == 0)
		return 0;
	memcpy(&bits, &in_units, sizeof(bits));
	exponent = (int)(bits >> FRACTION_BITS) - 1023;
	fraction = bits & ((UINT64_C(1) << FRACTION_BITS) - 1);
	step = shape->guess[fraction >> (FRACTION_BITS - 1 - shape->schema)];
	step += fraction > shape->fractions[step];
	number = exponent * (1 << shape->schema) + (int)step - shape->first + 1;
	return (size_t)number;
}

static inline size_t shape_cell(const struct shape *shape, uint64_t value)
{
	size_t native = shape_native(shape, value);
	size_t classic = shape->classic_low[native];

	while (value > shape->bounds[classic])
		classic++;
	return native + classic;
}

/* The native index of a cell that is not the zero bucket. */
static inline int shape_index(const struct shape *shape, size_t cell)
{
	return (int)(cell - shape->classic_of[cell]) - 1 + shape->first;
}

/* The bucket of the next lower schema that holds bucket index. */
static inline int native_halve(int index)
{
	return index > 0 ? (index + 1) / 2 : index / 2;
}

#endif
