/* report_text.c - a report for people at a terminal: verdicts, figures, plans, bars. */
#include "report_text.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <tasklab/base/term.h>

#include "plan_text.h"
#include "report_grade.h"
#include "report_rows.h"

#define BAR_COLUMNS   30
#define ABREAST_FROM  170 /* columns from which the plans stand side by side */
#define ABREAST_GAP   3
#define LATENCY_LINES 18
#define BLOCK_MAX     ((size_t)16 * 1024 * 1024)

static enum term_style tone_style(enum report_tone tone)
{
	static const enum term_style styles[] = {[REPORT_NEUTRAL] = TERM_PLAIN,
						 [REPORT_GOOD] = TERM_GREEN,
						 [REPORT_BAD] = TERM_RED,
						 [REPORT_WARN] = TERM_YELLOW};

	return styles[tone];
}

static enum term_style side_style(size_t side)
{
	return side ? TERM_CYAN : TERM_YELLOW;
}

static void put_sentence(const struct paint *paint, const struct report_view *view)
{
	paint_text(paint, tone_style(view->tone), report_said(view));
	if (view->sentence)
		paint_printf(paint, TERM_PLAIN, ": %s", view->sentence);
	paint_text(paint, TERM_PLAIN, "\n");
}

static void put_head(const struct paint *paint, const struct report_view *view)
{
	char took[32];

	paint_printf(paint, TERM_BOLD, "%s%s%s\n", view->slug ? view->slug : "",
		     view->slug ? ": " : "", view->title);
	paint_printf(paint, TERM_DIM, "PostgreSQL %d.%d", view->server_version / 10000,
		     view->server_version % 10000);
	if (view->where)
		paint_printf(paint, TERM_DIM, ", %s", view->where);
	else if (view->scale)
		paint_printf(paint, TERM_DIM, ", scale %s", view->scale);
	if (view->database && !view->where)
		paint_printf(paint, TERM_DIM, ", database %s", view->database);
	paint_printf(paint, TERM_DIM, ", %zu parameter row%s, %zu client%s", view->parameters,
		     view->parameters == 1 ? "" : "s", view->clients,
		     view->clients == 1 ? "" : "s");
	if (view->finished_us > view->started_us)
		paint_printf(
			paint, TERM_DIM, ", took %s",
			term_duration_ns((uint64_t)(view->finished_us - view->started_us) * 1000,
					 took));
	paint_text(paint, TERM_PLAIN, "\n");
	put_sentence(paint, view);
}

/* Evidence ------------------------------------------------------------------------------------- */

static void put_evidence(const struct paint *paint, const struct report_view *view)
{
	char left[REPORT_CELL], right[REPORT_CELL];
	const char *const headers[] = {"", "*claim", left, right, "?change"};
	struct paint_table *table;

	if (view->verdict_count == 0)
		return;
	(void)snprintf(left, sizeof(left), ">%s", view->side[0].label);
	(void)snprintf(right, sizeof(right), ">%s", view->side[1].label);
	paint_heading(paint, "Evidence");
	table = paint_table_new(headers, ARRAY_LEN(headers));
	for (size_t i = 0; i < view->verdict_count; i++) {
		const struct evidence_verdict *one = &view->verdicts[i];
		enum term_style style = tone_style(report_outcome_tone(one->outcome));
		char text[REPORT_CELL];

		paint_cell(table, style, evidence_outcome_name(one->outcome));
		paint_cell(table, TERM_PLAIN, one->claim);
		paint_cell(table, TERM_PLAIN, report_value(one->before, REPORT_COUNT, text));
		paint_cell(table, TERM_PLAIN, report_value(one->after, REPORT_COUNT, text));
		paint_cell(table, TERM_DIM, report_change(one->before, one->after, text));
		if (*one->reason)
			paint_note(table, style, "          ", one->reason);
	}
	paint_table_end(table, paint, 2);
}

static void put_equivalence(const struct paint *paint, const struct report_view *view)
{
	char text[200];

	report_equivalence(view, text, sizeof(text));
	paint_text(paint, TERM_PLAIN, "\n");
	paint_wrap(paint, view->side[1].record->differing > 0 ? TERM_RED : TERM_PLAIN, "", text);
}

/* Figures -------------------------------------------------------------------------------------- */

/* Two bars of one figure, so that the eye sees the difference before it reads. */
static void put_pair(const struct paint *paint, const struct report_view *view,
		     const struct report_figure *figure)
{
	const char *const headers[] = {"", "", ">"};
	struct paint_table *table;
	double value[2], most;

	for (size_t i = 0; i < ARRAY_LEN(value); i++)
		value[i] = figure->read(view->side[i].record);
	most = fmax(value[0], value[1]);
	if (isnan(value[0]) || isnan(value[1]) || most <= 0)
		return;
	paint_printf(paint, TERM_DIM, "\n%s%s\n", figure->name,
		     figure->context ? " (context)" : "");
	table = paint_table_new(headers, ARRAY_LEN(headers));
	for (size_t i = 0; i < ARRAY_LEN(value); i++) {
		char text[REPORT_CELL];

		paint_cell(table, TERM_PLAIN, view->side[i].label);
		paint_cell_bar(table, side_style(i), value[i] / most, BAR_COLUMNS);
		paint_cell(table, TERM_PLAIN, report_value(value[i], figure->unit, text));
	}
	paint_table_end(table, paint, 2);
}

