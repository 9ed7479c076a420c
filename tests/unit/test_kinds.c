/* test_kinds.c - the figure that each kind of evidence reads from a phase. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <tasklab/base/attr.h>

#include "lab/kinds.h"
#include "lab/record.h"

/* Two explained parameter rows of a script of two statements; PostgreSQL 15 to 17. */
static const char JOIN[] =
	"[{\"Plan\": {\"Node Type\": \"Aggregate\", \"Strategy\": \"Hashed\", \"Plan Rows\": 10,"
	"  \"Actual Rows\": 10, \"Actual Loops\": 1, \"Plans\": ["
	"  {\"Node Type\": \"Nested Loop\", \"Join Type\": \"Left\", \"Plan Rows\": 1,"
	"   \"Actual Rows\": 200, \"Actual Loops\": 1, \"Rows Removed by Join Filter\": 33,"
	"   \"Plans\": ["
	"   {\"Node Type\": \"Bitmap Heap Scan\", \"Relation Name\": \"tasks\", \"Plan Rows\": 100,"
	"    \"Actual Rows\": 100, \"Actual Loops\": 1, \"Rows Removed by Index Recheck\": 40,"
	"    \"Exact Heap Blocks\": 5, \"Lossy Heap Blocks\": 7, \"Plans\": ["
	"    {\"Node Type\": \"BitmapAnd\", \"Plan Rows\": 0, \"Actual Rows\": 0,"
	"     \"Actual Loops\": 1, \"Plans\": ["
	"     {\"Node Type\": \"Bitmap Index Scan\", \"Index Name\": \"tasks_a\","
	"      \"Plan Rows\": 100, \"Actual Rows\": 90, \"Actual Loops\": 1},"
	"     {\"Node Type\": \"Bitmap Index Scan\", \"Index Name\": \"tasks_b\","
	"      \"Plan Rows\": 7, \"Actual Rows\": 90, \"Actual Loops\": 1}]}]},"
	"   {\"Node Type\": \"Index Only Scan\", \"Relation Name\": \"events_1\","
	"    \"Index Name\": \"events_1_pkey\", \"Plan Rows\": 2, \"Actual Rows\": 2,"
	"    \"Actual Loops\": 100, \"Rows Removed by Filter\": 3, \"Heap Fetches\": 50}]}]},"
	"  \"JIT\": {\"Functions\": 6, \"Options\": {\"Inlining\": false}}}]";

static const char SUBPLANS[] =
	"[{\"Plan\": {\"Node Type\": \"ModifyTable\", \"Operation\": \"Update\","
	"  \"Relation Name\": \"users\", \"Plan Rows\": 0, \"Actual Rows\": 0,"
	"  \"Actual Loops\": 1, \"Plans\": ["
	"  {\"Node Type\": \"Seq Scan\", \"Parent Relationship\": \"Outer\","
	"   \"Relation Name\": \"projects\", \"Plan Rows\": 30, \"Actual Rows\": 30,"
	"   \"Actual Loops\": 1, \"Plans\": ["
	"   {\"Node Type\": \"Limit\", \"Parent Relationship\": \"SubPlan\","
	"    \"Subplan Name\": \"SubPlan 1\", \"Plan Rows\": 1, \"Actual Rows\": 1,"
	"    \"Actual Loops\": 30, \"Plans\": ["
	"    {\"Node Type\": \"Seq Scan\", \"Parent Relationship\": \"Outer\","
	"     \"Relation Name\": \"tasks\", \"Plan Rows\": 1, \"Actual Rows\": 1,"
	"     \"Actual Loops\": 30, \"Rows Removed by Filter\": 10}]},"
	"   {\"Node Type\": \"Seq Scan\", \"Parent Relationship\": \"InitPlan\","
	"    \"Relation Name\": \"tags\", \"Plan Rows\": 5, \"Actual Rows\": 5,"
	"    \"Actual Loops\": 1},"
	"   {\"Node Type\": \"Seq Scan\", \"Parent Relationship\": \"Outer\","
	"    \"Relation Name\": \"events_2\", \"Plan Rows\": 5, \"Actual Rows\": 0,"
	"    \"Actual Loops\": 0}]}]}}]";

