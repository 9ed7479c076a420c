/* appraisal.c - records a phase, compares it and its database with the reference, gives points. */
#include "appraisal.h"

#include <stdio.h>
#include <stdlib.h>

#include <tasklab/base/clock.h>

#include "equivalence.h"
#include "phase.h"

#define COMPARE_STEPS 20 /* of progress, for all comparisons together */
#define COMPARE_MS    INT64_C(600000)

/* The reference -------------------------------------------------------------------------------- */

uint64_t appraiser_steps(const struct lab *lab)
{
	return STAND_STEPS + phase_steps(lab);
}

uint64_t appraisal_steps(const struct lab *lab)
{
	return phase_steps(lab) + COMPARE_STEPS;
}

int appraiser_open(struct site *site, const char *noted, struct appraiser **ret, struct err *err)
{
	AUTO(appraiser_closep) struct appraiser *appraiser = calloc(1, sizeof(*appraiser));

	if (!appraiser)
		return err_no_memory(err);
	appraiser->site = site;
	appraiser->noted = noted;
	if (stand_build(site, site->reference, STAND_BROKEN, &appraiser->reference, err) < 0 ||
	    phase_record(appraiser->reference, "broken", "slow.sql", site->lab->slow_sql,
			 &appraiser->reference->params, &appraiser->before, err) < 0)
		return -1;
	*ret = TAKE(appraiser);
	return 0;
}

void appraiser_closep(struct appraiser **appraiser)
{
	struct appraiser *it = *appraiser;

	if (!it)
		return;
	snapshot_freep(&it->snapshot);
	checksum_memo_release(&it->memo);
	record_freep(&it->before);
	stand_closep(&it->reference);
	free(it);
	*appraiser = NULL;
}

/* Comparing ------------------------------------------------------------------------------------ */

static int connect_to(struct site *site, const char *database, struct db_conn **ret,
		      struct err *err)
{
	if (site_connect(site, database, NULL, ret, err) < 0)
		return -1;
	db_conn_set_deadline(*ret, clock_mono_ns() + COMPARE_MS * CLOCK_NS_PER_MS);
	return 0;
}

static int probe(struct appraiser *appraiser, struct db_conn *conn, const char *database,
		 struct probe *ret, struct err *err)
{
	struct site *site = appraiser->site;
	int result = probe_run(conn, site->guard, database, site->lab->writes_sql, ret, err);

	db_conn_set_deadline(site->guard, CLOCK_NEVER);
	return result;
}

/* Both sides of the comparison that has to be made anew for each stand. */
struct comparison {
	struct db_conn *reference, *learner;
	struct snapshot *snapshot;
	struct checksum_difference *differences;
	struct watch_change *changes;
	struct trap_view view;
};

static void comparison_release(struct comparison *comparison)
{
	db_conn_closep(&comparison->reference);
	db_conn_closep(&comparison->learner);
	snapshot_freep(&comparison->snapshot);
	free(comparison->differences);
	free(comparison->changes);
}

static int compare_data(struct appraiser *appraiser, struct comparison *comparison, struct err *err)
{
	const struct checksum_side reference = {comparison->reference, appraiser->snapshot};
	const struct checksum_side learner = {comparison->learner, comparison->snapshot};
	struct trap_view *view = &comparison->view;

	if (checksum_compare(&reference, &learner, &appraiser->memo, &comparison->differences,
			     &view->difference_count, err) < 0 ||
	    watch_compare(appraiser->site->guard, appraiser->noted, &comparison->changes,
			  &view->change_count, err) < 0)
		return -1;
	view->differences = comparison->differences;
	view->changes = comparison->changes;
	return 0;
}

static int compare(struct appraiser *appraiser, struct stand *stand, struct appraisal *appraisal,
		   struct err *err)
{
	struct site *site = appraiser->site;
	AUTO(comparison_release) struct comparison comparison = {.reference = NULL};
	struct trap_view *view = &comparison.view;
	bool first = !appraiser->snapshot;

