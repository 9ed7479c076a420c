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

struct plan_node {
	const char *type;      /* "Seq Scan" */
	const char *relation;  /* without its schema; NULL: reads none */
	const char *index;     /* NULL: uses none */
	const char *condition; /* index or join condition, else the filter; NULL: none */
	int parent;            /* -1: the root */
	unsigned depth;
	double estimated_rows; /* per loop */
	double actual_rows;    /* per loop */
	double loops;          /* 0: never run */
	double rows_removed_by_filter;
	double rows_removed_by_join_filter;
	double rows_removed_by_recheck;
	double heap_fetches;
	double shared_blocks; /* hit + read; those of its children included */
	double temp_blocks;   /* read + written; those of its children included */
	double total_cost;
	double actual_ms; /* until its last row, over all loops, children included */
};

struct plan {
	struct plan_node *nodes;
	size_t count;
	int64_t query_id; /* as in pg_stat_statements; 0: not told */
	double planning_ms, execution_ms;
	char *json;     /* the document as the server gave it */
	void *document; /* owns the nodes' texts */
};

int plan_parse(const char *json, struct plan **ret, struct err *err);
void plan_freep(struct plan **plan);
/* Nodes that match; NULL matches any type, relation or index. */
size_t plan_count(const struct plan *plan, const char *type, const char *relation,
		  const char *index);
/* Sum over the nodes that read the relation (NULL: all nodes). */
double plan_rows_removed(const struct plan *plan, const char *relation);
/* Largest factor, 1 or more, by which a node that ran misjudged its rows; of one relation or all.
 * Rows below 1 count as 1. */
double plan_misestimate(const struct plan *plan, const char *relation);
/* Marks (true) the nodes of plan that have no counterpart in other: same type, relation, index. */
void plan_mark_changed(const struct plan *plan, const struct plan *other, bool *changed);
/* "Index Scan on tasks using tasks_assignee_id_idx" */
void plan_node_name(const struct plan_node *node, char *out, size_t size);

#endif
