/* learner.c - reads and writes lab_progress and lab_sessions. */
#include <tasklab/lab/learner.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <tasklab/base/clock.h>
#include <tasklab/base/text.h>
#include <tasklab/db/conn.h>

#define LEARNER_MS      INT64_C(10000) /* longest wait for the service's database */
#define UNDEFINED_TABLE "42P01"

static const char SQL_LEARNER_PROGRESS[] =
	"SELECT slug, started_at, hints, checks, coalesce(best_score, -1), solved_at"
	" FROM lab_progress ORDER BY slug";

static const char SQL_LEARNER_SESSIONS[] =
	"SELECT slug, scale, database, started_at, beside FROM lab_sessions"
	" ORDER BY beside, started_at, slug";

static const char SQL_LEARNER_START[] =
	"INSERT INTO lab_sessions (slug, scale, database, beside, settings)"
	" VALUES ($1, $2, $3, $4, $5)";

static const char SQL_LEARNER_STARTED[] =
	"INSERT INTO lab_progress (slug) VALUES ($1)"
	" ON CONFLICT (slug) DO UPDATE SET started_at = now(), hints = 0";

static const char SQL_LEARNER_SETTINGS[] =
	"SELECT settings::text FROM lab_sessions WHERE slug = $1";

static const char SQL_LEARNER_HINT[] =
	"INSERT INTO lab_progress (slug, hints) VALUES ($1, 1)"
	" ON CONFLICT (slug) DO UPDATE SET hints = least(lab_progress.hints + 1, 3)"
	" RETURNING hints";

static const char SQL_LEARNER_CHECK[] =
	"INSERT INTO lab_progress AS p (slug, checks, best_score, solved_at)"
	" VALUES ($1, 1, $2, CASE WHEN $3 THEN now() END)"
	" ON CONFLICT (slug) DO UPDATE SET checks = p.checks + 1,"
	" best_score = greatest(p.best_score, excluded.best_score),"
	" solved_at = coalesce(p.solved_at, excluded.solved_at)";

static const char SQL_LEARNER_END[] = "DELETE FROM lab_sessions WHERE slug = $1 OR $1 IS NULL";

static int open_learner(const char *conninfo, struct db_conn **ret, struct err *err)
{
	if (db_conn_open(conninfo, NULL, "tasklab labs", LEARNER_MS, ret, err) < 0)
		return -1;
	db_conn_set_deadline(*ret, clock_mono_ns() + LEARNER_MS * CLOCK_NS_PER_MS);
	return 0;
}

static int ask_over(struct db_conn *conn, const char *sql, const struct db_arg *args, size_t n,
		    struct db_result **ret, struct err *err)
{
	if (db_conn_query(conn, sql, args, n, ret, err) == 0)
		return 0;
	if (strcmp(db_conn_sqlstate(conn), UNDEFINED_TABLE) == 0)
		return err_set(err, ERR_UNPROCESSABLE,
			       "the service's database lacks the tables of the labs: `tasklab "
			       "migrate up` makes them",
			       "%s", "no table lab_sessions or lab_progress");
	return -1;
}

static int ask(const char *conninfo, const char *sql, const struct db_arg *args, size_t n,
	       struct db_result **ret, struct err *err)
{
	AUTO(db_conn_closep) struct db_conn *conn = NULL;

	if (open_learner(conninfo, &conn, err) < 0)
		return -1;
	return ask_over(conn, sql, args, n, ret, err);
}

/* Progress ------------------------------------------------------------------------------------- */

int learner_progress(const char *conninfo, struct learner_progress **ret, size_t *n,
		     struct err *err)
{
	AUTO(db_result_freep) struct db_result *rows = NULL;
	struct learner_progress *all;

	if (ask(conninfo, SQL_LEARNER_PROGRESS, DB_NO_ARGS, &rows, err) < 0)
		return -1;
	all = calloc(db_rows(rows) + 1, sizeof(*all));
	if (!all)
		return err_no_memory(err);
	for (size_t i = 0; i < db_rows(rows); i++) {
		(void)snprintf(all[i].slug, sizeof(all[i].slug), "%s", db_get_text(rows, i, 0));
		all[i].started_us = db_get_time_us(rows, i, 1);
		all[i].hints = (int)db_get_i64(rows, i, 2);
		all[i].checks = db_get_i64(rows, i, 3);
		all[i].best_score = (int)db_get_i64(rows, i, 4);
		all[i].solved_us = db_is_null(rows, i, 5) ? 0 : db_get_time_us(rows, i, 5);
	}
	*n = db_rows(rows);
	*ret = all;
	return 0;
}

int learner_hint(const char *conninfo, const char *slug, int *ret, struct err *err)
{
	AUTO(db_result_freep) struct db_result *rows = NULL;

	if (ask(conninfo, SQL_LEARNER_HINT, DB_ARGS(db_text(slug)), &rows, err) < 0)
		return -1;
	*ret = (int)db_get_i64(rows, 0, 0);
	return 0;
}