static void put_figures(const struct paint *paint, const struct report_view *view)
{
	char left[REPORT_CELL], right[REPORT_CELL];
	const char *const headers[] = {"*figure", left, right, "change"};
	struct paint_table *table;

	(void)snprintf(left, sizeof(left), ">%s", view->side[0].label);
	(void)snprintf(right, sizeof(right), ">%s", view->side[1].label);
	paint_heading(paint, "Figures");
	table = paint_table_new(headers, ARRAY_LEN(headers));
	for (size_t i = 0; i < REPORT_FIGURE_COUNT; i++) {
		const struct report_figure *one = &REPORT_FIGURES[i];
		double before = one->read(view->side[0].record);
		double after = one->read(view->side[1].record);
		char text[REPORT_CELL];

		if (!report_figure_shown(one, view))
			continue;
		paint_cell(table, one->context ? TERM_DIM : TERM_PLAIN, one->name);
		paint_cell(table, TERM_PLAIN, report_value(before, one->unit, text));
		paint_cell(table, TERM_PLAIN, report_value(after, one->unit, text));
		paint_cell(table, tone_style(report_change_tone(before, after, one->better)),
			   report_change(before, after, text));
	}
	paint_table_end(table, paint, 2);
}

/* Relations ------------------------------------------------------------------------------------ */

static void put_count(struct paint_table *table, int64_t value)
{
	char text[REPORT_CELL];

	paint_cell(table, value ? TERM_PLAIN : TERM_DIM,
		   report_value((double)value, REPORT_COUNT, text));
}

static void put_rows(const struct paint *paint, const struct report_view *view, const char *title,
		     const struct report_rows *rows)
{
	char marked[REPORT_COUNTERS][REPORT_CELL];
	const char *headers[REPORT_COUNTERS + 3] = {"*", ""};
	struct paint_table *table;

	if (rows->count == 0)
		return;
	for (size_t i = 0; i < rows->columns; i++) {
		(void)snprintf(marked[i], REPORT_CELL, "%s%s", i < 4 ? ">" : "?>",
			       rows->column[i]->title);
		headers[i + 2] = marked[i];
	}
	headers[rows->columns + 2] = ">size";
	paint_heading(paint, title);
	table = paint_table_new(headers, rows->columns + 3);
	for (size_t i = 0; i < rows->count; i++) {
		const struct report_row *row = &rows->row[i];
		char text[REPORT_CELL];

		paint_cell(table, TERM_PLAIN, row->name);
		paint_cell(table, side_style(row->side), view->side[row->side].label);
		for (size_t j = 0; j < rows->columns; j++)
			put_count(table, report_row_counter(row, rows->column[j]));
		paint_cell(table, TERM_PLAIN,
			   report_value((double)row->size_bytes, REPORT_BYTES, text));
	}
	paint_table_end(table, paint, 2);
	if (rows->left_out > 0)
		paint_printf(paint, TERM_DIM, "  and %zu more\n", rows->left_out);
}

static void put_relations(const struct paint *paint, const struct report_view *view)
{
	struct report_rows rows;

	report_rows_tables(view, &rows);
	put_rows(paint, view, "Tables that were used (pg_stat_user_tables)", &rows);
	report_rows_indexes(view, &rows);
	put_rows(paint, view, "Indexes that were used (pg_stat_user_indexes)", &rows);
}

/* Plans ---------------------------------------------------------------------------------------- */

static void put_plan(const struct paint *paint, const struct report_view *view, size_t side,
		     const struct report_place *place, double most)
{
	static const char *const marks[] = {"-", "+"};
	const struct plan *plan = report_plan(view, side, place);
	AUTO(freep) bool *changed = report_changed(view, side, place);
	const struct plan_text how = {.changed = changed,
				      .mark = marks[side],
				      .style = side_style(side),
				      .most_blocks = most};

	paint_text(paint, TERM_BOLD, view->side[side].title);
	paint_text(paint, TERM_PLAIN, "\n");
	if (!plan || !changed) {
		paint_text(paint, TERM_DIM, "  no such statement\n");
		return;
	}
	plan_text(paint, plan, &how);
}

