/* test_query.c - percent-decoding, query strings, and the headers that are lists. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include <tasklab/base/attr.h>

#include "http/conditional.h"
#include "http/uri.h"

static const struct {
	const char *query;
	const char *decoded; /* name=value; in order; NULL: refused */
	const char *field;
} queries[] = {
	{"", "", ""},
	{"a=1", "a=1;", ""},
	{"a=1&b=2", "a=1;b=2;", ""},
	{"a=1&&b=2&", "a=1;b=2;", ""},
	{"a", "a=;", ""},
	{"a=", "a=;", ""},
	{"a=b=c", "a=b=c;", ""},
	{"a=b+c%20d%2B", "a=b c d+;", ""},
	{"%61=%C3%A9", "a=\xC3\xA9;", ""},
	{"a=%0A", "a=\n;", ""},
	{"=1", NULL, "query"},
	{"a=1&a=2", NULL, "a"},
	{"a=1&%61=2", NULL, "a"},
	{"a=%", NULL, "a"},
	{"a=%4", NULL, "a"},
	{"a=%4x", NULL, "a"},
	{"a=%00", NULL, "a"},
	{"a=%1b", NULL, "a"},
	{"a=%80", NULL, "a"},
	{"a=%C3", NULL, "a"},
	{"a=%C3&b=%A9", NULL, "a"},
	{"a=%ED%A0%80", NULL, "a"},
	{"a=%F5%80%80%80", NULL, "a"},
	{"a=%F0%9F%98%80", "a=\xF0\x9F\x98\x80;", ""},
	{"%=1", NULL, "query"},
	{"%ff=1", NULL, "query"},
};

static void test_queries(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(queries); i++) {
		/* Exactly the room that is promised, so that a sanitizer sees a byte too many. */
		AUTO(freep) char *text = malloc(strlen(queries[i].query) + URI_QUERY_EXTRA);
		struct uri_query query;
		struct err err = ERR_INIT;
		char decoded[256] = "";

		assert_non_null(text);
		if (uri_query_parse(queries[i].query, text, &query, &err) < 0) {
			if (queries[i].decoded || strcmp(err.field, queries[i].field) != 0)
				fail_msg("%s: field %s, %s", queries[i].query, err.field,
					 err.message);
			continue;
		}
		for (size_t k = 0; k < query.count; k++) {
			strcat(decoded, query.params[k].name);
			strcat(decoded, "=");
			strcat(decoded, query.params[k].value);
			strcat(decoded, ";");
		}
		if (!queries[i].decoded || strcmp(decoded, queries[i].decoded) != 0)
			fail_msg("%s: %s", queries[i].query, decoded);
	}
}

static void test_many_parameters(void **state)
{
	char query[256] = "", name[3] = "a&";
	AUTO(freep) char *text = NULL;
	struct uri_query parsed;
	struct err err = ERR_INIT;

	(void)state;
	for (int i = 0; i < HTTP_QUERY_PARAMS_MAX; i++) {
		name[0] = (char)('0' + i);
		strcat(query, name[0] == '=' ? "_&" : name);
	}
	text = malloc(strlen(query) + 1 + URI_QUERY_EXTRA);
	assert_non_null(text);
	assert_int_equal(uri_query_parse(query, text, &parsed, &err), 0);
	assert_int_equal(parsed.count, HTTP_QUERY_PARAMS_MAX);
	strcat(query, "z");
	assert_int_equal(uri_query_parse(query, text, &parsed, &err), -1);
	assert_string_equal(err.field, "query");
}

static void test_paths(void **state)
{
	static const struct {
		const char *path;
		const char *fault;
	} paths[] = {
		{"/a/b", NULL},       {"/a+b", NULL},        {"/%E2%82%AC", NULL},
		{"/%", "%"},          {"/%0", "%"},          {"/%00", "NUL"},
		{"/%0a", "control"},  {"/%7f", "control"},   {"/%C0%80", "UTF-8"},
		{"/%E2%82", "UTF-8"}, {"/%E2%82x", "UTF-8"}, {"/%E2%8", "%"},
	};
	char out[8];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(paths); i++) {
		const char *fault = uri_fault(paths[i].path, strlen(paths[i].path), false);

		if (!fault != !paths[i].fault || (fault && !strstr(fault, paths[i].fault)))
			fail_msg("%s: %s", paths[i].path, fault ? fault : "no fault");
	}
	assert_int_equal(uri_decode("a+%2B", 5, false, out), 3);
	assert_string_equal(out, "a++");
}

static void test_tags(void **state)
{
	static const struct {
		const char *list, *etag;
		bool strong, weak;
	} tags[] = {
		{"\"1\"", "\"1\"", true, true},
		{"\"2\"", "\"1\"", false, false},
		{"\"2\", \"1\"", "\"1\"", true, true},
		{"\"2\",\"1\"", "\"1\"", true, true},
		{"W/\"1\"", "\"1\"", false, true},
		{"\"1\"", "W/\"1\"", false, true},
		{"W/\"1\"", "W/\"1\"", false, true},
		{"*", "\"1\"", true, true},
		{"*", "W/\"1\"", true, true},
		{"", "\"1\"", false, false},
		{"1", "\"1\"", false, false},
		{"\"1", "\"1\"", false, false},
		{"\"11\"", "\"1\"", false, false},
		{"\"1\" \"2\"", "\"2\"", false, false},
		{"\"a,b\", \"1\"", "\"1\"", true, true},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(tags); i++) {
		if (conditional_holds(tags[i].list, tags[i].etag, true) != tags[i].strong ||
		    conditional_holds(tags[i].list, tags[i].etag, false) != tags[i].weak)
			fail_msg("%s against %s", tags[i].list, tags[i].etag);
	}
}

static void test_accept(void **state)
{
	static const struct {
		const char *accept;
		bool json;
	} headers[] = {
		{"*/*", true},
		{"application/json", true},
		{"Application/JSON; charset=utf-8", true},
		{"text/html, application/xhtml+xml, */*;q=0.8", true},
		{"text/html;q=1, application/*;q=0.1", true},
		{"application/problem+json", true},
		{"text/html", false},
		{"application/xml", false},
		{"application/json;q=0", false},
		{"application/json;q=0, */*", false},
		{"*/*, application/json; q=0.0", false},
		{"*/*;q=0, application/json", true},
		{"text/html;q=application/json", false},
		{",,", false},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(headers); i++) {
		int precision = 0;
		double q = 0;

		conditional_accepts_json(headers[i].accept, &precision, &q);
		if ((q > 0) != headers[i].json)
			fail_msg("%s: q %g", headers[i].accept, q);
	}
}

static void test_content_type(void **state)
{
	static const char *const types[] = {"application/merge-patch+json", "application/json",
					    NULL};

	(void)state;
	assert_true(conditional_type_in("application/json", types));
	assert_true(conditional_type_in("Application/Json ;charset=utf-8", types));
	assert_true(conditional_type_in("application/merge-patch+json", types));
	assert_false(conditional_type_in("application/jsonx", types));
	assert_false(conditional_type_in("application/jso", types));
	assert_false(conditional_type_in("", types));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_queries), cmocka_unit_test(test_many_parameters),
		cmocka_unit_test(test_paths),   cmocka_unit_test(test_tags),
		cmocka_unit_test(test_accept),  cmocka_unit_test(test_content_type),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