/* As PostgreSQL 18 has it: rows with a fraction, searches of indexes. */
static const char EIGHTEEN[] =
	"[{\"Plan\": {\"Node Type\": \"Nested Loop\", \"Parallel Aware\": false,"
	"  \"Async Capable\": false, \"Join Type\": \"Right Anti\", \"Disabled\": false,"
	"  \"Plan Rows\": 4, \"Actual Rows\": 4.00, \"Actual Loops\": 1, \"Inner Unique\": true,"
	"  \"Plans\": ["
	"  {\"Node Type\": \"Seq Scan\", \"Parallel Aware\": true, \"Relation Name\": \"events_1\","
	"   \"Plan Rows\": 8, \"Actual Rows\": 8.00, \"Actual Loops\": 1, \"Disabled\": true},"
	"  {\"Node Type\": \"Index Scan\", \"Scan Direction\": \"Backward\","
	"   \"Relation Name\": \"events_2\", \"Index Name\": \"events_2_at\", \"Plan Rows\": 1,"
	"   \"Actual Rows\": 0.25, \"Actual Loops\": 8, \"Index Searches\": 24},"
	"  {\"Node Type\": \"Bitmap Heap Scan\", \"Relation Name\": \"tasks\", \"Plan Rows\": 1,"
	"   \"Actual Rows\": 1.00, \"Actual Loops\": 2, \"Plans\": ["
	"   {\"Node Type\": \"Bitmap Index Scan\", \"Index Name\": \"tasks_a\", \"Plan Rows\": 1,"
	"    \"Actual Rows\": 1.00, \"Actual Loops\": 2, \"Index Searches\": 5}]}]}}]";

static void add_plan(struct record *record, const char *json, size_t sample, size_t step)
{
	struct err err = ERR_INIT;

	if (plan_parse(json, &record->plans[record->plan_count], &err) < 0)
		fail_msg("%s (%s)", err.message, err.detail);
	record->plans[record->plan_count]->sample = sample;
	record->plans[record->plan_count++]->step = step;
}

static const struct record_table TABLES[] = {
	{.name = "events_1",
	 .seq_tup_read = 100,
	 .n_tup_upd = 30,
	 .n_tup_hot_upd = 10,
	 .n_dead_tup = 7,
	 .size_bytes = 8192},
	{.name = "events_2",
	 .seq_tup_read = 300,
	 .n_tup_upd = 10,
	 .n_tup_hot_upd = 10,
	 .n_dead_tup = 5,
	 .size_bytes = 16384},
	{.name = "tasks", .size_bytes = 40960},
};

static const struct record_index INDEXES[] = {
	{.table = "events_1", .name = "events_1_pkey", .size_bytes = 100},
	{.table = "events_2", .name = "events_2_pkey", .size_bytes = 200},
	{.table = "events_2", .name = "events_2_at", .size_bytes = 4000},
};

static void fill_counters(struct record *record)
{
	record->workload = (struct record_workload){.calls = 20,
						    .lock_waits = 5,
						    .http_errors = 6,
						    .sqlstates = {{"40P01", 3}},
						    .sqlstate_count = 1};
	record->top = (struct record_statements){.calls = 60,
						 .rows = 400,
						 .shared_blks_hit = 100,
						 .shared_blks_read = 20,
						 .temp_blks_read = 10,
						 .temp_blks_written = 30,
						 .wal_records = 40,
						 .wal_fpi = 2,
						 .wal_bytes = 8000};
	record->nested = (struct record_statements){.calls = 1000,
						    .rows = 1000,
						    .shared_blks_hit = 70,
						    .shared_blks_read = 10,
						    .temp_blks_read = 5,
						    .temp_blks_written = 15,
						    .wal_records = 20,
						    .wal_fpi = 1,
						    .wal_bytes = 2000};
	record->database = (struct record_database){
		.xact_commit = 50, .xact_rollback = 9, .sessions = 30, .deadlocks = 2};
}

static void fill(struct record *record)
{
	record->plans = calloc(8, sizeof(struct plan *));
	record->tables = malloc(sizeof(TABLES));
	record->indexes = malloc(sizeof(INDEXES));
	record->queries = calloc(1, sizeof(*record->queries));
	assert_true(record->plans && record->tables && record->indexes && record->queries);
	memcpy(record->tables, TABLES, sizeof(TABLES));
	memcpy(record->indexes, INDEXES, sizeof(INDEXES));
	record->table_count = ARRAY_LEN(TABLES);
	record->index_count = ARRAY_LEN(INDEXES);
	record->queries[0] = (struct record_query){.sql = strdup("SELECT 7.5"), .value = 7.5};
	record->query_count = 1;
	fill_counters(record);
	record->differing = 4;
}

