/* id.h - request and trace identifiers. */
#ifndef TASKLAB_BASE_ID_H
#define TASKLAB_BASE_ID_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ID_REQUEST_MAX  64 /* characters of an accepted X-Request-Id */
#define ID_REQUEST_SIZE (ID_REQUEST_MAX + 1)

/* A new request id: 32 hexadecimal digits, a UUIDv7 without dashes (RFC 9562), so ids sort by time.
 */
void id_request_new(char out[ID_REQUEST_SIZE]);
/* True for 1 to 64 characters of [A-Za-z0-9._-]; anything else is replaced by a new id. */
bool id_request_valid(const char *text);

/* W3C Trace Context level 1. trace_id is all zero when there is none. */
struct id_trace {
	uint8_t trace_id[16];
	uint8_t parent_id[8];
	uint8_t flags;
};
/* Reads a traceparent header (version 00, or a later one by the compatibility rule). */
bool id_trace_parse(const char *traceparent, struct id_trace *out);
void id_trace_hex(const struct id_trace *trace, char out[33]);
void id_random(void *out, size_t len); /* getrandom(2) */

#endif
