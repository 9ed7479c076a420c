/* appraisal.h - what a state of a lab's database is worth, against a fresh reference.
 *
 * An appraiser holds the reference: the broken state in lab_<slug>_ref, and the phase recorded in
 * it. Any number of stands and statements can then be appraised against it.
 */
#ifndef TASKLAB_LAB_APPRAISAL_H
#define TASKLAB_LAB_APPRAISAL_H

#include "grading.h"
#include "record.h"
#include "stand.h"

struct appraiser {
	struct site *site;
	const char *noted;       /* the server's settings as they should be (watch_note) */
	struct stand *reference; /* its parameter rows serve all */
	struct record *before;
	/* Of the reference, read when first needed. */
	struct snapshot *snapshot;
	struct checksum_memo memo;
	struct probe probe;
};

struct appraisal {
	struct record *after; /* NULL: the workload failed */
	char failed[600];     /* why; "" */
	struct evidence_verdict *verdicts;
	size_t verdict_count;
	struct trap_fault *faults;
	size_t fault_count;
	struct grade *grade;
};

/* Builds the reference and records slow.sql there. noted must outlive the appraiser. */
int appraiser_open(struct site *site, const char *noted, struct appraiser **ret, struct err *err);
void appraiser_closep(struct appraiser **appraiser); /* drops no database: site_close does */
/* Units of progress: of appraiser_open, stand_prepare being done, and of each appraisal. */
uint64_t appraiser_steps(const struct lab *lab);
uint64_t appraisal_steps(const struct lab *lab);

struct appraisal_task {
	struct stand *stand;   /* may be the reference itself, where only the statement is new */
	const char *label;     /* shown while it goes on */
	const char *name;      /* of the statement, for errors: "slow.sql" */
	const char *statement; /* what the workload runs */
	const struct quiz_answers *answers;
	/* A workload that the server refuses is worth nothing, instead of being an error. */
	bool may_fail;
	/* Whether it passes is all that matters: a database is not compared when the evidence has
	 * lost the pass mark already, and the points for it are all given. */
	bool only_verdict;
};
int appraise(struct appraiser *appraiser, const struct appraisal_task *task, struct appraisal **ret,
	     struct err *err);
void appraisal_freep(struct appraisal **appraisal);

#endif
