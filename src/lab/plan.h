/* plan.h - one EXPLAIN (ANALYZE, BUFFERS, ..., FORMAT JSON), as a list of nodes.
 *
 * Nodes stand in the order in which EXPLAIN prints them (a parent before its children), so depth
 * and parent give the tree back. Figures that EXPLAIN gives per loop are multiplied by the loops.
 * The form of the document: PostgreSQL manual, EXPLAIN; src/backend/commands/explain.c.
 */
#ifndef TASKLAB_LAB_PLAN_H
#define TASKLAB_LAB_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <tasklab/base/err.h>

#define PLAN_JSON_MAX  ((size_t)8 * 1024 * 1024)
#define PLAN_DEPTH_MAX 60
#define PLAN_NODES_MAX 2000
#define PLAN_TYPE_SIZE 64

struct plan_node {
	char type[PLAN_TYPE_SIZE]; /* as EXPLAIN's text format has it: "Hash Anti Join" */
	const char *relation;  /* without its schema; of a bitmap index scan, its heap's; NULL */
	const char *index;     /* NULL: uses none */
	const char *condition; /* index or join condition, else the filter; NULL: none */
	int parent;            /* -1: the root */
	unsigned depth;
	bool subplan;          /* the root of a SubPlan: run anew for rows of its parent */
	bool in_subplan;       /* within one, the root included */
	double estimated_rows; /* per loop */
	double actual_rows;    /* per loop */
	double loops;          /* 0: never run */
	double rows_removed_by_filter;
	double rows_removed_by_join_filter;
	double rows_removed_by_recheck;
	double heap_fetches;
	double lossy_blocks;   /* heap blocks that a bitmap names without their rows */
	double index_searches; /* PostgreSQL 18 and later */
	double shared_blocks;  /* hit + read; those of its children included */
	double temp_blocks;    /* read + written; those of its children included */
	double total_cost;
	double actual_ms; /* until its last row, over all loops, children included */
};

struct plan {
	struct plan_node *nodes;
	size_t count;
	size_t sample;    /* which of the phase's explained parameter rows, from 0 */
	size_t step;      /* which statement of the script, from 0 */
	int64_t query_id; /* as in pg_stat_statements; 0: not told */
	double planning_ms, execution_ms;
	double jit_functions; /* 0: nothing was compiled */
	char *json;           /* the document as the server gave it */
	void *document;       /* owns the nodes' texts */
};

/* Which nodes a question is about; NULL: any. All are globs (fnmatch), and a type without
 * "Parallel " means both. A bitmap heap scan does not match an index: its bitmap index scan does.
 */
struct plan_match {
	const char *type, *relation, *index;
};

/* A figure of one node, to be summed. */
typedef double plan_figure(const struct plan_node *node);

int plan_parse(const char *json, struct plan **ret, struct err *err);
void plan_freep(struct plan **plan);
bool plan_matches(const struct plan_match *match, const struct plan_node *node);
bool plan_glob(const char *pattern, const char *text); /* NULL pattern: any text, NULL too */
size_t plan_count(const struct plan *plan, const struct plan_match *match);
/* Sum of the figure over the nodes that match. */
double plan_sum(const struct plan *plan, const struct plan_match *match, plan_figure *figure);
/* Largest factor, 1 or more, by which a node that ran and matches misjudged its rows. Rows below 1
 * count as 1. Nodes that make bitmaps count only where they are asked for: PostgreSQL does not
 * know their rows (manual, "Using EXPLAIN", caveats). */
double plan_misestimate(const struct plan *plan, const struct plan_match *match);
/* Marks (true) the nodes of plan that have no counterpart in other (NULL: none has): same type,
 * relation, index. */
void plan_mark_changed(const struct plan *plan, const struct plan *other, bool *changed);
/* "Index Scan on tasks using tasks_assignee_id_idx" */
void plan_node_name(const struct plan_node *node, char *out, size_t size);
/* The type of a node of the document (a JSON object). */
void plan_node_type(const void *object, char out[PLAN_TYPE_SIZE]);

#endif
