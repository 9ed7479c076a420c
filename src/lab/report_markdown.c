/* report_markdown.c - a report as Markdown: for a commit message, an issue or a wiki. */
#include "report_write.h"

#include <math.h>
#include <stdlib.h>

#include <tasklab/base/hist.h>
#include <tasklab/base/term.h>

#include "markup.h"
#include "paint.h"
#include "plan_text.h"
#include "report_grade.h"
#include "report_rows.h"

#define PLAN_COLUMNS 110
#define PLAN_MAX     ((size_t)16 * 1024 * 1024)

static void put_cell(struct buf *out, const char *text)
{
	buf_puts(out, " ");
	markup_markdown(out, text);
	buf_puts(out, " |");
}

static void put_head(struct buf *out, const struct report_view *view)
{
	char took[32];

	buf_puts(out, "# ");
	if (view->slug) {
		markup_markdown(out, view->slug);
		buf_puts(out, ": ");
	}
	markup_markdown(out, view->title);
	buf_puts(out, "\n\n");
	if (view->summary) {
		markup_markdown(out, view->summary);
		buf_puts(out, "\n\n");
	}
	buf_printf(out, "**%s**", report_said(view));
	if (view->sentence) {
		buf_puts(out, ": ");
		markup_markdown(out, view->sentence);
	}
	buf_printf(out, "\n\nPostgreSQL %d.%d, ", view->server_version / 10000,
		   view->server_version % 10000);
	if (view->where) {
		markup_markdown(out, view->where);
		buf_puts(out, ", ");
	} else if (view->scale) {
		buf_printf(out, "scale %s, ", view->scale);
	}
	buf_printf(out, "%zu parameter rows, %zu clients, took %s.\n", view->parameters,
		   view->clients,
		   term_duration_ns((uint64_t)(view->finished_us > view->started_us
						       ? view->finished_us - view->started_us
						       : 0) *
					    1000,
				    took));
	for (size_t i = 0; i < REPORT_NOTES && view->notes[i]; i++) {
		buf_puts(out, "\nNote: ");
		markup_markdown(out, view->notes[i]);
		buf_putc(out, '\n');
	}
}

static void put_evidence(struct buf *out, const struct report_view *view)
{
	if (view->verdict_count == 0)
		return;
	buf_puts(out, "\n## Evidence\n\n| | claim |");
	put_cell(out, view->side[0].label);
	put_cell(out, view->side[1].label);
	buf_puts(out, " why |\n|---|---|--:|--:|---|\n");
	for (size_t i = 0; i < view->verdict_count; i++) {
		const struct evidence_verdict *one = &view->verdicts[i];
		char text[REPORT_CELL];

		buf_putc(out, '|');
		put_cell(out, evidence_outcome_name(one->outcome));
		put_cell(out, one->claim);
		put_cell(out, report_value(one->before, REPORT_COUNT, text));
		put_cell(out, report_value(one->after, REPORT_COUNT, text));
		put_cell(out, one->reason);
		buf_putc(out, '\n');
	}
}

static void put_equivalence(struct buf *out, const struct report_view *view)
{
	char text[200];

	report_equivalence(view, text, sizeof(text));
	buf_puts(out, "\nProof: ");
	markup_markdown(out, text);
	buf_puts(out, ".\n");
}

static void put_figures(struct buf *out, const struct report_view *view)
{
	buf_puts(out, "\n## Figures\n\n| figure |");
	put_cell(out, view->side[0].label);
	put_cell(out, view->side[1].label);
	buf_puts(out, " change | what it means |\n|---|--:|--:|---|---|\n");
	for (size_t i = 0; i < REPORT_FIGURE_COUNT; i++) {
		const struct report_figure *one = &REPORT_FIGURES[i];
		double before = one->read(view->side[0].record);
		double after = one->read(view->side[1].record);
		char text[REPORT_CELL];

		if (!report_figure_shown(one, view))
			continue;
		buf_putc(out, '|');
		put_cell(out, one->name);
		put_cell(out, report_value(before, one->unit, text));
		put_cell(out, report_value(after, one->unit, text));
		put_cell(out, report_change(before, after, text));
		put_cell(out, one->meaning);
		buf_putc(out, '\n');
	}
}