	if (connect_to(site, site->reference, &comparison.reference, err) < 0 ||
	    connect_to(site, stand->database, &comparison.learner, err) < 0 ||
	    (first && snapshot_take(comparison.reference, &appraiser->snapshot, err) < 0) ||
	    snapshot_take(comparison.learner, &comparison.snapshot, err) < 0 ||
	    compare_data(appraiser, &comparison, err) < 0)
		return -1;
	if (first &&
	    probe(appraiser, comparison.reference, site->reference, &appraiser->probe, err) < 0)
		return -1;
	if (probe(appraiser, comparison.learner, stand->database, &view->learner_probe, err) < 0)
		return -1;
	view->allowed = &site->lab->trap;
	view->reference = appraiser->snapshot;
	view->learner = comparison.snapshot;
	view->reference_probe = appraiser->probe;
	return trap_find(view, &appraisal->faults, &appraisal->fault_count, err);
}

/* One appraisal -------------------------------------------------------------------------------- */

/* What the server did not want to do, as opposed to what kept it from being asked. */
static bool refused(const struct err *err)
{
	return err->code != ERR_UNAVAILABLE && err->code != ERR_NO_MEMORY &&
	       err->code != ERR_TIMEOUT;
}

static int record(struct appraiser *appraiser, const struct appraisal_task *task,
		  struct appraisal *appraisal, struct err *err)
{
	struct err why = ERR_INIT;

	if (phase_record(task->stand, task->label, task->name, task->statement,
			 &appraiser->reference->params, &appraisal->after, &why) == 0) {
		equivalence_compare(appraiser->before, appraisal->after);
		return 0;
	}
	if (!task->may_fail || !refused(&why))
		return err_pass(err, &why);
	(void)snprintf(appraisal->failed, sizeof(appraisal->failed), "%.250s (%.300s)", why.message,
		       why.detail);
	return 0;
}

static int judge(const struct appraiser *appraiser, struct appraisal *appraisal, struct err *err)
{
	const struct lab *lab = appraiser->site->lab;
	const struct evidence_where where = {
		.scale = seed_scale_name(appraiser->site->options.scale),
		.server_major = appraiser->site->server_version / 10000};

	if (!appraisal->after)
		return 0;
	appraisal->verdicts = calloc(lab->evidence_count, sizeof(*appraisal->verdicts));
	if (!appraisal->verdicts)
		return err_no_memory(err);
	appraisal->verdict_count = lab->evidence_count;
	for (size_t i = 0; i < lab->evidence_count; i++)
		evidence_judge(&lab->evidence[i], &where, appraiser->before, appraisal->after,
			       &appraisal->verdicts[i]);
	return 0;
}

static int give_points(const struct appraiser *appraiser, const struct appraisal_task *task,
		       struct appraisal *appraisal, struct err *err)
{
	const struct grading grading = {
		.lab = appraiser->site->lab,
		.answers = task->answers,
		.failed = *appraisal->failed ? appraisal->failed : NULL,
		.verdicts = appraisal->verdicts,
		.verdict_count = appraisal->verdict_count,
		.differing = appraisal->after ? appraisal->after->differing : 0,
		.parameter_rows = (int64_t)appraiser->reference->params.rows,
		.faults = appraisal->faults,
		.fault_count = appraisal->fault_count};

	return grading_grade(&grading, &appraisal->grade, err);
}

static bool lost_already(const struct appraisal *appraisal)
{
	if (!appraisal->after || appraisal->after->differing > 0)
		return true;
	for (size_t i = 0; i < appraisal->verdict_count; i++)
		if (appraisal->verdicts[i].outcome == EVIDENCE_NOT_HELD)
			return true;
	return false;
}

int appraise(struct appraiser *appraiser, const struct appraisal_task *task, struct appraisal **ret,
	     struct err *err)
{
	AUTO(appraisal_freep) struct appraisal *appraisal = calloc(1, sizeof(*appraisal));

	if (!appraisal)
		return err_no_memory(err);
	if (record(appraiser, task, appraisal, err) < 0 || judge(appraiser, appraisal, err) < 0)
		return -1;
	if (task->stand != appraiser->reference &&
	    !(task->only_verdict && lost_already(appraisal))) {
		progress_label(appraiser->site->progress, "comparing");
		if (compare(appraiser, task->stand, appraisal, err) < 0)
			return -1;
	}
	progress_add(appraiser->site->progress, COMPARE_STEPS);
	if (give_points(appraiser, task, appraisal, err) < 0)
		return -1;
	*ret = TAKE(appraisal);
	return 0;
}

void appraisal_freep(struct appraisal **appraisal)
{
	struct appraisal *it = *appraisal;

	if (!it)
		return;
	record_freep(&it->after);
	free(it->verdicts);
	free(it->faults);
	grade_freep(&it->grade);
	free(it);
	*appraisal = NULL;
}
