/* kinds.c - the table of the kinds of evidence, and the figure of each.
 *
 * Figures of plans are means over the explained parameter rows ("samples"); where a script has
 * several statements, the plans of one sample count together. Figures per call are divided by the
 * calls of the workload.
 */
#include "kinds.h"

#include <math.h>
#include <string.h>

#include <tasklab/base/attr.h>

#include "record.h"

static struct plan_match match_of(const struct lab_evidence *item)
{
	return (struct plan_match){item->node, item->relation, item->index};
}

/* Of plans --------------------------------------------------------------------------------------
 */

/* Samples with at least one node that matches. */
static double samples_with_node(const struct lab_evidence *item, const struct record *record)
{
	const struct plan_match match = match_of(item);
	size_t n = 0, next = 0; /* next: the first sample that has not been counted */

	if (record->plan_count == 0)
		return NAN;
	for (size_t i = 0; i < record->plan_count; i++) {
		const struct plan *plan = record->plans[i];

		if (plan->sample < next || plan_count(plan, &match) == 0)
			continue;
		next = plan->sample + 1;
		n++;
	}
	return (double)n;
}

static double samples_without_node(const struct lab_evidence *item, const struct record *record)
{
	return (double)record_samples(record) - samples_with_node(item, record);
}

/* Sum of a figure over the nodes that match, per sample. */
static double mean_of(const struct plan_match *match, const struct record *record,
		      plan_figure *figure)
{
	double sum = 0;

	for (size_t i = 0; i < record->plan_count; i++)
		sum += plan_sum(record->plans[i], match, figure);
	return record->plan_count ? sum / (double)record_samples(record) : NAN;
}

