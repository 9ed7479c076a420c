/* plan_detail.h - what a plan's node says beside its rows and blocks, in EXPLAIN's words. */
#ifndef LAB_PLAN_DETAIL_H
#define LAB_PLAN_DETAIL_H

#include <stdbool.h>
#include <stddef.h>

#include "plan.h"

#define PLAN_DETAILS_MAX       16
#define PLAN_DETAIL_VALUE_SIZE 600

struct plan_detail {
	const char *name; /* "Filter", "Rows Removed by Filter" */
	char value[PLAN_DETAIL_VALUE_SIZE];
	bool code;    /* the value is an expression */
	bool warning; /* work that an index, memory or a VACUUM would have saved */
};

/* Conditions first, then keys, then what the node threw away, spilled or fetched. Counts are over
 * all loops, like those of struct plan_node. Returns how many there are. */
size_t plan_details(const struct plan *plan, size_t node, struct plan_detail ret[PLAN_DETAILS_MAX]);
/* The plan was executed, not only planned. */
bool plan_analyzed(const struct plan *plan);

#endif