enum { OLD, NEW, EMPTY };

/* OLD: two samples of two statements; NEW: one of one statement; EMPTY: nothing was recorded. */
static struct record *make(int which)
{
	struct record *record = NULL;

	assert_int_equal(record_new(&record, NULL), 0);
	if (which != EMPTY)
		fill(record);
	if (which == NEW)
		add_plan(record, EIGHTEEN, 0, 0);
	for (size_t i = 0; which == OLD && i < 2; i++) {
		add_plan(record, JOIN, i, 0);
		add_plan(record, SUBPLANS, i, 1);
	}
	return record;
}

static const struct figure_case {
	int record;
	const char *kind;
	const char *node, *relation, *index, *text; /* text: sql or sqlstate */
	double figure;
} CASES[] = {
	{OLD, "plan-node-forbidden", "HashAggregate", NULL, NULL, NULL, 2},
	{OLD, "plan-node-forbidden", "Aggregate", NULL, NULL, NULL, 0},
	{OLD, "plan-node-forbidden", "Nested Loop Left Join", NULL, NULL, NULL, 2},
	{OLD, "plan-node-forbidden", "Nested Loop", NULL, NULL, NULL, 0},
	{OLD, "plan-node-forbidden", "Nested Loop*", NULL, NULL, NULL, 2},
	{OLD, "plan-node-forbidden", "Seq Scan", NULL, NULL, NULL,
	 2}, /* two a sample, counted once */
	{OLD, "plan-node-forbidden", "Seq Scan", "events_1", NULL, NULL, 0},
	{OLD, "plan-node-forbidden", "Update", "users", NULL, NULL, 2},
	{OLD, "plan-node-forbidden", "Bitmap Index Scan", "tasks", "tasks_?", NULL, 2},
	{OLD, "plan-node-required", "Seq Scan", "tasks", NULL, NULL, 0},
	{OLD, "plan-node-required", "Index Only Scan", "events_*", "*_pkey", NULL, 0},
	{OLD, "plan-node-required", "Index Only Scan", "tasks", NULL, NULL, 2},
	{EMPTY, "plan-node-required", "Index Only Scan", "tasks", NULL, NULL, NAN},
	{EMPTY, "plan-node-forbidden", "Index Only Scan", "tasks", NULL, NULL, NAN},
	{NEW, "plan-node-forbidden", "Seq Scan", NULL, NULL, NULL, 1},
	{NEW, "plan-node-forbidden", "Parallel Seq Scan", NULL, NULL, NULL, 1},
	{OLD, "plan-node-forbidden", "Parallel Seq Scan", NULL, NULL, NULL, 0},
	{NEW, "plan-node-forbidden", "Index Scan", NULL, NULL, NULL, 1},
	{NEW, "plan-node-forbidden", "Nested Loop Right Anti Join", NULL, NULL, NULL, 1},
	{OLD, "rows-removed-by-filter", NULL, NULL, NULL, NULL, 600},
	{OLD, "rows-removed-by-filter", NULL, "tasks", NULL, NULL, 300},
	{EMPTY, "rows-removed-by-filter", NULL, NULL, NULL, NULL, NAN},
	{OLD, "rows-removed-by-join-filter", NULL, NULL, NULL, NULL, 33},
	{OLD, "rows-removed-by-recheck", NULL, NULL, NULL, NULL, 40},
	{OLD, "rows-removed-by-recheck", NULL, "events_*", NULL, NULL, 0},
	{OLD, "rows-of-node", "Index Only Scan", NULL, NULL, NULL, 200},
	{OLD, "rows-of-node", "*Scan", "tasks", NULL, NULL, 100 + 90 + 90 + 30},
	{NEW, "rows-of-node", "Index Scan", "events_2", "events_2_at", NULL, 2},
	{OLD, "loops-of-node", "Seq Scan", NULL, NULL, NULL, 32},
	{OLD, "loops-of-node", "Index Only Scan", NULL, "events_1_pkey", NULL, 100},
	{OLD, "subplan-loops", NULL, NULL, NULL, NULL, 30},
	{OLD, "subplan-loops", NULL, "tasks", NULL, NULL, 30},
	{OLD, "subplan-loops", NULL, "tags", NULL, NULL, 0}, /* an InitPlan is no SubPlan */
	{NEW, "subplan-loops", NULL, NULL, NULL, NULL, 0},
	{OLD, "heap-fetches", NULL, NULL, NULL, NULL, 50}, /* EXPLAIN has summed its loops */
	{OLD, "heap-fetches", NULL, "tasks", NULL, NULL, 0},
	{OLD, "lossy-blocks", NULL, "tasks", NULL, NULL, 7},
	{OLD, "lossy-blocks", NULL, "events_*", NULL, NULL, 0},
	{NEW, "index-searches", NULL, NULL, NULL, NULL, 29},
	{NEW, "index-searches", NULL, "tasks", NULL, NULL, 5}, /* a bitmap's, by its heap */
	{NEW, "index-searches", NULL, NULL, "events_*", NULL, 24},
	{OLD, "relations-scanned", NULL, NULL, NULL, NULL, 4}, /* tasks twice, users written only */
	{OLD, "relations-scanned", NULL, "events_*", NULL, NULL, 1}, /* one never ran */
	{NEW, "relations-scanned", NULL, "events_*", NULL, NULL, 2},
	{EMPTY, "relations-scanned", NULL, NULL, NULL, NULL, NAN},
	{OLD, "jit-functions", NULL, NULL, NULL, NULL, 6},
	{NEW, "jit-functions", NULL, NULL, NULL, NULL, 0},
	{EMPTY, "jit-functions", NULL, NULL, NULL, NULL, NAN},
	{OLD, "estimate-off-by", NULL, NULL, NULL, NULL, 200},
	{OLD, "estimate-off-by", NULL, "tasks", NULL, NULL, 1}, /* bitmaps do not know their rows */
	{OLD, "estimate-off-by", "Nested Loop Left Join", NULL, NULL, NULL, 200},
	{OLD, "estimate-off-by", "HashAggregate", NULL, NULL, NULL, 1},
	{EMPTY, "estimate-off-by", NULL, NULL, NULL, NULL, NAN},
	{OLD, "shared-blocks-per-call", NULL, NULL, NULL, NULL, 6},
	{OLD, "temp-blocks-per-call", NULL, NULL, NULL, NULL, 2},
	{OLD, "wal-bytes-per-call", NULL, NULL, NULL, NULL, 400},
	{OLD, "wal-records-per-call", NULL, NULL, NULL, NULL, 2},
	{OLD, "wal-fpi-per-call", NULL, NULL, NULL, NULL, 0.1},
	{OLD, "rows-per-call", NULL, NULL, NULL, NULL, 20},
	{OLD, "statements-per-call", NULL, NULL, NULL, NULL, 3},
	{EMPTY, "statements-per-call", NULL, NULL, NULL, NULL, NAN},
	{OLD, "commits-per-call", NULL, NULL, NULL, NULL, 2.5},
	{OLD, "sessions-per-call", NULL, NULL, NULL, NULL, 1.5},
	{OLD, "lock-waits-per-call", NULL, NULL, NULL, NULL, 0.25},
	{OLD, "deadlocks", NULL, NULL, NULL, NULL, 2},
	{OLD, "sqlstate-count", NULL, NULL, NULL, "40P01", 3},
	{OLD, "sqlstate-count", NULL, NULL, NULL, "55P03", 0},
	{OLD, "http-errors", NULL, NULL, NULL, NULL, 6},
	{OLD, "hot-update-share", NULL, NULL, NULL, NULL, 0.5},
	{OLD, "hot-update-share", NULL, "events_2", NULL, NULL, 1},
	{OLD, "hot-update-share", NULL, "tasks", NULL, NULL, NAN}, /* nothing was updated */
	{OLD, "dead-tuples", NULL, "events_*", NULL, NULL, 12},
	{OLD, "dead-tuples", NULL, "tasks", NULL, NULL, 0},
	{OLD, "dead-tuples", NULL, "task", NULL, NULL, NAN}, /* there is no such table */
	{OLD, "seq-rows-per-call", NULL, "events_2", NULL, NULL, 15},
	{OLD, "seq-rows-per-call", NULL, NULL, NULL, NULL, 20},
	{OLD, "relation-bytes", NULL, "events_?", NULL, NULL, 24576},
	{OLD, "relation-bytes", NULL, "events_2", NULL, NULL, 16384},
	{OLD, "relation-bytes", NULL, "old_*", NULL, NULL, 0}, /* dropped, as a fix may do */
	{OLD, "relation-bytes", NULL, "old", NULL, NULL, NAN},
	{OLD, "index-bytes", NULL, "events_*", NULL, NULL, 4300},
	{OLD, "index-bytes", NULL, "events_2", "*_pkey", NULL, 200},
	{OLD, "index-bytes", NULL, NULL, "gone_idx", NULL, 0},
	{OLD, "query", NULL, NULL, NULL, "SELECT 7.5", 7.5},
	{OLD, "query", NULL, NULL, NULL, "SELECT 8.5", NAN},
	{OLD, "same-rows", NULL, NULL, NULL, NULL, 4},
	{EMPTY, "same-rows", NULL, NULL, NULL, NULL, NAN},
};

