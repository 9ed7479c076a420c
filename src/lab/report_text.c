/* report_text.c - a run's result for people: evidence, figures, plans, bars. */
#include <tasklab/lab/report.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <tasklab/base/term.h>

#include "result.h"

#define BAR_CELLS 40
#define CELL      48

/* A figure: whole numbers as such, others with one decimal; "-" where there is none. */
static const char *figure(double value, char out[CELL])
{
	char count[32];

	if (isnan(value))
		(void)snprintf(out, CELL, "-");
	else if (value >= 1000 || value == floor(value))
		(void)snprintf(out, CELL, "%s", term_count((uint64_t)llround(value), count));
	else
		(void)snprintf(out, CELL, "%.1f", value);
	return out;
}

static const char *change(double before, double after, char out[CELL])
{
	char count[32];

	if (isnan(before) || isnan(after) || (before <= 0 && after <= 0))
		(void)snprintf(out, CELL, "%s", "");
	else if (after <= 0)
		(void)snprintf(out, CELL, "gone");
	else if (before <= 0)
		(void)snprintf(out, CELL, "new");
	else if (fabs(before - after) <= before / 100)
		(void)snprintf(out, CELL, "same");
	else if (before / after >= 10)
		(void)snprintf(out, CELL, "%s times less",
			       term_count((uint64_t)(before / after), count));
	else if (after / before >= 10)
		(void)snprintf(out, CELL, "%s times more",
			       term_count((uint64_t)(after / before), count));
	else if (before >= after)
		(void)snprintf(out, CELL, "%.1f times less", before / after);
	else
		(void)snprintf(out, CELL, "%.1f times more", after / before);
	return out;
}

static void heading(FILE *stream, const char *text)
{
	(void)fprintf(stream, "\n%s%s%s\n", term_on(stream, TERM_BOLD), text, term_off(stream));
}

/* Evidence ------------------------------------------------------------------------------------ */

static void print_evidence(const struct run_result *result, FILE *stream)
{
	static const enum term_style styles[] = {[EVIDENCE_HELD] = TERM_GREEN,
						 [EVIDENCE_NOT_HELD] = TERM_RED,
						 [EVIDENCE_SKIPPED] = TERM_YELLOW};

	heading(stream, "Evidence");
	for (size_t i = 0; i < result->verdict_count; i++) {
		const struct evidence_verdict *verdict = &result->verdicts[i];
		char before[CELL], after[CELL];

		(void)fprintf(stream, "  %s%-8s%s  %s  (%s -> %s)\n",
			      term_on(stream, styles[verdict->outcome]),
			      evidence_outcome_name(verdict->outcome), term_off(stream),
			      verdict->claim, figure(verdict->before, before),
			      figure(verdict->after, after));
		if (*verdict->reason)
			(void)fprintf(stream, "            %s\n", verdict->reason);
	}
}

/* Figures ------------------------------------------------------------------------------------- */

static void figure_row(struct term_table *table, const char *name, double before, double after)
{
	char left[CELL], right[CELL], difference[CELL];
	const char *cells[] = {name, figure(before, left), figure(after, right),
			       change(before, after, difference)};

	term_table_row(table, cells);
}

static void duration_row(struct term_table *table, const char *name, uint64_t before,
			 uint64_t after)
{
	char left[32], right[32], difference[CELL];
	const char *cells[] = {name, term_duration_ns(before, left), term_duration_ns(after, right),
			       change((double)before, (double)after, difference)};

	term_table_row(table, cells);
}

static double per_call(const struct record *record, int64_t total)
{
	double calls = record_calls(record);

	return calls > 0 ? (double)total / calls : NAN;
}

static double shared_per_call(const struct record *record)
{
	return per_call(record, record->top.shared_blks_hit + record->top.shared_blks_read);
}

