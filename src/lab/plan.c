/* plan.c - turns EXPLAIN's JSON into a list of nodes and answers questions about them. */
#include "plan.h"

#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include <tasklab/base/text.h>

static double number(const json_t *object, const char *name)
{
	return json_number_value(json_object_get(object, name));
}

static const char *text(const json_t *object, const char *name)
{
	return json_string_value(json_object_get(object, name));
}

static const char *node_condition(const json_t *object)
{
	static const char *const names[] = {"Index Cond", "Recheck Cond", "Hash Cond",
					    "Merge Cond", "Join Filter",  "Filter",
					    "TID Cond"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (text(object, names[i]))
			return text(object, names[i]);
	return NULL;
}

static void read_figures(const json_t *object, struct plan_node *node)
{
	double loops = number(object, "Actual Loops");

	node->estimated_rows = number(object, "Plan Rows");
	node->actual_rows = number(object, "Actual Rows");
	node->loops = loops;
	node->rows_removed_by_filter = loops * number(object, "Rows Removed by Filter");
	node->rows_removed_by_join_filter = loops * number(object, "Rows Removed by Join Filter");
	node->rows_removed_by_recheck = loops * number(object, "Rows Removed by Index Recheck");
	node->heap_fetches = number(object, "Heap Fetches");
	node->lossy_blocks = number(object, "Lossy Heap Blocks");
	node->index_searches = number(object, "Index Searches");
	node->shared_blocks =
		number(object, "Shared Hit Blocks") + number(object, "Shared Read Blocks");
	node->temp_blocks =
		number(object, "Temp Read Blocks") + number(object, "Temp Written Blocks");
	node->total_cost = number(object, "Total Cost");
	node->actual_ms = loops * number(object, "Actual Total Time");
}

/* A bitmap index scan does not say which relation it is for: the bitmap heap scan above it does. */
static const char *relation_of(const struct plan *plan, const json_t *object,
			       const struct plan_node *node)
{
	int above = node->parent;

	if (strcmp(node->type, "Bitmap Index Scan") != 0)
		return text(object, "Relation Name");
	while (above >= 0 && !plan->nodes[above].relation)
		above = plan->nodes[above].parent;
	return above >= 0 ? plan->nodes[above].relation : NULL;
}

static void read_node(const struct plan *plan, const json_t *object, int parent,
		      struct plan_node *node)
{
	const char *relationship = text(object, "Parent Relationship");

	memset(node, 0, sizeof(*node));
	plan_node_type(object, node->type);
	node->parent = parent;
	node->depth = parent < 0 ? 0 : plan->nodes[parent].depth + 1;
	node->relation = relation_of(plan, object, node);
	node->index = text(object, "Index Name");
	node->condition = node_condition(object);
	node->subplan = relationship && strcmp(relationship, "SubPlan") == 0;
	node->in_subplan = node->subplan || (parent >= 0 && plan->nodes[parent].in_subplan);
	read_figures(object, node);
}

static int unreadable(struct err *err, const char *why)
{
	return err_set(err, ERR_INTERNAL, "the server's EXPLAIN cannot be read", "%s", why);
}

static int add_node(struct plan *plan, const json_t *object, int parent, unsigned depth,
		    struct err *err)
{
	const json_t *children = json_object_get(object, "Plans");
	int self = (int)plan->count;
	struct plan_node *grown;

	if (depth > PLAN_DEPTH_MAX || plan->count == PLAN_NODES_MAX)
		return unreadable(err, "too many nodes");
	if (!text(object, "Node Type"))
		return unreadable(err, "a node without \"Node Type\"");
	grown = realloc(plan->nodes, (plan->count + 1) * sizeof(*grown));
	if (!grown)
		return err_no_memory(err);
	plan->nodes = grown;
	read_node(plan, object, parent, &grown[self]);
	plan->count++;
	for (size_t i = 0; i < json_array_size(children); i++)
		if (add_node(plan, json_array_get(children, i), self, depth + 1, err) < 0)
			return -1;
	return 0;
}

static int read_plan(struct plan *plan, const char *json, struct err *err)
{
	json_error_t why;
	const json_t *top;

	if (text_copy(json, &plan->json, err) < 0)
		return -1;
	plan->document = json_loads(json, 0, &why);
	if (!plan->document)
		return unreadable(err, why.text);
	top = json_array_get(plan->document, 0);
	if (!json_is_object(json_object_get(top, "Plan")))
		return unreadable(err, "no \"Plan\"");
	plan->query_id = json_integer_value(json_object_get(top, "Query Identifier"));
	plan->planning_ms = number(top, "Planning Time");
	plan->execution_ms = number(top, "Execution Time");
	plan->jit_functions = number(json_object_get(top, "JIT"), "Functions");
	return add_node(plan, json_object_get(top, "Plan"), -1, 0, err);
}

int plan_parse(const char *json, struct plan **ret, struct err *err)
{
	AUTO(plan_freep) struct plan *plan = calloc(1, sizeof(*plan));

	if (!plan)
		return err_no_memory(err);
	if (read_plan(plan, json, err) < 0)
		return -1;
	*ret = TAKE(plan);
	return 0;
}

void plan_freep(struct plan **plan)
{
	if (!*plan)
		return;
	json_decref((*plan)->document);
	free((*plan)->json);
	free((*plan)->nodes);
	free(*plan);
	*plan = NULL;
}

bool plan_glob(const char *pattern, const char *text)
{
	return !pattern || (text && fnmatch(pattern, text, 0) == 0);
}

static bool type_matches(const char *pattern, const char *type)
{
	static const char parallel[] = "Parallel ";
	size_t n = sizeof(parallel) - 1;

	return plan_glob(pattern, type) ||
	       (strncmp(type, parallel, n) == 0 && plan_glob(pattern, type + n));
}

bool plan_matches(const struct plan_match *match, const struct plan_node *node)
{
	return type_matches(match->type, node->type) &&
	       plan_glob(match->relation, node->relation) && plan_glob(match->index, node->index);
}

size_t plan_count(const struct plan *plan, const struct plan_match *match)
{
	size_t n = 0;

	for (size_t i = 0; i < plan->count; i++)
		n += plan_matches(match, &plan->nodes[i]);
	return n;
}

double plan_sum(const struct plan *plan, const struct plan_match *match, plan_figure *figure)
{
	double sum = 0;

	for (size_t i = 0; i < plan->count; i++)
		if (plan_matches(match, &plan->nodes[i]))
			sum += figure(&plan->nodes[i]);
	return sum;
}

static double misjudged_by(const struct plan_node *node)
{
	double estimated = node->estimated_rows < 1 ? 1 : node->estimated_rows;
	double actual = node->actual_rows < 1 ? 1 : node->actual_rows;

	return estimated > actual ? estimated / actual : actual / estimated;
}

static bool makes_bitmap(const struct plan_node *node)
{
	return strcmp(node->type, "BitmapAnd") == 0 || strcmp(node->type, "BitmapOr") == 0 ||
	       strcmp(node->type, "Bitmap Index Scan") == 0;
}

double plan_misestimate(const struct plan *plan, const struct plan_match *match)
{
	double worst = 1;

	for (size_t i = 0; i < plan->count; i++) {
		const struct plan_node *node = &plan->nodes[i];

		if (node->loops > 0 && plan_matches(match, node) &&
		    (match->type || !makes_bitmap(node)) && misjudged_by(node) > worst)
			worst = misjudged_by(node);
	}
	return worst;
}

static bool same_text(const char *a, const char *b)
{
	return a == b || (a && b && strcmp(a, b) == 0);
}

static bool same_node(const struct plan_node *a, const struct plan_node *b)
{
	return same_text(a->type, b->type) && same_text(a->relation, b->relation) &&
	       same_text(a->index, b->index);
}

void plan_mark_changed(const struct plan *plan, const struct plan *other, bool *changed)
{
	/* The nth of several equal nodes needs n equal ones on the other side. */
	for (size_t i = 0; i < plan->count; i++) {
		size_t rank = 0, there = 0;

		for (size_t j = 0; j <= i; j++)
			rank += same_node(&plan->nodes[i], &plan->nodes[j]);
		for (size_t j = 0; other && j < other->count; j++)
			there += same_node(&plan->nodes[i], &other->nodes[j]);
		changed[i] = there < rank;
	}
}
