/* rehearsal.h - a call of the workload, made in one session and undone: its answer and its plans.
 *
 * The steps of all sessions of the script run one after the other in one transaction that is
 * rolled back; the script's own BEGIN, COMMIT and ROLLBACK are left out, and so are barriers. A
 * statement that fails with an SQLSTATE that the lab lets pass ends the rehearsal of its call.
 */
#ifndef TASKLAB_LAB_REHEARSAL_H
#define TASKLAB_LAB_REHEARSAL_H

#include "counters.h"
#include "params.h"
#include "record.h"
#include "script.h"

struct rehearsal {
	struct db_conn *conn;
	const struct lab *lab;
	const struct script *script;
	const struct params *params;
};

/* Prepares every step in the session of conn; each is counted by counters from now on. */
int rehearsal_prepare(const struct rehearsal *rehearsal, struct counters *counters,
		      struct err *err);
/* The answer is the last result that has columns. */
int rehearsal_answer(const struct rehearsal *rehearsal, size_t row, struct record_answer *ret,
		     struct err *err);
/* Adds the plans of the steps that have one to the record, as those of this sample. A step that is
 * repeated is explained the first time. */
int rehearsal_explain(const struct rehearsal *rehearsal, size_t row, size_t sample,
		      struct record *record, struct err *err);

#endif
