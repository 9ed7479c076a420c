/* phase.h - one phase: answers, plans, the workload between two readings of the counters. */
#ifndef TASKLAB_LAB_PHASE_H
#define TASKLAB_LAB_PHASE_H

#include <tasklab/lab/labels.h>

#include "record.h"
#include "stand.h"

#define PHASE_BROKEN "broken" /* the label of the phase that others are compared with */

/* Records the statements (the text of slow.sql or the like) in the stand's database with the given
 * parameter rows: those of the stand, or of the one that it is compared with. Afterwards
 * cleanup.sql has been run. name is the file's, for errors; label is shown while it goes on. */
int phase_record(struct stand *stand, const char *label, const char *name, const char *sql,
		 const struct params *params, struct record **ret, struct err *err);
/* Units of progress that it adds. */
uint64_t phase_steps(const struct lab *lab);

/* The broken state is "before" in the metrics, whatever is compared with it "after". */
enum labels_phase phase_of(const char *label);

#endif
