/* test_json.c - the JSON writer: nesting, escapes, bad UTF-8, numbers. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <tasklab/base/json.h>

static void test_compact_document(void **state)
{
	AUTO(buf_release) struct buf buf = BUF_INIT(4096);
	struct json json = JSON_INIT(&buf);

	(void)state;
	json_begin_object(&json);
	json_kv_string(&json, "name", "a");
	json_kv_string(&json, "none", NULL);
	json_kv_i64(&json, "low", INT64_MIN);
	json_kv_u64(&json, "high", UINT64_MAX);
	json_kv_f64(&json, "half", 0.5);
	json_kv_f64(&json, "nan", (double)NAN);
	json_kv_bool(&json, "yes", true);
	json_kv_time_us(&json, "at", 0);
	json_name(&json, "list");
	json_begin_array(&json);
	json_i64(&json, 1);
	json_begin_array(&json);
	json_end_array(&json);
	json_begin_object(&json);
	json_end_object(&json);
	json_raw(&json, "[2]", 3);
	json_end_array(&json);
	json_kv_bool(&json, "no", false);
	json_end_object(&json);
	assert_string_equal(buf_str(&buf),
			    "{\"name\":\"a\",\"none\":null,\"low\":-9223372036854775808,"
			    "\"high\":18446744073709551615,\"half\":0.5,\"nan\":null,\"yes\":true,"
			    "\"at\":\"1970-01-01T00:00:00.000000Z\",\"list\":[1,[],{},[2]],"
			    "\"no\":false}");
}

static void test_pretty_document(void **state)
{
	AUTO(buf_release) struct buf buf = BUF_INIT(4096);
	struct json json = JSON_PRETTY(&buf);

	(void)state;
	json_begin_array(&json);
	json_begin_object(&json);
	json_kv_i64(&json, "a", 1);
	json_kv_i64(&json, "b", 2);
	json_end_object(&json);
	json_begin_array(&json);
	json_end_array(&json);
	json_end_array(&json);
	assert_string_equal(buf_str(&buf), "[\n  {\n    \"a\": 1,\n    \"b\": 2\n  },\n  []\n]");
}

static void test_strings(void **state)
{
#define BAD "\xEF\xBF\xBD"
	static const struct {
		const char *label, *text;
		size_t len;
		const char *json;
	} cases[] = {
		{"plain", "abc", 3, "\"abc\""},
		{"empty", "", 0, "\"\""},
		{"quotes", "a\"b\\c/", 6, "\"a\\\"b\\\\c/\""},
		{"short escapes", "\b\f\n\r\t", 5, "\"\\b\\f\\n\\r\\t\""},
		{"control", "\x01\x1f\x7f", 3, "\"\\u0001\\u001f\x7f\""},
		{"NUL inside", "a\0b", 3, "\"a\\u0000b\""},
		{"UTF-8", "\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80", 9,
		 "\"\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80\""},
		{"lone byte", "a\xFFz", 3, "\"a" BAD "z\""},
		{"overlong", "\xC0\xAF", 2, "\"" BAD BAD "\""},
		{"surrogate", "\xED\xA0\x80", 3, "\"" BAD BAD BAD "\""},
		{"cut off", "\xE2\x82", 2, "\"" BAD BAD "\""},
		{"cut off, then text", "\xE2\x82g", 3, "\"" BAD BAD "g\""},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		AUTO(buf_release) struct buf buf = BUF_INIT(256);
		struct json json = JSON_INIT(&buf);

		json_str_n(&json, cases[i].text, cases[i].len);
		if (strcmp(buf_str(&buf), cases[i].json) != 0)
			fail_msg("%s: %s", cases[i].label, buf_str(&buf));
	}
}

static void test_depth(void **state)
{
	AUTO(buf_release) struct buf buf = BUF_INIT(4096);
	struct json json = JSON_INIT(&buf);

	(void)state;
	for (int i = 0; i < JSON_MAX_DEPTH - 1; i++)
		json_begin_array(&json);
	json_i64(&json, 7);
	for (int i = 0; i < JSON_MAX_DEPTH - 1; i++)
		json_end_array(&json);
	assert_int_equal(buf.len, 2 * (JSON_MAX_DEPTH - 1) + 1);
	assert_int_equal(json.depth, 0);
}

static void test_past_the_limit(void **state)
{
	AUTO(buf_release) struct buf buf = BUF_INIT(8);
	struct json json = JSON_INIT(&buf);
	struct err err = ERR_INIT;

	(void)state;
	json_begin_object(&json);
	json_kv_string(&json, "name", "a text that does not fit");
	json_end_object(&json);
	assert_int_equal(buf_check(&buf, &err), -1);
	assert_int_equal(err.code, ERR_TOO_LARGE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_compact_document), cmocka_unit_test(test_pretty_document),
		cmocka_unit_test(test_strings),          cmocka_unit_test(test_depth),
		cmocka_unit_test(test_past_the_limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
