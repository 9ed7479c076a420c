/* history.h - the runs that the service's database remembers, in lab_runs. */
#ifndef TASKLAB_LAB_HISTORY_H
#define TASKLAB_LAB_HISTORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <tasklab/base/err.h>
#include <tasklab/domain/page.h>

struct history_run {
	int64_t id; /* from history_reserve; 0: the next one */
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

/* For the service, over its pool -----------------------------------------------------------------
 */

/* An id that no other run gets, for a run that is about to begin. */
int history_reserve(struct db *db, int64_t *id, struct err *err);
/* The runs of a lab, the latest first. */
int history_list(struct db *db, const char *slug, const struct page_request *request,
		 struct page *ret, struct err *err);
void history_at(const struct page *page, size_t i, struct history_run *ret);
/* ERR_NOT_FOUND: the lab has no such run. *report is NULL where none was kept; the caller frees. */
int history_get(struct db *db, const char *slug, int64_t id, struct history_run *ret, char **report,
		struct err *err);

#endif
