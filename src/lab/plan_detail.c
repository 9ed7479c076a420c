/* plan_detail.c - reads a node's conditions, keys, sorts and hashes from EXPLAIN's JSON. */
#include "plan_detail.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <jansson.h>

#include <tasklab/base/term.h>

struct list {
	struct plan_detail *items;
	size_t n;
};

static struct plan_detail *add(struct list *list, const char *name)
{
	struct plan_detail *item;

	if (list->n == PLAN_DETAILS_MAX)
		return NULL;
	item = &list->items[list->n++];
	*item = (struct plan_detail){.name = name};
	return item;
}

/* The node's own part of the document: the way there is by its rank among its siblings. */
static const json_t *find(const struct plan *plan, size_t node)
{
	const struct plan_node *nodes = plan->nodes;
	const json_t *parent;
	size_t rank = 0;

	if (nodes[node].parent < 0)
		return json_object_get(json_array_get(plan->document, 0), "Plan");
	for (size_t i = 0; i < node; i++)
		rank += nodes[i].parent == nodes[node].parent;
	parent = find(plan, (size_t)nodes[node].parent);
	return json_array_get(json_object_get(parent, "Plans"), rank);
}

/* Expressions and names ------------------------------------------------------------------------ */

static void join(const json_t *list, char *out, size_t size)
{
	size_t at = 0;

	out[0] = '\0';
	for (size_t i = 0; i < json_array_size(list) && at < size; i++) {
		const char *one = json_string_value(json_array_get(list, i));

		at += (size_t)snprintf(out + at, size - at, "%s%s", i ? ", " : "", one ? one : "");
	}
}

static void add_texts(struct list *list, const json_t *object)
{
	static const struct {
		const char *name;
		bool code;
	} rows[] = {
		{"Subplan Name", false},  {"Index Cond", true}, {"Recheck Cond", true},
		{"TID Cond", true},       {"Hash Cond", true},  {"Merge Cond", true},
		{"Join Filter", true},    {"Filter", true},     {"One-Time Filter", true},
		{"Function Name", false}, {"CTE Name", false},  {"Group Key", true},
		{"Cache Key", true},      {"Sort Key", true},   {"Presorted Key", true},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const json_t *value = json_object_get(object, rows[i].name);
		struct plan_detail *item;

		if (!json_is_string(value) && !json_is_array(value))
			continue;
		item = add(list, rows[i].name);
		if (!item)
			return;
		item->code = rows[i].code;
		if (json_is_array(value))
			join(value, item->value, sizeof(item->value));
		else
			(void)snprintf(item->value, sizeof(item->value), "%s",
				       json_string_value(value));
	}
}

/* Figures -------------------------------------------------------------------------------------- */

static void add_count(struct list *list, const char *name, double value)
{
	struct plan_detail *item = value > 0 && value < 9e18 ? add(list, name) : NULL;
	char count[32];

	if (!item)
		return;
	item->warning = true;
	(void)snprintf(item->value, sizeof(item->value), "%s",
		       term_count((uint64_t)llround(value), count));
}

static double number(const json_t *object, const char *name)
{
	return json_number_value(json_object_get(object, name));
}

static void add_sort(struct list *list, const json_t *object)
{
	const char *method = json_string_value(json_object_get(object, "Sort Method"));
	const char *type = json_string_value(json_object_get(object, "Sort Space Type"));
	struct plan_detail *item = method ? add(list, "Sort Method") : NULL;

	if (!item)
		return;
	item->warning = type && strcmp(type, "Disk") == 0;
	(void)snprintf(item->value, sizeof(item->value), "%s, %.0f kB %s", method,
		       number(object, "Sort Space Used"), item->warning ? "on disk" : "in memory");
}

static void add_hash(struct list *list, const json_t *object)
{
	double batches = fmax(number(object, "Hash Batches"), number(object, "HashAgg Batches"));
	double memory = number(object, "Peak Memory Usage");
	struct plan_detail *item = batches > 0 || memory > 0 ? add(list, "Hash") : NULL;

	if (!item)
		return;
	item->warning = batches > 1;
	(void)snprintf(item->value, sizeof(item->value), "%.0f kB in memory, %.0f batch%s%s",
		       memory, batches, batches == 1 ? "" : "es",
		       batches > 1 ? ": it did not fit into work_mem" : "");
}

static void add_blocks(struct list *list, const json_t *object, double loops)
{
	double lossy = number(object, "Lossy Heap Blocks") * loops;
	struct plan_detail *item = lossy > 0 ? add(list, "Heap Blocks") : NULL;

	if (!item)
		return;
	item->warning = true;
	(void)snprintf(item->value, sizeof(item->value), "%.0f exact, %.0f lossy",
		       number(object, "Exact Heap Blocks") * loops, lossy);
}

static void add_workers(struct list *list, const json_t *object)
{
	double planned = number(object, "Workers Planned");
	struct plan_detail *item = planned > 0 ? add(list, "Workers") : NULL;

	if (item)
		(void)snprintf(item->value, sizeof(item->value), "%.0f of %.0f planned",
			       number(object, "Workers Launched"), planned);
}

size_t plan_details(const struct plan *plan, size_t node, struct plan_detail ret[PLAN_DETAILS_MAX])
{
	const struct plan_node *one = &plan->nodes[node];
	const json_t *object = find(plan, node);
	struct list list = {ret, 0};

	add_texts(&list, object);
	add_count(&list, "Rows Removed by Filter", one->rows_removed_by_filter);
	add_count(&list, "Rows Removed by Join Filter", one->rows_removed_by_join_filter);
	add_count(&list, "Rows Removed by Index Recheck", one->rows_removed_by_recheck);
	add_count(&list, "Heap Fetches", one->heap_fetches);
	add_blocks(&list, object, one->loops);
	add_sort(&list, object);
	add_hash(&list, object);
	add_workers(&list, object);
	add_count(&list, "Temporary Blocks", one->temp_blocks);
	return list.n;
}

bool plan_analyzed(const struct plan *plan)
{
	return plan->count > 0 && plan->nodes[0].loops > 0;
}
