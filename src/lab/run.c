/* run.c - one run of a lab from the clone to the drop. */
#include <tasklab/lab/run.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <tasklab/base/clock.h>
#include <tasklab/base/term.h>
#include <tasklab/lab/history.h>
#include <tasklab/lab/report.h>

#include "dataset.h"
#include "equivalence.h"
#include "interrupt.h"
#include "recorder.h"
#include "result.h"
#include "runner.h"

#define RUN_SCRIPT_MS INT64_C(600000) /* longest break.sql or fix.sql */
#define RUN_CLEANUP_MS                                                                             \
	INT64_C(15000) /* how long a lost server is waited for, to drop the clone                  \
			*/
#define RUN_RETRY_NS (250 * CLOCK_NS_PER_MS)
#define CLONE_STEPS  50 /* of the progress bar, beside one a call */

struct run {
	const struct run_options *options;
	const struct lab *lab;
	struct db_conn *guard; /* in the service's database; holds the lock */
	struct interrupt interrupt;
	struct params params;
	char application[GUARD_NAME_SIZE + sizeof(GUARD_APPLICATION)];
	bool unfinished;           /* the template may be half-made */
	struct run_result *result; /* being filled */
};

static const char *database(const struct run *run)
{
	return run->result->database;
}

/* Steps --------------------------------------------------------------------------------------- */

static uint64_t steps(const struct lab_workload *workload)
{
	return CLONE_STEPS + 2 * (recorder_steps(workload) + (uint64_t)workload->calls);
}

static int ensure_template(struct run *run, struct err *err)
{
	const struct run_options *options = run->options;

	run->unfinished = true;
	atomic_store(&run->interrupt.building, true);
	if (dataset_ensure(run->guard, options->conninfo, options->scale, options->progress, err) <
	    0)
		return -1;
	atomic_store(&run->interrupt.building, false);
	run->unfinished = false;
	if (atomic_load(&run->interrupt.stop))
		return err_set(err, ERR_UNAVAILABLE, "the run was stopped", "%s", "");
	return 0;
}

/* The template, then the clone, both under the template's lock. */
static int clone_dataset(struct run *run, struct err *err)
{
	const struct run_options *options = run->options;

	db_conn_set_deadline(run->guard, CLOCK_NEVER);
	if (guard_lock_wait(run->guard, run->interrupt.template, err) < 0 ||
	    ensure_template(run, err) < 0)
		return -1;
	progress_total(options->progress, steps(&run->lab->workload));
	progress_label(options->progress, "cloning");
	if (dataset_clone(run->guard, options->conninfo, run->lab, options->scale, database(run),
			  err) < 0)
		return -1;
	progress_add(run->options->progress, CLONE_STEPS);
	return guard_unlock(run->guard, run->interrupt.template, err);
}

/* A script of the lab; the error names the file. */
static int run_script(struct run *run, const char *name, const char *sql, struct err *err)
{
	AUTO(db_conn_closep) struct db_conn *conn = NULL;
	struct err why = ERR_INIT;
	char message[sizeof(why.message)];

	if (db_conn_open(run->options->conninfo, database(run), run->application, GUARD_CONNECT_MS,
			 &conn, err) < 0)
		return -1;
	db_conn_set_deadline(conn, clock_mono_ns() + RUN_SCRIPT_MS * CLOCK_NS_PER_MS);
	if (db_conn_script(conn, sql, &why) == 0)
		return 0;
	(void)snprintf(message, sizeof(message), "%s of %s: %.180s", name, run->lab->slug,
		       why.message);
	return err_set(err, why.code, message, "%s", why.detail);
}

static int read_params(struct run *run, struct err *err)
{
	AUTO(db_conn_closep) struct db_conn *conn = NULL;

	if (db_conn_open(run->options->conninfo, database(run), run->application, GUARD_CONNECT_MS,
			 &conn, err) < 0)
		return -1;
	db_conn_set_deadline(conn, clock_mono_ns() + RUN_SCRIPT_MS * CLOCK_NS_PER_MS);
	return params_read(conn, run->lab->params_sql, (size_t)run->lab->workload.parameters,
			   &run->params, err);
}

struct counting {
	struct recorder *recorder;
	struct record *record;
};

static int start_counting(void *arg, struct err *err)
{
	const struct counting *counting = arg;

	return recorder_count(counting->recorder, counting->record, err);
}

