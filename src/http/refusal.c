/* refusal.c - why civetweb has refused a request. */
#include "refusal.h"

#include <ctype.h>
#include <inttypes.h>
#include <string.h>

#include "method.h"

/* No head was found in what arrived. */
static void explain_unread(const struct refusal *refusal, struct err *err)
{
	if (refusal->waited_ms >= refusal->limit_ms)
		err_set(err, ERR_REQUEST_TIMEOUT, "the request's head did not arrive in time",
			"%" PRId64 " ms", refusal->waited_ms);
	else if (refusal->received_bytes >= refusal->buffer_bytes)
		err_set(err, ERR_HEADERS_TOO_LARGE, "the request's head is too large",
			"%" PRIu64 " bytes without an end", refusal->received_bytes);
	else
		err_set(err, ERR_INVALID,
			"the request's head holds a control character, or ended early",
			"%" PRIu64 " bytes", refusal->received_bytes);
}

static bool is_http1(const char *version)
{
	return strcmp(version, "1.1") == 0 || strcmp(version, "1.0") == 0;
}

static void explain_line(const struct framing *framing, struct err *err)
{
	if (!framing->uri)
		err_set(err, ERR_INVALID,
			"the request line must be a method, a target and a version", "");
	else if (!framing->version)
		err_set(err, ERR_INVALID,
			"the request's target must be percent-encoded and be followed by HTTP/1.1",
			"");
	else if (strcmp(framing->method, "PRI") == 0 || !is_http1(framing->version))
		err_set(err, ERR_INVALID, "only HTTP/1.1 and HTTP/1.0 are spoken here",
			"version %.16s", framing->version);
}

void refusal_explain(const struct refusal *refusal, struct err *err)
{
	const struct framing *framing = refusal->framing;
	enum http_method method;
	struct framing copy;
	size_t head_bytes;

	*err = ERR_INIT;
	if (!framing->method) {
		explain_unread(refusal, err);
		return;
	}
	explain_line(framing, err);
	if (err->code != ERR_NONE)
		return;
	if (refusal->bad_headers) {
		err_set(err, ERR_INVALID, "a line of the head is not a header", "");
		return;
	}
	if (framing->count == 0 && !method_parse(framing->method, &method)) {
		err_set(err, ERR_METHOD, "the method is not known; methods are case-sensitive",
			"%.32s", framing->method);
		return;
	}
	copy = *framing;
	if (framing_layout(&copy, refusal->buffer_bytes, &head_bytes, err) < 0 ||
	    framing_read(&copy, err) < 0)
		return;
	err_set(err, ERR_INVALID, "the request's target must be a path that starts with a slash",
		"civetweb: %d", refusal->status);
}
