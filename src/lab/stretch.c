/* stretch.c - connects to an active lab's database and makes calls there until it is stopped. */
#include "stretch.h"

#include <stdlib.h>
#include <string.h>

#include <tasklab/base/clock.h>
#include <tasklab/db/monitor.h>
#include <tasklab/lab/labels.h>

#include "runner.h"
#include "script.h"
#include "sender.h"
#include "web_phase.h"
#include "web_runner.h"

#define PACE_NS       (50 * CLOCK_NS_PER_MS)
#define PACE_WRITE_NS (5 * CLOCK_NS_PER_S)
#define BURST_MS      1000           /* least time from burst to burst */
#define LOOK_MS       INT64_C(10000) /* longest statement beside the workload's */
#define FOREVER_S     INT64_C(1000000000)

static const char SQL_PATIENCE[] = "SET lock_timeout = '1s'; SET statement_timeout = '10s'";
static const char SQL_THERE[] = "SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)";

/* One stretch of it, from its connections to whatever ends it. */
struct stretch {
	const struct stretch_options *options;
	struct catalogue *catalogue;
	const char *statement; /* NULL: the lab is one of requests */
	struct site site;      /* without the lock: only what connections need */
	struct params params;
};

/* What to do --------------------------------------------------------------------------------- */

static int find_lab(struct stretch *stretch, struct err *err)
{
	const struct stretch_options *options = stretch->options;
	struct site *site = &stretch->site;

	if (engine_catalogue(options->engine, &stretch->catalogue, err) < 0 ||
	    catalogue_find(stretch->catalogue, options->slug, &site->lab, err) < 0)
		return -1;
	site->options.conninfo = options->conninfo;
	site->options.lab = site->lab;
	guard_lab_database(options->slug, site->database);
	guard_reference_database(options->slug, site->reference);
	stretch->statement = options->statement ? options->statement : site->lab->slow_sql;
	return 0;
}

/* The rows as the broken data give them: fewer than the workload asks for will do. */
static int read_params(struct stretch *stretch, struct err *err)
{
	const struct lab *lab = stretch->site.lab;
	AUTO(db_conn_closep) struct db_conn *conn = NULL;

	if (site_connect(&stretch->site, stretch->site.database, NULL, &conn, err) < 0)
		return -1;
	db_conn_set_deadline(conn, clock_mono_ns() + LOOK_MS * CLOCK_NS_PER_MS);
	if (params_read(conn, lab->params_sql, (size_t)lab->workload.parameters, &stretch->params,
			err) == 0)
		return 0;
	return params_read(conn, lab->params_sql, 1, &stretch->params, err);
}

static int open_guard(struct stretch *stretch, struct err *err)
{
	struct site *site = &stretch->site;

	db_conn_closep(&site->guard);
	if (guard_open(stretch->options->conninfo, site->database, &site->guard, err) < 0)
		return -1;
	db_conn_set_limit(site->guard, &site->interrupt.limit_ns);
	site->server_version = db_conn_server_version(site->guard);
	return 0;
}

/* False when somebody works on the lab, or its database is gone. Asked again after connecting:
 * whoever takes the lock ends the sessions that it finds, so either it finds ours or we find it. */
static int check_free(struct stretch *stretch, bool *free_now, struct err *err)
{
	AUTO(db_result_freep) struct db_result *there = NULL;
	struct site *site = &stretch->site;
	bool locked;

	db_conn_set_deadline(site->guard, clock_mono_ns() + LOOK_MS * CLOCK_NS_PER_MS);
	if (guard_locked(site->guard, site->database, &locked, err) < 0 ||
	    db_conn_query(site->guard, SQL_THERE, DB_ARGS(db_text(site->database)), &there, err) <
		    0)
		return -1;
	*free_now = !locked && db_get_bool(there, 0, 0);
	return 0;
}

/* Statements' identifiers ---------------------------------------------------------------------- */

static int add_id(struct db_conn *conn, const struct script_step *step, const struct params *params,
		  int64_t *ids, size_t *n, struct err *err)
{
	size_t count = params->columns + (step->repeat > 0);
	bool found = false;

	if (db_conn_prepare_types(conn, "tasklab_follow", step->sql, params->types, count, err) <
		    0 ||
	    db_conn_query_id(conn, "tasklab_follow", count, &found, &ids[*n], err) < 0)
		return -1;
	*n += found;
	return db_conn_script(conn, "DEALLOCATE tasklab_follow", err);
}

/* What has a plan has an identifier that can be asked for. */
static int follow_script(struct stretch *stretch, const struct script *script, struct err *err)
{
	AUTO(db_conn_closep) struct db_conn *conn = NULL;
	int64_t ids[DB_FOLLOW_IDS_MAX];
	size_t n = 0;

	if (site_connect(&stretch->site, stretch->site.database, NULL, &conn, err) < 0)
		return -1;
	db_conn_set_deadline(conn, clock_mono_ns() + LOOK_MS * CLOCK_NS_PER_MS);
	for (size_t i = 0; i < script->count; i++) {
		for (size_t k = 0; k < script->sessions[i].count; k++) {
			const struct script_step *step = &script->sessions[i].steps[k];

			if (step->kind == SCRIPT_PLANNED && n < DB_FOLLOW_IDS_MAX &&
			    add_id(conn, step, &stretch->params, ids, &n, err) < 0)
				return -1;
		}
	}
	db_follow(stretch->options->label, stretch->site.database, ids, n);
	return 0;
}

static int follow(struct stretch *stretch, struct err *err)
{
	AUTO(script_freep) struct script *script = NULL;

	if (!stretch->statement)
		return 0;
	if (script_parse(stretch->statement, stretch->params.columns, &script, err) < 0)
		return -1;
	return follow_script(stretch, script, err);
}

