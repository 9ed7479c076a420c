/* report_html_plan.c - both sides' plans as trees in tables, changed nodes marked. */
#include "report_html.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "markup.h"
#include "plan_detail.h"

#define EXPLAIN_MOST ((size_t)200 * 1024) /* a longer document is only in the JSON report */
#define OFF_SOME     10.0
#define OFF_MUCH     100.0

struct drawing {
	struct buf *out;
	const struct plan *plan;
	const bool *changed;
	double most; /* blocks of a full bar */
};

/* A node ------------------------------------------------------------------------------------------
 */

static void put_name(const struct drawing *drawing, size_t node)
{
	const struct plan_node *one = &drawing->plan->nodes[node];
	struct buf *out = drawing->out;

	buf_printf(out, "<th scope=\"row\" class=\"node\" style=\"--depth:%u\">", one->depth);
	if (one->depth > 0)
		markup_put(out, "<span class=\"branch\" aria-hidden=\"true\">\u2514</span>"
				"<span class=\"sr\">below: </span>");
	markup_put(out, "<b>%s</b>", one->type);
	if (one->relation)
		markup_put(out, " on <code>%s</code>", one->relation);
	if (one->index)
		markup_put(out, " using <code>%s</code>", one->index);
	if (drawing->changed[node])
		buf_puts(out, "<em class=\"tag\">only here</em>");
}

static void put_details(const struct drawing *drawing, size_t node)
{
	struct plan_detail details[PLAN_DETAILS_MAX];
	size_t n = plan_details(drawing->plan, node, details);

	if (n > 0)
		buf_puts(drawing->out, "<ul class=\"details\">");
	for (size_t i = 0; i < n; i++) {
		buf_puts(drawing->out, details[i].warning ? "<li class=\"warn\">" : "<li>");
		markup_put(drawing->out, details[i].code ? "%s <code>%s</code></li>" : "%s %s</li>",
			   details[i].name, details[i].value);
	}
	if (n > 0)
		buf_puts(drawing->out, "</ul>");
}

static void put_rows(const struct drawing *drawing, size_t at)
{
	const struct plan_node *node = &drawing->plan->nodes[at];
	double off = report_misestimate(drawing->plan, at);
	char actual[REPORT_CELL], expected[REPORT_CELL], factor[REPORT_CELL];

	buf_puts(drawing->out, "<td class=\"n\" data-label=\"rows\">");
	if (node->loops <= 0)
		buf_puts(drawing->out, "never ran");
	else
		markup_html(drawing->out, report_value(node->actual_rows, REPORT_COUNT, actual));
	markup_put(drawing->out, "<small>exp. %s</small>",
		   report_value(node->estimated_rows, REPORT_COUNT, expected));
	if (off >= OFF_SOME) {
		buf_printf(drawing->out, "<em class=\"off %s\">",
			   report_html_tone(off >= OFF_MUCH ? REPORT_BAD : REPORT_WARN));
		markup_put(drawing->out, "%s\u00d7 too %s</em>",
			   report_value(off, REPORT_COUNT, factor),
			   node->actual_rows > node->estimated_rows ? "few" : "many");
	}
	buf_puts(drawing->out, "</td>");
}

/* Blocks of the node without those of its children. */
static double own_blocks(const struct plan *plan, size_t node)
{
	double own = plan->nodes[node].shared_blocks;

	for (size_t i = node + 1; i < plan->count; i++)
		if (plan->nodes[i].parent == (int)node)
			own -= plan->nodes[i].shared_blocks;
	return fmax(own, 0);
}

static void put_blocks(const struct drawing *drawing, size_t node)
{
	double all = drawing->plan->nodes[node].shared_blocks;
	double own = own_blocks(drawing->plan, node);
	double whole = drawing->most > 0 ? drawing->most : 1;
	char text[REPORT_CELL];

	markup_put(drawing->out, "<td class=\"n\" data-label=\"blocks\">%s",
		   report_value(all, REPORT_COUNT, text));
	buf_printf(drawing->out,
		   "<span class=\"bar\" aria-hidden=\"true\"><i class=\"own\" "
		   "style=\"width:%.1f%%\"></i>"
		   "<i style=\"width:%.1f%%\"></i></span></td>",
		   100 * own / whole, 100 * (all - own) / whole);
}

static void put_node(const struct drawing *drawing, size_t node)
{
	const struct plan_node *one = &drawing->plan->nodes[node];
	char text[REPORT_CELL];

	buf_puts(drawing->out, drawing->changed[node] ? "<tr class=\"changed\">" : "<tr>");
	put_name(drawing, node);
	put_details(drawing, node);
	buf_puts(drawing->out, "</th>");
	put_rows(drawing, node);
	markup_put(drawing->out, "<td class=\"n\" data-label=\"loops\">%s</td>",
		   report_value(one->loops, REPORT_COUNT, text));
	put_blocks(drawing, node);
	markup_put(drawing->out, "<td class=\"n\" data-label=\"time\">%s</td></tr>\n",
		   report_value(one->actual_ms * 1e6, REPORT_NS, text));
}