static void statement_rows(struct term_table *table, const struct run_result *result)
{
	const struct record *before = result->before, *after = result->after;

	figure_row(table, "calls", record_calls(before), record_calls(after));
	figure_row(table, "rows per call", per_call(before, before->top.rows),
		   per_call(after, after->top.rows));
	figure_row(table, "shared blocks per call", shared_per_call(before),
		   shared_per_call(after));
	figure_row(table, "of these read from disk", per_call(before, before->top.shared_blks_read),
		   per_call(after, after->top.shared_blks_read));
	figure_row(table, "temporary blocks per call",
		   per_call(before, before->top.temp_blks_read + before->top.temp_blks_written),
		   per_call(after, after->top.temp_blks_read + after->top.temp_blks_written));
	figure_row(table, "WAL bytes per call", per_call(before, before->top.wal_bytes),
		   per_call(after, after->top.wal_bytes));
	if (before->nested.calls > 0 || after->nested.calls > 0)
		figure_row(table, "nested statements per call",
			   per_call(before, before->nested.calls),
			   per_call(after, after->nested.calls));
}

static void print_figures(const struct run_result *result, FILE *stream)
{
	static const char *const headers[] = {"", ">before", ">after", "change"};
	static const struct {
		const char *name;
		double q;
	} quantiles[] = {{"latency p50", 0.5},
			 {"latency p95", 0.95},
			 {"latency p99", 0.99},
			 {"latency max", 1}};
	const struct record *before = result->before, *after = result->after;
	struct term_table *table = term_table_new(headers, ARRAY_LEN(headers));

	heading(stream, "Figures");
	if (!table)
		return;
	statement_rows(table, result);
	figure_row(table, "calls per second", record_calls_per_second(before),
		   record_calls_per_second(after));
	for (size_t i = 0; i < ARRAY_LEN(quantiles); i++)
		duration_row(table, quantiles[i].name,
			     hist_quantile_ns(before->latency, quantiles[i].q),
			     hist_quantile_ns(after->latency, quantiles[i].q));
	term_table_print(table, stream);
}

/* Tables that were read or written: what pg_stat_user_tables counted. */
static void print_tables(const struct run_result *result, FILE *stream)
{
	static const char *const headers[] = {"table",        ">seq scans",     ">rows by seq scan",
					      ">index scans", ">rows by index", "phase"};
	const struct record *const phases[] = {result->before, result->after};
	struct term_table *table = term_table_new(headers, ARRAY_LEN(headers));

	heading(stream, "Tables (pg_stat_user_tables)");
	if (!table)
		return;
	for (size_t p = 0; p < ARRAY_LEN(phases); p++) {
		for (size_t i = 0; i < phases[p]->table_count; i++) {
			const struct record_table *one = &phases[p]->tables[i];
			char scans[CELL], read[CELL], probes[CELL], fetched[CELL];
			const char *cells[] = {one->name,
					       figure((double)one->seq_scan, scans),
					       figure((double)one->seq_tup_read, read),
					       figure((double)one->idx_scan, probes),
					       figure((double)one->idx_tup_fetch, fetched),
					       p ? "after" : "before"};

			if (one->seq_scan || one->idx_scan || one->n_tup_ins || one->n_tup_upd ||
			    one->n_tup_del)
				term_table_row(table, cells);
		}
	}
	term_table_print(table, stream);
}

/* Plans --------------------------------------------------------------------------------------- */

static void print_node(const struct plan_node *node, bool changed, bool after, FILE *stream)
{
	enum term_style style = !changed ? TERM_PLAIN : after ? TERM_GREEN : TERM_RED;
	char name[256], rows[CELL], estimate[CELL], blocks[CELL], removed[CELL];

	plan_node_name(node, name, sizeof(name));
	(void)fprintf(
		stream, "%s  %c %*s%s%s  rows %s (estimate %s), blocks %s", term_on(stream, style),
		!changed ? ' '
		: after  ? '+'
			 : '-',
		(int)node->depth * 2, "", name, term_off(stream), figure(node->actual_rows, rows),
		figure(node->estimated_rows, estimate), figure(node->shared_blocks, blocks));
	if (node->rows_removed_by_filter > 0)
		(void)fprintf(stream, ", removed by filter %s",
			      figure(node->rows_removed_by_filter, removed));
	if (node->loops > 1)
		(void)fprintf(stream, ", loops %.0f", node->loops);
	(void)fprintf(stream, ", %.3f ms\n", node->actual_ms);
	if (node->condition)
		(void)fprintf(stream, "    %*s  %s%.200s%s\n", (int)node->depth * 2, "",
			      term_on(stream, TERM_DIM), node->condition, term_off(stream));
}

