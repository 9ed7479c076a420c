/* test_id.c - request ids and traceparent headers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <tasklab/base/attr.h>
#include <tasklab/base/clock.h>
#include <tasklab/base/id.h>

static void test_new_ids(void **state)
{
	char a[ID_REQUEST_SIZE], b[ID_REQUEST_SIZE], first[ID_REQUEST_SIZE];
	int64_t start_us;

	(void)state;
	id_request_new(first);
	for (int i = 0; i < 1000; i++) {
		id_request_new(a);
		id_request_new(b);
		assert_int_equal(strlen(a), 32);
		assert_int_equal(strspn(a, "0123456789abcdef"), 32);
		assert_int_equal(a[12], '7');
		assert_non_null(strchr("89ab", a[16]));
		assert_true(id_request_valid(a));
		assert_string_not_equal(a, b);
	}
	/* a later millisecond sorts behind */
	start_us = clock_real_us();
	while (clock_real_us() < start_us + 2000)
		;
	id_request_new(b);
	assert_true(strcmp(first, b) < 0);
}

static void test_valid(void **state)
{
	static const struct {
		const char *text;
		bool ok;
	} cases[] = {
		{"a", true},
		{"A-Z_a.z-0", true},
		{"0123456789012345678901234567890123456789012345678901234567890123", true},
		{"01234567890123456789012345678901234567890123456789012345678901234", false},
		{"", false},
		{"a b", false},
		{"a\n", false},
		{"a\"", false},
		{"\xC3\xA9", false},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		if (id_request_valid(cases[i].text) != cases[i].ok)
			fail_msg("%s", cases[i].text);
	}
}

#define TRACE  "4bf92f3577b34da6a3ce929d0e0e4736"
#define PARENT "00f067aa0ba902b7"

static void test_traceparent(void **state)
{
	static const struct {
		const char *text;
		bool ok;
	} cases[] = {
		{"00-" TRACE "-" PARENT "-01", true},
		{"00-" TRACE "-" PARENT "-ff", true},
		{"cc-" TRACE "-" PARENT "-01", true},
		{"cc-" TRACE "-" PARENT "-01-what-comes-later", true},
		{"cc-" TRACE "-" PARENT "-01.what", false},
		{"00-" TRACE "-" PARENT "-01-x", false},
		{"00-" TRACE "-" PARENT "-01 ", false},
		{"ff-" TRACE "-" PARENT "-01", false},
		{"00-" TRACE "-" PARENT "-0", false},
		{"00-" TRACE "-" PARENT "-0g", false},
		{"00-" TRACE "-" PARENT, false},
		{"00-4BF92F3577B34DA6A3CE929D0E0E4736-" PARENT "-01", false},
		{"00-00000000000000000000000000000000-" PARENT "-01", false},
		{"00-" TRACE "-0000000000000000-01", false},
		{"00_" TRACE "-" PARENT "-01", false},
		{"0-" TRACE "-" PARENT "-01x", false},
		{"", false},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct id_trace trace = {.flags = 42};
		char hex[33];

		if (id_trace_parse(cases[i].text, &trace) != cases[i].ok)
			fail_msg("%s", cases[i].text);
		if (!cases[i].ok) {
			assert_int_equal(trace.flags, 42);
			continue;
		}
		id_trace_hex(&trace, hex);
		assert_string_equal(hex, TRACE);
		assert_int_equal(trace.parent_id[7], 0xb7);
	}
}

static void test_random_fills_everything(void **state)
{
	uint8_t bytes[1000] = {0}, zero[8] = {0};

	(void)state;
	id_random(bytes, sizeof(bytes));
	for (size_t i = 0; i + 8 <= sizeof(bytes); i++)
		assert_memory_not_equal(bytes + i, zero, 8);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_new_ids),
		cmocka_unit_test(test_valid),
		cmocka_unit_test(test_traceparent),
		cmocka_unit_test(test_random_fills_everything),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
