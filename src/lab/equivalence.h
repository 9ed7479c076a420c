/* equivalence.h - proof that both phases give the same rows for every parameter row. */
#ifndef TASKLAB_LAB_EQUIVALENCE_H
#define TASKLAB_LAB_EQUIVALENCE_H

#include <tasklab/db/conn.h>

#include "record.h"

/* A hash over all values (as text) of all rows; with LAB_ROWS_UNORDERED the order of the rows does
 * not count, how often each occurs does. */
int equivalence_answer(const struct db_result *result, enum lab_row_order order,
		       struct record_answer *ret, struct err *err);
/* Sets after->differing. */
void equivalence_compare(const struct record *before, struct record *after);

#endif
