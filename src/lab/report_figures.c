/* report_figures.c - the figures of a report's sides: the table, and how they are written. */
#include "report_view.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include <tasklab/base/hist.h>
#include <tasklab/base/term.h>

/* Reading -------------------------------------------------------------------------------------- */

static double per_call(const struct record *record, int64_t total)
{
	double calls = record_calls(record);

	return calls > 0 ? (double)total / calls : NAN;
}

/* What a figure is where only the plans tell: the sum over the roots of a sample's statements. */
static double per_sample(const struct record *record, double (*read)(const struct plan_node *root))
{
	double sum = 0;

	for (size_t i = 0; i < record->plan_count; i++)
		sum += read(&record->plans[i]->nodes[0]);
	return record->plan_count > 0 ? sum / (double)record_samples(record) : NAN;
}

static double root_shared(const struct plan_node *root)
{
	return root->shared_blocks;
}

static double root_temp(const struct plan_node *root)
{
	return root->temp_blocks;
}

static double root_rows(const struct plan_node *root)
{
	return root->actual_rows * root->loops;
}

/* The server's counters were not read. */
static bool plans_only(const struct record *record)
{
	return record->top.calls == 0 && record->workload.statements > 0;
}

static double read_rows(const struct record *record)
{
	if (plans_only(record))
		return per_sample(record, root_rows);
	return per_call(record, record->top.rows);
}

static double read_shared(const struct record *record)
{
	const struct record_statements *top = &record->top;

	if (plans_only(record))
		return per_sample(record, root_shared);
	return per_call(record, top->shared_blks_hit + top->shared_blks_read);
}

static double read_disk(const struct record *record)
{
	return per_call(record, record->top.shared_blks_read);
}

static double read_dirtied(const struct record *record)
{
	return per_call(record, record->top.shared_blks_dirtied);
}

static double read_temp(const struct record *record)
{
	const struct record_statements *top = &record->top;

	if (plans_only(record))
		return per_sample(record, root_temp);
	return per_call(record, top->temp_blks_read + top->temp_blks_written);
}

static double read_wal_bytes(const struct record *record)
{
	return per_call(record, record->top.wal_bytes);
}

static double read_wal_records(const struct record *record)
{
	return per_call(record, record->top.wal_records);
}

static double read_wal_fpi(const struct record *record)
{
	return per_call(record, record->top.wal_fpi);
}

static double read_nested(const struct record *record)
{
	return per_call(record, record->nested.calls);
}

static double read_removed(const struct record *record)
{
	double sum = 0;

	for (size_t i = 0; i < record->plan_count; i++)
		for (size_t j = 0; j < record->plans[i]->count; j++)
			sum += record->plans[i]->nodes[j].rows_removed_by_filter +
			       record->plans[i]->nodes[j].rows_removed_by_join_filter +
			       record->plans[i]->nodes[j].rows_removed_by_recheck;
	return record->plan_count > 0 ? sum / (double)record->plan_count : NAN;
}

/* As the evidence has it. */
static double read_misestimate(const struct record *record)
{
	const struct plan_match any = {.type = NULL};
	double worst = NAN;

	for (size_t i = 0; i < record->plan_count; i++)
		worst = fmax(worst, plan_misestimate(record->plans[i], &any));
	return worst;
}

static double read_seq_rows(const struct record *record)
{
	int64_t sum = 0;

	for (size_t i = 0; i < record->table_count; i++)
		sum += record->tables[i].seq_tup_read;
	return per_call(record, sum);
}

static double read_calls(const struct record *record)
{
	return record_calls(record);
}

static double read_rate(const struct record *record)
{
	return record->wall_ns > 0 ? record_calls_per_second(record) : NAN;
}

static double quantile(const struct record *record, double q)
{
	return record->latency->count > 0 ? (double)hist_quantile_ns(record->latency, q) : NAN;
}

static double read_statements(const struct record *record)
{
	return per_call(record, (int64_t)record->workload.statements);
}

static double read_failed(const struct record *record)
{
	return (double)record->workload.failed;
}

static double read_http_errors(const struct record *record)
{
	return (double)record->workload.http_errors;
}

static double read_lock_waits(const struct record *record)
{
	return (double)record->workload.lock_waits;
}

static double read_deadlocks(const struct record *record)
{
	return (double)record->database.deadlocks;
}

static double read_commits(const struct record *record)
{
	return per_call(record, record->database.xact_commit);
}

static double read_sessions(const struct record *record)
{
	return per_call(record, record->database.sessions);
}

static double read_jit(const struct record *record)
{
	double sum = 0;

	for (size_t i = 0; i < record->plan_count; i++)
		sum += record->plans[i]->jit_functions;
	return record->plan_count > 0 ? sum / (double)record->plan_count : NAN;
}

