/* runner.h - runs a workload: one prepared statement, its parameter rows, some clients. */
#ifndef TASKLAB_LAB_RUNNER_H
#define TASKLAB_LAB_RUNNER_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include <tasklab/base/term.h>
#include <tasklab/lab/catalogue.h>

#include "params.h"
#include "record.h"

#define RUNNER_STATEMENT "lab" /* the prepared statement's name in every session */

struct runner_job {
	const char *conninfo;
	const char *database;
	const char *application; /* application_name of the clients */
	const char *sql;
	const struct params *params;
	const struct lab_workload *workload;
	const struct lab_evidence *evidence; /* whose queries the recorder asks; may be none */
	size_t evidence_count;
	/* Called when all clients are connected and wait to make the first call, which then comes
	 * at once; may be NULL. */
	int (*ready)(void *ready_arg, struct err *err);
	void *ready_arg;
	atomic_bool *stop;         /* ends the job early, as ERR_UNAVAILABLE */
	struct progress *progress; /* counts calls; may be NULL */
};

/* Call i takes parameter row i modulo their number and belongs to client i modulo theirs, so every
 * run does the same in each session. Fills the record's workload, latency and wall_ns: the time
 * from the common start to the last client's end. */
int runner_run(const struct runner_job *job, struct record *record, struct err *err);

#endif
