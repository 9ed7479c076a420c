/* test_evidence.c - figures of two phases against the bounds of an item. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lab/equivalence.h"
#include "lab/evidence.h"
#include "lab/record.h"

/* A record with one plan of one node, and so many blocks over 10 calls. */
static struct record *record(const char *type, double removed, int64_t blocks, int64_t differing)
{
	struct record *ret = NULL;
	char json[256];

	(void)snprintf(json, sizeof(json),
		       "[{\"Plan\": {\"Node Type\": \"%s\", \"Relation Name\": \"tasks\","
		       " \"Actual Loops\": 1, \"Rows Removed by Filter\": %g, \"Plan Rows\": 5,"
		       " \"Actual Rows\": 50}}]",
		       type, removed);
	assert_int_equal(record_new(&ret, NULL), 0);
	ret->plans = calloc(1, sizeof(struct plan *));
	assert_non_null(ret->plans);
	assert_int_equal(plan_parse(json, &ret->plans[0], NULL), 0);
	ret->plan_count = 1;
	ret->workload.calls = 10;
	ret->top.calls = 10;
	ret->top.shared_blks_hit = blocks;
	ret->top.shared_blks_read = blocks;
	ret->nested.shared_blks_read = blocks; /* which top has counted */
	ret->differing = differing;
	return ret;
}

static const struct lab_evidence ANY = {.before = {NAN, NAN},
					.after = {NAN, NAN},
					.down_by = NAN,
					.up_by = NAN,
					.versions = {15, 99}};

static struct lab_evidence item(const char *kind)
{
	struct lab_evidence ret = ANY;

	ret.kind = (char *)(uintptr_t)kind;
	return ret;
}

static enum evidence_outcome judge(const struct lab_evidence *one, const struct record *before,
				   const struct record *after, struct evidence_verdict *verdict)
{
	const struct evidence_where where = {.scale = "small", .server_major = 15};
	struct err err = ERR_INIT;

	if (evidence_check(one, &err) < 0)
		fail_msg("%s", err.message);
	evidence_judge(one, &where, before, after, verdict);
	return verdict->outcome;
}

static void plan_nodes(void **state)
{
	AUTO(record_freep) struct record *seq = record("Seq Scan", 1000, 100, -1);
	AUTO(record_freep) struct record *index = record("Index Scan", 0, 1, 0);
	struct lab_evidence forbidden = item("plan-node-forbidden");
	struct lab_evidence required = item("plan-node-required");
	struct evidence_verdict verdict;

	(void)state;
	forbidden.node = (char[]){"Seq Scan"};
	assert_int_equal(judge(&forbidden, seq, index, &verdict), EVIDENCE_HELD);
	assert_string_equal(verdict.claim, "plan-node-forbidden Seq Scan");
	assert_string_equal(verdict.reason, "");
	assert_int_equal(judge(&forbidden, seq, seq, &verdict), EVIDENCE_NOT_HELD);
	assert_non_null(strstr(verdict.reason, "1 after, at most 0 was due"));
	/* Not there before: the lab was not broken, so nothing is shown by its absence. */
	assert_int_equal(judge(&forbidden, index, index, &verdict), EVIDENCE_NOT_HELD);
	assert_non_null(strstr(verdict.reason, "0 before, at least 1 was due"));
	required.node = (char[]){"Index Scan"};
	required.relation = (char[]){"tasks"};
	assert_int_equal(judge(&required, seq, index, &verdict), EVIDENCE_HELD);
	assert_int_equal(judge(&required, seq, seq, &verdict), EVIDENCE_NOT_HELD);
	required.relation = (char[]){"users"};
	assert_int_equal(judge(&required, seq, index, &verdict), EVIDENCE_NOT_HELD);
}