/* A stretch ------------------------------------------------------------------------------------ */

/* Whether a step may be something else than a query. */
static bool writes(const struct script *script)
{
	static const char *const queries[] = {"SELECT", "TABLE", "VALUES", "WITH"};

	for (size_t i = 0; i < script->count; i++) {
		for (size_t k = 0; k < script->sessions[i].count; k++) {
			const struct script_step *step = &script->sessions[i].steps[k];
			bool query = step->kind != SCRIPT_PLANNED && step->kind != SCRIPT_UTILITY;

			for (size_t q = 0; q < ARRAY_LEN(queries) && !query; q++)
				query = strncasecmp(step->sql, queries[q], strlen(queries[q])) == 0;
			if (!query)
				return true;
		}
	}
	return false;
}

/* Also what a call that was given up has left. A stop does not end this; a learner's lock does. */
static int clean_up(struct stretch *stretch, struct err *err)
{
	const struct lab *lab = stretch->site.lab;
	AUTO(db_conn_closep) struct db_conn *conn = NULL;

	if (!lab->cleanup_sql)
		return 0;
	if (db_conn_open(stretch->options->conninfo, stretch->site.database,
			 GUARD_APPLICATION "cleanup", GUARD_CONNECT_MS, &conn, err) < 0 ||
	    db_conn_script(conn, SQL_PATIENCE, err) < 0)
		return -1;
	return sender_script(conn, lab->slug, "cleanup.sql", lab->cleanup_sql, err);
}

/* As many calls as a phase has, again and again. */
static int run_rounds(struct stretch *stretch, const struct runner_job *job, struct err *err)
{
	for (;;) {
		AUTO(record_freep) struct record *record = NULL;
		int result = record_new(&record, err);

		if (result == 0)
			result = runner_run(job, record, err);
		if (clean_up(stretch, result == 0 ? err : NULL) < 0 || result < 0)
			return -1;
	}
}

static int run_statements(struct stretch *stretch, struct lab_workload *workload, struct err *err)
{
	const struct lab *lab = stretch->site.lab;
	AUTO(script_freep) struct script *script = NULL;
	AUTO(record_freep) struct record *record = NULL;
	struct runner_job job = {.site = &stretch->site,
				 .database = stretch->site.database,
				 .name = "the statement",
				 .params = &stretch->params,
				 .workload = workload,
				 .phase = LABELS_BACKGROUND,
				 .pace_ns = PACE_NS};

	if (script_parse(stretch->statement, stretch->params.columns, &script, err) < 0 ||
	    record_new(&record, err) < 0)
		return -1;
	job.script = script;
	workload->clients = 1;
	if (writes(script) || lab->cleanup_sql)
		job.pace_ns = PACE_WRITE_NS;
	if (!lab->cleanup_sql || lab->workload.calls == 0)
		return runner_run(&job, record, err);
	workload->calls = lab->workload.calls;
	workload->seconds = 0;
	return run_rounds(stretch, &job, err);
}

static int at_once(void *arg, struct err *err)
{
	(void)arg;
	(void)err;
	return 0;
}

/* With as many clients as the lab has, since what they do to each other may be its subject. */
static int run_requests(struct stretch *stretch, struct lab_workload *workload, struct err *err)
{
	AUTO(record_freep) struct record *record = NULL;
	const struct web_job job = {.web = web_lent(),
				    .name = stretch->options->slug,
				    .site = &stretch->site,
				    .params = &stretch->params,
				    .workload = workload,
				    .phase = LABELS_BACKGROUND,
				    .pace_ns = workload->clients * PACE_NS};

	if (!job.web)
		return err_set(err, ERR_UNAVAILABLE, "the service does not listen yet", "%s", "");
	if (workload->burst_ms > 0 && workload->burst_ms < BURST_MS)
		workload->burst_ms = BURST_MS;
	if (record_new(&record, err) < 0)
		return -1;
	return web_run(&job, at_once, NULL, record, err);
}

static int make_calls(struct stretch *stretch, struct err *err)
{
	struct lab_workload workload = stretch->site.lab->workload;

	workload.calls = 0;
	workload.seconds = FOREVER_S;
	workload.checkpoint = false;
	if (workload.kind == LAB_WORKLOAD_HTTP)
		return run_requests(stretch, &workload, err);
	return run_statements(stretch, &workload, err);
}

static int work(struct stretch *stretch, struct err *err)
{
	bool free_now = false;

	if (open_guard(stretch, err) < 0 || check_free(stretch, &free_now, err) < 0)
		return -1;
	if (!free_now)
		return 0;
	if (read_params(stretch, err) < 0 || follow(stretch, err) < 0 ||
	    check_free(stretch, &free_now, err) < 0)
		return -1;
	return free_now ? make_calls(stretch, err) : 0;
}

/* Sessions that were ended, or a database that went, are how others take over: no failure. */
static bool was_taken_over(struct stretch *stretch)
{
	bool free_now = true;

	return open_guard(stretch, NULL) == 0 && check_free(stretch, &free_now, NULL) == 0 &&
	       !free_now;
}

int stretch_run(const struct stretch_options *options, struct err *err)
{
	struct stretch stretch = {.options = options};
	struct site *site = &stretch.site;
	int result = find_lab(&stretch, err);

	if (result == 0) {
		interrupt_init(&site->interrupt, options->conninfo, site->lab, options->stop_fd);
		result = interrupt_start(&site->interrupt, err);
	}
	if (result == 0) {
		result = work(&stretch, err);
		if (result < 0 && (site_stopped(site) || was_taken_over(&stretch)))
			result = 0;
		interrupt_end(&site->interrupt);
	}
	db_conn_closep(&site->guard);
	params_release(&stretch.params);
	catalogue_freep(&stretch.catalogue);
	return result;
}
