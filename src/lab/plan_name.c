/* plan_name.c - the name of a plan's node as EXPLAIN's text format prints it.
 *
 * The JSON format takes the name apart ("Hash Join" and "Join Type": "Anti"); the text format,
 * which people read and labs name, has "Hash Anti Join". Source: src/backend/commands/explain.c,
 * ExplainNode.
 */
#include "plan.h"

#include <stdio.h>
#include <string.h>

#include <jansson.h>

static const char *text(const json_t *object, const char *name)
{
	const char *value = json_string_value(json_object_get(object, name));

	return value ? value : "";
}

static bool is_true(const json_t *object, const char *name)
{
	return json_is_true(json_object_get(object, name));
}

/* What stands before the name: rows of a worker, a part of an aggregate. */
static void put_prefix(const json_t *object, char *out, size_t size)
{
	const char *part = text(object, "Partial Mode");
	bool split = strcmp(part, "Partial") == 0 || strcmp(part, "Finalize") == 0;

	(void)snprintf(out, size, "%s%s%s%s", is_true(object, "Parallel Aware") ? "Parallel " : "",
		       is_true(object, "Async Capable") ? "Async " : "", split ? part : "",
		       split ? " " : "");
}

/* "Hash Join" and "Left": "Hash Left Join"; a Nested Loop has no "Join" of its own to lose. */
static void put_join(const char *type, const char *join, char *out, size_t size)
{
	const char *end = strstr(type, " Join");

	if (*join == '\0' || strcmp(join, "Inner") == 0)
		(void)snprintf(out, size, "%s", type);
	else
		(void)snprintf(out, size, "%.*s %s Join",
			       end ? (int)(end - type) : (int)strlen(type), type, join);
}

static const char *aggregate_name(const char *strategy)
{
	static const char *const names[][2] = {{"Sorted", "GroupAggregate"},
					       {"Hashed", "HashAggregate"},
					       {"Mixed", "MixedAggregate"}};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(names[i][0], strategy) == 0)
			return names[i][1];
	return "Aggregate";
}

static void put_name(const json_t *object, const char *type, char *out, size_t size)
{
	const char *strategy = text(object, "Strategy");
	const char *operation = text(object, "Operation");

	if (strcmp(type, "Aggregate") == 0)
		(void)snprintf(out, size, "%s", aggregate_name(strategy));
	else if (strcmp(type, "SetOp") == 0)
		(void)snprintf(out, size, "%sSetOp %s",
			       strcmp(strategy, "Hashed") == 0 ? "Hash" : "",
			       text(object, "Command"));
	else if (strcmp(type, "ModifyTable") == 0 && *operation)
		(void)snprintf(out, size, "%s", operation);
	else if (strcmp(type, "Foreign Scan") == 0 && *operation &&
		 strcmp(operation, "Select") != 0)
		(void)snprintf(out, size, "Foreign %s", operation);
	else if (strcmp(type, "Custom Scan") == 0)
		(void)snprintf(out, size, "%s (%.30s)", type, text(object, "Custom Plan Provider"));
	else
		put_join(type, text(object, "Join Type"), out, size);
}

void plan_node_type(const void *object, char out[PLAN_TYPE_SIZE])
{
	size_t at;

	put_prefix(object, out, PLAN_TYPE_SIZE);
	at = strlen(out);
	put_name(object, text(object, "Node Type"), out + at, PLAN_TYPE_SIZE - at);
}

/* "Update on tasks", "Seq Scan on tasks", "Index Scan on tasks using tasks_pkey" */
void plan_node_name(const struct plan_node *node, char *out, size_t size)
{
	(void)snprintf(out, size, "%s%s%s%s%s", node->type, node->relation ? " on " : "",
		       node->relation ? node->relation : "", node->index ? " using " : "",
		       node->index ? node->index : "");
}
