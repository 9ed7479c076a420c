/* framing.h - what a request's head must be before it is believed (RFC 9112).
 *
 * civetweb splits a head leniently: it takes bare line feeds, blanks before a colon, lines that
 * continue another one, several Content-Lengths, and drops what comes after its last header. Two
 * parties that read such a head differently disagree on where the next request starts, so each of
 * these is refused and the connection closed.
 */
#ifndef TASKLAB_HTTP_FRAMING_H
#define TASKLAB_HTTP_FRAMING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <tasklab/base/err.h>

#define FRAMING_HEADERS_MAX 64 /* civetweb's MG_MAX_HEADERS */

struct http_header {
	const char *name, *value;
};

/* Headers that the server itself reads; at most one of each, except where lists says 1. */
/* clang-format off */
#define FRAMING_KNOWN(X) /* X(identifier, name, lists) */                                          \
	X(HEADER_ACCEPT, "Accept", 1)                                                              \
	X(HEADER_CONNECTION, "Connection", 1)                                                      \
	X(HEADER_CONTENT_ENCODING, "Content-Encoding", 0)                                          \
	X(HEADER_CONTENT_LENGTH, "Content-Length", 0)                                              \
	X(HEADER_CONTENT_TYPE, "Content-Type", 0)                                                  \
	X(HEADER_EXPECT, "Expect", 0)                                                              \
	X(HEADER_HOST, "Host", 0)                                                                  \
	X(HEADER_IF_MATCH, "If-Match", 0)                                                          \
	X(HEADER_IF_NONE_MATCH, "If-None-Match", 0)                                                \
	X(HEADER_REQUEST_ID, "X-Request-Id", 1)                                                    \
	X(HEADER_TRACEPARENT, "traceparent", 1)                                                    \
	X(HEADER_TRANSFER_ENCODING, "Transfer-Encoding", 0)
/* clang-format on */

enum framing_known {
#define X(id, name, lists) id,
	FRAMING_KNOWN(X)
#undef X
		HEADER_COUNT
};

struct framing {
	const char *method, *uri, *query, *version; /* "1.1"; query is NULL without "?" */
	struct http_header headers[FRAMING_HEADERS_MAX];
	size_t count;
	/* found by framing_read */
	const char *known[HEADER_COUNT]; /* the first value; NULL: not there */
	uint64_t content_length;
	bool chunked;
	bool expect_continue;
	bool keep_alive; /* the client would keep the connection */
};

/* The parts stand in the buffer that civetweb cut up by writing NUL bytes over line ends, colons
 * and blanks. Checks that exactly one separator stood between any two and that nothing is left
 * after the last, and says how long the head was, up to and including its empty line. No byte is
 * read beyond buffer_bytes from the method on. */
int framing_layout(const struct framing *framing, size_t buffer_bytes, size_t *head_bytes,
		   struct err *err);
/* Checks the headers that decide how the request goes on, and fills in what they say. Trims blanks
 * off the ends of values in place, so call it after framing_layout. */
int framing_read(struct framing *framing, struct err *err);
/* The largest part of a head that is too large: its name as an err's field, and 414 or 431. */
int framing_too_large(const struct framing *framing, size_t limit, struct err *err);
/* The first header of the name, or NULL. */
const char *framing_header(const struct framing *framing, const char *name);

#endif