static char *text(const char *s)
{
	return (char *)(uintptr_t)s;
}

static void figures(void **state)
{
	struct record *records[] = {make(OLD), make(NEW), make(EMPTY)};
	bool failed = false;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(CASES); i++) {
		const struct figure_case *one = &CASES[i];
		const struct kind *kind = kind_find(one->kind);
		const struct lab_evidence item = {.node = text(one->node),
						  .relation = text(one->relation),
						  .index = text(one->index),
						  .sql = text(one->text),
						  .sqlstate = text(one->text)};
		double figure;

		assert_non_null(kind);
		figure = kind->figure(&item, records[one->record]);
		if (isnan(one->figure) ? isnan(figure) : fabs(figure - one->figure) < 1e-9)
			continue;
		print_error("%s, node %s, relation %s, index %s: %g, expected %g\n", one->kind,
			    one->node ? one->node : "-", one->relation ? one->relation : "-",
			    one->index ? one->index : "-", figure, one->figure);
		failed = true;
	}
	assert_false(failed);
	for (size_t i = 0; i < ARRAY_LEN(records); i++)
		record_freep(&records[i]);
}

/* The table is in order, each name once, and each kind has a case above. */
static void table(void **state)
{
	size_t n;
	const struct kind *kinds = kind_table(&n);

	(void)state;
	for (size_t i = 0; i < n; i++) {
		bool tested = false;

		assert_true(i == 0 || strcmp(kinds[i - 1].name, kinds[i].name) < 0);
		assert_ptr_equal(kind_find(kinds[i].name), &kinds[i]);
		for (size_t j = 0; j < ARRAY_LEN(CASES); j++)
			tested = tested || strcmp(CASES[j].kind, kinds[i].name) == 0;
		if (!tested)
			fail_msg("%s has no case", kinds[i].name);
	}
	assert_null(kind_find("no-such-kind"));
}

