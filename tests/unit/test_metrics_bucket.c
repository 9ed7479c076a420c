/* test_metrics_bucket.c - every value falls into the bucket that the specification names. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <tasklab/base/attr.h>

#include "metrics/bucket.h"

static const double bounds[] = {0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05,
				0.1,    0.25,  0.5,    1,     2.5,  5,     10};

static struct shape shape;

/* The index of the bucket, by the definition alone. */
static int index_by_definition(int schema, double value)
{
	int index = (int)ceill(log2l((long double)value) * (1 << schema));

	/* the logarithm may be a hair off: the bounds decide */
	while (value > (double)exp2l((long double)index / (1 << schema)))
		index++;
	while (value <= (double)exp2l((long double)(index - 1) / (1 << schema)))
		index--;
	return index;
}

static uint64_t next_random(uint64_t *state)
{
	*state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return *state;
}

/* Values that lie about every bound, and many between. */
static size_t draw_values(uint64_t *values, size_t max)
{
	uint64_t state = 7;
	size_t n = 0;

	for (int octave = 0; octave < 64; octave++) {
		uint64_t power = UINT64_C(1) << octave;

		for (int step = -1; step <= 1; step++)
			values[n++] = power + (uint64_t)step;
	}
	for (int index = -30 * 16; index <= 34 * 16; index++) {
		uint64_t near = (uint64_t)(exp2((double)index / 16) * 1e9);

		for (int step = -1; step <= 1; step++)
			values[n++] = near + (uint64_t)step;
	}
	for (size_t i = 0; i < ARRAY_LEN(bounds); i++) {
		for (int step = -1; step <= 1; step++)
			values[n++] = (uint64_t)llround(bounds[i] * 1e9) + (uint64_t)step;
	}
	values[n++] = UINT64_MAX;
	while (n < max) {
		values[n++] = next_random(&state) >> (state >> 58);
		(void)next_random(&state);
	}
	return n;
}

static int by_value(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

static void check_values(int schema, double scale)
{
	static uint64_t values[20000];
	size_t n = draw_values(values, ARRAY_LEN(values)), last = 0;

	qsort(values, n, sizeof(values[0]), by_value);
	shape_init(&shape, schema, bounds, ARRAY_LEN(bounds), scale);
	for (size_t i = 0; i < n; i++) {
		size_t classic = 0, cell = shape_cell(&shape, values[i]);

		while (classic < ARRAY_LEN(bounds) &&
		       values[i] > (uint64_t)llround(bounds[classic] * scale))
			classic++;
		assert_true(cell < shape.cells);
		assert_true(cell >= last);
		last = cell;
		assert_int_equal(shape.classic_of[cell], classic);
		if (values[i] == 0)
			assert_int_equal(cell, 0);
		else
			assert_int_equal(shape_index(&shape, cell),
					 index_by_definition(schema, (double)values[i] / scale));
	}
}

static void test_values_fall_where_they_belong(void **state)
{
	(void)state;
	for (int schema = 0; schema <= NATIVE_SCHEMA_MAX; schema++) {
		check_values(schema, 1e9);
		check_values(schema, 1);
	}
}

/* The table that the Go client has for schema 3. Some of its bounds are the double below the
 * nearest one; ours are the nearest. */
static void test_bounds_of_schema_3(void **state)
{
	static const double expected[] = {0.5,
					  0.5452538663326288,
					  0.5946035575013605,
					  0.6484197773255048,
					  0.7071067811865475,
					  0.7711054127039704,
					  0.8408964152537144,
					  0.9170040432046711};

	(void)state;
	shape_init(&shape, 3, bounds, ARRAY_LEN(bounds), 1e9);
	for (size_t i = 0; i < ARRAY_LEN(expected); i++) {
		double twice = 2 * expected[i];
		uint64_t bits;

		memcpy(&bits, &twice, sizeof(bits));
		assert_in_range(shape.fractions[i] - (bits & ((UINT64_C(1) << 52) - 1)), 0, 1);
	}
}

static void test_known_indices(void **state)
{
	static const struct {
		int schema;
		uint64_t value; /* in the unit itself */
		int index;
	} cases[] = {
		{0, 1, 0},      {0, 2, 1},     {0, 3, 2},           {0, 4, 2},  {0, 5, 3},
		{1, 1, 0},      {1, 2, 2},     {1, 3, 4},           {1, 4, 4},  {2, 2, 4},
		{2, 3, 7},      {3, 1, 0},     {3, 2, 8},           {3, 3, 13}, {3, 4, 16},
		{3, 5, 19},     {3, 7, 23},    {3, 8, 24},          {4, 2, 16}, {4, 3, 26},
		{4, 1024, 160}, {3, 1025, 81}, {0, UINT64_MAX, 64},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		shape_init(&shape, cases[i].schema, bounds, 0, 1);
		assert_int_equal(shape_index(&shape, shape_cell(&shape, cases[i].value)),
				 cases[i].index);
	}
}

/* Lowering the schema by one merges the buckets 2i - 1 and 2i into i. */
static void test_halving(void **state)
{
	static const int cases[][2] = {{-5, -2}, {-4, -2}, {-3, -1}, {-2, -1}, {-1, 0},
				       {0, 0},   {1, 1},   {2, 1},   {3, 2},   {4, 2}};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		assert_int_equal(native_halve(cases[i][0]), cases[i][1]);
	for (uint64_t value = 1; value < 100000; value += 7) {
		double seconds = (double)value / 1e9;

		assert_int_equal(native_halve(index_by_definition(4, seconds)),
				 index_by_definition(3, seconds));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_values_fall_where_they_belong),
		cmocka_unit_test(test_bounds_of_schema_3),
		cmocka_unit_test(test_known_indices),
		cmocka_unit_test(test_halving),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
