/* plain.h - the inside of a plain connection, for conn.c and copy.c. */
#ifndef DB_PLAIN_H
#define DB_PLAIN_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include <libpq-fe.h>

#include <tasklab/db/conn.h>

#include "wire.h"

#define PLAIN_BATCH_BYTES 65536 /* COPY data is sent in pieces of this size */

struct db_conn {
	PGconn *pg;
	PGcancel *cancel;
	int64_t deadline_ns;
	const _Atomic int64_t *limit_ns; /* of another thread; NULL: none */
	char sqlstate[6];
	char *batch; /* COPY data not yet sent; allocated by the first COPY */
	size_t batch_len;
};

static inline struct wire_patience plain_patience(const struct db_conn *conn)
{
	return (struct wire_patience){conn->deadline_ns, conn->limit_ns};
}

/* Collects the answer of what was sent (0: sending failed); sql, when not NULL, is for the line of
 * an error. */
int plain_answer(struct db_conn *conn, int sent, const char *sql, PGresult **ret, struct err *err);

#endif
