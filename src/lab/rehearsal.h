/* rehearsal.h - a call of the workload, made in one session and undone: its answer and its plans.
 *
 * The steps of all sessions of the script run one after the other in one transaction that is
 * rolled back; the script's own BEGIN, COMMIT and ROLLBACK are left out, and so are barriers. A
 * statement that fails with an SQLSTATE that the lab lets pass, or that cannot stand in a
 * transaction, ends the rehearsal of its call.
 */
#ifndef TASKLAB_LAB_REHEARSAL_H
#define TASKLAB_LAB_REHEARSAL_H

#include "counters.h"
#include "params.h"
#include "record.h"
#include "script.h"

struct rehearsal {
	struct db_conn *conn;
	/* Count every step from when it is prepared; of the same conn. NULL: nobody counts. */
	struct counters *counters;
	const struct lab *lab;
	const char *name; /* of the script, for errors */
	const struct script *script;
	const struct params *params;
	size_t prepared; /* steps so far */
};

/* Prepares the steps up to the first utility statement: what that makes (a temporary table) may be
 * what a later step needs, so the others are prepared when their turn comes. */
int rehearsal_prepare(struct rehearsal *rehearsal, struct err *err);
/* The answer is what the last step that returns columns returned, over all its repetitions. */
int rehearsal_answer(struct rehearsal *rehearsal, size_t row, struct record_answer *ret,
		     struct err *err);
/* Adds the plans of the steps that have one to the record, as those of this sample. A step that is
 * repeated is explained the first time. */
int rehearsal_explain(struct rehearsal *rehearsal, size_t row, size_t sample, struct record *record,
		      struct err *err);

#endif
