/* test_fields.c - strict decoding: what is refused, with which code, naming what. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include <tasklab/base/attr.h>
#include <tasklab/base/buf.h>

#include "api/fields.h"

enum { F_ID, F_TITLE, F_COUNT, F_DUE, F_META, F_FLAG, FIELD_ROWS };
static const struct field ROWS[FIELD_ROWS] = {
	[F_ID] = {"project_id", FIELD_ID, FIELD_REQUIRED, ""},
	[F_TITLE] = {"title", FIELD_TEXT, FIELD_REQUIRED, ""},
	[F_COUNT] = {"count", FIELD_INT, 0, ""},
	[F_DUE] = {"due_at", FIELD_TIME, FIELD_NULLABLE, ""},
	[F_META] = {"metadata", FIELD_OBJECT, 0, ""},
	[F_FLAG] = {"flag", FIELD_BOOL, 0, ""},
};
static const struct field_set SET = {ROWS, FIELD_ROWS};

static int decode(const char *data, size_t len, bool partial, struct field_value *values,
		  json_t **json, struct err *err)
{
	if (field_parse(data, len, json, err) < 0)
		return -1;
	return field_decode(*json, SET, partial, values, err);
}

struct bad_body {
	const char *label, *body;
	enum err_code code;
	const char *field, *message; /* message: a part of it */
};

#define OK_HEAD "{\"project_id\": 1, \"title\": \"a\""
/* clang-format off */
static const struct bad_body BAD_BODIES[] = {
	{"empty", "", ERR_INVALID, "", "empty"},
	{"blank", "  ", ERR_INVALID, "", "line 1"},
	{"cut off", "{\"project_id\": 1", ERR_INVALID, "", "line 1"},
	{"position", "{\n  \"project_id\" 1}", ERR_INVALID, "", "line 2, column 16"},
	{"trailing garbage", OK_HEAD "} x", ERR_INVALID, "", "column"},
	{"two values", OK_HEAD "}{}", ERR_INVALID, "", "column"},
	{"trailing comma", OK_HEAD ",}", ERR_INVALID, "", "column"},
	{"single quotes", "{'title': 1}", ERR_INVALID, "", "column"},
	{"comment", OK_HEAD "/* x */}", ERR_INVALID, "", "column"},
	{"leading zero", "{\"project_id\": 01}", ERR_INVALID, "", "column"},
	{"NaN", "{\"project_id\": NaN}", ERR_INVALID, "", "column"},
	{"byte order mark", "\xef\xbb\xbf{}", ERR_INVALID, "", "column"},
	{"duplicate", "{\"title\": \"a\", \"title\": \"b\"}", ERR_INVALID, "", "title"},
	{"bad UTF-8", "{\"title\": \"\xff\"}", ERR_INVALID, "", "0xff"},
	{"overlong UTF-8", "{\"title\": \"\xc0\xaf\"}", ERR_INVALID, "", "column"},
	{"surrogate in UTF-8", "{\"title\": \"\xed\xa0\x80\"}", ERR_INVALID, "", "column"},
	{"lone surrogate", "{\"title\": \"\\ud800\"}", ERR_INVALID, "", "column"},
	{"escaped NUL", "{\"title\": \"a\\u0000b\"}", ERR_INVALID, "", "u0000"},
	{"NUL in a name", "{\"a\\u0000b\": 1}", ERR_INVALID, "", "column"},
	{"control character", "{\"title\": \"a\x01\"}", ERR_INVALID, "", "column"},
	{"integer beyond 64 bits", "{\"project_id\": 9223372036854775808}", ERR_INVALID, "", "integer"},
	{"real beyond double", "{\"count\": 1e999}", ERR_INVALID, "", "column"},
	{"array", "[]", ERR_UNPROCESSABLE, "", "object"},
	{"string", "\"x\"", ERR_UNPROCESSABLE, "", "object"},
	{"null", "null", ERR_UNPROCESSABLE, "", "object"},
	{"number", "7", ERR_UNPROCESSABLE, "", "object"},
	{"unknown member", OK_HEAD ", \"titel\": 1}", ERR_UNPROCESSABLE, "titel", "unknown"},
	{"missing first", "{}", ERR_UNPROCESSABLE, "project_id", "required"},
	{"missing second", "{\"project_id\": 1}", ERR_UNPROCESSABLE, "title", "required"},
	{"null where not allowed", "{\"project_id\": 1, \"title\": null}", ERR_UNPROCESSABLE, "title", "a string"},
	{"id as text", "{\"project_id\": \"1\"}", ERR_UNPROCESSABLE, "project_id", "integer"},
	{"id as real", "{\"project_id\": 1.0}", ERR_UNPROCESSABLE, "project_id", "integer"},
	{"id as object", "{\"project_id\": {}}", ERR_UNPROCESSABLE, "project_id", "integer"},
	{"id zero", "{\"project_id\": 0}", ERR_UNPROCESSABLE, "project_id", "1 or more"},
	{"id negative", "{\"project_id\": -1}", ERR_UNPROCESSABLE, "project_id", "1 or more"},
	{"text as number", "{\"title\": 1}", ERR_UNPROCESSABLE, "title", "string"},
	{"count true", OK_HEAD ", \"count\": true}", ERR_UNPROCESSABLE, "count", "integer"},
	{"time words", OK_HEAD ", \"due_at\": \"tomorrow\"}", ERR_UNPROCESSABLE, "due_at", "RFC 3339"},
	{"time date", OK_HEAD ", \"due_at\": \"2026-01-01\"}", ERR_UNPROCESSABLE, "due_at", "RFC 3339"},
	{"time day", OK_HEAD ", \"due_at\": \"2026-02-30T00:00:00Z\"}", ERR_UNPROCESSABLE, "due_at", "RFC 3339"},
	{"time number", OK_HEAD ", \"due_at\": 5}", ERR_UNPROCESSABLE, "due_at", "a string or null"},
	{"object array", OK_HEAD ", \"metadata\": []}", ERR_UNPROCESSABLE, "metadata", "object"},
	{"object null", OK_HEAD ", \"metadata\": null}", ERR_UNPROCESSABLE, "metadata", "an object"},
	{"bool text", OK_HEAD ", \"flag\": \"true\"}", ERR_UNPROCESSABLE, "flag", "true or false"},
};
/* clang-format on */