static double read_p50(const struct record *record)
{
	return quantile(record, 0.5);
}

static double read_p95(const struct record *record)
{
	return quantile(record, 0.95);
}

static double read_p99(const struct record *record)
{
	return quantile(record, 0.99);
}

static double read_max(const struct record *record)
{
	return record->latency->count > 0 ? (double)record->latency->max_ns : NAN;
}

/* The table ------------------------------------------------------------------------------------ */

const struct report_figure REPORT_FIGURES[] = {
	{.name = REPORT_SHARED_BLOCKS,
	 .meaning =
		 "8 kB blocks of tables and indexes that a call touched, in memory or on disk: the "
		 "truest measure of how much work it is.",
	 .better = REPORT_LESS,
	 .always = true,
	 .read = read_shared},
	{.name = "of these not in memory",
	 .meaning =
		 "Blocks that PostgreSQL had to ask the operating system for. It depends on what "
		 "ran before.",
	 .better = REPORT_LESS,
	 .context = true,
	 .read = read_disk},
	{.name = "rows thrown away per plan",
	 .meaning = "Rows that were read and then removed by a filter, a join filter or a recheck.",
	 .better = REPORT_LESS,
	 .read = read_removed},
	{.name = "rows by sequential scan per call",
	 .meaning = "Rows read by walking whole tables (seq_tup_read).",
	 .better = REPORT_LESS,
	 .read = read_seq_rows},
	{.name = "worst misestimate",
	 .meaning =
		 "The largest factor between the rows a plan node expected and those it had. From "
		 "10 on it often leads to a wrong plan.",
	 .better = REPORT_LESS,
	 .usual = 2,
	 .read = read_misestimate},
	{.name = "temporary blocks per call",
	 .meaning = "Blocks of sorts and hashes that did not fit into work_mem and went to disk.",
	 .better = REPORT_LESS,
	 .read = read_temp},
	{.name = "blocks dirtied per call",
	 .meaning = "Blocks that a call changed, and that must be written sooner or later.",
	 .better = REPORT_LESS,
	 .read = read_dirtied},
	{.name = "WAL per call",
	 .meaning = "Bytes of write-ahead log: what a commit waits for, and what replicas receive.",
	 .unit = REPORT_BYTES,
	 .better = REPORT_LESS,
	 .read = read_wal_bytes},
	{.name = "WAL records per call",
	 .meaning = "Single changes in the write-ahead log.",
	 .better = REPORT_LESS,
	 .read = read_wal_records},
	{.name = "full-page images per call",
	 .meaning =
		 "Whole blocks in the write-ahead log: a block's first change after a checkpoint.",
	 .better = REPORT_LESS,
	 .read = read_wal_fpi},
	{.name = "nested statements per call",
	 .meaning = "Statements that functions and triggers ran; their blocks are counted with the "
		    "call's.",
	 .better = REPORT_LESS,
	 .read = read_nested},
	{.name = "functions compiled per plan",
	 .meaning = "What just-in-time compilation (JIT) had to compile before a row was returned.",
	 .better = REPORT_LESS,
	 .read = read_jit},
	{.name = "statements per call",
	 .meaning = "Round trips to the server that one call makes.",
	 .better = REPORT_LESS,
	 .usual = 1.05,
	 .read = read_statements},
	{.name = "transactions per call",
	 .meaning = "Commits in the lab's database; each one that wrote waits for the disk.",
	 .better = REPORT_LESS,
	 .usual = 1.05,
	 .read = read_commits},
	{.name = "sessions per call",
	 .meaning = "Connections that were opened: each costs a process and a login.",
	 .better = REPORT_LESS,
	 .usual = 0.5,
	 .read = read_sessions},
	{.name = "lock waits",
	 .meaning = "Statements that were seen waiting for a lock.",
	 .better = REPORT_LESS,
	 .read = read_lock_waits},
	{.name = "deadlocks",
	 .meaning = "Circles of sessions waiting for each other, broken by PostgreSQL.",
	 .better = REPORT_LESS,
	 .read = read_deadlocks},
	{.name = "failed statements",
	 .meaning = "Statements that ended with an error that the lab expects.",
	 .better = REPORT_LESS,
	 .read = read_failed},
	{.name = "HTTP errors",
	 .meaning = "Answers of 500 or more to requests of the workload.",
	 .better = REPORT_LESS,
	 .read = read_http_errors},
	{.name = "rows per call",
	 .meaning = "Rows that the statement returned or changed.",
	 .better = REPORT_EITHER,
	 .always = true,
	 .read = read_rows},
	{.name = "calls",
	 .meaning = "How often the statement was executed for the counters and the latencies.",
	 .better = REPORT_EITHER,
	 .always = true,
	 .read = read_calls},
	{.name = "calls per second",
	 .meaning = "Over all connections, on this machine.",
	 .better = REPORT_MORE,
	 .context = true,
	 .always = true,
	 .read = read_rate},
	{.name = REPORT_MEDIAN,
	 .meaning = "Half of the calls were faster.",
	 .unit = REPORT_NS,
	 .better = REPORT_LESS,
	 .context = true,
	 .always = true,
	 .read = read_p50},
	{.name = "latency p95",
	 .meaning = "One call in 20 was slower.",
	 .unit = REPORT_NS,
	 .better = REPORT_LESS,
	 .context = true,
	 .always = true,
	 .read = read_p95},
	{.name = "latency p99",
	 .meaning = "One call in 100 was slower.",
	 .unit = REPORT_NS,
	 .better = REPORT_LESS,
	 .context = true,
	 .always = true,
	 .read = read_p99},
	{.name = "latency max",
	 .meaning = "The slowest call.",
	 .unit = REPORT_NS,
	 .better = REPORT_LESS,
	 .context = true,
	 .always = true,
	 .read = read_max},
};
const size_t REPORT_FIGURE_COUNT = ARRAY_LEN(REPORT_FIGURES);