/* The whole of one phase: answers, plans, workload, counters. */
static int run_phase(struct run *run, const char *label, const char *sql, struct record **ret,
		     struct err *err)
{
	AUTO(record_freep) struct record *record = NULL;
	AUTO(recorder_closep) struct recorder *recorder = NULL;
	struct counting counting;
	const struct runner_job job = {.conninfo = run->options->conninfo,
				       .database = database(run),
				       .application = run->application,
				       .sql = sql,
				       .params = &run->params,
				       .workload = &run->lab->workload,
				       .evidence = run->lab->evidence,
				       .evidence_count = run->lab->evidence_count,
				       .ready = start_counting,
				       .ready_arg = &counting,
				       .stop = &run->interrupt.stop,
				       .progress = run->options->progress};

	progress_label(run->options->progress, label);
	if (record_new(&record, err) < 0 || recorder_open(&job, run->guard, &recorder, err) < 0)
		return -1;
	counting = (struct counting){recorder, record};
	if (recorder_begin(recorder, record, err) < 0 || runner_run(&job, record, err) < 0 ||
	    recorder_end(recorder, record, err) < 0)
		return -1;
	*ret = TAKE(record);
	return 0;
}

static int apply_fix(struct run *run, struct err *err)
{
	if (run->options->fix_sql)
		return run_script(run, "the given fix", run->options->fix_sql, err);
	if (run->lab->fix_sql)
		return run_script(run, "fix.sql", run->lab->fix_sql, err);
	return 0;
}

/* A given fix changes the database, so it is measured with the slow statement. */
static const char *statement_after(const struct run *run)
{
	if (run->lab->fast_sql && !run->options->fix_sql)
		return run->lab->fast_sql;
	return run->lab->slow_sql;
}

static int judge(struct run *run, struct err *err)
{
	struct run_result *result = run->result;
	const struct evidence_where where = {.scale = seed_scale_name(result->scale),
					     .server_major = result->server_version / 10000};
	size_t held = 0, failed = 0;

	equivalence_compare(result->before, result->after);
	result->verdicts = calloc(run->lab->evidence_count, sizeof(*result->verdicts));
	if (!result->verdicts)
		return err_no_memory(err);
	result->verdict_count = run->lab->evidence_count;
	for (size_t i = 0; i < result->verdict_count; i++) {
		evidence_judge(&run->lab->evidence[i], &where, result->before, result->after,
			       &result->verdicts[i]);
		held += result->verdicts[i].outcome == EVIDENCE_HELD;
		failed += result->verdicts[i].outcome == EVIDENCE_NOT_HELD;
	}
	result->passed = held > 0 && failed == 0;
	return 0;
}

static int run_phases(struct run *run, struct err *err)
{
	const struct lab *lab = run->lab;

	if (read_params(run, err) < 0)
		return -1;
	run->result->parameters = run->params.rows;
	if (lab->break_sql && run_script(run, "break.sql", lab->break_sql, err) < 0)
		return -1;
	if (run_phase(run, "broken", lab->slow_sql, &run->result->before, err) < 0 ||
	    apply_fix(run, err) < 0 ||
	    run_phase(run, "fixed", statement_after(run), &run->result->after, err) < 0)
		return -1;
	return judge(run, err);
}

static int run_steps(struct run *run, struct err *err)
{
	int result = clone_dataset(run, err);

	if (result == 0)
		result = run_phases(run, err);
	return result;
}

/* Afterwards ------------------------------------------------------------------------------------
 */

static int try_drop(struct run *run, struct err *err)
{
	AUTO(db_conn_closep) struct db_conn *conn = NULL;

	if (guard_open(run->options->conninfo, database(run), &conn, err) < 0)
		return -1;
	db_conn_set_deadline(conn, clock_mono_ns() + GUARD_DROP_MS * CLOCK_NS_PER_MS);
	if (run->unfinished && dataset_drop_unfinished(conn, run->options->scale, err) < 0)
		return -1;
	return guard_drop(conn, database(run), err);
}

/* A server that restarts after a crash is waited for. The run's lock is held, or was lost with the
 * server. */
static int drop_clone(struct run *run, struct err *err)
{
	int64_t deadline_ns = clock_mono_ns() + RUN_CLEANUP_MS * CLOCK_NS_PER_MS;

	while (try_drop(run, err) < 0) {
		if (clock_mono_ns() >= deadline_ns)
			return -1;
		clock_sleep_until(clock_mono_ns() + RUN_RETRY_NS);
	}
	return 0;
}

