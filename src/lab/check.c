/* check.c - one check of the active lab from the reference to the points. */
#include <tasklab/lab/check.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <tasklab/base/clock.h>
#include <tasklab/base/text.h>
#include <tasklab/lab/history.h>
#include <tasklab/lab/learner.h>

#include "checked.h"

/* The active lab ------------------------------------------------------------------------------- */

static int find_scale(const struct check_options *options, enum seed_scale *ret, struct err *err)
{
	AUTO(freep) struct learner_session *sessions = NULL;
	char message[sizeof(err->message)];
	size_t n = 0;

	if (learner_sessions(options->conninfo, &sessions, &n, err) < 0)
		return -1;
	for (size_t i = 0; i < n; i++)
		if (strcmp(sessions[i].slug, options->lab->slug) == 0 &&
		    seed_scale_parse(sessions[i].scale, ret))
			return 0;
	(void)snprintf(message, sizeof(message),
		       "%s is not active: `tasklab lab start %s` begins it", options->lab->slug,
		       options->lab->slug);
	return err_set(err, ERR_NOT_FOUND, message, "%s", "it has no row in lab_sessions");
}

/* The check ------------------------------------------------------------------------------------ */

/* What the server did not like is the learner's own. */
static int blame_statement(struct err *err)
{
	char message[sizeof(err->message)];

	(void)snprintf(message, sizeof(message), "with your statement: %.230s", err->message);
	memcpy(err->message, message, sizeof(err->message));
	return -1;
}

static int appraise_learner(const struct check_options *options, struct site *site,
			    const char *noted, struct check_result *result, struct err *err)
{
	AUTO(stand_closep) struct stand *learner = NULL;
	AUTO(appraiser_closep) struct appraiser *appraiser = NULL;
	struct appraisal_task task = {.label = "yours",
				      .name = options->statement ? "your statement" : "slow.sql",
				      .statement = options->statement ? options->statement
								      : site->lab->slow_sql,
				      .answers = &result->answers,
				      .may_fail = !options->statement};

	if (stand_open(site, site->database, &learner, err) < 0 || stand_prepare(site, err) < 0)
		return -1;
	progress_total(site->progress, appraiser_steps(site->lab) + appraisal_steps(site->lab));
	if (appraiser_open(site, noted, &appraiser, err) < 0)
		return -1;
	task.stand = learner;
	if (appraise(appraiser, &task, &result->appraisal, err) < 0)
		return options->statement ? blame_statement(err) : -1;
	result->parameters = appraiser->reference->params.rows;
	result->before = TAKE(appraiser->before);
	return 0;
}

static int check_on(const struct check_options *options, const char *noted,
		    struct check_result *result, struct err *err)
{
	const struct site_options where = {.conninfo = options->conninfo,
					   .lab = options->lab,
					   .scale = result->scale,
					   .progress = options->progress,
					   .stop_fd = options->stop_fd};
	struct site *site = NULL;
	int code;

	if (site_open(&where, &site, err) < 0)
		return -1;
	result->server_version = site->server_version;
	if (*site->skipped)
		code = err_set(err, ERR_UNPROCESSABLE, site->skipped, "%s", "");
	else
		code = appraise_learner(options, site, noted, result, err);
	return site_close(&site, code, err);
}

/* Afterwards ----------------------------------------------------------------------------------- */

static int store(const struct check_options *options, const struct check_result *result,
		 const char *report, struct err *err)
{
	const struct grade *grade = result->appraisal ? result->appraisal->grade : NULL;
	struct history_run row = {.id = options->run_id,
				  .kind = "check",
				  .started_us = result->started_us,
				  .finished_us = result->finished_us};

	(void)snprintf(row.slug, sizeof(row.slug), "%s", result->lab->slug);
	(void)snprintf(row.scale, sizeof(row.scale), "%s", seed_scale_name(result->scale));
	(void)snprintf(row.verdict, sizeof(row.verdict), "%s",
		       !grade          ? "aborted"
		       : grade->passed ? "passed"
				       : "failed");
	if (grade) {
		row.scored = true;
		row.score = grade->score;
	}
	return history_store(options->conninfo, &row, report, err);
}

static int best_of(const struct check_options *options, int *ret, struct err *err)
{
	AUTO(freep) struct learner_progress *all = NULL;
	size_t n = 0;

	if (learner_progress(options->conninfo, &all, &n, err) < 0)
		return -1;
	for (size_t i = 0; i < n; i++)
		if (strcmp(all[i].slug, options->lab->slug) == 0)
			*ret = all[i].best_score;
	return 0;
}

static void store_result(const struct check_options *options, struct check_result *result)
{
	AUTO(buf_release) struct buf report = BUF_INIT(REPORT_MAX);
	const struct grade *grade = result->appraisal->grade;
	struct err why = ERR_INIT;

	result->best_score = grade->score;
	if (learner_check(options->conninfo, options->lab->slug, grade->score, grade->passed,
			  &why) < 0 ||
	    best_of(options, &result->best_score, &why) < 0 ||
	    check_json(result, &report, &why) < 0 ||
	    store(options, result, buf_str(&report), &why) < 0)
		(void)snprintf(result->note, sizeof(result->note),
			       "the result could not be stored: %.80s (%.200s)", why.message,
			       why.detail);
}

int lab_check(const struct check_options *options, struct check_result **ret, struct err *err)
{
	AUTO(check_result_freep) struct check_result *result = calloc(1, sizeof(*result));
	AUTO(freep) char *noted = NULL;
	struct err why = ERR_INIT;

	if (!result)
		return err_no_memory(err);
	result->lab = options->lab;
	if (options->statement && text_copy(options->statement, &result->statement, err) < 0)
		return -1;
	result->started_us = clock_real_us();
	if (options->answers)
		result->answers = *options->answers;
	if (options->statement && options->lab->workload.kind == LAB_WORKLOAD_HTTP)
		return err_set(err, ERR_UNPROCESSABLE,
			       "this lab works over HTTP: there is no statement of yours to check",
			       "%s", "");
	if (find_scale(options, &result->scale, err) < 0 ||
	    learner_settings(options->conninfo, options->lab->slug, &noted, err) < 0)
		return -1;
	if (check_on(options, noted, result, &why) < 0) {
		appraisal_freep(&result->appraisal);
		result->finished_us = clock_real_us();
		(void)store(options, result, NULL, NULL);
		return err_pass(err, &why);
	}
	result->finished_us = clock_real_us();
	store_result(options, result);
	*ret = TAKE(result);
	return 0;
}

void check_result_freep(struct check_result **result)
{
	if (!*result)
		return;
	record_freep(&(*result)->before);
	appraisal_freep(&(*result)->appraisal);
	free((*result)->statement);
	free(*result);
	*result = NULL;
}

const struct grade *check_grade(const struct check_result *result)
{
	return result->appraisal->grade;
}

const char *check_note(const struct check_result *result)
{
	return result->note;
}
