/* test_load_schedule.c - arrivals: exact numbers, in order, as the profile says. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <tasklab/base/clock.h>

#include "load/schedule.h"

#define S CLOCK_NS_PER_S

static const struct {
	const char *label;
	enum load_profile profile;
	double rate;
	int64_t duration_ns;
	uint64_t count;       /* the integral of the rate over the duration */
	uint64_t first_third; /* arrivals due in the first third of the time */
} CASES[] = {
	{"steady", LOAD_STEADY, 20, 60 * S, 1200, 400},
	{"steady, a fraction", LOAD_STEADY, 0.5, 10 * S, 5, 2},
	{"steady, fast", LOAD_STEADY, 100000, 3 * S, 300000, 100000},
	{"ramp", LOAD_RAMP, 100, 30 * S, 1650, 250},
	{"spike", LOAD_SPIKE, 300, 30 * S, 4200, 600},
	{"soak, one wave", LOAD_SOAK, 10, 600 * S, 4500, 1859},
	{"soak, shorter than a wave", LOAD_SOAK, 100, 60 * S, 4500, 1859},
	{"soak, three waves", LOAD_SOAK, 10, 1800 * S, 13500, 4500},
};

static void test_counts(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(CASES); i++) {
		struct schedule s;
		uint64_t early = 0;

		print_message("%s\n", CASES[i].label);
		assert_int_equal(schedule_init(&s, CASES[i].profile, CASES[i].rate,
					       CASES[i].duration_ns, NULL),
				 0);
		assert_int_equal(schedule_count(&s), CASES[i].count);
		while (schedule_at_ns(&s, early) < CASES[i].duration_ns / 3)
			early++;
		assert_in_range(early, CASES[i].first_third - 1, CASES[i].first_third + 1);
	}
}

static void test_order(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(CASES); i++) {
		int64_t before = -1;
		struct schedule s;

		print_message("%s\n", CASES[i].label);
		assert_int_equal(schedule_init(&s, CASES[i].profile, CASES[i].rate,
					       CASES[i].duration_ns, NULL),
				 0);
		for (uint64_t n = 0; n < schedule_count(&s); n++) {
			int64_t at = schedule_at_ns(&s, n);

			assert_true(at > before);
			before = at;
		}
		assert_int_equal(schedule_at_ns(&s, 0), 0);
		assert_true(before < CASES[i].duration_ns);
	}
}

/* Each arrival is due just when the integral of the rate reaches its number. */
static void test_rate_is_the_slope(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(CASES); i++) {
		double end = (double)CASES[i].duration_ns / 1e9;
		struct schedule s;

		assert_int_equal(schedule_init(&s, CASES[i].profile, CASES[i].rate,
					       CASES[i].duration_ns, NULL),
				 0);
		for (double t = end / 100; t < end; t += end / 7.3) {
			double step = end / 1e6;
			double slope = (schedule_due(&s, t + step) - schedule_due(&s, t - step)) /
				       (2 * step);

			assert_true(fabs(slope - schedule_rate(&s, t)) < CASES[i].rate * 1e-3);
		}
		for (uint64_t n = 1; n < schedule_count(&s); n += 1 + schedule_count(&s) / 100)
			assert_true(fabs(schedule_due(&s, (double)schedule_at_ns(&s, n) / 1e9) -
					 (double)n) < 1e-3);
	}
}

static void test_without_end(void **state)
{
	struct schedule s;

	(void)state;
	assert_int_equal(schedule_init(&s, LOAD_STEADY, 20, 0, NULL), 0);
	assert_true(schedule_count(&s) == UINT64_MAX);
	assert_int_equal(schedule_at_ns(&s, 20 * 86400), 86400 * S);
	assert_int_equal(schedule_init(&s, LOAD_SOAK, 20, 0, NULL), 0);
	assert_true(schedule_count(&s) == UINT64_MAX);
	/* The mean of whole waves is three quarters of the rate. */
	assert_in_range(schedule_at_ns(&s, 15 * 86400), 86400 * S - S / 1000, 86400 * S + S / 1000);
}

static void test_refuses(void **state)
{
	static const struct {
		enum load_profile profile;
		double rate;
		int64_t duration_ns;
		const char *field;
	} BAD[] = {
		{LOAD_STEADY, 0, S, "rate"},      {LOAD_STEADY, -1, S, "rate"},
		{LOAD_STEADY, 1e9, S, "rate"},    {LOAD_STEADY, NAN, S, "rate"},
		{LOAD_STEADY, 1, -1, "duration"}, {LOAD_RAMP, 1, 0, "duration"},
		{LOAD_SPIKE, 1, 0, "duration"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(BAD); i++) {
		struct err err = ERR_INIT;
		struct schedule s;

		assert_int_equal(
			schedule_init(&s, BAD[i].profile, BAD[i].rate, BAD[i].duration_ns, &err),
			-1);
		assert_int_equal(err.code, ERR_INVALID);
		assert_string_equal(err.field, BAD[i].field);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_counts),
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_rate_is_the_slope),
		cmocka_unit_test(test_without_end),
		cmocka_unit_test(test_refuses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
