/* recorder.c - answers, EXPLAIN, counters and queries: the record of a phase. */
#include "recorder.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <tasklab/base/clock.h>
#include <tasklab/base/text.h>

#include "counters.h"
#include "dataset.h"
#include "rehearsal.h"

#define OTHERS_WAIT_MS                                                                             \
	INT64_C(5000) /* for sessions that end; then without having waited to the end */
#define OTHERS_TRY_NS (5 * CLOCK_NS_PER_MS)
#define CUSTOM_PLANS  5

struct recorder {
	const struct runner_job *job;
	struct db_conn *conn; /* in the lab's database */
	struct counters counters;
	struct rehearsal rehearsal;
};

/* Sessions of this run in the lab's database, beside this one. */
static const char SQL_OTHERS[] =
	"SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
	" AND application_name = current_setting('application_name') AND pid <> pg_backend_pid()";

/* Opening ---------------------------------------------------------------------------------------
 */

static int open_script(struct recorder *recorder, struct err *err)
{
	const struct runner_job *job = recorder->job;

	recorder->counters.all = !job->script;
	if (!job->script)
		return 0;
	recorder->rehearsal = (struct rehearsal){.conn = recorder->conn,
						 .counters = &recorder->counters,
						 .lab = job->site->lab,
						 .name = job->name,
						 .script = job->script,
						 .params = job->params};
	return rehearsal_prepare(&recorder->rehearsal, err);
}

int recorder_open(const struct runner_job *job, struct recorder **ret, struct err *err)
{
	AUTO(recorder_closep) struct recorder *recorder = calloc(1, sizeof(*recorder));

	if (!recorder)
		return err_no_memory(err);
	recorder->job = job;
	if (site_connect(job->site, job->database, NULL, &recorder->conn, err) < 0 ||
	    counters_init(&recorder->counters, recorder->conn, job->site->guard, job->database,
			  err) < 0 ||
	    open_script(recorder, err) < 0)
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

static int record_answers(struct recorder *recorder, struct record *record, struct err *err)
{
	const struct params *params = recorder->job->params;

	if (record_make_answers(record, params->rows, err) < 0)
		return -1;
	for (size_t i = 0; i < params->rows; i++) {
		if (site_check_stop(recorder->job->site, err) < 0 ||
		    rehearsal_answer(&recorder->rehearsal, i, &record->answers[i], err) < 0)
			return -1;
		record->answer_count = i + 1;
		progress_add(recorder->job->site->progress, 1);
	}
	return 0;
}

/* PostgreSQL looks for a plan that fits all parameters from the sixth execution of a prepared
 * statement on (src/backend/utils/cache/plancache.c). Where the workload goes that far, what is
 * explained has to have come as far. */
static int warm_plan_cache(struct recorder *recorder, struct err *err)
{
	const struct lab_workload *workload = recorder->job->workload;
	struct record_answer again;

	if (workload->samples == 0 ||
	    (workload->seconds == 0 && workload->calls / workload->clients <= CUSTOM_PLANS))
		return 0;
	for (size_t i = recorder->job->params->rows; i < CUSTOM_PLANS; i++)
		if (site_check_stop(recorder->job->site, err) < 0 ||
		    rehearsal_answer(&recorder->rehearsal, i % recorder->job->params->rows, &again,
				     err) < 0)
			return -1;
	return 0;
}

/* Samples are spread evenly over the parameter rows. */
static int record_plans(struct recorder *recorder, struct record *record, struct err *err)
{
	size_t n = (size_t)recorder->job->workload->samples;

	for (size_t i = 0; i < n; i++) {
		size_t row = i * recorder->job->params->rows / n;

		if (site_check_stop(recorder->job->site, err) < 0 ||
		    rehearsal_explain(&recorder->rehearsal, row, i, record, err) < 0)
			return -1;
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
		return err_pass(err, &why);
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
		if (text_copy(lab->evidence[i].sql, &query->sql, err) < 0)
			return -1;
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
	if (dataset_quiet(recorder->conn, err) < 0)
		return -1;
	if (recorder->job->script &&
	    (record_answers(recorder, record, err) < 0 || warm_plan_cache(recorder, err) < 0 ||
	     record_plans(recorder, record, err) < 0))
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
	if (counters_end(&recorder->counters, (int64_t)record->workload.own_commits, record, err) <
	    0)
		return -1;
	return record_queries(recorder, record, err);
}

uint64_t recorder_steps(const struct lab_workload *workload)
{
	return (uint64_t)(workload->parameters + workload->samples);
}
