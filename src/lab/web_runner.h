/* web_runner.h - runs a workload of requests: clients with a connection each, alone or in bursts.
 */
#ifndef TASKLAB_LAB_WEB_RUNNER_H
#define TASKLAB_LAB_WEB_RUNNER_H

#include <tasklab/lab/labels.h>
#include <tasklab/lab/web.h>

#include "params.h"
#include "record.h"
#include "site.h"

struct web_job {
	const struct web *web;
	const char *name; /* of the lab's door: the header's value */
	struct site *site;
	const struct params *params;
	const struct lab_workload *workload;
	enum labels_phase phase; /* each call is observed in it, under the lab's label */
	int64_t pace_ns;         /* background: see pace.h; 0: one comes right after the other */
};

/* Makes the requests of one parameter row, in order; *answer is a hash over statuses and bodies.
 * Answers of 400 to 499 are errors: the lab asks for something that is not there. *failed counts
 * those of 500 and more. */
int web_call(const struct web_job *job, void *client, size_t row, struct record_answer *answer,
	     uint64_t *failed, struct err *err);
/* Call i takes parameter row i modulo their number and belongs to client i modulo theirs. ready is
 * called when all clients are there and wait. Fills the record's workload, latency and wall_ns. */
int web_run(const struct web_job *job, int (*ready)(void *arg, struct err *err), void *arg,
	    struct record *record, struct err *err);

#endif
