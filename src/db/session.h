/* session.h - one pooled connection and what is prepared on it. One thread at a time. */
#ifndef DB_SESSION_H
#define DB_SESSION_H

#include <stdbool.h>
#include <stdint.h>

#include <libpq-fe.h>

#include <tasklab/db/db.h>

#include "arg.h"
#include "shapes.h"
#include "wire.h"

struct session {
	PGconn *pg;
	struct session *next; /* in the pool's idle list */
	int64_t idle_since_ns;
	enum wire_end end;      /* of the last statement */
	struct prepared *named; /* by query index */
	struct shapes shapes;
};

/* What is to be run: a registered query, or one of its shapes. */
struct statement {
	const struct db_query *query;
	const char *sql;
	uint32_t key;
	bool shaped;
	bool replan;
};

/* Takes the connection over on success only. */
int session_new(PGconn *pg, unsigned shapes_max, struct session **ret, struct err *err);
void session_free(struct session *session);
/* For a session whose statement may still run: asks the server, in the background, to cancel it. */
void session_abandon(struct session *session);
/* Something arrived although nothing was asked: the server has closed or is about to. */
bool session_is_stale(const struct session *session);
/* Runs one statement, which is prepared at its first use and again when the server has lost it or
 * its result type changed. *ret belongs to the caller when the end is WIRE_OK or WIRE_ERROR. */
enum wire_end session_run(struct session *session, const struct statement *statement,
			  const struct args *args, int64_t deadline_ns, PGresult **ret,
			  struct err *err);

#endif