/* A kind whose figure is the sum of a figure of nodes. */
#define NODE_KIND(name, expression)                                                                \
	static double node_##name(const struct plan_node *node)                                    \
	{                                                                                          \
		return expression;                                                                 \
	}                                                                                          \
	static double name(const struct lab_evidence *item, const struct record *record)           \
	{                                                                                          \
		const struct plan_match match = match_of(item);                                    \
                                                                                                   \
		return mean_of(&match, record, node_##name);                                       \
	}

NODE_KIND(rows_removed, node->rows_removed_by_filter)
NODE_KIND(rows_removed_by_join, node->rows_removed_by_join_filter)
NODE_KIND(rows_removed_by_recheck, node->rows_removed_by_recheck)
NODE_KIND(rows_of_node, node->actual_rows * node->loops)
NODE_KIND(loops_of_node, node->loops)
NODE_KIND(heap_fetches, node->heap_fetches)
NODE_KIND(lossy_blocks, node->lossy_blocks)
NODE_KIND(index_searches, node->index_searches)

static double loops_of_root(const struct plan_node *node)
{
	return node->subplan ? node->loops : 0;
}

static double loops_within(const struct plan_node *node)
{
	return node->in_subplan ? node->loops : 0;
}

/* How often SubPlans were run; with a relation, how often they went to it. */
static double subplan_loops(const struct lab_evidence *item, const struct record *record)
{
	const struct plan_match match = match_of(item);

	return mean_of(&match, record, item->relation ? loops_within : loops_of_root);
}

/* A relation that is written to is not read by that. */
static bool reads_relation(const struct plan_node *node, const char *pattern)
{
	static const char *const writers[] = {"Insert", "Update", "Delete", "Merge"};

	for (size_t i = 0; i < ARRAY_LEN(writers); i++)
		if (strcmp(node->type, writers[i]) == 0)
			return false;
	return node->loops > 0 && node->relation && plan_glob(pattern, node->relation);
}

/* Whether an earlier node, of the same sample, reads the same relation. */
static bool seen_before(const struct record *record, size_t plan, size_t at)
{
	const struct plan_node *node = &record->plans[plan]->nodes[at];

	for (size_t i = plan + 1;
	     i-- > 0 && record->plans[i]->sample == record->plans[plan]->sample;) {
		size_t end = i == plan ? at : record->plans[i]->count;

		for (size_t j = 0; j < end; j++) {
			const struct plan_node *other = &record->plans[i]->nodes[j];

			if (reads_relation(other, NULL) &&
			    strcmp(other->relation, node->relation) == 0)
				return true;
		}
	}
	return false;
}

static double relations_scanned(const struct lab_evidence *item, const struct record *record)
{
	double n = 0;

	for (size_t i = 0; i < record->plan_count; i++)
		for (size_t j = 0; j < record->plans[i]->count; j++)
			n += reads_relation(&record->plans[i]->nodes[j], item->relation) &&
			     !seen_before(record, i, j);
	return record->plan_count ? n / (double)record_samples(record) : NAN;
}

static double jit_functions(const struct lab_evidence *item, const struct record *record)
{
	double sum = 0;

	(void)item;
	for (size_t i = 0; i < record->plan_count; i++)
		sum += record->plans[i]->jit_functions;
	return record->plan_count ? sum / (double)record_samples(record) : NAN;
}

static double misestimate(const struct lab_evidence *item, const struct record *record)
{
	const struct plan_match match = match_of(item);
	double worst = NAN;

	for (size_t i = 0; i < record->plan_count; i++)
		worst = fmax(worst, plan_misestimate(record->plans[i], &match));
	return worst;
}

/* Of pg_stat_statements ------------------------------------------------------------------------
 */

static double per_call(const struct record *record, int64_t total)
{
	double calls = record_calls(record);

	return calls > 0 ? (double)total / calls : NAN;
}

/* What a function's or a trigger's statements read or write is in the counters of the statement
 * that they are nested in: record->nested has it once more. */
#define STATEMENT_KIND(name, a, b)                                                                 \
	static double name(const struct lab_evidence *item, const struct record *record)           \
	{                                                                                          \
		(void)item;                                                                        \
		return per_call(record, record->top.a + record->top.b);                            \
	}

STATEMENT_KIND(shared_blocks, shared_blks_hit, shared_blks_read)
STATEMENT_KIND(temp_blocks, temp_blks_read, temp_blks_written)

#define WAL_KIND(name, counter)                                                                    \
	static double name(const struct lab_evidence *item, const struct record *record)           \
	{                                                                                          \
		(void)item;                                                                        \
		return per_call(record, record->top.counter);                                      \
	}

WAL_KIND(wal_bytes, wal_bytes)
WAL_KIND(wal_records, wal_records)
WAL_KIND(wal_fpi, wal_fpi)

static double rows_per_call(const struct lab_evidence *item, const struct record *record)
{
	(void)item;
	return per_call(record, record->top.rows);
}

static double statements_per_call(const struct lab_evidence *item, const struct record *record)
{
	(void)item;
	return per_call(record, record->top.calls);
}

/* Of the database, its tables and indexes -------------------------------------------------------
 */

/* An autovacuum worker looks into a database for something to do every few seconds at most, which
 * makes a handful of transactions. */
#define VISIT_COMMITS 10
#define VISIT_NS      INT64_C(10000000000)

/* What the database has counted beyond what the clients saw was done by procedures, or by such
 * visits, which come when they will and are no evidence. */
static double commits(const struct lab_evidence *item, const struct record *record)
{
	int64_t seen = (int64_t)record->workload.commits, all = record->database.xact_commit;
	int64_t visits = VISIT_COMMITS * (1 + record->wall_ns / VISIT_NS);

	(void)item;
	return per_call(record, all > seen && all - seen <= visits && seen > 0 ? seen : all);
}

static double sessions(const struct lab_evidence *item, const struct record *record)
{
	(void)item;
	return per_call(record, record->database.sessions);
}

static double deadlocks(const struct lab_evidence *item, const struct record *record)
{
	(void)item;
	return (double)record->database.deadlocks;
}

/* Sums over the tables that match. A name that no table has is a mistake, or the table is gone:
 * no figure. A glob may well match none in the end: what it stood for was dropped. */
static bool sum_tables(const char *pattern, const struct record *record, struct record_table *sum)
{
	bool found = !pattern || strpbrk(pattern, "*?[");

	memset(sum, 0, sizeof(*sum));
	for (size_t i = 0; i < record->table_count; i++) {
		const struct record_table *table = &record->tables[i];

		if (!plan_glob(pattern, table->name))
			continue;
		found = true;
#define X(counter) sum->counter += table->counter;
		RECORD_TABLE_COUNTERS(X)
#undef X
		sum->size_bytes += table->size_bytes;
	}
	return found;
}

static double hot_update_share(const struct lab_evidence *item, const struct record *record)
{
	struct record_table sum;

	if (!sum_tables(item->relation, record, &sum) || sum.n_tup_upd <= 0)
		return NAN;
	return (double)sum.n_tup_hot_upd / (double)sum.n_tup_upd;
}

static double dead_tuples(const struct lab_evidence *item, const struct record *record)
{
	struct record_table sum;

	return sum_tables(item->relation, record, &sum) ? (double)sum.n_dead_tup : NAN;
}

static double seq_rows(const struct lab_evidence *item, const struct record *record)
{
	struct record_table sum;

	return sum_tables(item->relation, record, &sum) ? per_call(record, sum.seq_tup_read) : NAN;
}

static double relation_bytes(const struct lab_evidence *item, const struct record *record)
{
	struct record_table sum;

	return sum_tables(item->relation, record, &sum) ? (double)sum.size_bytes : NAN;
}

/* 0 where none matches: an index that is gone takes no room. */
static double index_bytes(const struct lab_evidence *item, const struct record *record)
{
	double sum = 0;

	for (size_t i = 0; i < record->index_count; i++)
		if (plan_glob(item->relation, record->indexes[i].table) &&
		    plan_glob(item->index, record->indexes[i].name))
			sum += (double)record->indexes[i].size_bytes;
	return sum;
}

/* Of what the clients saw ------------------------------------------------------------------------
 */

static double lock_waits(const struct lab_evidence *item, const struct record *record)
{
	(void)item;
	return per_call(record, (int64_t)record->workload.lock_waits);
}

static double sqlstate_count(const struct lab_evidence *item, const struct record *record)
{
	for (size_t i = 0; i < record->workload.sqlstate_count; i++)
		if (strcmp(record->workload.sqlstates[i].state, item->sqlstate) == 0)
			return (double)record->workload.sqlstates[i].count;
	return 0;
}

static double http_errors(const struct lab_evidence *item, const struct record *record)
{
	(void)item;
	return (double)record->workload.http_errors;
}

/* Of answers ------------------------------------------------------------------------------------
 */

/* Parameter rows whose answer is not that of the phase before. */
static double differing(const struct lab_evidence *item, const struct record *record)
{
	(void)item;
	return record->differing < 0 ? NAN : (double)record->differing;
}

/* What the lab's own query returned. */
static double query_value(const struct lab_evidence *item, const struct record *record)
{
	const struct record_query *query = record_query(record, item->sql);

	return query ? query->value : NAN;
}

/* The table -----------------------------------------------------------------------------------
 * Adding a kind is one row here, one figure above, and a line in docs/labs.md. */

#define ANY                                                                                        \
	{                                                                                          \
		NAN, NAN                                                                           \
	}
#define AT_LEAST(n)                                                                                \
	{                                                                                          \
		(n), NAN                                                                           \
	}
#define AT_MOST(n)                                                                                 \
	{                                                                                          \
		NAN, (n)                                                                           \
	}
#define READ (KIND_RELATION | KIND_INDEX)

/* clang-format off */
static const struct kind KINDS[] = {
	/* name, what the figure is, figure, keys it reads, needs bounds, before, after */
	{"commits-per-call", "commits per call", commits, 0, true, ANY, ANY},
	{"dead-tuples", "dead rows at the end", dead_tuples, KIND_RELATION, true, ANY, ANY},
	{"deadlocks", "deadlocks", deadlocks, 0, true, ANY, ANY},
	{"estimate-off-by", "largest misestimate of rows", misestimate, KIND_NODE | KIND_RELATION, true, ANY, ANY},
	{"heap-fetches", "heap fetches per call", heap_fetches, READ, true, ANY, ANY},
	{"hot-update-share", "share of updates that were HOT", hot_update_share, KIND_RELATION, true, ANY, ANY},
	{"http-errors", "answers of 500 or more", http_errors, 0, true, ANY, ANY},
	{"index-bytes", "bytes of indexes at the end", index_bytes, READ, true, ANY, ANY},
	{"index-searches", "index searches per call", index_searches, READ, true, ANY, ANY},
	{"jit-functions", "functions compiled per call", jit_functions, 0, true, ANY, ANY},
	{"lock-waits-per-call", "statements that waited for a lock per call", lock_waits, 0, true, ANY, ANY},
	{"loops-of-node", "loops per call", loops_of_node, KIND_NEEDS | KIND_NODE | READ, true, ANY, ANY},
	{"lossy-blocks", "lossy heap blocks per call", lossy_blocks, KIND_RELATION, true, ANY, ANY},
	{"plan-node-forbidden", "sampled plans with it", samples_with_node, KIND_NEEDS | KIND_NODE | READ, false, AT_LEAST(1), AT_MOST(0)},
	{"plan-node-required", "sampled plans without it", samples_without_node, KIND_NEEDS | KIND_NODE | READ, false, ANY, AT_MOST(0)},
	{"query", "what the query returns", query_value, KIND_NEEDS | KIND_SQL, true, ANY, ANY},
	{"relation-bytes", "bytes of the relation at the end", relation_bytes, KIND_RELATION, true, ANY, ANY},
	{"relations-scanned", "relations read per call", relations_scanned, KIND_RELATION, true, ANY, ANY},
	{"rows-of-node", "rows per call", rows_of_node, KIND_NEEDS | KIND_NODE | READ, true, ANY, ANY},
	{"rows-per-call", "rows returned or changed per call", rows_per_call, 0, true, ANY, ANY},
	{"rows-removed-by-filter", "rows removed by filter per call", rows_removed, KIND_RELATION, true, ANY, ANY},
	{"rows-removed-by-join-filter", "rows removed by join filter per call", rows_removed_by_join, 0, true, ANY, ANY},
	{"rows-removed-by-recheck", "rows removed by recheck per call", rows_removed_by_recheck, KIND_RELATION, true, ANY, ANY},
	{"same-rows", "parameter rows with another answer", differing, 0, false, ANY, AT_MOST(0)},
	{"seq-rows-per-call", "rows read by sequential scans per call", seq_rows, KIND_RELATION, true, ANY, ANY},
	{"sessions-per-call", "sessions established per call", sessions, 0, true, ANY, ANY},
	{"shared-blocks-per-call", "shared blocks per call", shared_blocks, 0, true, ANY, ANY},
	{"sqlstate-count", "statements that ended with it", sqlstate_count, KIND_NEEDS | KIND_SQLSTATE, true, ANY, ANY},
	{"statements-per-call", "statements per call", statements_per_call, 0, true, ANY, ANY},
	{"subplan-loops", "loops of subplans per call", subplan_loops, KIND_RELATION, true, ANY, ANY},
	{"temp-blocks-per-call", "temporary blocks per call", temp_blocks, 0, true, ANY, ANY},
	{"wal-bytes-per-call", "bytes of WAL per call", wal_bytes, 0, true, ANY, ANY},
	{"wal-fpi-per-call", "full-page images per call", wal_fpi, 0, true, ANY, ANY},
	{"wal-records-per-call", "WAL records per call", wal_records, 0, true, ANY, ANY},
};
/* clang-format on */

const struct kind *kind_find(const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(KINDS); i++)
		if (strcmp(KINDS[i].name, name) == 0)
			return &KINDS[i];
	return NULL;
}

const struct kind *kind_table(size_t *n)
{
	*n = ARRAY_LEN(KINDS);
	return KINDS;
}
