/* history.h - the runs that the service's database remembers, in lab_runs. */
#ifndef TASKLAB_LAB_HISTORY_H
#define TASKLAB_LAB_HISTORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <tasklab/base/err.h>

struct history_run {
	char slug[64];
	char scale[16];
	char verdict[16]; /* passed, failed, aborted */
	char kind[16];    /* run, check, verify; "": run */
	bool scored;      /* a check or a verification that came to its end */
	int score;
	int64_t started_us, finished_us;
};

/* The last run of each lab, checks and verifications left out; the caller frees *ret. */
int history_last(const char *conninfo, struct history_run **ret, size_t *n, struct err *err);
/* report is the run's JSON; NULL: none. */
int history_store(const char *conninfo, const struct history_run *run, const char *report,
		  struct err *err);

#endif
