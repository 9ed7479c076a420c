/* history.c - reads and writes lab_runs. */
#include <tasklab/lab/history.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <tasklab/base/clock.h>
#include <tasklab/base/text.h>
#include <tasklab/db/conn.h>

#define HISTORY_MS INT64_C(10000) /* longest wait for the service's database */

static const char SQL_HISTORY_LAST[] =
	"SELECT DISTINCT ON (slug) slug, scale, coalesce(verdict, ''), started_at,"
	" coalesce(finished_at, started_at) FROM lab_runs WHERE kind = 'run' ORDER BY slug, id "
	"DESC";

static const char SQL_HISTORY_STORE[] =
	"INSERT INTO lab_runs"
	" (id, slug, scale, started_at, finished_at, verdict, report, kind, score)"
	" VALUES (CASE WHEN $9 > 0 THEN $9"
	" ELSE nextval(pg_get_serial_sequence('lab_runs', 'id')) END,"
	" $1, $2, $3, $4, $5, $6, $7, $8)";

/* clang-format off */
DB_QUERY_WRITE(SQL_HISTORY_RESERVE, "lab_run_reserve",
	"SELECT nextval(pg_get_serial_sequence('lab_runs', 'id'))");

DB_QUERY_READ(SQL_HISTORY_LIST, "lab_run_list",
	"SELECT id, slug, scale, coalesce(verdict, ''), started_at, coalesce(finished_at, started_at),"
	" kind, score FROM lab_runs WHERE slug = $1::text AND id < $2::bigint ORDER BY id DESC LIMIT $3::bigint");

DB_QUERY_READ(SQL_HISTORY_GET, "lab_run_get",
	"SELECT id, slug, scale, coalesce(verdict, ''), started_at, coalesce(finished_at, started_at),"
	" kind, score, report::text FROM lab_runs WHERE id = $1::bigint AND slug = $2::text");

enum { ID, SLUG, SCALE, VERDICT, STARTED_AT, FINISHED_AT, KIND, SCORE, REPORT };
/* clang-format on */

/* Beside those of src/domain/list.h, which ends far below. */
static const struct page_cursor CURSOR = {.list = 64};

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
				     run->scored ? db_i32(run->score) : db_null(), db_i64(run->id)),
			     NULL, err);
}

/* Over the pool ---------------------------------------------------------------------------------
 */

int history_reserve(struct db *db, int64_t *id, struct err *err)
{
	AUTO(db_result_freep) struct db_result *result = NULL;

	if (db_query(db, &SQL_HISTORY_RESERVE, DB_NO_ARGS, &result, err) < 0)
		return -1;
	*id = db_get_i64(result, 0, 0);
	return 0;
}

static void read_run(const struct db_result *result, size_t i, struct history_run *ret)
{
	*ret = (struct history_run){.id = db_get_i64(result, i, ID),
				    .started_us = db_get_time_us(result, i, STARTED_AT),
				    .finished_us = db_get_time_us(result, i, FINISHED_AT),
				    .scored = !db_is_null(result, i, SCORE),
				    .score = (int)db_get_i64(result, i, SCORE)};
	(void)snprintf(ret->slug, sizeof(ret->slug), "%s", db_get_text(result, i, SLUG));
	(void)snprintf(ret->scale, sizeof(ret->scale), "%s", db_get_text(result, i, SCALE));
	(void)snprintf(ret->verdict, sizeof(ret->verdict), "%s", db_get_text(result, i, VERDICT));
	(void)snprintf(ret->kind, sizeof(ret->kind), "%s", db_get_text(result, i, KIND));
}

/* One row more than the page holds tells whether there is another page. */
int history_list(struct db *db, const char *slug, const struct page_request *request,
		 struct page *ret, struct err *err)
{
	uint64_t of_lab = text_hash64(slug, strlen(slug));
	struct page_cursor from = {.id = INT64_MAX};
	int64_t limit = PAGE_LIMIT_DEFAULT;

	if (request->limit && !text_i64(request->limit, 1, PAGE_LIMIT_MAX, &limit))
		return err_field(err, ERR_INVALID, "limit", "must be 1 to %d", PAGE_LIMIT_MAX);
	if (request->cursor &&
	    page_cursor_decode(request->cursor, &CURSOR, of_lab, 0, 0, &from, err) < 0)
		return -1;
	if (db_query(db, &SQL_HISTORY_LIST,
		     DB_ARGS(db_text(slug), db_i64(from.id), db_i64(limit + 1)), &ret->result,
		     err) < 0)
		return -1;
	ret->count = db_rows(ret->result);
	if (ret->count > (size_t)limit) {
		ret->count = (size_t)limit;
		from = CURSOR;
		from.id = db_get_i64(ret->result, ret->count - 1, ID);
		page_cursor_encode(&from, of_lab, ret->next);
	}
	return 0;
}

void history_at(const struct page *page, size_t i, struct history_run *ret)
{
	read_run(page->result, i, ret);
}

int history_get(struct db *db, const char *slug, int64_t id, struct history_run *ret, char **report,
		struct err *err)
{
	AUTO(db_result_freep) struct db_result *result = NULL;
	char *copy = NULL;

	if (db_query(db, &SQL_HISTORY_GET, DB_ARGS(db_i64(id), db_text(slug)), &result, err) < 0)
		return -1;
	if (db_rows(result) == 0)
		return err_set(err, ERR_NOT_FOUND, "the lab has no such run", "run %lld of %s",
			       (long long)id, slug);
	if (!db_is_null(result, 0, REPORT) &&
	    text_copy(db_get_text(result, 0, REPORT), &copy, err) < 0)
		return -1;
	read_run(result, 0, ret);
	*report = copy;
	return 0;
}
