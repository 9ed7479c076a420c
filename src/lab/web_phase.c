/* web_phase.c - one phase of a lab over HTTP. */
#include "web_phase.h"

#include <stdio.h>
#include <string.h>

#include "phase.h"
#include "recorder.h"
#include "web_runner.h"

static _Atomic(const struct web *) lent;

void web_lend(const struct web *web)
{
	lent = web;
}

const struct web *web_lent(void)
{
	return lent;
}

/* The door --------------------------------------------------------------------------------------
 * The service keeps one open to the active lab; other databases get theirs for the phase. */

struct door {
	char name[GATE_NAME_SIZE];
	bool opened; /* by this phase */
};

static int open_door(struct door *door, const struct stand *stand, struct err *err)
{
	const struct site *site = stand->site;
	struct err why = ERR_INIT;

	if (!lent)
		return err_set(err, ERR_UNPROCESSABLE,
			       "this lab works over HTTP and needs the service: start it "
			       "(./sandbox up, docker compose up) and try again",
			       "%s", "");
	(void)snprintf(door->name, sizeof(door->name), "%s%s", site->lab->slug,
		       strcmp(stand->database, site->reference) == 0 ? ".reference" : "");
	if (gate_open(lent->gate, door->name, stand->database, &why) == 0) {
		door->opened = true;
		return 0;
	}
	if (why.code == ERR_CONFLICT)
		return gate_refresh(lent->gate, door->name, err);
	return err_pass(err, &why);
}

static void close_door(struct door *door)
{
	if (door->opened)
		gate_close(lent->gate, door->name);
}

/* Answers ---------------------------------------------------------------------------------------
 */

static int answer_all(const struct web_job *job, void *client, struct record *record,
		      struct err *err)
{
	uint64_t failed = 0;

	for (size_t i = 0; i < job->params->rows; i++) {
		if (site_check_stop(job->site, err) < 0 ||
		    web_call(job, client, i, &record->answers[i], &failed, err) < 0)
			return -1;
		record->answer_count = i + 1;
		progress_add(job->site->progress, 1);
	}
	return 0;
}

static int record_answers(const struct web_job *job, struct record *record, struct err *err)
{
	void *client = NULL;
	int result;

	if (record_make_answers(record, job->params->rows, err) < 0)
		return -1;
	if (job->web->open(job->web->arg, job->name, &client, err) < 0)
		return -1;
	result = answer_all(job, client, record, err);
	job->web->close(client);
	return result;
}

/* The phase -------------------------------------------------------------------------------------
 */

struct counting {
	struct recorder *recorder;
	struct record *record;
};

static int start_counting(void *arg, struct err *err)
{
	const struct counting *counting = arg;

	return recorder_count(counting->recorder, counting->record, err);
}

static int record_through(const struct web_job *job, const struct stand *stand, struct record **ret,
			  struct err *err)
{
	AUTO(record_freep) struct record *record = NULL;
	AUTO(recorder_closep) struct recorder *recorder = NULL;
	struct counting counting;
	const struct runner_job counted = {.site = stand->site,
					   .database = stand->database,
					   .params = job->params,
					   .workload = job->workload};

	if (record_new(&record, err) < 0 || recorder_open(&counted, &recorder, err) < 0 ||
	    recorder_begin(recorder, record, err) < 0 || record_answers(job, record, err) < 0)
		return -1;
	counting = (struct counting){recorder, record};
	if (web_run(job, start_counting, &counting, record, err) < 0 ||
	    recorder_end(recorder, record, err) < 0)
		return -1;
	*ret = TAKE(record);
	return 0;
}

int web_phase_record(struct stand *stand, const char *label, const struct params *params,
		     struct record **ret, struct err *err)
{
	struct site *site = stand->site;
	struct door door = {.opened = false};
	struct web_job job = {.site = site, .params = params, .workload = &site->lab->workload};
	int result;

	if (open_door(&door, stand, err) < 0)
		return -1;
	progress_label(site->progress, label);
	job.web = lent;
	job.name = door.name;
	job.phase = phase_of(label);
	result = record_through(&job, stand, ret, err);
	close_door(&door);
	return result;
}
