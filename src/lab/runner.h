/* runner.h - runs a workload: a script, its parameter rows, some clients. */
#ifndef TASKLAB_LAB_RUNNER_H
#define TASKLAB_LAB_RUNNER_H

#include <stdbool.h>
#include <stdint.h>

#include <tasklab/lab/catalogue.h>
#include <tasklab/lab/labels.h>

#include "params.h"
#include "record.h"
#include "script.h"
#include "site.h"

struct runner_job {
	struct site *site;
	const char *database;
	const char *name;            /* of the script, for errors: "slow.sql" */
	const struct script *script; /* NULL: for a recorder, of a workload without statements */
	const struct params *params;
	const struct lab_workload *workload;
	/* Called when all clients are connected and wait to make the first call, which then comes
	 * at once; may be NULL. */
	int (*ready)(void *counting, struct err *err);
	/* Called when all have made their last call and sent their statistics, and are still
	 * connected: to disconnect may count as well. May be NULL. */
	int (*done)(void *counting, struct err *err);
	void *counting;
	enum labels_phase phase; /* each call is observed in it, under the lab's label */
	int64_t pace_ns; /* background: see pace.h; 0: one call comes right after the other */
};

/* Call i takes parameter row i modulo their number and belongs to client i modulo theirs, so every
 * run does the same in each session. Fills the record's workload, latency and wall_ns: the time
 * from the common start to the last client's end. */
int runner_run(const struct runner_job *job, struct record *record, struct err *err);

#endif
