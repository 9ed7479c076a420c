/* bench.c - finds where statements that belong to no lab are tried, and prepares sessions there. */
#include "bench.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <tasklab/lab/learner.h>

#include "lexer.h"

#define ACTIVE "active"

static const char SQL_DATABASE[] =
	"SELECT datname::text, datname = current_database(), coalesce(shobj_description(oid,"
	" 'pg_database'), '') LIKE 'tasklab lab %' FROM pg_database"
	" WHERE datname = $1 OR datname = $2 AND $2 <> '' ORDER BY datname = $2 DESC LIMIT 1";
static const char SQL_OWN_DATABASE[] = "SELECT current_database()::text";

/* Places --------------------------------------------------------------------------------------- */

static int find_database(struct db_conn *conn, const char *name, struct bench_place *ret,
			 struct err *err)
{
	AUTO(db_result_freep) struct db_result *found = NULL;
	char lab[GUARD_NAME_SIZE] = "", message[sizeof(err->message)];

	if (lab_slug_valid(name))
		guard_lab_database(name, lab);
	if (db_conn_query(conn, SQL_DATABASE, DB_ARGS(db_text(name), db_text(lab)), &found, err) <
	    0)
		return -1;
	if (db_rows(found) == 0) {
		(void)snprintf(message, sizeof(message),
			       "there is no database \"%.60s\", and no lab of that name is started",
			       name);
		return err_set(err, ERR_NOT_FOUND, message, "%s", "");
	}
	(void)snprintf(ret->database, sizeof(ret->database), "%s", db_get_text(found, 0, 0));
	ret->kind =
		db_get_bool(found, 0, 2) && !db_get_bool(found, 0, 1) ? BENCH_LAB : BENCH_READ_ONLY;
	return 0;
}

static int find_own(struct db_conn *conn, struct bench_place *ret, struct err *err)
{
	AUTO(db_result_freep) struct db_result *found = NULL;

	if (db_conn_query(conn, SQL_OWN_DATABASE, DB_NO_ARGS, &found, err) < 0)
		return -1;
	(void)snprintf(ret->database, sizeof(ret->database), "%s", db_get_text(found, 0, 0));
	ret->kind = BENCH_READ_ONLY;
	return 0;
}

/* must: it is asked for, so that its absence is an error; else the service's own is taken. */
static int find_active(const char *conninfo, struct db_conn *conn, bool must,
		       struct bench_place *ret, struct err *err)
{
	AUTO(freep) struct learner_session *sessions = NULL;
	size_t n = 0;

	if (learner_sessions(conninfo, &sessions, &n, err) < 0)
		return -1;
	if (n > 0)
		return find_database(conn, sessions[0].database, ret, err);
	if (must)
		return err_set(err, ERR_NOT_FOUND,
			       "no lab is active: `tasklab lab start` makes one active", "%s", "");
	return find_own(conn, ret, err);
}

int bench_find(const char *conninfo, const struct bench_where *where, enum bench_unasked unasked,
	       struct bench_place *ret, struct err *err)
{
	AUTO(db_conn_closep) struct db_conn *conn = NULL;
	struct bench_place place = {.kind = BENCH_CLONE, .scale = where->scale};
	bool asked = where->database || where->app_data;
	int result;

	if (where->clone || (!asked && unasked == BENCH_UNASKED_CLONE)) {
		guard_lab_database(BENCH_SLUG, place.database);
		*ret = place;
		return 0;
	}
	if (db_conn_open(conninfo, NULL, BENCH_SESSION, GUARD_CONNECT_MS, &conn, err) < 0)
		return -1;
	if (where->app_data)
		result = find_own(conn, &place, err);
	else if (!where->database || strcmp(where->database, ACTIVE) == 0)
		result = find_active(conninfo, conn, where->database != NULL, &place, err);
	else
		result = find_database(conn, where->database, &place, err);
	if (result == 0)
		*ret = place;
	return result;
}

char *bench_place_text(const struct bench_place *place, char *out, size_t size)
{
	switch (place->kind) {
	case BENCH_CLONE:
		(void)snprintf(out, size, "in a fresh clone of the data set, scale %s",
			       seed_scale_name(place->scale));
		break;
	case BENCH_LAB:
		(void)snprintf(out, size, "in %s, rolled back", place->database);
		break;
	case BENCH_READ_ONLY:
		(void)snprintf(out, size, "in %s, read only", place->database);
		break;
	}
	return out;
}