static void bounds(void **state)
{
	AUTO(record_freep) struct record *seq = record("Seq Scan", 1000, 100, -1);
	AUTO(record_freep) struct record *index = record("Index Scan", 7, 1, 0);
	struct lab_evidence removed = item("rows-removed-by-filter");
	struct evidence_verdict verdict;

	(void)state;
	removed.before.at_least = 1000;
	removed.after.at_most = 7;
	assert_int_equal(judge(&removed, seq, index, &verdict), EVIDENCE_HELD);
	assert_true(verdict.before > 999 && verdict.after < 8);
	removed.before.at_least = 1001;
	assert_int_equal(judge(&removed, seq, index, &verdict), EVIDENCE_NOT_HELD);
	removed.before.at_least = NAN;
	removed.after.at_most = 6;
	assert_int_equal(judge(&removed, seq, index, &verdict), EVIDENCE_NOT_HELD);
	assert_non_null(strstr(verdict.reason, "7 after, at most 6 was due"));
}

static void ratios(void **state)
{
	AUTO(record_freep) struct record *many = record("Seq Scan", 0, 5000, -1);
	AUTO(record_freep) struct record *few = record("Seq Scan", 0, 100, 0);
	AUTO(record_freep) struct record *none = record("Seq Scan", 0, 0, 0);
	struct lab_evidence blocks = item("shared-blocks-per-call");
	struct evidence_verdict verdict;

	(void)state;
	blocks.down_by = 50;
	assert_int_equal(judge(&blocks, many, few, &verdict), EVIDENCE_HELD);
	assert_true(verdict.before > 999 && verdict.before < 1001); /* once */
	blocks.down_by = 50.1;
	assert_int_equal(judge(&blocks, many, few, &verdict), EVIDENCE_NOT_HELD);
	assert_int_equal(judge(&blocks, many, none, &verdict), EVIDENCE_HELD);
	assert_int_equal(judge(&blocks, none, none, &verdict), EVIDENCE_NOT_HELD);
	blocks.down_by = NAN;
	blocks.up_by = 50;
	assert_int_equal(judge(&blocks, few, many, &verdict), EVIDENCE_HELD);
	assert_int_equal(judge(&blocks, many, few, &verdict), EVIDENCE_NOT_HELD);
	few->workload.calls = 0; /* nothing was run: no proof */
	blocks.up_by = NAN;
	blocks.after.at_most = 1e6;
	assert_int_equal(judge(&blocks, many, few, &verdict), EVIDENCE_NOT_HELD);
	assert_non_null(strstr(verdict.reason, "not measured after"));
}

static void same_rows(void **state)
{
	AUTO(record_freep) struct record *before = record("Seq Scan", 0, 1, -1);
	AUTO(record_freep) struct record *after = record("Seq Scan", 0, 1, -1);
	struct lab_evidence same = item("same-rows");
	struct evidence_verdict verdict;

	(void)state;
	assert_int_equal(judge(&same, before, after, &verdict), EVIDENCE_NOT_HELD);
	before->answers = calloc(2, sizeof(*before->answers));
	after->answers = calloc(2, sizeof(*after->answers));
	assert_non_null(before->answers);
	assert_non_null(after->answers);
	before->answer_count = after->answer_count = 2;
	before->answers[1] = after->answers[1] = (struct record_answer){3, 42};
	equivalence_compare(before, after);
	assert_int_equal(judge(&same, before, after, &verdict), EVIDENCE_HELD);
	after->answers[1].hash = 43;
	equivalence_compare(before, after);
	assert_int_equal(judge(&same, before, after, &verdict), EVIDENCE_NOT_HELD);
	after->answers[1] = before->answers[1];
	after->answer_count = 1; /* an answer is missing */
	equivalence_compare(before, after);
	assert_int_equal(judge(&same, before, after, &verdict), EVIDENCE_NOT_HELD);
}

static void skipped(void **state)
{
	AUTO(record_freep) struct record *one = record("Seq Scan", 0, 1, 0);
	struct lab_evidence same = item("same-rows");
	char *medium = (char[]){"medium"};
	struct evidence_verdict verdict;

	(void)state;
	same.scales = (struct lab_texts){&medium, 1};
	assert_int_equal(judge(&same, one, one, &verdict), EVIDENCE_SKIPPED);
	assert_string_equal(verdict.reason, "does not hold at the small scale");
	same.scales.count = 0;
	same.versions.min = 18;
	assert_int_equal(judge(&same, one, one, &verdict), EVIDENCE_SKIPPED);
	assert_string_equal(verdict.reason, "does not hold on PostgreSQL 15");
	same.versions.min = 15;
	assert_int_equal(judge(&same, one, one, &verdict), EVIDENCE_HELD);
}