static void print_plan(const struct plan *plan, const struct plan *other, bool after, FILE *stream)
{
	AUTO(freep) bool *changed = calloc(plan->count, sizeof(*changed));

	if (!changed)
		return;
	plan_mark_changed(plan, other, changed);
	for (size_t i = 0; i < plan->count; i++)
		print_node(&plan->nodes[i], changed[i], after, stream);
}

/* One a statement of the script; none where the lab asks for no samples. */
static void print_plans(const struct record *record, const struct record *other, bool after,
			FILE *stream)
{
	if (record->plan_count == 0)
		return;
	heading(stream, after ? "Plan after (first sample; + is new)"
			      : "Plan before (first sample; - is gone afterwards)");
	for (size_t i = 0; i < record->plan_count && record->plans[i]->sample == 0; i++)
		print_plan(record->plans[i], record_plan(other, 0, record->plans[i]->step), after,
			   stream);
}

/* Bars ---------------------------------------------------------------------------------------- */

static void print_bar(FILE *stream, const char *name, double value, double largest,
		      enum term_style style, const char *text)
{
	int cells = largest > 0 ? (int)ceil(value / largest * BAR_CELLS) : 0;

	(void)fprintf(stream, "  %-8s%s", name, term_on(stream, style));
	for (int i = 0; i < BAR_CELLS; i++)
		(void)fputs(i < cells ? "\u2588" : "\u00b7", stream);
	(void)fprintf(stream, "%s %s\n", term_off(stream), text);
}

static void print_pair(FILE *stream, const char *what, double before, double after,
		       const char *before_text, const char *after_text)
{
	double largest = before > after ? before : after;

	heading(stream, what);
	print_bar(stream, "before", before, largest, TERM_RED, before_text);
	print_bar(stream, "after", after, largest, TERM_GREEN, after_text);
}

static void print_bars(const struct run_result *result, FILE *stream)
{
	double before = shared_per_call(result->before), after = shared_per_call(result->after);
	uint64_t slow = hist_quantile_ns(result->before->latency, 0.5);
	uint64_t fast = hist_quantile_ns(result->after->latency, 0.5);
	char left[CELL], right[CELL];

	if (!isnan(before) && !isnan(after))
		print_pair(stream, "Shared blocks per call", before, after, figure(before, left),
			   figure(after, right));
	print_pair(stream, "Latency p50 (context, not evidence)", (double)slow, (double)fast,
		   term_duration_ns(slow, left), term_duration_ns(fast, right));
}

void report_text(const struct run_result *result, FILE *stream)
{
	if (*result->skipped) {
		(void)fprintf(stream, "%s is skipped: %s\n", result->lab->slug, result->skipped);
		return;
	}
	(void)fprintf(stream, "%s%s: %s%s\n", term_on(stream, TERM_BOLD), result->lab->slug,
		      result->lab->title, term_off(stream));
	(void)fprintf(stream, "PostgreSQL %d.%d, scale %s, %zu parameter rows, %zu clients\n",
		      result->server_version / 10000, result->server_version % 10000,
		      seed_scale_name(result->scale), result->parameters, result->clients);
	print_bars(result, stream);
	print_figures(result, stream);
	print_plans(result->before, result->after, false, stream);
	print_plans(result->after, result->before, true, stream);
	print_tables(result, stream);
	print_evidence(result, stream);
	(void)fprintf(stream, "\n%s%s%s\n", term_on(stream, result->passed ? TERM_GREEN : TERM_RED),
		      result->passed ? "passed: the evidence holds"
				     : "failed: the evidence does not hold",
		      term_off(stream));
	if (result->kept)
		(void)fprintf(stream, "%s is kept, in its fixed state: %s\n", result->database,
			      result->psql ? result->psql : "");
	if (*result->note)
		(void)fprintf(stream, "note: %s\n", result->note);
}