/* A plan ------------------------------------------------------------------------------------------
 */

static int put_plan(struct buf *out, const struct report_view *view, size_t side,
		    const struct report_place *place, double most, struct err *err)
{
	const struct plan *plan = report_plan(view, side, place);
	AUTO(freep) bool *changed = report_changed(view, side, place);
	const struct drawing drawing = {out, plan, changed, most};
	char planning[REPORT_CELL], execution[REPORT_CELL];

	if (!changed)
		return err_no_memory(err);
	buf_printf(out, "<div class=\"card plan %s\">\n", report_html_side(side));
	markup_put(out, "<h3><span class=\"key\"></span>%s</h3>\n", view->side[side].title);
	if (!plan) {
		buf_puts(out, "<p>No such statement.</p></div>\n");
		return 0;
	}
	markup_put(
		out,
		"<p>planned in %s, executed in %s</p>\n<table>\n"
		"<thead><tr><th scope=\"col\">node</th><th scope=\"col\" class=\"n\">rows</th>"
		"<th scope=\"col\" class=\"n\">loops</th><th scope=\"col\" class=\"n\">blocks</th>"
		"<th scope=\"col\" class=\"n\">time</th></tr></thead>\n<tbody>\n",
		report_value(plan->planning_ms * 1e6, REPORT_NS, planning),
		report_value(plan->execution_ms * 1e6, REPORT_NS, execution));
	for (size_t i = 0; i < plan->count; i++)
		put_node(&drawing, i);
	buf_puts(out, "</tbody>\n</table>\n</div>\n");
	return 0;
}

static int put_pair(struct buf *out, const struct report_view *view,
		    const struct report_place *place, struct err *err)
{
	double most = report_plan_most(view, place);

	buf_puts(out, "<div class=\"pair\">\n");
	for (size_t i = 0; i < ARRAY_LEN(view->side); i++)
		if (put_plan(out, view, i, place, most, err) < 0)
			return -1;
	buf_puts(out, "</div>\n");
	return 0;
}

/* For pasting into other tools. */
static void put_documents(struct buf *out, const struct report_view *view,
			  const struct report_place *place)
{
	for (size_t i = 0; i < ARRAY_LEN(view->side); i++) {
		const struct plan *plan = report_plan(view, i, place);

		if (!plan || strlen(plan->json) > EXPLAIN_MOST)
			continue;
		markup_put(out,
			   "<details><summary>EXPLAIN as the server gave it: %s (JSON)</summary>"
			   "<pre class=\"card\">%s</pre></details>\n",
			   view->side[i].label, plan->json);
	}
}

static void put_legend(struct buf *out)
{
	buf_puts(out, "<p class=\"legend\">Rows are per loop, with those that the planner expected "
		      "below; \u201ctoo few\u201d says that it expected too few. Blocks and time "
		      "include those of the nodes below; the strong part of a bar is the "
		      "node\u2019s own, and bars of both plans have one scale.</p>\n");
}

/* The first sample stands open, the others can be opened. */
static int put_place(struct buf *out, const struct report_view *view,
		     const struct report_place *place, struct err *err)
{
	char name[REPORT_CELL];

	report_place_name(view, place, name);
	if (place->sample > 0)
		markup_put(out, "<details><summary>%s</summary>\n", name);
	else if (*name)
		markup_put(out, "<p class=\"place\">%s</p>\n", name);
	if (put_pair(out, view, place, err) < 0)
		return -1;
	if (place->sample > 0)
		buf_puts(out, "</details>\n");
	return 0;
}

int report_html_plans(struct buf *out, const struct report_view *view, struct err *err)
{
	struct report_place places[REPORT_PLACES];
	size_t n = report_places(view, places), shown = 0;

	if (n == 0)
		return 0;
	buf_puts(out,
		 "<section class=\"part\" id=\"plans\">\n<h2>Plans</h2>\n<p class=\"about\">"
		 "EXPLAIN (ANALYZE, BUFFERS) of the same parameters on both sides. Marked nodes "
		 "have no counterpart on the other side.</p>\n");
	for (; shown < n && places[shown].sample == 0; shown++)
		if (put_place(out, view, &places[shown], err) < 0)
			return -1;
	put_legend(out);
	for (; shown < n; shown++)
		if (put_place(out, view, &places[shown], err) < 0)
			return -1;
	put_documents(out, view, &places[0]);
	buf_puts(out, "</section>\n");
	return 0;
}
