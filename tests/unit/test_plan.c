/* test_plan.c - EXPLAIN's JSON becomes nodes with the right figures. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "lab/plan.h"

static const char SEQ[] =
	"[{\"Plan\": {\"Node Type\": \"Sort\", \"Plan Rows\": 170, \"Actual Rows\": 12,"
	"  \"Actual Loops\": 1, \"Actual Total Time\": 9.5, \"Shared Hit Blocks\": 3000,"
	"  \"Shared Read Blocks\": 604, \"Sort Key\": [\"created_at\"], \"Plans\": ["
	"  {\"Node Type\": \"Seq Scan\", \"Relation Name\": \"tasks\", \"Alias\": \"tasks\","
	"   \"Plan Rows\": 170, \"Actual Rows\": 12, \"Actual Loops\": 1,"
	"   \"Rows Removed by Filter\": 99988, \"Filter\": \"(assignee_id = 7)\","
	"   \"Shared Hit Blocks\": 3000, \"Shared Read Blocks\": 604}]},"
	"  \"Query Identifier\": -5216514341425,"
	"  \"Planning Time\": 0.1, \"Execution Time\": 9.7}]";

static const char INDEX[] =
	"[{\"Plan\": {\"Node Type\": \"Index Scan\", \"Relation Name\": \"tasks\","
	"  \"Index Name\": \"tasks_assignee_id_idx\", \"Plan Rows\": 14, \"Actual Rows\": 12,"
	"  \"Actual Loops\": 1, \"Index Cond\": \"(assignee_id = 7)\", \"Shared Hit Blocks\": 15,"
	"  \"Shared Read Blocks\": 0}, \"Query Identifier\": 77}]";

/* The inner side runs 1000 times; PostgreSQL 18 gives rows with a fraction. */
static const char LOOPS[] =
	"[{\"Plan\": {\"Node Type\": \"Nested Loop\", \"Plan Rows\": 1, \"Actual Rows\": 1500.00,"
	"  \"Actual Loops\": 1, \"Rows Removed by Join Filter\": 20, \"Plans\": ["
	"  {\"Node Type\": \"Seq Scan\", \"Relation Name\": \"a\", \"Plan Rows\": 1000,"
	"   \"Actual Rows\": 1000, \"Actual Loops\": 1},"
	"  {\"Node Type\": \"Index Scan\", \"Relation Name\": \"b\", \"Index Name\": \"b_i\","
	"   \"Plan Rows\": 3, \"Actual Rows\": 1.50, \"Actual Loops\": 1000,"
	"   \"Rows Removed by Filter\": 2, \"Actual Total Time\": 0.01, \"Heap Fetches\": 4,"
	"   \"Temp Read Blocks\": 5, \"Temp Written Blocks\": 6},"
	"  {\"Node Type\": \"Seq Scan\", \"Relation Name\": \"c\", \"Plan Rows\": 100000,"
	"   \"Actual Rows\": 0, \"Actual Loops\": 0}]}}]";

#define MATCH(type, relation, index) (&(const struct plan_match){type, relation, index})
#define ON(relation)                 MATCH(NULL, relation, NULL)

static const struct plan_match ANY = {NULL, NULL, NULL};

static double removed(const struct plan_node *node)
{
	return node->rows_removed_by_filter;
}

static struct plan *parse(const char *json)
{
	struct plan *plan = NULL;
	struct err err = ERR_INIT;

	if (plan_parse(json, &plan, &err) < 0)
		fail_msg("%s (%s)", err.message, err.detail);
	return plan;
}

static void equal(double a, double b)
{
	if (a - b > 1e-9 || b - a > 1e-9)
		fail_msg("%g, expected %g", a, b);
}

static void tree(void **state)
{
	AUTO(plan_freep) struct plan *plan = parse(SEQ);
	char name[100];

	(void)state;
	assert_int_equal(plan->count, 2);
	assert_int_equal(plan->query_id, -5216514341425);
	equal(plan->execution_ms, 9.7);
	assert_string_equal(plan->nodes[0].type, "Sort");
	assert_null(plan->nodes[0].relation);
	assert_int_equal(plan->nodes[0].parent, -1);
	assert_int_equal(plan->nodes[1].parent, 0);
	assert_int_equal(plan->nodes[1].depth, 1);
	equal(plan->nodes[1].shared_blocks, 3604);
	equal(plan->nodes[1].rows_removed_by_filter, 99988);
	assert_string_equal(plan->nodes[1].condition, "(assignee_id = 7)");
	plan_node_name(&plan->nodes[1], name, sizeof(name));
	assert_string_equal(name, "Seq Scan on tasks");
	assert_string_equal(plan->json, SEQ);
}

static void loops(void **state)
{
	AUTO(plan_freep) struct plan *plan = parse(LOOPS);

	(void)state;
	assert_int_equal(plan->count, 4);
	equal(plan->nodes[2].rows_removed_by_filter, 2000);
	equal(plan->nodes[2].actual_rows, 1.5);
	equal(plan->nodes[2].actual_ms, 10);
	equal(plan->nodes[2].temp_blocks, 11);
	equal(plan->nodes[2].heap_fetches, 4);
	equal(plan->nodes[0].rows_removed_by_join_filter, 20);
	equal(plan_sum(plan, &ANY, removed), 2000);
	equal(plan_sum(plan, ON("b"), removed), 2000);
	equal(plan_sum(plan, ON("a"), removed), 0);
	equal(plan_misestimate(plan, &ANY), 1500); /* a node that never ran does not count */
	equal(plan_misestimate(plan, ON("b")), 2);
	equal(plan_misestimate(plan, ON("c")), 1);
}

