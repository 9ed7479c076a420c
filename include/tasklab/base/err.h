/* err.h - one error value: a code, a message fit for clients, a detail for the log.
 *
 * Functions that can fail return 0 or -1 and take a trailing struct err *. On failure the outputs
 * are untouched and *err says why. A library never logs; whoever ends the request or the command
 * logs once. err may be NULL where a caller does not care for the reason.
 */
#ifndef TASKLAB_BASE_ERR_H
#define TASKLAB_BASE_ERR_H

#include <tasklab/base/attr.h>

/* X(name, HTTP status, title of the problem document). The HTTP status is part of the code's
 * meaning (RFC 9110 section 15), so both stand in one row. */
#define ERR_CODES(X)                                                                               \
	X(ERR_NONE, 200, "OK")                                                                     \
	X(ERR_INVALID, 400, "Bad Request")                                                         \
	X(ERR_UNAUTHENTICATED, 401, "Unauthorized")                                                \
	X(ERR_FORBIDDEN, 403, "Forbidden")                                                         \
	X(ERR_NOT_FOUND, 404, "Not Found")                                                         \
	X(ERR_METHOD, 405, "Method Not Allowed")                                                   \
	X(ERR_NOT_ACCEPTABLE, 406, "Not Acceptable")                                               \
	X(ERR_REQUEST_TIMEOUT, 408, "Request Timeout")                                             \
	X(ERR_CONFLICT, 409, "Conflict")                                                           \
	X(ERR_LENGTH_REQUIRED, 411, "Length Required")                                             \
	X(ERR_PRECONDITION, 412, "Precondition Failed")                                            \
	X(ERR_TOO_LARGE, 413, "Content Too Large")                                                 \
	X(ERR_URI_TOO_LONG, 414, "URI Too Long")                                                   \
	X(ERR_MEDIA_TYPE, 415, "Unsupported Media Type")                                           \
	X(ERR_UNPROCESSABLE, 422, "Unprocessable Content")                                         \
	X(ERR_PRECONDITION_REQUIRED, 428, "Precondition Required")                                 \
	X(ERR_RATE_LIMITED, 429, "Too Many Requests")                                              \
	X(ERR_HEADERS_TOO_LARGE, 431, "Request Header Fields Too Large")                           \
	X(ERR_INTERNAL, 500, "Internal Server Error")                                              \
	X(ERR_NO_MEMORY, 503, "Service Unavailable")                                               \
	X(ERR_UNAVAILABLE, 503, "Service Unavailable")                                             \
	X(ERR_TIMEOUT, 503, "Service Unavailable")

enum err_code {
#define X(name, status, title) name,
	ERR_CODES(X)
#undef X
		ERR_CODE_COUNT
};

struct err {
	enum err_code code;
	unsigned retry_after_s; /* for 429 and 503; 0: not said */
	char field[64];    /* the member, parameter or header at fault; "" when there is none */
	char message[256]; /* for the client: no SQL, no secrets */
	char detail[512];  /* for the log */
};

#define ERR_INIT ((struct err){.code = ERR_NONE})

/* Each sets *err (unless err is NULL) and returns -1, so that a caller can return it. */
int err_set(struct err *err, enum err_code code, const char *message, const char *detail_format,
	    ...) PRINTF(4, 5);
int err_field(struct err *err, enum err_code code, const char *field, const char *message_format,
	      ...) PRINTF(4, 5);
int err_no_memory(struct err *err);
/* From errno: ERR_INTERNAL with message, and "what: strerror" as the detail. */
int err_errno(struct err *err, int error_number, const char *message, const char *what);
/* Hands on an error that had to be looked at first. */
int err_pass(struct err *err, const struct err *why);

/* Shows compilers and analyzers, which read one file at a time, that each of the above is -1. */
static inline int err_failed(int result)
{
	(void)result;
	return -1;
}
#define err_set(...)       err_failed(err_set(__VA_ARGS__))
#define err_field(...)     err_failed(err_field(__VA_ARGS__))
#define err_no_memory(...) err_failed(err_no_memory(__VA_ARGS__))
#define err_errno(...)     err_failed(err_errno(__VA_ARGS__))
#define err_pass(...)      err_failed(err_pass(__VA_ARGS__))

int err_http_status(enum err_code code);
const char *err_title(enum err_code code);
const char *err_name(enum err_code code); /* "ERR_NOT_FOUND" */

#endif
