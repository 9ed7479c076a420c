/* wire.h - bounded waiting on a libpq connection: the only place that polls for an answer.
 *
 * Connections are in libpq's non-blocking mode, so neither sending nor receiving passes the
 * deadline, whatever state the server is in.
 */
#ifndef DB_WIRE_H
#define DB_WIRE_H

#include <stdatomic.h>
#include <stdint.h>

#include <libpq-fe.h>

#include <tasklab/base/err.h>

enum wire_end {
	WIRE_OK,
	WIRE_ERROR,   /* the server answered with an error; the connection goes on */
	WIRE_DEAD,    /* the connection is lost; what was sent may or may not have been done */
	WIRE_TIMEOUT, /* the deadline passed; an answer may still come, so the connection is spent
		       */
};

/* How long to wait: until the deadline, or an earlier limit that another thread may set while the
 * wait goes on (looked at every WIRE_LIMIT_MS); NULL: there is none. */
struct wire_patience {
	int64_t deadline_ns;
	const _Atomic int64_t *limit_ns;
};
#define WIRE_LIMIT_MS 250

/* Collects the whole answer of what was sent last: *ret is its first failed result, otherwise its
 * last one, and always belongs to the caller; NULL when the connection was lost first or the
 * deadline passed. *err is set unless WIRE_OK. A COPY result is returned as it begins. */
enum wire_end wire_answer(PGconn *pg, int64_t deadline_ns, PGresult **ret, struct err *err);
enum wire_end wire_answer_within(PGconn *pg, struct wire_patience patience, PGresult **ret,
				 struct err *err);
/* Waits until everything queued was handed to the kernel. */
enum wire_end wire_flush(PGconn *pg, struct wire_patience patience, struct err *err);
/* Throws away the rows of a COPY TO STDOUT that has begun; then wire_answer has the rest. */
enum wire_end wire_skip_copy(PGconn *pg, int64_t deadline_ns, struct err *err);
/* Sends a text by the simple protocol and collects the answer, which is dropped. */
enum wire_end wire_simple(PGconn *pg, const char *sql, int64_t deadline_ns, struct err *err);

/* Sets *err from the connection's last message: it was lost, or could not be made. */
enum wire_end wire_lost(PGconn *pg, const char *what, struct err *err);
/* A copy of a server's message without its line end, for a detail. */
#define WIRE_TEXT_SIZE 256
const char *wire_text(const char *message, char out[WIRE_TEXT_SIZE]);

#endif