static void finding(void **state)
{
	AUTO(plan_freep) struct plan *seq = parse(SEQ);
	AUTO(plan_freep) struct plan *index = parse(INDEX);

	(void)state;
	assert_int_equal(plan_count(seq, MATCH("Seq Scan", "tasks", NULL)), 1);
	assert_int_equal(plan_count(seq, MATCH("Seq Scan", "users", NULL)), 0);
	assert_int_equal(plan_count(seq, MATCH("Seq Scan", NULL, NULL)), 1);
	assert_int_equal(plan_count(seq, MATCH("Seq Scan", NULL, "tasks_assignee_id_idx")), 0);
	assert_int_equal(plan_count(seq, MATCH(NULL, NULL, NULL)), 2);
	assert_int_equal(plan_count(index, MATCH("Index Scan", "tasks", "tasks_assignee_id_idx")),
			 1);
}

static void changes(void **state)
{
	AUTO(plan_freep) struct plan *seq = parse(SEQ);
	AUTO(plan_freep) struct plan *index = parse(INDEX);
	AUTO(plan_freep) struct plan *many = parse(LOOPS);
	bool changed[4];

	(void)state;
	plan_mark_changed(seq, index, changed);
	assert_true(changed[0] && changed[1]);
	plan_mark_changed(seq, seq, changed);
	assert_false(changed[0] || changed[1]);
	/* Two Seq Scans of different tables are not the same node. */
	plan_mark_changed(many, seq, changed);
	assert_true(changed[0] && changed[1] && changed[2] && changed[3]);
}

/* JSON takes the name apart; text has it whole. */
static void names(void **state)
{
	static const struct {
		const char *members, *name;
	} cases[] = {
		{"\"Node Type\": \"Seq Scan\"", "Seq Scan"},
		{"\"Node Type\": \"Seq Scan\", \"Parallel Aware\": true", "Parallel Seq Scan"},
		{"\"Node Type\": \"Index Scan\", \"Scan Direction\": \"Backward\"", "Index Scan"},
		{"\"Node Type\": \"Hash Join\", \"Join Type\": \"Inner\"", "Hash Join"},
		{"\"Node Type\": \"Hash Join\", \"Join Type\": \"Anti\"", "Hash Anti Join"},
		{"\"Node Type\": \"Hash Join\", \"Join Type\": \"Right Semi\"",
		 "Hash Right Semi Join"},
		{"\"Node Type\": \"Hash Join\", \"Join Type\": \"Full\", \"Parallel Aware\": true",
		 "Parallel Hash Full Join"},
		{"\"Node Type\": \"Merge Join\", \"Join Type\": \"Semi\"", "Merge Semi Join"},
		{"\"Node Type\": \"Nested Loop\", \"Join Type\": \"Inner\"", "Nested Loop"},
		{"\"Node Type\": \"Nested Loop\", \"Join Type\": \"Left\"",
		 "Nested Loop Left Join"},
		{"\"Node Type\": \"Aggregate\", \"Strategy\": \"Plain\"", "Aggregate"},
		{"\"Node Type\": \"Aggregate\", \"Strategy\": \"Sorted\"", "GroupAggregate"},
		{"\"Node Type\": \"Aggregate\", \"Strategy\": \"Hashed\","
		 " \"Partial Mode\": \"Simple\"",
		 "HashAggregate"},
		{"\"Node Type\": \"Aggregate\", \"Strategy\": \"Mixed\"", "MixedAggregate"},
		{"\"Node Type\": \"Aggregate\", \"Strategy\": \"Sorted\","
		 " \"Partial Mode\": \"Finalize\"",
		 "Finalize GroupAggregate"},
		{"\"Node Type\": \"SetOp\", \"Strategy\": \"Hashed\", \"Command\": \"Except\"",
		 "HashSetOp Except"},
		{"\"Node Type\": \"SetOp\", \"Strategy\": \"Sorted\","
		 " \"Command\": \"Intersect All\"",
		 "SetOp Intersect All"},
		{"\"Node Type\": \"ModifyTable\", \"Operation\": \"Merge\"", "Merge"},
		{"\"Node Type\": \"Foreign Scan\", \"Operation\": \"Select\"", "Foreign Scan"},
		{"\"Node Type\": \"Foreign Scan\", \"Operation\": \"Delete\"", "Foreign Delete"},
		{"\"Node Type\": \"Custom Scan\", \"Custom Plan Provider\": \"Own\"",
		 "Custom Scan (Own)"},
		{"\"Node Type\": \"Bitmap Heap Scan\"", "Bitmap Heap Scan"},
		{"\"Node Type\": \"Incremental Sort\"", "Incremental Sort"},
		{"\"Node Type\": \"WindowAgg\"", "WindowAgg"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		AUTO(plan_freep) struct plan *plan = NULL;
		char json[256];

		(void)snprintf(json, sizeof(json), "[{\"Plan\": {%s}}]", cases[i].members);
		plan = parse(json);
		assert_string_equal(plan->nodes[0].type, cases[i].name);
	}
}

static void unreadable(void **state)
{
	static const char *const bad[] = {"",
					  "{}",
					  "[]",
					  "[{}]",
					  "[{\"Plan\": 1}]",
					  "[{\"Plan\": {}}]",
					  "[{\"Plan\": {\"Node Type\": 1}}]",
					  "[{\"Plan\": {\"Node Type\": \"A\", \"Plans\": [1]}}]"};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct plan *plan = NULL;
		struct err err = ERR_INIT;

		if (plan_parse(bad[i], &plan, &err) == 0)
			fail_msg("case %zu was read", i);
		assert_null(plan);
		assert_int_equal(err.code, ERR_INTERNAL);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tree),    cmocka_unit_test(loops), cmocka_unit_test(finding),
		cmocka_unit_test(changes), cmocka_unit_test(names), cmocka_unit_test(unreadable),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
