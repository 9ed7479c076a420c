/* phase.c - records one phase of a run or a check. */
#include "phase.h"

#include <stdio.h>
#include <string.h>

#include "recorder.h"
#include "runner.h"
#include "web_phase.h"

uint64_t phase_steps(const struct lab *lab)
{
	return recorder_steps(&lab->workload) + (uint64_t)lab->workload.calls;
}

static int clean_up(struct stand *stand, struct err *err)
{
	const struct lab *lab = stand->site->lab;

	return lab->cleanup_sql ? stand_script(stand, "cleanup.sql", lab->cleanup_sql, err) : 0;
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

enum labels_phase phase_of(const char *label)
{
	return strcmp(label, PHASE_BROKEN) == 0 ? LABELS_BEFORE : LABELS_AFTER;
}

int phase_record(struct stand *stand, const char *label, const char *name, const char *sql,
		 const struct params *params, struct record **ret, struct err *err)
{
	struct site *site = stand->site;
	AUTO(record_freep) struct record *record = NULL;
	AUTO(recorder_closep) struct recorder *recorder = NULL;
	struct counting counting;
	const struct runner_job job = {.site = site,
				       .database = stand->database,
				       .sql = sql,
				       .params = params,
				       .ready = start_counting,
				       .ready_arg = &counting,
				       .phase = phase_of(label),
				       .workload = &site->lab->workload};

	(void)name;
	if (site->lab->workload.kind == LAB_WORKLOAD_HTTP)
		return web_phase_record(stand, label, params, ret, err);
	progress_label(site->progress, label);
	if (record_new(&record, err) < 0 || recorder_open(&job, &recorder, err) < 0)
		return -1;
	counting = (struct counting){recorder, record};
	if (recorder_begin(recorder, record, err) < 0 || runner_run(&job, record, err) < 0 ||
	    recorder_end(recorder, record, err) < 0 || clean_up(stand, err) < 0)
		return -1;
	*ret = TAKE(record);
	return 0;
}