static void test_bad_bodies(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(BAD_BODIES) / sizeof(BAD_BODIES[0]); i++) {
		const struct bad_body *c = &BAD_BODIES[i];
		AUTO(field_json_freep) json_t *json = NULL;
		struct field_value values[FIELD_ROWS];
		struct err err = ERR_INIT;

		if (decode(c->body, strlen(c->body), false, values, &json, &err) == 0)
			fail_msg("%s: accepted", c->label);
		if (err.code != c->code || strcmp(err.field, c->field) != 0 ||
		    !strstr(err.message, c->message))
			fail_msg("%s: %s, field \"%s\", message \"%s\"", c->label,
				 err_name(err.code), err.field, err.message);
	}
}

static void test_raw_nul(void **state)
{
	static const char inside[] = "{\"title\": \"a\0b\"}";
	static const char behind[] = "{\"project_id\": 1, \"title\": \"a\"}\0";
	struct field_value values[FIELD_ROWS];
	AUTO(field_json_freep) json_t *first = NULL;
	AUTO(field_json_freep) json_t *second = NULL;
	struct err err = ERR_INIT;

	(void)state;
	assert_int_equal(decode(inside, sizeof(inside) - 1, false, values, &first, &err), -1);
	assert_int_equal(err.code, ERR_INVALID);
	assert_int_equal(decode(behind, sizeof(behind) - 1, false, values, &second, &err), -1);
	assert_int_equal(err.code, ERR_INVALID);
}

static void nested(struct buf *buf, const char *open, const char *close, size_t depth)
{
	buf_puts(buf, "{\"metadata\":");
	for (size_t i = 0; i < depth; i++)
		buf_puts(buf, open);
	buf_puts(buf, "1");
	for (size_t i = 0; i < depth; i++)
		buf_puts(buf, close);
	buf_putc(buf, '}');
}

