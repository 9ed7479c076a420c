/* test_routes.c - the route table holds together: what the rest of the room relies on. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include <tasklab/api/api.h>

#include "api/call.h"

static void test_rows_whole(void **state)
{
	size_t n;
	const struct api_route *rows = api_route_rows(&n);

	(void)state;
	for (size_t i = 0; i < n; i++) {
		assert_non_null(rows[i].handler);
		assert_non_null(rows[i].summary);
		assert_int_equal(rows[i].template[0], '/');
		for (size_t k = i + 1; k < n; k++) {
			if (rows[i].method == rows[k].method &&
			    strcmp(rows[i].template, rows[k].template) == 0)
				fail_msg("%s twice", rows[i].template);
		}
	}
}

/* /openapi.json writes a path item per run of rows with one template. */
static void test_rows_of_a_path_together(void **state)
{
	size_t n;
	const struct api_route *rows = api_route_rows(&n);

	(void)state;
	for (size_t i = 0; i < n; i++) {
		for (size_t k = i + 2; k < n; k++) {
			if (strcmp(rows[i].template, rows[k].template) == 0 &&
			    strcmp(rows[k - 1].template, rows[k].template) != 0)
				fail_msg("%s stands apart", rows[k].template);
		}
	}
}

static void check_set(const struct field_set *set, size_t max, const char *template)
{
	if (!set)
		return;
	if (set->count > max)
		fail_msg("%s: %zu fields, room for %zu", template, set->count, max);
	for (size_t i = 0; i < set->count; i++) {
		const char *name = set->fields[i].name;

		if (!name || !set->fields[i].help)
			fail_msg("%s: field %zu is empty", template, i);
		for (size_t k = 0; k < i; k++) {
			if (strcmp(name, set->fields[k].name) == 0)
				fail_msg("%s: %s twice", template, name);
		}
	}
}

static void test_tables_fit(void **state)
{
	size_t n;
	const struct api_route *rows = api_route_rows(&n);

	(void)state;
	for (size_t i = 0; i < n; i++) {
		bool sends = rows[i].method == HTTP_POST || rows[i].method == HTTP_PATCH;

		check_set(rows[i].query, API_QUERY_MAX, rows[i].template);
		check_set(rows[i].body, API_BODY_MAX, rows[i].template);
		if (sends != (rows[i].body != NULL))
			fail_msg("%s: a body where none belongs, or none where one does",
				 rows[i].template);
		if ((rows[i].flags & API_ROUTE_LIST) &&
		    (!rows[i].query || strcmp(rows[i].query->fields[0].name, "limit") != 0 ||
		     strcmp(rows[i].query->fields[1].name, "cursor") != 0))
			fail_msg("%s: a list without limit and cursor", rows[i].template);
		if ((rows[i].method == HTTP_POST) !=
		    !!(rows[i].flags & (API_ROUTE_IDEMPOTENT | API_ROUTE_ACCEPTED)))
			fail_msg("%s: creates honour Idempotency-Key, or are done later",
				 rows[i].template);
	}
}

static bool has(const struct http_route *routes, size_t n, const char *template)
{
	for (size_t i = 0; i < n; i++) {
		if (strcmp(routes[i].template, template) == 0)
			return true;
	}
	return false;
}

static void test_listeners(void **state)
{
	size_t all, service, metrics, rows;
	const struct http_route *routes = api_routes(&all);
	const struct http_route *service_routes = api_service_routes(&service);
	const struct http_route *metrics_routes = api_metrics_routes(&metrics);

	(void)state;
	(void)api_route_rows(&rows);
	assert_int_equal(all, rows);
	assert_int_equal(service, all - 1);
	assert_true(has(routes, all, "/metrics"));
	assert_false(has(service_routes, service, "/metrics"));
	assert_true(has(service_routes, service, "/healthz"));
	assert_int_equal(metrics, 3);
	assert_true(has(metrics_routes, metrics, "/metrics"));
	assert_true(has(metrics_routes, metrics, "/healthz"));
	assert_true(has(metrics_routes, metrics, "/readyz"));
	for (size_t i = 0; i < all; i++)
		assert_int_equal(routes[i].flags, i);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows_whole),
		cmocka_unit_test(test_rows_of_a_path_together),
		cmocka_unit_test(test_tables_fit),
		cmocka_unit_test(test_listeners),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
