/* params.h - the parameter rows of a workload, as text.
 *
 * Parameter $n of every statement is column n, and has that column's type.
 */
#ifndef TASKLAB_LAB_PARAMS_H
#define TASKLAB_LAB_PARAMS_H

#include <stddef.h>

#include <tasklab/db/conn.h>

struct params {
	struct db_result *result; /* owns the texts */
	const char **values;      /* row after row; NULL is null */
	unsigned *types; /* OIDs: one a column, then integer, for the count of "-- repeat" */
	size_t rows, columns;
};

#define PARAMS_ALL  0
#define PARAMS_MOST 100

/* Runs params.sql and keeps its first rows; fewer than that is an error. PARAMS_ALL keeps all, but
 * no more than PARAMS_MOST; there must be one, which need not have a column. */
int params_read(struct db_conn *conn, const char *sql, size_t rows, struct params *ret,
		struct err *err);
void params_release(struct params *params);
const char *const *params_row(const struct params *params, size_t row);

#endif