static void test_depth(void **state)
{
	static const struct {
		const char *open, *close;
		size_t depth;
		bool accepted;
	} CASES[] = {
		{"{\"a\":", "}", FIELD_DEPTH_MAX - 1, true},
		{"{\"a\":", "}", FIELD_DEPTH_MAX, false},
		{"[", "]", FIELD_DEPTH_MAX, false},
		{"[", "]", 100000, false},
		{"{\"a\":", "}", 40000, false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(CASES) / sizeof(CASES[0]); i++) {
		AUTO(buf_release) struct buf buf = BUF_INIT(1 << 20);
		AUTO(field_json_freep) json_t *json = NULL;
		struct field_value values[FIELD_ROWS];
		struct err err = ERR_INIT;
		int got;

		nested(&buf, CASES[i].open, CASES[i].close, CASES[i].depth);
		assert_int_equal(buf_check(&buf, &err), 0);
		got = decode(buf.data, buf.len, true, values, &json, &err);
		assert_int_equal(got, CASES[i].accepted ? 0 : -1);
		if (!CASES[i].accepted)
			assert_non_null(strstr(err.message, "nested deeper"));
	}
}

/* Brackets in strings, also behind escapes, are text and not depth. */
static void test_depth_strings(void **state)
{
	const char *body =
		"{\"metadata\": {\"a\": \"\\\"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[\"}}";
	AUTO(field_json_freep) json_t *json = NULL;
	struct field_value values[FIELD_ROWS];
	struct err err = ERR_INIT;

	(void)state;
	assert_int_equal(decode(body, strlen(body), true, values, &json, &err), 0);
}

static void test_values(void **state)
{
	const char *body = "{\"project_id\": 9223372036854775807, \"title\": "
			   "\"\u00e4\u00f6\u00fc\u20ac\U0001f600\","
			   "\"count\": -2, \"due_at\": \"1970-01-01T00:00:01.5Z\","
			   "\"metadata\": {\"k\": 1}, \"flag\": true}";
	AUTO(field_json_freep) json_t *json = NULL;
	struct field_value v[FIELD_ROWS];
	struct err err = ERR_INIT;

	(void)state;
	assert_int_equal(decode(body, strlen(body), false, v, &json, &err), 0);
	assert_true(v[F_ID].given && v[F_ID].i64 == INT64_MAX);
	assert_string_equal(v[F_TITLE].text, "\u00e4\u00f6\u00fc\u20ac\U0001f600");
	assert_int_equal(v[F_COUNT].i64, -2);
	assert_int_equal(v[F_DUE].i64, 1500000);
	assert_int_equal(json_integer_value(json_object_get(v[F_META].object, "k")), 1);
	assert_true(v[F_FLAG].boolean);
}

static void test_partial(void **state)
{
	const char *body = "{\"due_at\": null}";
	AUTO(field_json_freep) json_t *json = NULL;
	struct field_value v[FIELD_ROWS];
	struct err err = ERR_INIT;

	(void)state;
	assert_int_equal(decode(body, strlen(body), true, v, &json, &err), 0);
	assert_true(v[F_DUE].given && v[F_DUE].null);
	assert_false(v[F_TITLE].given);
}

static void test_params(void **state)
{
	struct field_value values[FIELD_ROWS] = {0};
	struct err err = ERR_INIT;

	(void)state;
	assert_int_equal(field_param("count", "x", SET, values, &err), 0);
	assert_true(values[F_COUNT].given);
	assert_string_equal(values[F_COUNT].text, "x");
	assert_false(values[F_ID].given);
	assert_int_equal(field_param("Count", "1", SET, values, &err), -1);
	assert_int_equal(err.code, ERR_INVALID);
	assert_string_equal(err.field, "Count");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bad_bodies), cmocka_unit_test(test_raw_nul),
		cmocka_unit_test(test_depth),      cmocka_unit_test(test_depth_strings),
		cmocka_unit_test(test_values),     cmocka_unit_test(test_partial),
		cmocka_unit_test(test_params),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
