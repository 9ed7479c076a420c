/* history.c - reads and writes lab_runs. */
#include <tasklab/lab/history.h>

#include <stdio.h>
#include <stdlib.h>

#include <tasklab/base/clock.h>
#include <tasklab/db/conn.h>

#define HISTORY_MS INT64_C(10000) /* longest wait for the service's database */

static const char SQL_HISTORY_LAST[] =
	"SELECT DISTINCT ON (slug) slug, scale, coalesce(verdict, ''), started_at,"
	" coalesce(finished_at, started_at) FROM lab_runs WHERE kind = 'run' ORDER BY slug, id "
	"DESC";

static const char SQL_HISTORY_STORE[] =
	"INSERT INTO lab_runs (slug, scale, started_at, finished_at, verdict, report, kind, score)"
	" VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";

static int open_history(const char *conninfo, struct db_conn **ret, struct err *err)
{
	if (db_conn_open(conninfo, NULL, "tasklab labs", HISTORY_MS, ret, err) < 0)
		return -1;
	db_conn_set_deadline(*ret, clock_mono_ns() + HISTORY_MS * CLOCK_NS_PER_MS);
	return 0;
}

int history_last(const char *conninfo, struct history_run **ret, size_t *n, struct err *err)
{
	AUTO(db_conn_closep) struct db_conn *conn = NULL;
	AUTO(db_result_freep) struct db_result *rows = NULL;
	struct history_run *runs;

	if (open_history(conninfo, &conn, err) < 0 ||
	    db_conn_query(conn, SQL_HISTORY_LAST, DB_NO_ARGS, &rows, err) < 0)
		return -1;
	runs = calloc(db_rows(rows) + 1, sizeof(*runs));
	if (!runs)
		return err_no_memory(err);
	for (size_t i = 0; i < db_rows(rows); i++) {
		struct history_run *run = &runs[i];

		(void)snprintf(run->slug, sizeof(run->slug), "%s", db_get_text(rows, i, 0));
		(void)snprintf(run->scale, sizeof(run->scale), "%s", db_get_text(rows, i, 1));
		(void)snprintf(run->verdict, sizeof(run->verdict), "%s", db_get_text(rows, i, 2));
		run->started_us = db_get_time_us(rows, i, 3);
		run->finished_us = db_get_time_us(rows, i, 4);
	}
	*n = db_rows(rows);
	*ret = runs;
	return 0;
}

int history_store(const char *conninfo, const struct history_run *run, const char *report,
		  struct err *err)
{
	AUTO(db_conn_closep) struct db_conn *conn = NULL;
	const char *kind = *run->kind ? run->kind : "run";

	if (open_history(conninfo, &conn, err) < 0)
		return -1;
	return db_conn_query(conn, SQL_HISTORY_STORE,
			     DB_ARGS(db_text(run->slug), db_text(run->scale),
				     db_time(run->started_us), db_time(run->finished_us),
				     db_text(run->verdict), db_json(report), db_text(kind),
				     run->scored ? db_i32(run->score) : db_null()),
			     NULL, err);
}
