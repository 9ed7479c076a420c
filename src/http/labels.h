/* labels.h - the rows of the metrics' label sets that this room owns. */
#ifndef TASKLAB_HTTP_LABELS_H
#define TASKLAB_HTTP_LABELS_H

#include <stddef.h>

#include <tasklab/base/err.h>
#include <tasklab/http/server.h>

/* Requests without a route are counted by method under the route "unmatched". */
size_t labels_unmatched(enum http_method method); /* HTTP_METHOD_COUNT: "OTHER" */
/* The row of each of a server's routes; ERR_INTERNAL for one that was not registered. */
int labels_endpoints(const struct http_route *routes, size_t n, size_t *rows, struct err *err);

#endif
