/* test_clock.c - RFC 3339 both ways, durations, deadlines. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include <tasklab/base/attr.h>
#include <tasklab/base/clock.h>
#include <tasklab/base/rand.h>

static void test_parse(void **state)
{
	static const struct {
		const char *text;
		int64_t us;
	} cases[] = {
		{"1970-01-01T00:00:00Z", 0},
		{"1970-01-01T00:00:00.000001z", 1},
		{"1969-12-31t23:59:59.5Z", -500000},
		{"2026-11-21T09:52:29.123456789Z", INT64_C(1795254749123456)},
		{"2026-11-21T11:52:29+02:00", INT64_C(1795254749000000)},
		{"2026-11-21T09:22:29-00:30", INT64_C(1795254749000000)},
		{"2000-02-29T00:00:00Z", INT64_C(951782400000000)},
		{"2016-12-31T23:59:60Z", INT64_C(1483228800000000)},
		{"2017-01-01T00:59:60+01:00", INT64_C(1483228800000000)},
		{"0001-01-01T00:00:00Z", INT64_C(-62135596800000000)},
		{"9999-12-31T23:59:59.999999Z", INT64_C(253402300799999999)},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct err err = ERR_INIT;
		int64_t us = 42;

		if (clock_parse_rfc3339(cases[i].text, &us, &err) < 0 || us != cases[i].us)
			fail_msg("%s: %lld", cases[i].text, (long long)us);
	}
}

static void test_parse_refuses(void **state)
{
	static const char *const cases[] = {
		"",
		"2026",
		"2026-11-21",
		"2026-11-21T09:52Z",
		"2026-11-21T09:52:29",
		"2026-11-21 09:52:29Z",
		"2026-11-21T09:52:29Zx",
		" 2026-11-21T09:52:29Z",
		"2026-11-21T09:52:29.Z",
		"2026-11-21T09:52:29.1234567890Z",
		"2026-11-21T09:52:29+2:00",
		"2026-11-21T09:52:29+0200",
		"2026-11-21T09:52:29+24:00",
		"2026-11-21T09:52:29+02:60",
		"2026-13-01T00:00:00Z",
		"2026-00-01T00:00:00Z",
		"2026-02-29T00:00:00Z",
		"2100-02-29T00:00:00Z",
		"2026-04-31T00:00:00Z",
		"2026-01-00T00:00:00Z",
		"2026-01-01T24:00:00Z",
		"2026-01-01T00:60:00Z",
		"2026-01-01T00:00:61Z",
		"2026-01-01T12:00:60Z",
		"0000-01-01T00:00:00Z",
		"0001-01-01T00:00:00+00:01",
		"9999-12-31T23:59:59-00:01",
		"+2026-01-01T00:00:00Z",
		"20260-01-01T00:00:00Z",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct err err = ERR_INIT;
		int64_t us = 42;

		if (clock_parse_rfc3339(cases[i], &us, &err) == 0)
			fail_msg("accepted: %s", cases[i]);
		assert_int_equal(us, 42);
		assert_int_equal(err.code, ERR_INVALID);
	}
}

/* Against the C library's calendar, over all years. */
static void test_format_agrees_with_gmtime(void **state)
{
	struct rand rand;

	(void)state;
	rand_init(&rand, 1);
	for (int i = 0; i < 20000; i++) {
		int64_t s =
			(int64_t)rand_below(&rand, UINT64_C(315537897600)) - INT64_C(62135596800);
		time_t t = (time_t)s;
		char text[CLOCK_RFC3339_SIZE], expected[64];
		int64_t back = 0;
		struct tm tm;

		clock_format_rfc3339(s * CLOCK_US_PER_S + 7, text);
		strftime(expected, sizeof(expected), "%Y-%m-%dT%H:%M:%S.000007Z",
			 gmtime_r(&t, &tm));
		/* %Y does not pad the year */
		assert_string_equal(text + strlen(text) - strlen(expected), expected);
		assert_int_equal(clock_parse_rfc3339(text, &back, NULL), 0);
		assert_int_equal(back, s * CLOCK_US_PER_S + 7);
	}
}

static void test_format_clamps(void **state)
{
	char text[CLOCK_RFC3339_SIZE];

	(void)state;
	clock_format_rfc3339(INT64_MIN, text);
	assert_string_equal(text, "0001-01-01T00:00:00.000000Z");
	clock_format_rfc3339(INT64_MAX, text);
	assert_string_equal(text, "9999-12-31T23:59:59.999999Z");
	clock_format_rfc3339(-1, text);
	assert_string_equal(text, "1969-12-31T23:59:59.999999Z");
}

static void test_durations(void **state)
{
	static const struct {
		const char *text;
		int64_t ns; /* 0: refused */
	} cases[] = {
		{"90s", 90 * CLOCK_NS_PER_S},
		{"5m", 300 * CLOCK_NS_PER_S},
		{"1h30m", 5400 * CLOCK_NS_PER_S},
		{"2d", 172800 * CLOCK_NS_PER_S},
		{"250ms", 250 * CLOCK_NS_PER_MS},
		{"1s250ms", 1250 * CLOCK_NS_PER_MS},
		{"10us", 10000},
		{"7", 7 * CLOCK_NS_PER_S},
		{"", 0},
		{"0", 0},
		{"0s", 0},
		{"s", 0},
		{"-1s", 0},
		{"+1s", 0},
		{"1.5s", 0},
		{"1 s", 0},
		{"1s ", 0},
		{"1m1h", 0},
		{"1m1m", 0},
		{"1m30", 0},
		{"1x", 0},
		{"1ss", 0},
		{"9223372036854775807", 0},
		{"99999999999999999999s", 0},
		{"106751d24h", 0},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct err err = ERR_INIT;
		int64_t ns = 0;
		int rc = clock_parse_duration(cases[i].text, &ns, &err);

		if (rc != (cases[i].ns ? 0 : -1) || ns != cases[i].ns)
			fail_msg("\"%s\": %d, %lld", cases[i].text, rc, (long long)ns);
	}
}

static void test_deadlines(void **state)
{
	int64_t now = clock_mono_ns();
	int64_t until = now + 2 * CLOCK_NS_PER_MS;

	(void)state;
	assert_int_equal(clock_poll_ms(CLOCK_NEVER), -1);
	assert_int_equal(clock_poll_ms(now - 1), 0);
	assert_int_equal(clock_poll_ms(INT64_MIN), 0);
	assert_int_equal(clock_poll_ms(CLOCK_NEVER - 1), INT32_MAX);
	assert_in_range(clock_poll_ms(now + 3600 * CLOCK_NS_PER_S), 3500000, 3600000);
	clock_sleep_until(until);
	assert_true(clock_mono_ns() >= until);
	clock_sleep_until(0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parse),
		cmocka_unit_test(test_parse_refuses),
		cmocka_unit_test(test_format_agrees_with_gmtime),
		cmocka_unit_test(test_format_clamps),
		cmocka_unit_test(test_durations),
		cmocka_unit_test(test_deadlines),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
