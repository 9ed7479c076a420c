/* recorder.c - EXPLAIN, pg_stat_statements and the statistics of tables and indexes. */
#include "recorder.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <tasklab/base/buf.h>

#include "equivalence.h"
#include "guard.h"

#define RELATIONS_MAX 1000

struct recorder {
	const struct runner_job *job;
	struct db_conn *conn;       /* in the lab's database */
	struct db_conn *statements; /* where pg_stat_statements is: conn or the guard */
};

static const char SQL_EXPLAIN[] =
	"EXPLAIN (ANALYZE, BUFFERS, WAL, SETTINGS, VERBOSE, FORMAT JSON) EXECUTE " RUNNER_STATEMENT;

static const char SQL_HAS_STATEMENTS[] = "SELECT to_regclass('pg_stat_statements') IS NOT NULL";

static const char SQL_STATEMENTS[] =
#define X(counter) "sum(s." #counter ")::bigint,"
	"SELECT " RECORD_STATEMENT_COUNTERS(
		X) " 0::bigint"
#undef X
		   " FROM pg_stat_statements s JOIN pg_database d ON d.oid = s.dbid"
		   " WHERE d.datname = $1 AND s.toplevel = $2 AND (s.queryid = $3 OR NOT $2 OR $3 "
		   "= 0)";

static const char SQL_TABLES[] =
#define X(counter) "coalesce(" #counter ", 0)::bigint,"
	"SELECT relname::text, " RECORD_TABLE_COUNTERS(X) " pg_table_size(relid)"
							  " FROM pg_stat_user_tables ORDER BY 1";
#undef X

static const char SQL_INDEXES[] =
#define X(counter) "coalesce(" #counter ", 0)::bigint,"
	"SELECT relname::text, indexrelname::text, " RECORD_INDEX_COUNTERS(
		X) " pg_relation_size(indexrelid) FROM pg_stat_user_indexes ORDER BY 1, 2";
#undef X

/* Opening ---------------------------------------------------------------------------------------
 */

static int find_statements(struct recorder *recorder, struct db_conn *guard, struct err *err)
{
	AUTO(db_result_freep) struct db_result *found = NULL;

	if (db_conn_query(recorder->conn, SQL_HAS_STATEMENTS, DB_NO_ARGS, &found, err) < 0)
		return -1;
	recorder->statements = db_get_bool(found, 0, 0) ? recorder->conn : guard;
	return 0;
}

int recorder_open(const struct runner_job *job, struct db_conn *guard, struct recorder **ret,
		  struct err *err)
{
	AUTO(recorder_closep) struct recorder *recorder = calloc(1, sizeof(*recorder));

	if (!recorder)
		return err_no_memory(err);
	recorder->job = job;
	if (db_conn_open(job->conninfo, job->database, job->application, GUARD_CONNECT_MS,
			 &recorder->conn, err) < 0 ||
	    find_statements(recorder, guard, err) < 0 ||
	    db_conn_prepare(recorder->conn, RUNNER_STATEMENT, job->sql, err) < 0)
		return -1;
	*ret = TAKE(recorder);
	return 0;
}

void recorder_closep(struct recorder **recorder)
{
	if (!*recorder)
		return;
	db_conn_closep(&(*recorder)->conn);
	free(*recorder);
	*recorder = NULL;
}

/* Answers and plans -----------------------------------------------------------------------------
 */

static int check_stop(const struct recorder *recorder, struct err *err)
{
	if (atomic_load(recorder->job->stop))
		return err_set(err, ERR_UNAVAILABLE, "the run was stopped", "%s", "");
	return 0;
}

static int record_answers(struct recorder *recorder, struct record *record, struct err *err)
{
	const struct params *params = recorder->job->params;

	record->answers = calloc(params->rows, sizeof(*record->answers));
	if (!record->answers)
		return err_no_memory(err);
	for (size_t i = 0; i < params->rows; i++) {
		AUTO(db_result_freep) struct db_result *result = NULL;

		if (check_stop(recorder, err) < 0 ||
		    db_conn_exec_prepared_text(recorder->conn, RUNNER_STATEMENT,
					       params_row(params, i), params->columns, &result,
					       err) < 0 ||
		    equivalence_answer(result, recorder->job->workload->rows, &record->answers[i],
				       err) < 0)
			return -1;
		record->answer_count = i + 1;
		progress_add(recorder->job->progress, 1);
	}
	return 0;
}

