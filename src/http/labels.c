/* labels.c - the rows of the metrics' label sets that this room owns.
 *
 * LABELS_ENDPOINT: the routes in the order of their table, then (method, "unmatched") for each
 * method and for "OTHER". LABELS_CODE: the table of status.h, then "other". Both are fixed, so no
 * request can add a series.
 */
#include "labels.h"

#include <stdlib.h>
#include <string.h>

#include <tasklab/metrics/metrics.h>

#include "status.h"

#define UNMATCHED_ROWS (HTTP_METHOD_COUNT + 1)

static struct {
	const char **values; /* method, route; row by row; kept for good, as metrics keeps them */
	size_t routes;
	const char *codes[128];
} labels;

size_t labels_unmatched(enum http_method method)
{
	return labels.routes + (size_t)method;
}

static int register_codes(struct err *err)
{
	size_t n = status_count() + 1;

	if (n > ARRAY_LEN(labels.codes))
		return err_set(err, ERR_INTERNAL, "too many status codes", "%zu", n);
	for (size_t i = 0; i < n; i++)
		labels.codes[i] = status_label(i);
	return metrics_labels(LABELS_CODE, labels.codes, n, err);
}

int http_labels_register(const struct http_route *routes, size_t n, struct err *err)
{
	const char **values = calloc(n + UNMATCHED_ROWS, 2 * sizeof(*values));

	if (!values)
		return err_no_memory(err);
	for (size_t i = 0; i < n + UNMATCHED_ROWS; i++) {
		size_t method = i < n ? routes[i].method : i - n;

		values[2 * i] = method < HTTP_METHOD_COUNT
					? http_method_name((enum http_method)method)
					: "OTHER";
		values[2 * i + 1] = i < n ? routes[i].template : "unmatched";
	}
	if (metrics_labels(LABELS_ENDPOINT, values, n + UNMATCHED_ROWS, err) < 0 ||
	    register_codes(err) < 0) {
		free(values);
		return -1;
	}
	labels.values = values;
	labels.routes = n;
	return 0;
}

static int find_row(const struct http_route *route, size_t *ret)
{
	const char *method = http_method_name(route->method);

	for (size_t i = 0; i < labels.routes; i++) {
		if (strcmp(labels.values[2 * i], method) == 0 &&
		    strcmp(labels.values[2 * i + 1], route->template) == 0) {
			*ret = i;
			return 0;
		}
	}
	return -1;
}

int labels_endpoints(const struct http_route *routes, size_t n, size_t *rows, struct err *err)
{
	if (!labels.values)
		return err_set(err, ERR_INTERNAL, "the routes are not registered for metrics", "");
	for (size_t i = 0; i < n; i++) {
		if (find_row(&routes[i], &rows[i]) < 0)
			return err_set(err, ERR_INTERNAL, "a route is not registered for metrics",
				       "%s %s", http_method_name(routes[i].method),
				       routes[i].template);
	}
	return 0;
}
