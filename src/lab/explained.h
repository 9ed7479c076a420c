/* explained.h - what explain.c leaves to be reported. */
#ifndef LAB_EXPLAINED_H
#define LAB_EXPLAINED_H

#include <stdint.h>

#include <tasklab/lab/explain.h>

#include "plan.h"

struct explained_index {
	char *definition; /* as it was given */
	char name[64];    /* as HypoPG calls it and plans do: "<13542>btree_tasks_assignee_id" */
	int64_t bytes;    /* HypoPG's estimate */
	bool used;        /* by the plan */
};

struct explain_result {
	struct bench_place place;
	int server_version;
	bool analyzed, generic; /* generic: the plan is for any parameters */
	struct plan *plan;      /* as it is */
	struct plan *with;      /* with the hypothetical indexes; NULL: there are none */
	struct explained_index indexes[EXPLAIN_INDEXES_MAX];
	size_t index_count;
};

#endif
