/* bench.h - connections and parameter rows for statements that belong to no lab. */
#ifndef LAB_BENCH_H
#define LAB_BENCH_H

#include <tasklab/lab/bench.h>

#include "params.h"
#include "site.h"

#define BENCH_SLUG      "bench"             /* its clone is lab_bench, which `lab reset` knows */
#define BENCH_NO_PARAMS "SELECT"            /* one row without a column */
#define BENCH_SESSION   "tasklab lab_bench" /* application_name: what a stop cancels */
#define BENCH_SAMPLES   3

/* A lab that is no lab: what a site, a stand and a phase ask for. params_sql stays the caller's;
 * NULL: the statements have no parameters. */
void bench_lab(char *params_sql, struct lab *ret);
/* Prepares the session of a connection to a place that exists: read only where it must be. */
int bench_session(struct db_conn *conn, const struct bench_place *place, struct err *err);
/* One or more statements that make sense with these parameters: ERR_INVALID for nothing at all, and
 * for $n without --params. */
int bench_check(const char *label, const char *sql, bool params, struct err *err);
/* Some statement of the script changes data. */
bool bench_writes(const char *sql);
/* Says whose statement it was that failed, and what the server said. Returns -1. */
int bench_failed(const char *label, const struct db_conn *conn, const struct bench_place *place,
		 struct err *err);
/* "in a fresh clone of the data set small". Returns out. */
char *bench_place_text(const struct bench_place *place, char *out, size_t size);

#endif