static int explain_row(struct recorder *recorder, size_t row, struct plan **ret, struct err *err)
{
	const struct params *params = recorder->job->params;
	const char *const *values = params_row(params, row);
	AUTO(db_result_freep) struct db_result *result = NULL;
	AUTO(buf_release) struct buf sql = BUF_INIT(PLAN_JSON_MAX);

	buf_puts(&sql, SQL_EXPLAIN);
	for (size_t i = 0; i < params->columns; i++) {
		buf_puts(&sql, i ? ", " : "(");
		if (!values[i])
			buf_puts(&sql, "NULL");
		else if (db_quote_literal(recorder->conn, values[i], &sql, err) < 0)
			return -1;
	}
	buf_putc(&sql, ')');
	if (buf_check(&sql, err) < 0 || check_stop(recorder, err) < 0 ||
	    db_conn_query_text(recorder->conn, buf_str(&sql), DB_NO_ARGS, &result, err) < 0)
		return -1;
	return plan_parse(db_get_text(result, 0, 0), ret, err);
}

/* Samples are spread evenly over the parameter rows. */
static int record_plans(struct recorder *recorder, struct record *record, struct err *err)
{
	size_t n = (size_t)recorder->job->workload->samples;

	record->plans = calloc(n + 1, sizeof(struct plan *));
	if (!record->plans)
		return err_no_memory(err);
	for (size_t i = 0; i < n; i++) {
		if (explain_row(recorder, i * recorder->job->params->rows / n, &record->plans[i],
				err) < 0)
			return -1;
		record->plan_count = i + 1;
		progress_add(recorder->job->progress, 1);
	}
	if (n > 0 && record->plans[0]->query_id == 0)
		return err_set(err, ERR_UNPROCESSABLE,
			       "the server computes no query identifiers: set compute_query_id "
			       "to auto or on",
			       "%s", "");
	return 0;
}

/* Counters --------------------------------------------------------------------------------------
 */

static int read_statements(struct recorder *recorder, bool toplevel, int64_t query_id,
			   struct record_statements *ret, struct err *err)
{
	AUTO(db_result_freep) struct db_result *result = NULL;
	size_t column = 0;

	if (db_conn_query(
		    recorder->statements, SQL_STATEMENTS,
		    DB_ARGS(db_text(recorder->job->database), db_bool(toplevel), db_i64(query_id)),
		    &result, err) < 0)
		return -1;
#define X(counter) ret->counter = db_get_i64(result, 0, column++);
	RECORD_STATEMENT_COUNTERS(X)
#undef X
	return 0;
}

static int read_tables(struct recorder *recorder, struct record *record, struct err *err)
{
	AUTO(db_result_freep) struct db_result *result = NULL;

	if (db_conn_query(recorder->conn, SQL_TABLES, DB_NO_ARGS, &result, err) < 0)
		return -1;
	record->tables = calloc(db_rows(result) + 1, sizeof(*record->tables));
	if (!record->tables)
		return err_no_memory(err);
	for (size_t i = 0; i < db_rows(result) && i < RELATIONS_MAX; i++) {
		struct record_table *table = &record->tables[i];
		size_t column = 1;

		(void)snprintf(table->name, sizeof(table->name), "%s", db_get_text(result, i, 0));
#define X(counter) table->counter = db_get_i64(result, i, column++);
		RECORD_TABLE_COUNTERS(X)
#undef X
		table->size_bytes = db_get_i64(result, i, column);
		record->table_count = i + 1;
	}
	return 0;
}