static void estimates(void **state)
{
	AUTO(record_freep) struct record *one = record("Seq Scan", 0, 1, 0); /* 5 for 50 */
	struct lab_evidence estimate = item("estimate-off-by");
	struct evidence_verdict verdict;

	(void)state;
	estimate.before.at_least = 10;
	assert_int_equal(judge(&estimate, one, one, &verdict), EVIDENCE_HELD);
	estimate.before.at_least = 10.5;
	assert_int_equal(judge(&estimate, one, one, &verdict), EVIDENCE_NOT_HELD);
}

/* A query's figure, and what is said when there is none. */
static void queries(void **state)
{
	AUTO(record_freep) struct record *before = record("Seq Scan", 0, 1, -1);
	AUTO(record_freep) struct record *after = record("Seq Scan", 0, 1, 0);
	struct lab_evidence query = item("query");
	struct evidence_verdict verdict;

	(void)state;
	query.sql = (char[]){"SELECT count(*) FROM stale"};
	query.after.at_most = 0;
	assert_int_equal(judge(&query, before, after, &verdict), EVIDENCE_NOT_HELD);
	assert_non_null(strstr(verdict.reason, "not measured after"));
	after->queries = calloc(1, sizeof(*after->queries));
	assert_non_null(after->queries);
	after->query_count = 1;
	after->queries[0].sql = strdup(query.sql);
	assert_int_equal(judge(&query, before, after, &verdict), EVIDENCE_HELD);
	assert_string_equal(verdict.claim, "query SELECT count(*) FROM stale, after at most 0");
	after->queries[0].value = NAN;
	(void)snprintf(after->queries[0].problem, sizeof(after->queries[0].problem), "no stale");
	assert_int_equal(judge(&query, before, after, &verdict), EVIDENCE_NOT_HELD);
	assert_string_equal(verdict.reason, "what the query returns: not measured after: no stale");
}

/* What the catalogue refuses. */
static void checks(void **state)
{
	char *word = (char[]){"x"};
	struct lab_evidence unknown = item("shared-blocks-per-cal"), nothing = item("zzz");
	struct lab_evidence node = item("rows-of-node"), sql = item("query");
	struct lab_evidence state_missing = item("sqlstate-count"), extra = item("deadlocks");
	struct lab_evidence unbounded = item("hot-update-share"), scale = item("same-rows");
	const struct {
		const struct lab_evidence *item;
		const char *says;
	} cases[] = {
		{&unknown, "found \"shared-blocks-per-cal\"; did you mean "
			   "\"shared-blocks-per-call\"?"},
		{&nothing, "kind: expected one of those in docs/labs.md, found \"zzz\""},
		{&node, "rows-of-node: expected a \"node\""},
		{&sql, "query: expected a \"sql\""},
		{&state_missing, "sqlstate-count: expected a \"sqlstate\""},
		{&extra, "relation: deadlocks does not read it, expected none"},
		{&unbounded, "hot-update-share: expected a bound"},
		{&scale, "scales: expected small, medium or large, found \"x\""},
	};

	(void)state;
	extra.relation = word;
	scale.scales = (struct lab_texts){&word, 1};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct err err = ERR_INIT;

		assert_int_equal(evidence_check(cases[i].item, &err), -1);
		if (!strstr(err.message, cases[i].says))
			fail_msg("\"%s\" does not say \"%s\"", err.message, cases[i].says);
	}
	sql.sql = word;
	sql.after.at_most = 1;
	assert_int_equal(evidence_check(&sql, NULL), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(plan_nodes), cmocka_unit_test(bounds),
		cmocka_unit_test(ratios),     cmocka_unit_test(same_rows),
		cmocka_unit_test(skipped),    cmocka_unit_test(estimates),
		cmocka_unit_test(queries),    cmocka_unit_test(checks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
