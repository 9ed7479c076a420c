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

static int end_counting(void *arg, struct err *err)
{
	const struct counting *counting = arg;

	return recorder_end(counting->recorder, counting->record, err);
}

static int read_script(const struct stand *stand, const char *name, const char *sql,
		       const struct params *params, struct script **ret, struct err *err)
{
	struct err why = ERR_INIT;
	char message[sizeof(why.message)];

	if (script_parse(sql, params->columns, ret, &why) == 0)
		return 0;
	(void)snprintf(message, sizeof(message), "%s of %s: %.150s", name, stand->site->lab->slug,
		       why.message);
	return err_set(err, why.code, message, "%s", why.detail);
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
	AUTO(script_freep) struct script *script = NULL;
	struct counting counting;
	struct runner_job job = {.site = site,
				 .database = stand->database,
				 .name = name,
				 .params = params,
				 .ready = start_counting,
				 .done = end_counting,
				 .counting = &counting,
				 .phase = phase_of(label),
				 .workload = &site->lab->workload};

	if (site->lab->workload.kind == LAB_WORKLOAD_HTTP)
		return web_phase_record(stand, label, params, ret, err);
	if (read_script(stand, name, sql, params, &script, err) < 0)
		return -1;
	job.script = script;
	progress_label(site->progress, label);
	if (record_new(&record, err) < 0 || recorder_open(&job, &recorder, err) < 0)
		return -1;
	counting = (struct counting){recorder, record};
	if (recorder_begin(recorder, record, err) < 0 || runner_run(&job, record, err) < 0 ||
	    clean_up(stand, err) < 0)
		return -1;
	*ret = TAKE(record);
	return 0;
}