/* The tree as the terminal draws it: it is aligned, and no renderer changes code. */
static int put_plan(struct buf *out, const struct report_view *view, size_t side,
		    const struct report_place *place, struct err *err)
{
	static const char *const marks[] = {"-", "+"};
	AUTO(buf_release) struct buf tree = BUF_INIT(PLAN_MAX);
	const struct paint paint = {.out = &tree, .width = PLAN_COLUMNS};
	const struct plan *plan = report_plan(view, side, place);
	AUTO(freep) bool *changed = report_changed(view, side, place);
	const struct plan_text how = {.changed = changed,
				      .mark = marks[side],
				      .most_blocks = report_plan_most(view, place)};

	if (!changed)
		return err_no_memory(err);
	buf_puts(out, "\n### ");
	markup_markdown(out, view->side[side].title);
	buf_puts(out, "\n\n");
	if (!plan) {
		buf_puts(out, "No such statement.\n");
		return 0;
	}
	plan_text(&paint, plan, &how);
	if (buf_check(&tree, err) < 0)
		return -1;
	markup_markdown_block(out, "diff", buf_str(&tree));
	return 0;
}

/* Those of the first sample: the others are in the page. */
static int put_plans(struct buf *out, const struct report_view *view, struct err *err)
{
	struct report_place places[REPORT_PLACES];
	size_t n = report_places(view, places);

	if (n == 0)
		return 0;
	buf_puts(out,
		 "\n## Plans\n\n`-` is only in the first plan, `+` only in the second. Rows and "
		 "expected rows are per loop; blocks and time include those of the nodes "
		 "below.\n");
	for (size_t i = 0; i < n && places[i].sample == 0; i++)
		for (size_t side = 0; side < ARRAY_LEN(view->side); side++)
			if (put_plan(out, view, side, &places[i], err) < 0)
				return -1;
	return 0;
}

static void put_rows(struct buf *out, const struct report_view *view, const char *title,
		     const struct report_rows *rows)
{
	char text[REPORT_CELL];

	if (rows->count == 0)
		return;
	buf_printf(out, "\n## %s\n\n| | |", title);
	for (size_t i = 0; i < rows->columns; i++)
		put_cell(out, rows->column[i]->title);
	buf_puts(out, " size |\n|---|---|");
	for (size_t i = 0; i < rows->columns + 1; i++)
		buf_puts(out, "--:|");
	buf_putc(out, '\n');
	for (size_t i = 0; i < rows->count; i++) {
		const struct report_row *row = &rows->row[i];

		buf_puts(out, "| ");
		markup_markdown_code(out, row->name);
		buf_puts(out, " |");
		put_cell(out, view->side[row->side].label);
		for (size_t j = 0; j < rows->columns; j++)
			put_cell(out, report_value((double)report_row_counter(row, rows->column[j]),
						   REPORT_COUNT, text));
		put_cell(out, report_value((double)row->size_bytes, REPORT_BYTES, text));
		buf_putc(out, '\n');
	}
}

static void put_relations(struct buf *out, const struct report_view *view)
{
	struct report_rows rows;

	report_rows_tables(view, &rows);
	put_rows(out, view, "Tables that were used", &rows);
	report_rows_indexes(view, &rows);
	put_rows(out, view, "Indexes that were used", &rows);
}

static void put_scripts(struct buf *out, const struct report_view *view)
{
	buf_puts(out, "\n## Statements\n");
	for (size_t i = 0; i < ARRAY_LEN(view->side); i++) {
		const struct report_side *side = &view->side[i];
		AUTO(buf_release) struct buf script = BUF_INIT(REPORT_SCRIPT_MAX);

		report_script(side, &script);
		out->failed |= script.failed;
		buf_puts(out, "\n### ");
		markup_markdown(out, side->title);
		buf_puts(out, "\n");
		if (side->change) {
			buf_puts(out, "\nFirst ");
			markup_markdown_code(out, side->change_name);
			buf_puts(out, ":\n\n");
			markup_markdown_block(out, "sql", side->change);
			buf_puts(out, side->requests ? "\nThen the requests:\n"
						     : "\nThen the statement:\n");
		}
		buf_putc(out, '\n');
		markup_markdown_block(out, side->requests ? "" : "sql", buf_str(&script));
	}
}

int report_view_markdown(const struct report_view *view, struct buf *out, struct err *err)
{
	put_head(out, view);
	report_grade_markdown(out, view);
	if (view->empty)
		return 0;
	put_evidence(out, view);
	put_equivalence(out, view);
	put_figures(out, view);
	if (put_plans(out, view, err) < 0)
		return -1;
	put_relations(out, view);
	put_scripts(out, view);
	return 0;
}
