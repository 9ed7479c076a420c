/* sqlstate.h - the one place where SQLSTATEs are sorted into err codes. */
#ifndef DB_SQLSTATE_H
#define DB_SQLSTATE_H

#include <stdbool.h>

#include <tasklab/base/err.h>

struct sqlstate_row {
	const char *prefix; /* five characters, or a class of two */
	enum err_code code;
	const char *message; /* fit for clients */
};

/* The row of the longest prefix that fits; never NULL. */
const struct sqlstate_row *sqlstate_find(const char *sqlstate);
/* After this state the connection is of no further use. */
bool sqlstate_ends_session(const char *sqlstate);
/* Sets *err by the table and returns -1. constraint may be NULL or ""; db_violates reads it back.
 */
int sqlstate_err(struct err *err, const char *sqlstate, const char *constraint,
		 const char *server_text);
/* ERR_UNAVAILABLE with a Retry-After of one second; returns -1. */
int sqlstate_unavailable(struct err *err, const char *what, const char *why);
int sqlstate_timeout(struct err *err, const char *what); /* ERR_TIMEOUT, in the same way */

#endif
