/* status.h - the status codes that this server sends, once: code and reason phrase. */
#ifndef TASKLAB_HTTP_STATUS_H
#define TASKLAB_HTTP_STATUS_H

#include <stddef.h>

/* Adding a code is one row; it makes the reason phrase and the value of the metrics' code label.
 * Every status of ERR_CODES must be here (tests/unit/test_problem.c). */
/* clang-format off */
#define HTTP_STATUSES(X)                                                                           \
	X(200, "OK")                                                                               \
	X(201, "Created")                                                                          \
	X(202, "Accepted")                                                                         \
	X(204, "No Content")                                                                       \
	X(301, "Moved Permanently")                                                                \
	X(303, "See Other")                                                                        \
	X(304, "Not Modified")                                                                     \
	X(307, "Temporary Redirect")                                                               \
	X(400, "Bad Request")                                                                      \
	X(401, "Unauthorized")                                                                     \
	X(403, "Forbidden")                                                                        \
	X(404, "Not Found")                                                                        \
	X(405, "Method Not Allowed")                                                               \
	X(406, "Not Acceptable")                                                                   \
	X(408, "Request Timeout")                                                                  \
	X(409, "Conflict")                                                                         \
	X(411, "Length Required")                                                                  \
	X(412, "Precondition Failed")                                                              \
	X(413, "Content Too Large")                                                                \
	X(414, "URI Too Long")                                                                     \
	X(415, "Unsupported Media Type")                                                           \
	X(422, "Unprocessable Content")                                                            \
	X(428, "Precondition Required")                                                            \
	X(429, "Too Many Requests")                                                                \
	X(431, "Request Header Fields Too Large")                                                  \
	X(500, "Internal Server Error")                                                            \
	X(503, "Service Unavailable")
/* clang-format on */

/* Position of a status in the table, which is its row in LABELS_CODE; one past the end for a code
 * that is not there ("other"). */
size_t status_index(int status);
size_t status_count(void);
const char *status_label(size_t index); /* "200", and "other" at the end */
/* "HTTP/1.1 200 OK\r\n"; a status outside the table is sent as 500. */
const char *status_line(int status, size_t *len);

#endif
