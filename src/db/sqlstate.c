/* sqlstate.c - sorts SQLSTATEs (PostgreSQL manual, appendix A) into err codes. */
#include "sqlstate.h"

#include <assert.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <tasklab/base/attr.h>
#include <tasklab/db/db.h>

#define RETRY_AFTER_S 1

#define UNAVAILABLE "the database is not available"
#define TIMED_OUT   "the database did not answer in time"
#define INTERNAL    "the database refused the statement"

/* clang-format off */
/* Adding a state is one row; a row of two characters is the rest of its class. */
static const struct sqlstate_row rows[] = {
	{"08",    ERR_UNAVAILABLE,   UNAVAILABLE},
	{"22",    ERR_UNPROCESSABLE, "a value cannot be stored as it is"},
	{"22P03", ERR_INTERNAL,      INTERNAL}, /* invalid_binary_representation: our own mistake */
	{"23",    ERR_CONFLICT,      "this conflicts with other data"},
	{"23001", ERR_CONFLICT,      "this is still in use"},
	{"23502", ERR_UNPROCESSABLE, "a value is missing"},
	{"23503", ERR_CONFLICT,      "this refers to something that does not exist, or is still referred to"},
	{"23505", ERR_CONFLICT,      "this exists already"},
	{"23514", ERR_UNPROCESSABLE, "a value is outside its allowed range"},
	{"25006", ERR_UNAVAILABLE,   "the database takes no writes at the moment"},
	{"25P03", ERR_TIMEOUT,       TIMED_OUT}, /* idle_in_transaction_session_timeout */
	{"28",    ERR_UNAVAILABLE,   "the database does not accept this role or its password"},
	{"3D000", ERR_UNAVAILABLE,   "the database does not exist"},
	{"40",    ERR_CONFLICT,      "this met a concurrent change; try again"},
	{"40003", ERR_UNAVAILABLE,   UNAVAILABLE}, /* statement_completion_unknown */
	{"53",    ERR_UNAVAILABLE,   "the database is short of resources"},
	{"53300", ERR_UNAVAILABLE,   "the database has no connection to spare"},
	{"54",    ERR_UNPROCESSABLE, "a value is too large"},
	{"55006", ERR_CONFLICT,      "this is still in use"},
	{"55P03", ERR_TIMEOUT,       TIMED_OUT}, /* lock_not_available: lock_timeout or NOWAIT */
	{"57014", ERR_TIMEOUT,       TIMED_OUT}, /* query_canceled: statement_timeout */
	{"57P",   ERR_UNAVAILABLE,   UNAVAILABLE}, /* shutdown, crash, starting up, database dropped */
	{"",      ERR_INTERNAL,      INTERNAL},
};
/* clang-format on */

const struct sqlstate_row *sqlstate_find(const char *sqlstate)
{
	const struct sqlstate_row *best = NULL;
	size_t best_len = 0;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		size_t len = strlen(rows[i].prefix);

		if (strncmp(sqlstate, rows[i].prefix, len) == 0 && (!best || len > best_len)) {
			best = &rows[i];
			best_len = len;
		}
	}
	assert(best); /* the last row fits everything */
	return best;
}

bool sqlstate_ends_session(const char *sqlstate)
{
	return strncmp(sqlstate, "08", 2) == 0 || strncmp(sqlstate, "57P", 3) == 0 ||
	       strcmp(sqlstate, "25P03") == 0;
}

static int retry_soon(struct err *err)
{
	if (err)
		err->retry_after_s = RETRY_AFTER_S;
	return -1;
}

int sqlstate_err(struct err *err, const char *sqlstate, const char *constraint,
		 const char *server_text)
{
	const struct sqlstate_row *row = sqlstate_find(sqlstate);

	if (constraint && *constraint)
		(void)err_set(err, row->code, row->message, "constraint \"%s\": %s %s", constraint,
			      sqlstate, server_text);
	else
		(void)err_set(err, row->code, row->message, "%s %s", sqlstate, server_text);
	if (row->code == ERR_UNAVAILABLE || row->code == ERR_TIMEOUT)
		return retry_soon(err);
	return -1;
}

int sqlstate_unavailable(struct err *err, const char *what, const char *why)
{
	(void)err_set(err, ERR_UNAVAILABLE, UNAVAILABLE, "%s: %s", what, why);
	return retry_soon(err);
}

int sqlstate_timeout(struct err *err, const char *what)
{
	(void)err_set(err, ERR_TIMEOUT, TIMED_OUT, "%s", what);
	return retry_soon(err);
}

bool db_violates(const struct err *err, const char *constraint)
{
	char prefix[sizeof(err->detail)];
	int len = snprintf(prefix, sizeof(prefix), "constraint \"%s\": ", constraint);

	return len > 0 && (size_t)len < sizeof(prefix) &&
	       strncmp(err->detail, prefix, (size_t)len) == 0;
}
