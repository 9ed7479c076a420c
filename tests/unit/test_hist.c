/* test_hist.c - bucket bounds, the relative error of quantiles, merging. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include <tasklab/base/attr.h>
#include <tasklab/base/hist.h>
#include <tasklab/base/rand.h>

#define SAMPLES 20000

static int compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

static void test_buckets_are_without_gap(void **state)
{
	AUTO(hist_freep) struct hist *hist = hist_new();

	(void)state;
	assert_non_null(hist);
	for (size_t i = 1; i < HIST_BUCKETS; i++)
		assert_true(hist_bucket_upper_ns(i) > hist_bucket_upper_ns(i - 1));
	assert_true(hist_bucket_upper_ns(HIST_BUCKETS - 1) == (UINT64_C(1) << 40) - 1);
	/* a bound lies in its bucket, the next value in the next one */
	for (size_t i = 0; i < HIST_BUCKETS; i++) {
		uint64_t upper = hist_bucket_upper_ns(i);

		hist_reset(hist);
		hist_record(hist, (int64_t)upper);
		assert_int_equal(hist->buckets[i], 1);
		hist_record(hist, (int64_t)upper + 1);
		assert_int_equal(hist->buckets[i + 1 < HIST_BUCKETS ? i + 1 : i],
				 i + 1 < HIST_BUCKETS ? 1 : 2);
	}
}

static void test_quantiles_hold_the_error(void **state)
{
	AUTO(hist_freep) struct hist *hist = hist_new();
	static uint64_t values[SAMPLES];
	struct rand rand;

	(void)state;
	assert_non_null(hist);
	rand_init(&rand, 7);
	for (size_t i = 0; i < SAMPLES; i++) {
		values[i] = (uint64_t)rand_exponential(&rand, 3e6);
		hist_record(hist, (int64_t)values[i]);
	}
	qsort(values, SAMPLES, sizeof(values[0]), compare);
	for (int percent = 0; percent <= 100; percent++) {
		size_t rank = percent == 0 ? 1 : (SAMPLES * (size_t)percent + 99) / 100;
		uint64_t exact = values[rank - 1];
		uint64_t got = hist_quantile_ns(hist, percent / 100.0);

		assert_true(got >= exact);
		assert_true(got - exact <= exact / 64);
	}
	assert_true(hist_quantile_ns(hist, 1) == values[SAMPLES - 1]);
	assert_true(hist->min_ns == values[0]);
}

static void test_edges(void **state)
{
	AUTO(hist_freep) struct hist *hist = hist_new();

	(void)state;
	assert_non_null(hist);
	assert_int_equal(hist_quantile_ns(hist, 0.5), 0);
	hist_record(hist, -5);
	assert_int_equal(hist->min_ns, 0);
	assert_int_equal(hist_quantile_ns(hist, 0.5), 0);
	hist_record(hist, INT64_MAX);
	assert_true(hist_quantile_ns(hist, 1) == INT64_MAX);
	assert_int_equal(hist->count, 2);
}

static void test_merge(void **state)
{
	AUTO(hist_freep) struct hist *a = hist_new();
	AUTO(hist_freep) struct hist *b = hist_new();
	AUTO(hist_freep) struct hist *both = hist_new();

	(void)state;
	assert_true(a && b && both);
	for (int64_t i = 0; i < 1000; i++) {
		hist_record(i % 3 ? a : b, i * i * 1000);
		hist_record(both, i * i * 1000);
	}
	hist_merge(a, b);
	assert_memory_equal(a, both, sizeof(*a));
	hist_reset(b);
	hist_merge(a, b); /* an empty one changes nothing */
	assert_memory_equal(a, both, sizeof(*a));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_buckets_are_without_gap),
		cmocka_unit_test(test_quantiles_hold_the_error),
		cmocka_unit_test(test_edges),
		cmocka_unit_test(test_merge),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
