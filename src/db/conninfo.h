/* conninfo.h - connection strings: what the user wrote plus what this room needs. */
#ifndef DB_CONNINFO_H
#define DB_CONNINFO_H

#include <stdint.h>

#include <libpq-fe.h>

#include <tasklab/base/err.h>

#include "wire.h"

#define CONNINFO_MAX 64 /* libpq 15 knows 42 keywords */

struct conninfo {
	const char *keywords[CONNINFO_MAX + 1];
	const char *values[CONNINFO_MAX + 1];
	PQconninfoOption *parsed; /* owns the values */
	char *options;            /* the user's and ours */
};

/* dbname, application_name and options may be NULL. options ("-c name=value ...") come after the
 * user's own. ERR_INVALID when the text is unreadable; its words are not repeated, for there may be
 * a password among them. */
int conninfo_parse(const char *text, const char *dbname, const char *application_name,
		   const char *options, struct conninfo *ret, struct err *err);
void conninfo_release(struct conninfo *info);

/* Begins to connect; never waits for the server (a name may be looked up by PQconnectPoll). */
PGconn *conninfo_start(const struct conninfo *info);
/* Sets *err from a connection that could not be made; always returns -1. */
int conninfo_refused(const PGconn *pg, struct err *err);
/* Connects and waits for it. */
int conninfo_connect(const struct conninfo *info, int64_t deadline_ns, PGconn **ret,
		     struct err *err);
void conninfo_finishp(PGconn **pg); /* for AUTO() */

#endif
