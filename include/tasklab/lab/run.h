/* run.h - one run of a lab: clone, break, run, fix, run again, compare, drop. */
#ifndef TASKLAB_LAB_RUN_H
#define TASKLAB_LAB_RUN_H

#include <stdbool.h>

#include <tasklab/base/err.h>
#include <tasklab/lab/catalogue.h>
#include <tasklab/seed/seed.h>

struct progress;

struct run_options {
	const char *conninfo; /* the service's database; the lab's stands beside it */
	const struct lab *lab;
	enum seed_scale scale;
	const char *fix_sql;       /* this instead of the lab's own fix; NULL: the lab's */
	bool keep;                 /* leave the lab's database in its fixed state */
	bool beside;               /* although another lab is active */
	struct progress *progress; /* the caller's; may be NULL */
	int64_t run_id; /* of the row in lab_runs, from history_reserve; 0: the next one */
	int stop_fd;    /* when it becomes readable the run is given up; -1: none */
};

struct run_result;

/* ERR_CONFLICT: the lab is active (learner.h), or another is and beside is not set.
 * Runs the lab, stores the result in lab_runs and gives it to the caller (run_result_freep).
 * Failure and giving up both drop the lab's database again; where that cannot be done the error
 * says what mends it. Nothing of the service's own data is touched. */
int run_lab(const struct run_options *options, struct run_result **ret, struct err *err);
void run_result_freep(struct run_result **result);
/* Why the lab does not apply to this server, so that nothing was run; NULL: it does. */
const char *run_skipped(const struct run_result *result);
bool run_passed(const struct run_result *result);
/* What went wrong beside the run itself ("the result could not be stored: ..."); "" if nothing. */
const char *run_note(const struct run_result *result);

#endif
