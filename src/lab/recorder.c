/* recorder.c - answers, EXPLAIN, counters and queries: the record of a phase. */
#include "recorder.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <tasklab/base/buf.h>
#include <tasklab/base/clock.h>

#include "counters.h"
#include "dataset.h"
#include "equivalence.h"
#include "guard.h"

#define OTHERS_WAIT_MS                                                                             \
	INT64_C(5000) /* for sessions that end; then without having waited to the end */
#define OTHERS_TRY_NS (5 * CLOCK_NS_PER_MS)

struct recorder {
	const struct runner_job *job;
	struct db_conn *conn; /* in the lab's database */
	struct counters counters;
};

static const char SQL_EXPLAIN[] =
	"EXPLAIN (ANALYZE, BUFFERS, WAL, SETTINGS, VERBOSE, FORMAT JSON) EXECUTE " RUNNER_STATEMENT;

static const char SQL_HAS_STATEMENTS[] = "SELECT to_regclass('pg_stat_statements') IS NOT NULL";

/* Sessions of this run in the lab's database, beside this one. */
static const char SQL_OTHERS[] =
	"SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
	" AND application_name = current_setting('application_name') AND pid <> pg_backend_pid()";

/* Opening ---------------------------------------------------------------------------------------
 */

static int find_statements(struct recorder *recorder, struct db_conn *guard, struct err *err)
{
	AUTO(db_result_freep) struct db_result *found = NULL;

	if (db_conn_query(recorder->conn, SQL_HAS_STATEMENTS, DB_NO_ARGS, &found, err) < 0)
		return -1;
	recorder->counters =
		(struct counters){.conn = recorder->conn,
				  .guard = guard,
				  .statements = db_get_bool(found, 0, 0) ? recorder->conn : guard,
				  .database = recorder->job->database};
	return 0;
}