int learner_check(const char *conninfo, const char *slug, int score, bool passed, struct err *err)
{
	return ask(conninfo, SQL_LEARNER_CHECK,
		   DB_ARGS(db_text(slug), db_i32(score), db_bool(passed)), NULL, err);
}

/* Active labs ---------------------------------------------------------------------------------- */

int learner_sessions_over(struct db_conn *conn, struct learner_session **ret, size_t *n,
			  struct err *err)
{
	AUTO(db_result_freep) struct db_result *rows = NULL;
	struct learner_session *all;

	db_conn_set_deadline(conn, clock_mono_ns() + LEARNER_MS * CLOCK_NS_PER_MS);
	if (ask_over(conn, SQL_LEARNER_SESSIONS, DB_NO_ARGS, &rows, err) < 0)
		return -1;
	all = calloc(db_rows(rows) + 1, sizeof(*all));
	if (!all)
		return err_no_memory(err);
	for (size_t i = 0; i < db_rows(rows); i++) {
		struct learner_session *one = &all[i];

		(void)snprintf(one->slug, sizeof(one->slug), "%s", db_get_text(rows, i, 0));
		(void)snprintf(one->scale, sizeof(one->scale), "%s", db_get_text(rows, i, 1));
		(void)snprintf(one->database, sizeof(one->database), "%s", db_get_text(rows, i, 2));
		one->started_us = db_get_time_us(rows, i, 3);
		one->beside = db_get_bool(rows, i, 4);
	}
	*n = db_rows(rows);
	*ret = all;
	return 0;
}

int learner_sessions(const char *conninfo, struct learner_session **ret, size_t *n, struct err *err)
{
	AUTO(db_conn_closep) struct db_conn *conn = NULL;

	if (open_learner(conninfo, &conn, err) < 0)
		return -1;
	return learner_sessions_over(conn, ret, n, err);
}

static int refuse_same(const char *slug, struct err *err)
{
	char message[sizeof(err->message)];

	(void)snprintf(
		message, sizeof(message),
		"%s is active already: go on with it, or `tasklab lab reset %s` to begin anew",
		slug, slug);
	return err_set(err, ERR_CONFLICT, message, "%s", "it has a row in lab_sessions");
}

static int refuse_other(const char *active, struct err *err)
{
	char message[sizeof(err->message)];

	(void)snprintf(message, sizeof(message),
		       "%s is active, and labs are done one at a time: finish it or `tasklab lab "
		       "reset %s` first (--beside lets another stand beside it)",
		       active, active);
	return err_set(err, ERR_CONFLICT, message, "%s",
		       "lab_sessions has a row that is not beside");
}

int learner_may_start(const char *conninfo, const char *slug, bool beside, struct err *err)
{
	AUTO(freep) struct learner_session *sessions = NULL;
	size_t n = 0;

	if (learner_sessions(conninfo, &sessions, &n, err) < 0)
		return -1;
	for (size_t i = 0; i < n; i++)
		if (strcmp(sessions[i].slug, slug) == 0)
			return refuse_same(slug, err);
	for (size_t i = 0; i < n; i++)
		if (!beside && !sessions[i].beside)
			return refuse_other(sessions[i].slug, err);
	return 0;
}

int learner_start(const char *conninfo, const struct learner_session *session, const char *settings,
		  struct err *err)
{
	AUTO(db_conn_closep) struct db_conn *conn = NULL;
	struct err why = ERR_INIT;

	if (open_learner(conninfo, &conn, err) < 0 || db_conn_script(conn, "BEGIN", err) < 0)
		return -1;
	/* The table's rules decide between two that start at once. */
	if (db_conn_query(conn, SQL_LEARNER_START,
			  DB_ARGS(db_text(session->slug), db_text(session->scale),
				  db_text(session->database), db_bool(session->beside),
				  db_json(settings)),
			  NULL, &why) < 0) {
		if (why.code == ERR_CONFLICT &&
		    learner_may_start(conninfo, session->slug, session->beside, &why) == 0)
			(void)err_set(&why, ERR_CONFLICT,
				      "another lab was started and ended meanwhile: try again",
				      "%s", "");
		return err_pass(err, &why);
	}
	if (db_conn_query(conn, SQL_LEARNER_STARTED, DB_ARGS(db_text(session->slug)), NULL, err) <
	    0)
		return -1;
	return db_conn_script(conn, "COMMIT", err);
}

int learner_settings(const char *conninfo, const char *slug, char **ret, struct err *err)
{
	AUTO(db_result_freep) struct db_result *rows = NULL;

	if (ask(conninfo, SQL_LEARNER_SETTINGS, DB_ARGS(db_text(slug)), &rows, err) < 0)
		return -1;
	if (db_rows(rows) == 0)
		return err_set(err, ERR_NOT_FOUND,
			       "this lab is not active: `tasklab lab start` begins it",
			       "no row for %s in lab_sessions", slug);
	return text_copy(db_get_text(rows, 0, 0), ret, err);
}

int learner_end(const char *conninfo, const char *slug, struct err *err)
{
	return ask(conninfo, SQL_LEARNER_END, DB_ARGS(db_text(slug)), NULL, err);
}