const struct report_figure *report_figure_named(const char *name)
{
	size_t i = 0;

	while (i + 1 < REPORT_FIGURE_COUNT && strcmp(REPORT_FIGURES[i].name, name) != 0)
		i++;
	assert(strcmp(REPORT_FIGURES[i].name, name) == 0);
	return &REPORT_FIGURES[i];
}

bool report_figure_shown(const struct report_figure *figure, const struct report_view *view)
{
	if (figure->always)
		return true;
	for (size_t i = 0; i < ARRAY_LEN(view->side); i++) {
		double value = figure->read(view->side[i].record);

		if (!isnan(value) && value > figure->usual)
			return true;
	}
	return false;
}

/* Writing -------------------------------------------------------------------------------------- */

#define LARGEST 9e18 /* what fits an integer */

const char *report_value(double value, enum report_unit unit, char out[REPORT_CELL])
{
	double size = fabs(value);
	char text[32];

	if (isnan(value))
		(void)snprintf(out, REPORT_CELL, "-");
	else if (size >= LARGEST)
		(void)snprintf(out, REPORT_CELL, "%.3g", value);
	else if (unit == REPORT_BYTES)
		(void)snprintf(out, REPORT_CELL, "%s%s", value < 0 ? "-" : "",
			       term_bytes((uint64_t)llround(size), text));
	else if (unit == REPORT_NS)
		(void)snprintf(out, REPORT_CELL, "%s%s", value < 0 ? "-" : "",
			       term_duration_ns((uint64_t)llround(size), text));
	else if (size >= 100 || size == floor(size))
		(void)snprintf(out, REPORT_CELL, "%s%s", value < 0 ? "-" : "",
			       term_count((uint64_t)llround(size), text));
	else if (size < 0.095)
		(void)snprintf(out, REPORT_CELL, "%.2g", value);
	else
		(void)snprintf(out, REPORT_CELL, "%.1f", value);
	return out;
}

#define SAME_WITHIN 0.02 /* a change smaller than this is none */

static bool same(double before, double after)
{
	return fabs(before - after) <= SAME_WITHIN * fmax(fabs(before), fabs(after));
}

const char *report_change(double before, double after, char out[REPORT_CELL])
{
	double factor = before > after ? before / after : after / before;
	const char *word = before > after ? "less" : "more";
	char count[32];

	if (isnan(before) || isnan(after) || before < 0 || after < 0 || (before == 0 && after == 0))
		out[0] = '\0';
	else if (after == 0)
		(void)snprintf(out, REPORT_CELL, "gone");
	else if (before == 0)
		(void)snprintf(out, REPORT_CELL, "new");
	else if (same(before, after))
		(void)snprintf(out, REPORT_CELL, "same");
	else if (factor >= LARGEST)
		(void)snprintf(out, REPORT_CELL, "%.2g\u00d7 %s", factor, word);
	else if (factor >= 10)
		(void)snprintf(out, REPORT_CELL, "%s\u00d7 %s",
			       term_count((uint64_t)llround(factor), count), word);
	else
		(void)snprintf(out, REPORT_CELL, factor >= 1.1 ? "%.1f\u00d7 %s" : "%.2f\u00d7 %s",
			       factor, word);
	return out;
}

enum report_tone report_change_tone(double before, double after, enum report_better better)
{
	if (isnan(before) || isnan(after) || better == REPORT_EITHER || same(before, after))
		return REPORT_NEUTRAL;
	return (after < before) == (better == REPORT_LESS) ? REPORT_GOOD : REPORT_BAD;
}
