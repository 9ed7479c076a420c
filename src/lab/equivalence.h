/* equivalence.h - proof that both phases give the same rows for every parameter row. */
#ifndef TASKLAB_LAB_EQUIVALENCE_H
#define TASKLAB_LAB_EQUIVALENCE_H

#include <tasklab/db/conn.h>

#include "record.h"

/* Adds the rows of a result to *answer, which begins as zero: a hash over the values (as text) of
 * all rows, of the columns that workload->answer names, or of all columns; with LAB_ROWS_UNORDERED
 * the order of the rows does not count, how often each occurs does. A named column that the result
 * lacks, or has twice, is an error. */
int equivalence_answer(const struct db_result *result, const struct lab_workload *workload,
		       struct record_answer *answer, struct err *err);
/* Sets after->differing. */
void equivalence_compare(const struct record *before, struct record *after);

#endif
