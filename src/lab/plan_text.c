/* plan_text.c - draws a plan as a tree with aligned figures. */
#include "plan_text.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "plan_detail.h"
#include "report_view.h"

#define BAR_COLUMNS 12
#define BRANCH_SIZE ((size_t)4 * (PLAN_DEPTH_MAX + 2)) /* a branch takes 4 bytes a level */
#define OFF_SOME    10.0                               /* a misestimate worth a look */
#define OFF_MUCH    100.0                              /* one that leads to wrong plans */

/* The tree ------------------------------------------------------------------------------------- */

/* No sibling follows. */
static bool is_last(const struct plan *plan, size_t node)
{
	for (size_t i = node + 1; i < plan->count; i++)
		if (plan->nodes[i].parent == plan->nodes[node].parent)
			return false;
	return true;
}

/* The lines that come down from the nodes above; put together from the leaf to the root. */
static void draw_branch(const struct plan *plan, size_t node, const char *last, const char *inner,
			char out[BRANCH_SIZE])
{
	const char *pieces[PLAN_DEPTH_MAX + 1];
	size_t n = 0, at = 0;

	for (size_t i = node; plan->nodes[i].parent >= 0 && n < ARRAY_LEN(pieces);
	     i = (size_t)plan->nodes[i].parent) {
		if (i == node)
			pieces[n++] = is_last(plan, i) ? last : inner;
		else
			pieces[n++] = is_last(plan, i) ? "  " : "\u2502 ";
	}
	out[0] = '\0';
	while (n-- > 0)
		at += (size_t)snprintf(out + at, BRANCH_SIZE - at, "%s", pieces[n]);
}

double plan_text_most(const struct plan *plan)
{
	double most = 0;

	for (size_t i = 0; i < plan->count; i++)
		most = fmax(most, plan_analyzed(plan) ? plan->nodes[i].shared_blocks
						      : plan->nodes[i].total_cost);
	return most;
}

/* Cells ---------------------------------------------------------------------------------------- */

struct drawing {
	const struct paint *paint;
	const struct plan *plan;
	const struct plan_text *how;
	struct paint_table *table;
	double most;
};

static bool is_changed(const struct drawing *drawing, size_t node)
{
	return drawing->how->changed && drawing->how->changed[node];
}

static void put_name(const struct drawing *drawing, size_t node)
{
	enum term_style style = is_changed(drawing, node) ? drawing->how->style : TERM_PLAIN;
	char branch[BRANCH_SIZE], name[256], text[BRANCH_SIZE + 256];

	plan_node_name(&drawing->plan->nodes[node], name, sizeof(name));
	draw_branch(drawing->plan, node, "\u2514 ", "\u251c ", branch);
	(void)snprintf(text, sizeof(text), "%s%s", branch, name);
	paint_cell(drawing->table, style, is_changed(drawing, node) ? drawing->how->mark : "");
	paint_cell(drawing->table, style, text);
}

static void put_figure(const struct drawing *drawing, double value)
{
	char text[REPORT_CELL];

	paint_cell(drawing->table, TERM_PLAIN, report_value(value, REPORT_COUNT, text));
}

static void put_off(const struct drawing *drawing, size_t node)
{
	const struct plan_node *one = &drawing->plan->nodes[node];
	double off = report_misestimate(drawing->plan, node);
	bool above = one->actual_rows > one->estimated_rows;
	char value[REPORT_CELL], text[REPORT_CELL + 8] = "";

	if (off >= 2)
		(void)snprintf(text, sizeof(text), "%s%s", above ? "\u00d7" : "\u00f7",
			       report_value(off, REPORT_COUNT, value));
	paint_cell(drawing->table,
		   off >= OFF_MUCH   ? TERM_RED
		   : off >= OFF_SOME ? TERM_YELLOW
				     : TERM_DIM,
		   text);
}

static bool has_children(const struct plan *plan, size_t node)
{
	return node + 1 < plan->count && plan->nodes[node + 1].parent == (int)node;
}

static void put_details(const struct drawing *drawing, size_t node)
{
	struct plan_detail details[PLAN_DETAILS_MAX];
	size_t n = plan_details(drawing->plan, node, details);
	char branch[BRANCH_SIZE], prefix[BRANCH_SIZE + 16], text[PLAN_DETAIL_VALUE_SIZE + 64];

	draw_branch(drawing->plan, node, "  ", "\u2502 ", branch);
	(void)snprintf(prefix, sizeof(prefix), "   %s%s", branch,
		       has_children(drawing->plan, node) ? "\u2502 " : "  ");
	for (size_t i = 0; i < n; i++) {
		(void)snprintf(text, sizeof(text), "%s: %s", details[i].name, details[i].value);
		paint_note(drawing->table, details[i].warning ? TERM_YELLOW : TERM_DIM, prefix,
			   text);
	}
}

static void put_executed(const struct drawing *drawing, size_t node)
{
	const struct plan_node *one = &drawing->plan->nodes[node];
	char ms[REPORT_CELL];

	put_name(drawing, node);
	if (one->loops <= 0)
		paint_cell(drawing->table, TERM_DIM, "never ran");
	else
		put_figure(drawing, one->actual_rows);
	put_figure(drawing, one->estimated_rows);
	put_off(drawing, node);
	put_figure(drawing, one->loops);
	put_figure(drawing, one->shared_blocks);
	paint_cell_bar(drawing->table, is_changed(drawing, node) ? drawing->how->style : TERM_CYAN,
		       drawing->most > 0 ? one->shared_blocks / drawing->most : 0, BAR_COLUMNS);
	(void)snprintf(ms, sizeof(ms), "%.2f ms", one->actual_ms);
	paint_cell(drawing->table, TERM_DIM, ms);
}

static void put_planned(const struct drawing *drawing, size_t node)
{
	const struct plan_node *one = &drawing->plan->nodes[node];

	put_name(drawing, node);
	put_figure(drawing, one->estimated_rows);
	put_figure(drawing, one->total_cost);
	paint_cell_bar(drawing->table, is_changed(drawing, node) ? drawing->how->style : TERM_CYAN,
		       drawing->most > 0 ? one->total_cost / drawing->most : 0, BAR_COLUMNS);
}

void plan_text(const struct paint *paint, const struct plan *plan, const struct plan_text *how)
{
	static const char *const executed[] = {" ",      "*node",   ">rows", ">expected", ">off",
					       ">loops", ">blocks", "?",     "?>time"};
	static const char *const planned[] = {" ", "*node", ">expected rows", ">cost", "?"};
	bool analyzed = plan_analyzed(plan);
	struct drawing drawing = {.paint = paint,
				  .plan = plan,
				  .how = how,
				  .table = analyzed ? paint_table_new(executed, ARRAY_LEN(executed))
						    : paint_table_new(planned, ARRAY_LEN(planned)),
				  .most = how->most_blocks > 0 ? how->most_blocks
							       : plan_text_most(plan)};

	for (size_t i = 0; i < plan->count; i++) {
		if (analyzed)
			put_executed(&drawing, i);
		else
			put_planned(&drawing, i);
		if (!how->brief)
			put_details(&drawing, i);
	}
	paint_table_end(drawing.table, paint, 0);
}