static void put_pair_of_plans(const struct paint *paint, const struct report_view *view,
			      const struct report_place *place)
{
	AUTO(buf_release) struct buf left = BUF_INIT(BLOCK_MAX);
	AUTO(buf_release) struct buf right = BUF_INIT(BLOCK_MAX);
	struct paint one = *paint, other = *paint;
	double most = report_plan_most(view, place);

	if (paint->width >= ABREAST_FROM)
		one.width = other.width = (paint->width - ABREAST_GAP) / 2;
	one.out = &left;
	other.out = &right;
	put_plan(&one, view, 0, place, most);
	put_plan(&other, view, 1, place, most);
	if (paint->width >= ABREAST_FROM) {
		paint_abreast(paint, &left, &right, (size_t)one.width + ABREAST_GAP);
	} else {
		buf_append(paint->out, buf_str(&left), left.len);
		buf_putc(paint->out, '\n');
		buf_append(paint->out, buf_str(&right), right.len);
		paint->out->failed |= left.failed || right.failed;
	}
}

/* Those of the first sample: the others are in the files. */
static void put_plans(const struct paint *paint, const struct report_view *view)
{
	struct report_place places[REPORT_PLACES];
	size_t n = report_places(view, places);

	if (n == 0)
		return;
	for (size_t i = 0; i < n && places[i].sample == 0; i++) {
		char name[REPORT_CELL], title[REPORT_CELL + 16];

		report_place_name(view, &places[i], name);
		(void)snprintf(title, sizeof(title), "Plans%s%s", *name ? ", " : "", name);
		paint_heading(paint, title);
		put_pair_of_plans(paint, view, &places[i]);
	}
	paint_text(paint, TERM_PLAIN, "\n");
	paint_wrap(
		paint, TERM_DIM, "  ",
		"- is only in the first plan, + only in the second. Rows and expected rows are per "
		"loop; off says that there were so many times more (\u00d7) or fewer (\u00f7) than "
		"expected. Blocks and time include those of the nodes below.");
}

/* Latency -------------------------------------------------------------------------------------- */

/* Both distributions over the same logarithmic slots, as bars to the left and the right of it. */
static void put_latency(const struct paint *paint, const struct report_view *view)
{
	char left[REPORT_CELL], right[REPORT_CELL];
	const char *const headers[] = {">up to", left, "", right, ""};
	struct report_latency latency;
	struct paint_table *table;

	if (!report_latency_read(view, LATENCY_LINES, &latency))
		return;
	(void)snprintf(left, sizeof(left), ">%s", view->side[0].label);
	(void)snprintf(right, sizeof(right), ">%s", view->side[1].label);
	paint_heading(paint, "Latency of the calls (context: it decides nothing)");
	table = paint_table_new(headers, ARRAY_LEN(headers));
	for (size_t i = 0; i < latency.slots; i++) {
		char text[REPORT_CELL];

		paint_cell(table, TERM_DIM, report_value(latency.upper_ns[i], REPORT_NS, text));
		for (size_t side = 0; side < 2; side++) {
			paint_cell(table, TERM_PLAIN,
				   latency.count[side][i]
					   ? report_value((double)latency.count[side][i],
							  REPORT_COUNT, text)
					   : "");
			paint_cell_bar(table, side_style(side),
				       report_latency_bar(&latency, side, i), BAR_COLUMNS / 2);
		}
	}
	paint_table_end(table, paint, 2);
}

/* The whole ------------------------------------------------------------------------------------ */

static void put_bars(const struct paint *paint, const struct report_view *view)
{
	put_pair(paint, view, report_figure_named(REPORT_SHARED_BLOCKS));
	put_pair(paint, view, report_figure_named(REPORT_MEDIAN));
}

/* Those of a lab are known. */
static void put_scripts(const struct paint *paint, const struct report_view *view)
{
	for (size_t i = 0; i < ARRAY_LEN(view->side) && !view->slug; i++) {
		paint_heading(paint, view->side[i].title);
		paint_lines(paint, side_style(i), 2,
			    view->side[i].script ? view->side[i].script : "");
	}
}

static void put_findings(const struct paint *paint, const struct report_view *view)
{
	put_scripts(paint, view);
	put_bars(paint, view);
	put_figures(paint, view);
	put_plans(paint, view);
	put_relations(paint, view);
	put_latency(paint, view);
	put_evidence(paint, view);
	put_equivalence(paint, view);
}

void report_view_text(const struct report_view *view, const struct paint *paint)
{
	if (view->skipped) {
		paint_printf(paint, TERM_YELLOW, "%s is skipped: %s\n", view->slug, view->sentence);
		return;
	}
	put_head(paint, view);
	if (!view->empty)
		put_findings(paint, view);
	report_grade_text(paint, view);
	paint_text(paint, TERM_PLAIN, "\n");
	put_sentence(paint, view);
	if (view->next)
		paint_wrap(paint, TERM_PLAIN, "", view->next);
	if (view->kept)
		paint_printf(paint, TERM_PLAIN, "%s is kept, as it was measured last: %s\n",
			     view->database, view->psql ? view->psql : "");
	for (size_t i = 0; i < REPORT_NOTES && view->notes[i]; i++) {
		paint_text(paint, TERM_YELLOW, "note: ");
		paint_printf(paint, TERM_PLAIN, "%s\n", view->notes[i]);
	}
}
