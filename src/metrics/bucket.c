/* bucket.c - the tables that tell a value's bucket. */
#include "bucket.h"

#include <assert.h>
#include <math.h>

/* Where the buckets of an octave end, as the 52 fraction bits of 2^(i/2^schema). */
static void fractions_init(struct shape *shape)
{
	unsigned steps = 1U << shape->schema;

	for (unsigned i = 0; i < steps; i++) {
		double bound = (double)exp2l((long double)i / (long double)steps);
		uint64_t bits;

		memcpy(&bits, &bound, sizeof(bits));
		shape->fractions[i] = bits & ((UINT64_C(1) << FRACTION_BITS) - 1);
	}
	shape->fractions[steps] = UINT64_MAX;
	/* A piece is narrower than any bucket: at most one bound lies in it. */
	for (unsigned piece = 0, step = 0; piece < 2 * steps; piece++) {
		uint64_t low = (uint64_t)piece << (FRACTION_BITS - 1 - shape->schema);

		while (shape->fractions[step] < low)
			step++;
		shape->guess[piece] = (uint8_t)step;
	}
}

void shape_init(struct shape *shape, int schema, const double *bounds, size_t count, double scale)
{
	size_t bound = 0;

	assert(schema >= 0 && schema <= NATIVE_SCHEMA_MAX && count <= BUCKETS_MAX);
	shape->schema = schema;
	shape->scale = scale;
	shape->natives = ((size_t)NATIVE_OCTAVES << schema) + 2;
	shape->cells = shape->natives + count;
	shape->buckets = count;
	for (size_t i = 0; i < count; i++) {
		shape->bounds[i] = (uint64_t)llround(bounds[i] * scale);
		shape->upper[i] = bounds[i];
	}
	shape->bounds[count] = UINT64_MAX;
	shape->upper[count] = (double)INFINITY;
	fractions_init(shape);
	shape->first = 1;
	/* 1 is the lowest value of all. */
	shape->first += (int)shape_native(shape, 1) - 1;
	for (size_t native = 0; native < shape->natives; native++) {
		size_t above;

		while (bound < count && shape_native(shape, shape->bounds[bound]) < native)
			bound++;
		shape->classic_low[native] = (uint8_t)bound;
		for (above = bound; above < count; above++) {
			if (shape_native(shape, shape->bounds[above]) > native)
				break;
		}
		for (size_t classic = bound; classic <= above; classic++)
			shape->classic_of[native + classic] = (uint8_t)classic;
	}
}