/* Adds to the error that the database is left, and what mends it. */
static void say_left_behind(const struct run *run, struct err *err)
{
	char message[sizeof(err->message)];

	(void)snprintf(message, sizeof(message),
		       "%.120s; %s may be left behind: `tasklab lab reset` drops it", err->message,
		       database(run));
	memcpy(err->message, message, sizeof(err->message));
}

static int store(const struct run *run, const char *verdict, const char *report, struct err *err)
{
	struct history_run row = {.id = run->options->run_id,
				  .started_us = run->result->started_us,
				  .finished_us = run->result->finished_us};

	(void)snprintf(row.slug, sizeof(row.slug), "%s", run->lab->slug);
	(void)snprintf(row.scale, sizeof(row.scale), "%s", seed_scale_name(run->result->scale));
	(void)snprintf(row.verdict, sizeof(row.verdict), "%s", verdict);
	return history_store(run->options->conninfo, &row, report, err);
}

static void store_result(struct run *run)
{
	AUTO(buf_release) struct buf report = BUF_INIT(REPORT_JSON_MAX);
	struct run_result *result = run->result;
	struct err why = ERR_INIT;

	if (report_json(result, &report, &why) < 0 ||
	    store(run, result->passed ? "passed" : "failed", buf_str(&report), &why) < 0)
		(void)snprintf(result->note, sizeof(result->note),
			       "the result could not be stored in lab_runs: %.80s (%.200s)",
			       why.message, why.detail);
}

static int finish(struct run *run, int result, struct err *err)
{
	struct err why = ERR_INIT;

	if (result < 0 && atomic_load(&run->interrupt.stop))
		(void)err_set(err, ERR_UNAVAILABLE, "the run was stopped", "%s", "");
	run->result->finished_us = clock_real_us();
	if (result == 0 && run->options->keep) {
		run->result->kept = true;
		run->result->psql = db_conninfo_psql(run->options->conninfo, database(run));
	} else if (drop_clone(run, &why) < 0) {
		if (result == 0 && err)
			*err = why;
		if (err)
			say_left_behind(run, err);
		result = -1;
	}
	if (result == 0)
		store_result(run);
	else
		(void)store(run, "aborted", NULL, NULL);
	return result;
}

/* The lock is had, so whatever works in the database's name is an orphan. */
static int run_locked(struct run *run, struct err *err)
{
	int result;

	if (guard_lock(run->guard, database(run), err) < 0 ||
	    guard_end_orphans(run->guard, database(run), err) < 0 ||
	    interrupt_start(&run->interrupt, err) < 0)
		return -1;
	result = run_steps(run, err);
	interrupt_end(&run->interrupt);
	params_release(&run->params);
	return finish(run, result, err);
}

int run_lab(const struct run_options *options, struct run_result **ret, struct err *err)
{
	AUTO(run_result_freep) struct run_result *result = calloc(1, sizeof(*result));
	struct run run = {
		.options = options,
		.lab = options->lab,
		.result = result,
		.interrupt = {.conninfo = options->conninfo, .stop_fd = options->stop_fd}};
	struct err why = ERR_INIT;
	int code;

	if (!result)
		return err_no_memory(err);
	result->lab = options->lab;
	result->scale = options->scale;
	result->clients = (size_t)options->lab->workload.clients;
	result->started_us = clock_real_us();
	guard_lab_database(options->lab->slug, result->database);
	(void)snprintf(run.application, sizeof(run.application), "%s%s", GUARD_APPLICATION,
		       result->database);
	memcpy(run.interrupt.database, result->database, sizeof(run.interrupt.database));
	dataset_template_name(options->scale, run.interrupt.template);
	if (guard_open(options->conninfo, result->database, &run.guard, err) < 0)
		return -1;
	result->server_version = db_conn_server_version(run.guard);
	code = dataset_preflight(run.guard, options->lab, &why);
	if (code == 0)
		code = run_locked(&run, &why);
	db_conn_closep(&run.guard);
	if (code < 0 && err)
		*err = why;
	if (code == 0)
		*ret = TAKE(result);
	return code;
}

/* The result --------------------------------------------------------------------------------------
 */

void run_result_freep(struct run_result **result)
{
	if (!*result)
		return;
	record_freep(&(*result)->before);
	record_freep(&(*result)->after);
	free((*result)->verdicts);
	free((*result)->psql);
	free(*result);
	*result = NULL;
}

bool run_passed(const struct run_result *result)
{
	return result->passed;
}

const char *run_note(const struct run_result *result)
{
	return result->note;
}
