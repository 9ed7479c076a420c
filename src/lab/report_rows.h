/* report_rows.h - what a workload did to tables and indexes, ready to be shown side by side. */
#ifndef LAB_REPORT_ROWS_H
#define LAB_REPORT_ROWS_H

#include "report_view.h"

#define REPORT_ROWS_MOST 80 /* more than that are left out */
#define REPORT_COUNTERS  16

/* A counter of a table or an index: a row in report_rows.c. */
struct report_counter {
	const char *title;
	size_t offset; /* within struct record_table or struct record_index */
};

struct report_row {
	size_t side;
	const char *name;
	const char *table; /* of an index; NULL: this is a table */
	const void *counters;
	int64_t size_bytes;
};

/* Rows by name, and by side within a name; only what was used. Counters that are zero in all rows
 * are not among the columns. */
struct report_rows {
	struct report_row row[REPORT_ROWS_MOST];
	size_t count, left_out;
	const struct report_counter *column[REPORT_COUNTERS];
	size_t columns;
};

void report_rows_tables(const struct report_view *view, struct report_rows *ret);
void report_rows_indexes(const struct report_view *view, struct report_rows *ret);
int64_t report_row_counter(const struct report_row *row, const struct report_counter *counter);

#endif
