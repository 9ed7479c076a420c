/* test_router.c - paths find their routes, and nothing else does. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include <tasklab/base/attr.h>

#include "http/router.h"

static const struct http_route routes[] = {
	{HTTP_GET, "/", NULL, 0, 0},
	{HTTP_GET, "/healthz", NULL, 0, 0},
	{HTTP_GET, "/tasks", NULL, 0, 0},
	{HTTP_POST, "/tasks", NULL, 0, 0},
	{HTTP_GET, "/tasks/{id}", NULL, 0, 0},
	{HTTP_DELETE, "/tasks/{id}", NULL, 0, 0},
	{HTTP_GET, "/tasks/mine", NULL, 0, 0},
	{HTTP_GET, "/tasks/mine/old", NULL, 0, 0},
	{HTTP_GET, "/tasks/{id}/comments/{comment}", NULL, 0, 0},
	{HTTP_HEAD, "/tasks/{task_id}/tags", NULL, 0, 0},
	{HTTP_GET, "/tasks/{task_id}/tags", NULL, 0, 0},
};

#define NONE        SIZE_MAX
#define BIT(method) (UINT32_C(1) << (method))
#define GET_SET     (BIT(HTTP_GET) | BIT(HTTP_HEAD) | BIT(HTTP_OPTIONS))

static const struct {
	const char *path;
	enum http_method method;
	size_t route;
	uint32_t methods;
	const char *params; /* "name=text name=text " */
} cases[] = {
	{"/", HTTP_GET, 0, GET_SET, ""},
	{"/healthz", HTTP_GET, 1, GET_SET, ""},
	{"/healthz", HTTP_HEAD, 1, GET_SET, ""},
	{"/healthz", HTTP_POST, NONE, GET_SET, ""},
	{"/healthz", HTTP_OPTIONS, NONE, GET_SET, ""},
	{"/healthz", HTTP_METHOD_COUNT, NONE, GET_SET, ""},
	{"/health", HTTP_GET, NONE, 0, ""},
	{"/healthzz", HTTP_GET, NONE, 0, ""},
	{"/healthz/", HTTP_GET, NONE, 0, ""},
	{"//healthz", HTTP_GET, NONE, 0, ""},
	{"healthz", HTTP_GET, NONE, 0, ""},
	{"", HTTP_GET, NONE, 0, ""},
	{"/tasks", HTTP_POST, 3, GET_SET | BIT(HTTP_POST), ""},
	{"/tasks/", HTTP_GET, NONE, 0, ""},
	{"/tasks/7", HTTP_GET, 4, GET_SET | BIT(HTTP_DELETE), "id=7 "},
	{"/tasks/7", HTTP_DELETE, 5, GET_SET | BIT(HTTP_DELETE), "id=7 "},
	{"/tasks/%2F", HTTP_GET, 4, GET_SET | BIT(HTTP_DELETE), "id=%2F "},
	{"/tasks/mine", HTTP_GET, 6, GET_SET, ""},
	{"/tasks/mine/old", HTTP_GET, 7, GET_SET, ""},
	{"/tasks/mine/comments/2", HTTP_GET, 8, GET_SET, "id=mine comment=2 "},
	{"/tasks/mine/new", HTTP_GET, NONE, 0, ""},
	{"/tasks/7/comments/9", HTTP_GET, 8, GET_SET, "id=7 comment=9 "},
	{"/tasks/7/comments//", HTTP_GET, NONE, 0, ""},
	{"/tasks/7/comments", HTTP_GET, NONE, 0, ""},
	{"/tasks/7/tags", HTTP_GET, 10, GET_SET, "task_id=7 "},
	{"/tasks/7/tags", HTTP_HEAD, 9, GET_SET, "task_id=7 "},
};

static void write_params(const struct router_match *match, char out[128])
{
	out[0] = '\0';
	for (size_t i = 0; i < match->param_count && match->route; i++) {
		strncat(out, match->params[i].name, match->params[i].name_len);
		strcat(out, "=");
		strncat(out, match->params[i].text, match->params[i].text_len);
		strcat(out, " ");
	}
}

static void test_find(void **state)
{
	AUTO(router_freep) struct router *router = NULL;

	(void)state;
	assert_int_equal(router_new(routes, ARRAY_LEN(routes), &router, NULL), 0);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct router_match match;
		char params[128];
		size_t route;

		router_find(router, cases[i].method, cases[i].path, &match);
		route = match.route ? (size_t)(match.route - routes) : NONE;
		write_params(&match, params);
		if (route != cases[i].route || match.methods != cases[i].methods ||
		    strcmp(params, cases[i].params) != 0)
			fail_msg("%s %d: route %zu, methods %x, %s", cases[i].path,
				 (int)cases[i].method, route, match.methods, params);
		if (match.route)
			assert_int_equal(match.index, route);
	}
}

static void test_malformed_tables(void **state)
{
	static const struct http_route tables[][2] = {
		{{HTTP_GET, "tasks", NULL, 0, 0}, {HTTP_GET, "/a", NULL, 0, 0}},
		{{HTTP_GET, "/a/{b}", NULL, 0, 0}, {HTTP_GET, "/a/{c}", NULL, 0, 0}},
		{{HTTP_GET, "/{a}/{b}/{c}/{d}/{e}", NULL, 0, 0}, {HTTP_GET, "/a", NULL, 0, 0}},
		{{HTTP_GET, "/1/2/3/4/5/6/7/8/9/0/1/2/3/4/5/6/7", NULL, 0, 0},
		 {HTTP_GET, "/a", NULL, 0, 0}},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(tables); i++) {
		struct router *router = NULL;
		struct err err = ERR_INIT;

		assert_int_equal(router_new(tables[i], 2, &router, &err), -1);
		assert_int_equal(err.code, ERR_INVALID);
		assert_null(router);
	}
}

static void test_allow(void **state)
{
	char allow[ROUTER_ALLOW_SIZE];

	(void)state;
	router_allow(0, allow);
	assert_string_equal(allow, "");
	router_allow(GET_SET, allow);
	assert_string_equal(allow, "GET, HEAD, OPTIONS");
	router_allow(BIT(HTTP_METHOD_COUNT) - 1, allow);
	assert_string_equal(allow, "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_find),
		cmocka_unit_test(test_malformed_tables),
		cmocka_unit_test(test_allow),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