/* Sessions ------------------------------------------------------------------------------------- */

void bench_lab(char *params_sql, struct lab *ret)
{
	static char slug[] = BENCH_SLUG, title[] = "The bench", none[] = BENCH_NO_PARAMS;

	*ret = (struct lab){.slug = slug,
			    .title = title,
			    .versions = {.min = 0, .max = INT64_MAX},
			    .params_sql = params_sql ? params_sql : none};
	ret->workload.clients = 1;
	ret->workload.rows = LAB_ROWS_UNORDERED;
}

int bench_session(struct db_conn *conn, const struct bench_place *place, struct err *err)
{
	/* The server ends what it does for a client that is gone. */
	if (db_conn_script(conn, "SET client_connection_check_interval = '1s'", err) < 0)
		return -1;
	if (place->kind != BENCH_READ_ONLY)
		return 0;
	return db_conn_script(conn, "SET default_transaction_read_only = on", err);
}

/* Statements ----------------------------------------------------------------------------------- */

int bench_check(const char *label, const char *sql, bool params, struct err *err)
{
	struct lexer lexer = lexer_begin(sql);
	struct lexer_piece piece;
	char message[sizeof(err->message)];
	size_t statements = 0;

	for (;;) {
		if (lexer_next(&lexer, &piece, err) < 0)
			return bench_failed(label, NULL, NULL, err);
		if (piece.found == LEXER_END)
			break;
		statements += piece.found == LEXER_STATEMENT;
		if (piece.found == LEXER_STATEMENT && piece.parameters > 0 && !params) {
			(void)snprintf(message, sizeof(message),
				       "%s has parameters ($%u): give a query that returns their "
				       "values with --params",
				       label, piece.parameters);
			return err_set(err, ERR_INVALID, message, "%s", "");
		}
	}
	if (statements > 0)
		return 0;
	(void)snprintf(message, sizeof(message), "%s is empty", label);
	return err_set(err, ERR_INVALID, message, "%s", "");
}

/* In a statement that begins with WITH the word may stand anywhere. */
static bool has_write(const char *text, size_t len)
{
	static const char *const words[] = {"insert", "update", "delete", "merge"};

	for (size_t i = 0; i < len; i++)
		for (size_t j = 0; j < ARRAY_LEN(words); j++)
			if (strlen(words[j]) <= len - i &&
			    strncasecmp(text + i, words[j], strlen(words[j])) == 0)
				return true;
	return false;
}

bool bench_writes(const char *sql)
{
	static const char *const words[] = {"insert", "update", "delete", "merge"};
	struct lexer lexer = lexer_begin(sql);
	struct lexer_piece piece;

	while (lexer_next(&lexer, &piece, NULL) == 0 && piece.found != LEXER_END) {
		if (piece.found != LEXER_STATEMENT)
			continue;
		for (size_t i = 0; i < ARRAY_LEN(words); i++)
			if (strcmp(piece.words[0], words[i]) == 0)
				return true;
		if (strcmp(piece.words[0], "with") == 0 && has_write(piece.text, piece.length))
			return true;
	}
	return false;
}

/* Engine and lab name themselves: "statement A of bench, line 1: ..." gives ", line 1: ...". */
static const char *after_name(const char *label, const char *message)
{
	static const char of[] = " of " BENCH_SLUG;
	size_t len = strlen(label);

	if (strncmp(message, label, len) != 0 || strncmp(message + len, of, sizeof(of) - 1) != 0)
		return NULL;
	return message + len + sizeof(of) - 1;
}

int bench_failed(const char *label, const struct db_conn *conn, const struct bench_place *place,
		 struct err *err)
{
	const char *sqlstate = conn ? db_conn_sqlstate(conn) : "";
	char message[sizeof(err->message)];

	if (!err)
		return -1;
	if (strcmp(sqlstate, "25006") == 0) {
		(void)snprintf(message, sizeof(message),
			       "%s writes, and %s is only read: try it in a clone (--scale small)",
			       label, place->database);
		err->code = ERR_FORBIDDEN;
	} else {
		const char *rest = after_name(label, err->message);

		(void)snprintf(message, sizeof(message), "%s%s%.200s", label, rest ? "" : ": ",
			       rest ? rest : err->message);
	}
	memcpy(err->message, message, sizeof(message));
	return -1;
}