int recorder_open(const struct runner_job *job, struct recorder **ret, struct err *err)
{
	AUTO(recorder_closep) struct recorder *recorder = calloc(1, sizeof(*recorder));

	if (!recorder)
		return err_no_memory(err);
	recorder->job = job;
	if (site_connect(job->site, job->database, NULL, &recorder->conn, err) < 0 ||
	    find_statements(recorder, job->site->guard, err) < 0 ||
	    db_conn_prepare_types(recorder->conn, RUNNER_STATEMENT, job->sql, job->params->types,
				  job->params->columns, err) < 0 ||
	    counters_add_prepared(&recorder->counters, err) < 0)
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

/* Answers and plans: each in a transaction that is rolled back, since a statement may write
 * --------
 */

static int record_answer(struct recorder *recorder, size_t row, struct record_answer *ret,
			 struct err *err)
{
	const struct params *params = recorder->job->params;
	AUTO(db_result_freep) struct db_result *result = NULL;

	if (site_check_stop(recorder->job->site, err) < 0 ||
	    db_conn_script(recorder->conn, "BEGIN", err) < 0 ||
	    db_conn_exec_prepared_text(recorder->conn, RUNNER_STATEMENT, params_row(params, row),
				       params->columns, &result, err) < 0 ||
	    db_conn_script(recorder->conn, "ROLLBACK", err) < 0)
		return -1;
	return equivalence_answer(result, recorder->job->workload, ret, err);
}

static int record_answers(struct recorder *recorder, struct record *record, struct err *err)
{
	const struct params *params = recorder->job->params;

	record->answers = calloc(params->rows, sizeof(*record->answers));
	if (!record->answers)
		return err_no_memory(err);
	for (size_t i = 0; i < params->rows; i++) {
		if (record_answer(recorder, i, &record->answers[i], err) < 0)
			return -1;
		record->answer_count = i + 1;
		progress_add(recorder->job->site->progress, 1);
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
	if (buf_check(&sql, err) < 0 || site_check_stop(recorder->job->site, err) < 0 ||
	    db_conn_script(recorder->conn, "BEGIN", err) < 0 ||
	    db_conn_query_text(recorder->conn, buf_str(&sql), DB_NO_ARGS, &result, err) < 0 ||
	    db_conn_script(recorder->conn, "ROLLBACK", err) < 0)
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
		record->plans[i]->sample = i;
		record->plan_count = i + 1;
		progress_add(recorder->job->site->progress, 1);
	}
	return 0;
}

/* Queries of the evidence -------------------------------------------------------------------------
 */

static void read_number(const struct db_result *result, struct record_query *query)
{
	const char *text =
		db_rows(result) == 1 && db_columns(result) == 1 ? db_get_text(result, 0, 0) : NULL;
	char *end = NULL;

	query->value = NAN;
	if (!text) {
		(void)snprintf(query->problem, sizeof(query->problem),
			       "it returned no single value");
	} else if (strcmp(text, "t") == 0 || strcmp(text, "f") == 0) {
		query->value = *text == 't';
	} else {
		query->value = strtod(text, &end);
		if (end == text || *end != '\0' || isinf(query->value)) {
			query->value = NAN;
			(void)snprintf(query->problem, sizeof(query->problem),
				       "\"%.40s\" is no number", text);
		}
	}
}

/* A query that the server refuses is a figure that is missing, with the reason: a learner may have
 * dropped what it asks about. */
static int ask(struct recorder *recorder, struct record_query *query, struct err *err)
{
	AUTO(db_result_freep) struct db_result *result = NULL;
	struct err why = ERR_INIT;

	if (db_conn_script(recorder->conn, "BEGIN READ ONLY", err) < 0)
		return -1;
	if (db_conn_query_text(recorder->conn, query->sql, DB_NO_ARGS, &result, &why) == 0) {
		read_number(result, query);
	} else if (*db_conn_sqlstate(recorder->conn)) {
		query->value = NAN;
		(void)snprintf(query->problem, sizeof(query->problem), "%.110s", why.detail);
	} else {
		*err = why;
		return -1;
	}
	return db_conn_script(recorder->conn, "ROLLBACK", err);
}

static int record_queries(struct recorder *recorder, struct record *record, struct err *err)
{
	const struct lab *lab = recorder->job->site->lab;

	record->queries = calloc(lab->evidence_count + 1, sizeof(*record->queries));
	if (!record->queries)
		return err_no_memory(err);
	for (size_t i = 0; i < lab->evidence_count; i++) {
		struct record_query *query = &record->queries[record->query_count];

		if (!lab->evidence[i].sql)
			continue;
		query->sql = strdup(lab->evidence[i].sql);
		if (!query->sql)
			return err_no_memory(err);
		record->query_count++;
		if (site_check_stop(recorder->job->site, err) < 0 || ask(recorder, query, err) < 0)
			return -1;
	}
	return 0;
}

/* A session that has ended on this side (a script's) sends its last statistics when it ends on the
 * server, which would count them to the workload. */
static int wait_for_others(struct recorder *recorder, struct err *err)
{
	int64_t deadline_ns = clock_mono_ns() + OTHERS_WAIT_MS * CLOCK_NS_PER_MS;

	while (clock_mono_ns() < deadline_ns) {
		AUTO(db_result_freep) struct db_result *found = NULL;

		if (site_check_stop(recorder->job->site, err) < 0 ||
		    db_conn_query(recorder->conn, SQL_OTHERS, DB_NO_ARGS, &found, err) < 0)
			return -1;
		if (db_get_i64(found, 0, 0) == 0)
			return 0;
		clock_sleep_until(clock_mono_ns() + OTHERS_TRY_NS);
	}
	return 0;
}

/* The phase -------------------------------------------------------------------------------------
 */

int recorder_begin(struct recorder *recorder, struct record *record, struct err *err)
{
	if (dataset_quiet(recorder->conn, err) < 0 || record_answers(recorder, record, err) < 0)
		return -1;
	if (record_plans(recorder, record, err) < 0)
		return -1;
	return wait_for_others(recorder, err);
}

int recorder_count(struct recorder *recorder, struct record *record, struct err *err)
{
	if (recorder->job->workload->checkpoint &&
	    db_conn_script(recorder->counters.guard, "CHECKPOINT", err) < 0)
		return -1;
	return counters_begin(&recorder->counters, record, err);
}

int recorder_end(struct recorder *recorder, struct record *record, struct err *err)
{
	/* Each client's last transaction was its own. */
	if (counters_end(&recorder->counters, recorder->job->workload->clients, record, err) < 0)
		return -1;
	return record_queries(recorder, record, err);
}

uint64_t recorder_steps(const struct lab_workload *workload)
{
	return (uint64_t)(workload->parameters + workload->samples);
}
