/* uri.h - percent-decoding of paths and queries, strictly (RFC 3986 section 2.1). */
#ifndef TASKLAB_HTTP_URI_H
#define TASKLAB_HTTP_URI_H

#include <stdbool.h>
#include <stddef.h>

#include <tasklab/base/err.h>
#include <tasklab/http/server.h>

/* Why text cannot be decoded, as the end of a sentence that starts with its name; NULL: it can.
 * Asked for are whole percent-encodings, valid UTF-8 and no control characters U+0000 to U+001F
 * and U+007F, however they are written; tab and line ends may be encoded in a query's value. */
const char *uri_fault(const char *text, size_t len, bool query);
/* Decodes into out, which has room for len + 1 bytes, and terminates it. In a query + is a space.
 * The text has no fault. Returns the length. */
size_t uri_decode(const char *text, size_t len, bool query, char *out);

#define URI_QUERY_EXTRA ((size_t)2 * (HTTP_QUERY_PARAMS_MAX + 1)) /* two ends each */

struct uri_param {
	const char *name, *value; /* decoded, within text */
};
struct uri_query {
	struct uri_param params[HTTP_QUERY_PARAMS_MAX];
	size_t count;
};
/* Parses name=value&... (application/x-www-form-urlencoded); text has room for strlen(query) +
 * URI_QUERY_EXTRA bytes and holds what ret points to. A name without = has the value "". Refused
 * with the name as field: faults, empty names, names that are given twice, more than
 * HTTP_QUERY_PARAMS_MAX. */
int uri_query_parse(const char *query, char *text, struct uri_query *ret, struct err *err);

#endif