static int read_indexes(struct recorder *recorder, struct record *record, struct err *err)
{
	AUTO(db_result_freep) struct db_result *result = NULL;

	if (db_conn_query(recorder->conn, SQL_INDEXES, DB_NO_ARGS, &result, err) < 0)
		return -1;
	record->indexes = calloc(db_rows(result) + 1, sizeof(*record->indexes));
	if (!record->indexes)
		return err_no_memory(err);
	for (size_t i = 0; i < db_rows(result) && i < RELATIONS_MAX; i++) {
		struct record_index *index = &record->indexes[i];
		size_t column = 2;

		(void)snprintf(index->table, sizeof(index->table), "%s", db_get_text(result, i, 0));
		(void)snprintf(index->name, sizeof(index->name), "%s", db_get_text(result, i, 1));
#define X(counter) index->counter = db_get_i64(result, i, column++);
		RECORD_INDEX_COUNTERS(X)
#undef X
		index->size_bytes = db_get_i64(result, i, column);
		record->index_count = i + 1;
	}
	return 0;
}

/* Of the statement under test; 0, which stands for all: none was explained. */
static int64_t query_id(const struct record *record)
{
	return record->plan_count > 0 ? record->plans[0]->query_id : 0;
}

/* All counters into an otherwise empty record. */
static int read_counters(struct recorder *recorder, int64_t id, struct record *record,
			 struct err *err)
{
	/* This session's own counts first, or they would arrive in the middle of the workload. */
	if (db_conn_query(recorder->conn, "SELECT pg_stat_force_next_flush()::text", DB_NO_ARGS,
			  NULL, err) < 0)
		return -1;
	if (read_statements(recorder, true, id, &record->top, err) < 0 ||
	    read_statements(recorder, false, id, &record->nested, err) < 0 ||
	    read_tables(recorder, record, err) < 0)
		return -1;
	return read_indexes(recorder, record, err);
}

static void subtract_statements(struct record_statements *after,
				const struct record_statements *before)
{
#define X(counter) after->counter -= before->counter;
	RECORD_STATEMENT_COUNTERS(X)
#undef X
}

static void subtract_tables(struct record_table *after, size_t n, const struct record_table *before,
			    size_t m)
{
	for (size_t i = 0; i < n; i++) {
		for (size_t j = 0; j < m; j++) {
			if (strcmp(after[i].name, before[j].name) != 0)
				continue;
#define X(counter) after[i].counter -= before[j].counter;
			RECORD_TABLE_COUNTERS(X)
#undef X
		}
	}
}

static void subtract_indexes(struct record_index *after, size_t n,
			     const struct record_index *before, size_t m)
{
	for (size_t i = 0; i < n; i++) {
		for (size_t j = 0; j < m; j++) {
			if (strcmp(after[i].name, before[j].name) != 0)
				continue;
#define X(counter) after[i].counter -= before[j].counter;
			RECORD_INDEX_COUNTERS(X)
#undef X
		}
	}
}

int recorder_begin(struct recorder *recorder, struct record *record, struct err *err)
{
	if (record_answers(recorder, record, err) < 0 || record_plans(recorder, record, err) < 0)
		return -1;
	return read_counters(recorder, query_id(record), record, err);
}

int recorder_end(struct recorder *recorder, struct record *record, struct err *err)
{
	AUTO(record_freep) struct record *after = NULL;

	if (record_new(&after, err) < 0 ||
	    read_counters(recorder, query_id(record), after, err) < 0)
		return -1;
	assert(after->tables && after->indexes);
	subtract_statements(&after->top, &record->top);
	subtract_statements(&after->nested, &record->nested);
	subtract_tables(after->tables, after->table_count, record->tables, record->table_count);
	subtract_indexes(after->indexes, after->index_count, record->indexes, record->index_count);
	record->top = after->top;
	record->nested = after->nested;
	free(record->tables);
	free(record->indexes);
	record->tables = TAKE(after->tables);
	record->table_count = after->table_count;
	record->indexes = TAKE(after->indexes);
	record->index_count = after->index_count;
	return 0;
}

uint64_t recorder_steps(const struct lab_workload *workload)
{
	return (uint64_t)(workload->parameters + workload->samples);
}