/* A phase without a call has no figure per call. */
static void no_calls(void **state)
{
	AUTO(record_freep) struct record *record = make(OLD);
	size_t n;
	const struct kind *kinds = kind_table(&n);
	const struct lab_evidence item = {.kind = NULL};
	size_t seen = 0;

	(void)state;
	record->workload.calls = 0;
	for (size_t i = 0; i < n; i++) {
		if (!strstr(kinds[i].name, "-per-call"))
			continue;
		seen++;
		if (!isnan(kinds[i].figure(&item, record)))
			fail_msg("%s has a figure", kinds[i].name);
	}
	assert_true(seen > 8);
}

/* A handful of commits that no client made is an autovacuum worker's; more are the workload's. */
static void commits(void **state)
{
	static const struct {
		uint64_t seen;
		int64_t counted, wall_s;
		double figure;
	} cases[] = {
		{100, 100, 1, 5},   {100, 106, 1, 5}, {100, 112, 1, 5.6}, {100, 112, 30, 5},
		{100, 600, 30, 30}, {0, 6, 1, 0.3},   {100, 90, 1, 4.5},
	};
	AUTO(record_freep) struct record *record = make(OLD);
	const struct lab_evidence item = {.kind = NULL};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		record->workload.commits = cases[i].seen;
		record->database.xact_commit = cases[i].counted;
		record->wall_ns = cases[i].wall_s * 1000000000;
		if (fabs(kind_find("commits-per-call")->figure(&item, record) - cases[i].figure) >
		    1e-9)
			fail_msg("case %zu", i);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(figures),
		cmocka_unit_test(table),
		cmocka_unit_test(no_calls),
		cmocka_unit_test(commits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
