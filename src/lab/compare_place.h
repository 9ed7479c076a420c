/* compare_place.h - a statement's record in a database that others use too. */
#ifndef LAB_COMPARE_PLACE_H
#define LAB_COMPARE_PLACE_H

#include "bench.h"
#include "record.h"

/* The parameter rows of both statements. */
int compare_params(struct site *site, const struct bench_place *place, const struct lab *lab,
		   struct params *ret, struct err *err);
/* Samples and the like, once the parameter rows are known. */
void compare_workload(struct lab *lab, const struct params *params);
/* Whether the server takes the statement with these parameters; nothing is executed. */
int compare_check(struct site *site, const struct bench_place *place, const struct lab *lab,
		  const char *label, const char *sql, const struct params *params, struct err *err);
/* In one session, every call within a transaction that is rolled back. The record has answers,
 * plans and latencies; counters of the server are left out, since others move them. */
int compare_in_place(struct site *site, const struct bench_place *place, const struct lab *lab,
		     const char *label, const char *sql, const struct params *params,
		     struct record **ret, struct err *err);

#endif
