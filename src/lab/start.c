/* start.c - builds the broken state of a lab and leaves it to the learner. */
#include <tasklab/lab/start.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <tasklab/lab/learner.h>

#include "held.h"
#include "stand.h"
#include "watch.h"

static int enter(const struct start_options *options, const struct site *site, const char *noted,
		 struct err *err)
{
	struct learner_session session = {.beside = options->beside};

	(void)snprintf(session.slug, sizeof(session.slug), "%s", options->lab->slug);
	(void)snprintf(session.scale, sizeof(session.scale), "%s", seed_scale_name(options->scale));
	(void)snprintf(session.database, sizeof(session.database), "%s", site->database);
	return learner_start(options->conninfo, &session, noted, err);
}

static int build(const struct start_options *options, struct site *site,
		 struct start_result *result, struct err *err)
{
	AUTO(stand_closep) struct stand *stand = NULL;
	AUTO(freep) char *noted = NULL;

	if (watch_note(site->guard, &noted, err) < 0 || stand_prepare(site, err) < 0)
		return -1;
	progress_total(site->progress, STAND_STEPS);
	if (stand_build(site, site->database, STAND_BROKEN, &stand, err) < 0 ||
	    enter(options, site, noted, err) < 0)
		return -1;
	site_keep(site, stand->database);
	if (options->lab->session_count > 0)
		result->held = stand_take_held(stand);
	return 0;
}

static int start_on(const struct start_options *options, struct start_result *result,
		    struct err *err)
{
	const struct site_options where = {.conninfo = options->conninfo,
					   .lab = options->lab,
					   .scale = options->scale,
					   .progress = options->progress,
					   .stop_fd = options->stop_fd};
	struct site *site = NULL;
	int code;

	if (site_open(&where, &site, err) < 0)
		return -1;
	if (*site->skipped)
		code = err_set(err, ERR_UNPROCESSABLE, site->skipped, "%s", "");
	else
		code = build(options, site, result, err);
	return site_close(&site, code, err);
}

int lab_started(const struct start_options *options, struct start_result **ret, struct err *err)
{
	AUTO(start_result_freep) struct start_result *result = calloc(1, sizeof(*result));

	if (!result)
		return err_no_memory(err);
	result->lab = options->lab;
	result->scale = options->scale;
	guard_lab_database(options->lab->slug, result->database);
	if (options->grafana_url && *options->grafana_url)
		(void)snprintf(result->dashboard, sizeof(result->dashboard),
			       "%.300s/d/tasklab-labs", options->grafana_url);
	result->psql = db_conninfo_psql(options->conninfo, result->database);
	if (!result->psql)
		return err_no_memory(err);
	*ret = TAKE(result);
	return 0;
}

int lab_start(const struct start_options *options, struct start_result **ret, struct err *err)
{
	AUTO(start_result_freep) struct start_result *result = NULL;
	struct err why = ERR_INIT;

	if (lab_started(options, &result, err) < 0 ||
	    learner_may_start(options->conninfo, options->lab->slug, options->beside, err) < 0)
		return -1;
	if (start_on(options, result, &why) < 0)
		return err_pass(err, &why);
	*ret = TAKE(result);
	return 0;
}

void start_result_freep(struct start_result **result)
{
	if (!*result)
		return;
	held_closep(&(*result)->held);
	free((*result)->psql);
	free(*result);
	*result = NULL;
}
