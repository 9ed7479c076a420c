/* job.h - one job of the engine: what was asked, how far it is, what came of it. */
#ifndef LAB_JOB_H
#define LAB_JOB_H

#include <tasklab/base/term.h>
#include <tasklab/lab/check.h>
#include <tasklab/lab/engine.h>
#include <tasklab/lab/reset.h>
#include <tasklab/lab/run.h>
#include <tasklab/lab/start.h>
#include <tasklab/lab/verify.h>

struct job {
	const char *conninfo, *grafana_url; /* the engine's */
	struct engine_job view;             /* label, done and total are read from progress */
	struct catalogue *catalogue;
	const struct lab *lab;
	struct progress *progress;
	int stop_fd; /* eventfd: give up */
	bool given_up;
	bool keep, beside;
	char *statement; /* NULL: none was given */
	bool answered;
	struct quiz_answers answers;
	unsigned readers; /* of the results; the job stays until they are done */
	/* Of its action; NULL until it is there. */
	struct run_result *run;
	struct check_result *check;
	struct start_result *start;
	struct verify_result *verify;
	struct reset_database *databases;
	size_t database_count;
};

/* Of options the strings must stay. Takes over the catalogue, in which the lab is.
 * ERR_UNPROCESSABLE: the answers do not fit it. */
int job_new(const struct engine_options *options, const struct engine_request *request,
	    struct catalogue **catalogue, const struct lab *lab, struct job **ret, struct err *err);
void job_freep(struct job **job);
/* Makes stop_fd readable. */
void job_give_up(struct job *job);
/* Does the work, in the caller's thread. *accepted: the evidence held. */
int job_work(struct job *job, bool *accepted, struct err *err);
/* ERR_NOT_FOUND when the job has no report. */
int job_report(const struct job *job, const struct engine_look *look, struct buf *out,
	       struct err *err);

#endif
