/* run.c - one run of a lab from the clone to the drop. */
#include <tasklab/lab/run.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <tasklab/base/clock.h>
#include <tasklab/lab/history.h>
#include <tasklab/lab/learner.h>
#include <tasklab/lab/report.h>

#include "equivalence.h"
#include "phase.h"
#include "result.h"

/* Phases --------------------------------------------------------------------------------------- */

static int apply_fix(const struct run_options *options, struct stand *stand, struct err *err)
{
	if (options->fix_sql)
		return stand_script(stand, "the given fix", options->fix_sql, err);
	if (options->lab->fix_sql)
		return stand_script(stand, "fix.sql", options->lab->fix_sql, err);
	return 0;
}

/* A given fix changes the database, so it is measured with the slow statement. */
static int record_after(const struct run_options *options, struct stand *stand, struct record **ret,
			struct err *err)
{
	const struct lab *lab = options->lab;

	if (lab->fast_sql && !options->fix_sql)
		return phase_record(stand, "fixed", "fast.sql", lab->fast_sql, &stand->params, ret,
				    err);
	return phase_record(stand, "fixed", "slow.sql", lab->slow_sql, &stand->params, ret, err);
}

static int judge(struct run_result *result, struct err *err)
{
	const struct lab *lab = result->lab;
	const struct evidence_where where = {.scale = seed_scale_name(result->scale),
					     .server_major = result->server_version / 10000};
	size_t held = 0, failed = 0;

	equivalence_compare(result->before, result->after);
	result->verdicts = calloc(lab->evidence_count, sizeof(*result->verdicts));
	if (!result->verdicts)
		return err_no_memory(err);
	result->verdict_count = lab->evidence_count;
	for (size_t i = 0; i < result->verdict_count; i++) {
		evidence_judge(&lab->evidence[i], &where, result->before, result->after,
			       &result->verdicts[i]);
		held += result->verdicts[i].outcome == EVIDENCE_HELD;
		failed += result->verdicts[i].outcome == EVIDENCE_NOT_HELD;
	}
	result->passed = held > 0 && failed == 0;
	return 0;
}

static int run_phases(const struct run_options *options, struct site *site,
		      struct run_result *result, struct err *err)
{
	AUTO(stand_closep) struct stand *stand = NULL;

	if (stand_prepare(site, err) < 0)
		return -1;
	progress_total(site->progress, STAND_STEPS + 2 * phase_steps(site->lab));
	if (stand_build(site, site->database, STAND_BROKEN, &stand, err) < 0)
		return -1;
	result->parameters = stand->params.rows;
	if (phase_record(stand, PHASE_BROKEN, "slow.sql", site->lab->slow_sql, &stand->params,
			 &result->before, err) < 0 ||
	    apply_fix(options, stand, err) < 0 ||
	    record_after(options, stand, &result->after, err) < 0)
		return -1;
	if (options->keep)
		site_keep(site, stand->database);
	return judge(result, err);
}

/* Afterwards ------------------------------------------------------------------------------------
 */

static int store(const struct run_options *options, const struct run_result *result,
		 const char *verdict, const char *report, struct err *err)
{
	struct history_run row = {.id = options->run_id,
				  .started_us = result->started_us,
				  .finished_us = result->finished_us};

	(void)snprintf(row.slug, sizeof(row.slug), "%s", result->lab->slug);
	(void)snprintf(row.scale, sizeof(row.scale), "%s", seed_scale_name(result->scale));
	(void)snprintf(row.verdict, sizeof(row.verdict), "%s", verdict);
	return history_store(options->conninfo, &row, report, err);
}

static void store_result(const struct run_options *options, struct run_result *result)
{
	AUTO(buf_release) struct buf report = BUF_INIT(REPORT_JSON_MAX);
	struct err why = ERR_INIT;

	if (report_json(result, &report, &why) < 0 ||
	    store(options, result, result->passed ? "passed" : "failed", buf_str(&report), &why) <
		    0)
		(void)snprintf(result->note, sizeof(result->note),
			       "the result could not be stored in lab_runs: %.80s (%.200s)",
			       why.message, why.detail);
}

/* The site is there, and the lab applies. */
static int run_on(const struct run_options *options, struct site **site, struct run_result *result,
		  struct err *err)
{
	int code = run_phases(options, *site, result, err);

	code = site_close(site, code, err);
	result->finished_us = clock_real_us();
	if (code < 0) {
		(void)store(options, result, "aborted", NULL, NULL);
		return -1;
	}
	if (options->keep) {
		result->kept = true;
		result->psql = db_conninfo_psql(options->conninfo, result->database);
	}
	store_result(options, result);
	return 0;
}

int run_lab(const struct run_options *options, struct run_result **ret, struct err *err)
{
	AUTO(run_result_freep) struct run_result *result = calloc(1, sizeof(*result));
	const struct site_options where = {.conninfo = options->conninfo,
					   .lab = options->lab,
					   .scale = options->scale,
					   .progress = options->progress,
					   .stop_fd = options->stop_fd};
	struct site *site = NULL;
	struct err why = ERR_INIT;

	if (!result)
		return err_no_memory(err);
	result->lab = options->lab;
	result->scale = options->scale;
	result->clients = (size_t)options->lab->workload.clients;
	result->started_us = result->finished_us = clock_real_us();
	if (learner_may_start(options->conninfo, options->lab->slug, options->beside, err) < 0 ||
	    site_open(&where, &site, err) < 0)
		return -1;
	result->server_version = site->server_version;
	memcpy(result->database, site->database, sizeof(result->database));
	memcpy(result->skipped, site->skipped, sizeof(result->skipped));
	if (*result->skipped)
		(void)site_close(&site, 0, NULL);
	else if (run_on(options, &site, result, &why) < 0)
		return err_pass(err, &why);
	*ret = TAKE(result);
	return 0;
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

const char *run_skipped(const struct run_result *result)
{
	return *result->skipped ? result->skipped : NULL;
}

const char *run_note(const struct run_result *result)
{
	return result->note;
}
