/* report_html.c - a report as one self-contained page: light and dark, for screen and paper.
 *
 * The page is well-formed XML as well as HTML, loads nothing from anywhere and runs no script; its
 * content security policy holds it to that.
 */
#include "report_html.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <tasklab/base/json.h>
#include <tasklab/base/term.h>

#include "markup.h"
#include "report_grade.h"
#include "report_write.h"

#define TILES 4

extern const char REPORT_CSS[]; /* report.css */

const char *report_html_tone(enum report_tone tone)
{
	static const char *const classes[] = {[REPORT_NEUTRAL] = "plain",
					      [REPORT_GOOD] = "good",
					      [REPORT_BAD] = "bad",
					      [REPORT_WARN] = "warn"};

	return classes[tone];
}

const char *report_html_side(size_t side)
{
	return side ? "side-second" : "side-first";
}

void report_html_bar(struct buf *out, double share)
{
	share = isnan(share) || share < 0 ? 0 : fmin(share, 1);
	buf_printf(out, "<span class=\"bar%s\"><i style=\"width:%.1f%%\"></i></span>",
		   share > 0 ? "" : " none", 100 * share);
}

/* A mark that says without colour what the colour says. */
static const char *symbol(enum report_tone tone)
{
	static const char *const symbols[] = {[REPORT_NEUTRAL] = "\u2022",
					      [REPORT_GOOD] = "\u2713",
					      [REPORT_BAD] = "\u2717",
					      [REPORT_WARN] = "\u2013"};

	return symbols[tone];
}

/* Head ----------------------------------------------------------------------------------------- */

static void put_start(struct buf *out, const struct report_view *view)
{
	buf_puts(out, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\"/>\n"
		      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n"
		      "<meta name=\"color-scheme\" content=\"light dark\"/>\n"
		      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
		      "style-src 'unsafe-inline'\"/>\n");
	markup_put(out, "<title>%s: %s</title>\n<style>\n", view->title, report_said(view));
	buf_puts(out, REPORT_CSS);
	buf_puts(out, "</style>\n</head>\n<body>\n"
		      "<a class=\"skip\" href=\"#main\">To the findings</a>\n");
}

static void put_fact(struct buf *out, const char *name, const char *value)
{
	markup_put(out, "<div><dt>%s</dt><dd>%s</dd></div>\n", name, value);
}

static void put_facts(struct buf *out, const struct report_view *view)
{
	AUTO(buf_release) struct buf started = BUF_INIT(64);
	struct json json = JSON_INIT(&started);
	uint64_t took_us = view->finished_us > view->started_us
				   ? (uint64_t)(view->finished_us - view->started_us)
				   : 0;
	char text[64], took[32];

	buf_puts(out, "<dl class=\"meta\">\n");
	(void)snprintf(text, sizeof(text), "%d.%d", view->server_version / 10000,
		       view->server_version % 10000);
	put_fact(out, "PostgreSQL", text);
	if (view->where)
		put_fact(out, "measured", view->where);
	else if (view->scale)
		put_fact(out, "scale", view->scale);
	if (view->database && !view->where)
		put_fact(out, "database", view->database);
	(void)snprintf(text, sizeof(text), "%zu", view->parameters);
	put_fact(out, "parameter rows", text);
	(void)snprintf(text, sizeof(text), "%zu", view->clients);
	put_fact(out, "clients", text);
	json_time_us(&json, view->started_us);
	/* "2026-11-21T12:00:00.123456Z", quoted: to the minute is enough */
	(void)snprintf(text, sizeof(text), "%.10s %.5s UTC", buf_str(&started) + (started.len > 0),
		       started.len > 17 ? buf_str(&started) + 12 : "");
	put_fact(out, "started", text);
	put_fact(out, "took", term_duration_ns(took_us * 1000, took));
	buf_puts(out, "</dl>\n");
}

static void put_head(struct buf *out, const struct report_view *view)
{
	buf_puts(out, "<header>\n<p class=\"kicker\">Tasklab ");
	if (view->slug)
		markup_put(out, "lab <code>%s</code>", view->slug);
	else
		markup_html(out, view->kind);
	markup_put(out, "</p>\n<h1>%s</h1>\n", view->title);
	if (view->summary)
		markup_put(out, "<p class=\"lead\">%s</p>\n", view->summary);
	markup_put(out,
		   "<p class=\"verdict %s\"><span aria-hidden=\"true\">%s</span><span><b>%s</b>%s%s"
		   "</span></p>\n",
		   report_html_tone(view->tone), symbol(view->tone), report_said(view),
		   view->sentence ? ": " : "", view->sentence ? view->sentence : "");
	put_facts(out, view);
	for (size_t i = 0; i < REPORT_NOTES && view->notes[i]; i++)
		markup_put(out, "<p class=\"note\">%s</p>\n", view->notes[i]);
	if (view->kept)
		markup_put(out,
			   "<p class=\"note\">The database <code>%s</code> is kept, as it was "
			   "measured last: <code>%s</code></p>\n",
			   view->database, view->psql ? view->psql : "");
	buf_puts(out, "</header>\n");
}

static void put_navigation(struct buf *out, const struct report_view *view)
{
	struct report_place places[REPORT_PLACES];

	buf_puts(out, "<nav aria-label=\"Parts of the report\">\n");
	if (view->grade)
		buf_puts(out, "<a href=\"#grade\">Grade</a>\n");
	if (view->verdict_count > 0)
		buf_puts(out, "<a href=\"#evidence\">Evidence</a>\n");
	if (report_places(view, places) > 0)
		buf_puts(out, "<a href=\"#plans\">Plans</a>\n");
	buf_puts(out, "<a href=\"#figures\">Figures</a>\n"
		      "<a href=\"#latency\">Latency</a>\n<a href=\"#relations\">Tables and "
		      "indexes</a>\n<a href=\"#statements\">Statements</a>\n</nav>\n");
}

/* At a glance ---------------------------------------------------------------------------------- */

static double size_of_change(const struct report_figure *figure, const struct report_view *view)
{
	double before = figure->read(view->side[0].record);
	double after = figure->read(view->side[1].record);

	if (isnan(before) || isnan(after) || figure->better == REPORT_EITHER ||
	    (before <= 0 && after <= 0))
		return 0;
	return before <= 0 || after <= 0 ? INFINITY : fabs(log(before / after));
}

static void put_tile(struct buf *out, const struct report_view *view,
		     const struct report_figure *figure)
{
	const double value[] = {figure->read(view->side[0].record),
				figure->read(view->side[1].record)};
	double most = fmax(value[0], value[1]);
	char before[REPORT_CELL], after[REPORT_CELL], change[REPORT_CELL];

	markup_put(out,
		   "<div class=\"card tile\">\n<h3>%s%s</h3>\n<p class=\"now\">%s "
		   "<small>%s</small></p>\n"
		   "<p class=\"was\"><span>%s: %s</span>",
		   figure->name, figure->context ? " (context)" : "",
		   report_value(value[1], figure->unit, after), view->side[1].label,
		   view->side[0].label, report_value(value[0], figure->unit, before));
	markup_put(out, "<span class=\"chip %s\">%s</span></p>\n",
		   report_html_tone(report_change_tone(value[0], value[1], figure->better)),
		   report_change(value[0], value[1], change));
	buf_puts(out, "<div class=\"bars\" aria-hidden=\"true\">");
	for (size_t i = 0; i < ARRAY_LEN(value); i++) {
		buf_printf(out, "<span class=\"%s\">", report_html_side(i));
		report_html_bar(out, most > 0 ? value[i] / most : 0);
		buf_puts(out, "</span>");
	}
	buf_puts(out, "</div>\n</div>\n");
}

/* What changed most, and the median beside it. */
static void put_tiles(struct buf *out, const struct report_view *view)
{
	bool chosen[64] = {false};
	size_t n =
		REPORT_FIGURE_COUNT < ARRAY_LEN(chosen) ? REPORT_FIGURE_COUNT : ARRAY_LEN(chosen);

	for (size_t tile = 0; tile + 1 < TILES; tile++) {
		double largest = 0.02;
		size_t at = n;

		for (size_t i = 0; i < n; i++) {
			const struct report_figure *one = &REPORT_FIGURES[i];

			if (chosen[i] || one->context || !report_figure_shown(one, view) ||
			    size_of_change(one, view) <= largest)
				continue;
			largest = size_of_change(one, view);
			at = i;
		}
		if (at < n)
			chosen[at] = true;
	}
	for (size_t i = 0; i < n; i++)
		chosen[i] |= strcmp(REPORT_FIGURES[i].name, REPORT_MEDIAN) == 0 ||
			     strcmp(REPORT_FIGURES[i].name, REPORT_SHARED_BLOCKS) == 0;
	buf_puts(out, "<section class=\"tiles\">\n<h2 class=\"sr\">At a glance</h2>\n");
	for (size_t i = 0; i < n; i++)
		if (chosen[i])
			put_tile(out, view, &REPORT_FIGURES[i]);
	buf_puts(out, "</section>\n");
}

/* Evidence ------------------------------------------------------------------------------------- */

/* Whether both sides say the same comes before what it costs them. */
static void put_equivalence(struct buf *out, const struct report_view *view)
{
	int64_t differing = view->side[1].record->differing;
	enum report_tone tone = differing < 0    ? REPORT_WARN
				: differing == 0 ? REPORT_GOOD
						 : REPORT_BAD;
	char text[200];

	report_equivalence(view, text, sizeof(text));
	markup_put(
		out,
		"<p class=\"proof\"><span class=\"chip %s\"><span aria-hidden=\"true\">%s</span> "
		"%s</span> %s</p>\n",
		report_html_tone(tone), symbol(tone),
		differing < 0    ? "not compared"
		: differing == 0 ? "same rows"
				 : "different rows",
		text);
}

static void put_evidence(struct buf *out, const struct report_view *view)
{
	if (view->verdict_count == 0)
		return;
	buf_puts(out,
		 "<section class=\"part\" id=\"evidence\">\n<h2>Evidence</h2>\n<p class=\"about\">"
		 "What had to be so. These figures decide; they are the same on every machine."
		 "</p>\n<div class=\"card scroll\"><table class=\"stack\">\n<thead><tr>"
		 "<th scope=\"col\">verdict</th><th scope=\"col\">claim</th>");
	for (size_t i = 0; i < ARRAY_LEN(view->side); i++)
		markup_put(out, "<th scope=\"col\" class=\"n\">%s</th>", view->side[i].label);
	buf_puts(out, "<th scope=\"col\">change</th></tr></thead>\n<tbody>\n");
	for (size_t i = 0; i < view->verdict_count; i++) {
		const struct evidence_verdict *one = &view->verdicts[i];
		enum report_tone tone = report_outcome_tone(one->outcome);
		char before[REPORT_CELL], after[REPORT_CELL], change[REPORT_CELL];

		markup_put(out,
			   "<tr><td class=\"whole\"><span class=\"chip %s\"><span "
			   "aria-hidden=\"true\">%s</span> %s"
			   "</span></td><th scope=\"row\">%s",
			   report_html_tone(tone), symbol(tone),
			   evidence_outcome_name(one->outcome), one->claim);
		if (*one->reason)
			markup_put(out, "<span class=\"reason %s\">%s</span>",
				   report_html_tone(tone), one->reason);
		markup_put(out,
			   "</th><td class=\"n\" data-label=\"%s\">%s</td>"
			   "<td class=\"n\" data-label=\"%s\">%s</td>"
			   "<td data-label=\"change\">%s</td></tr>\n",
			   view->side[0].label, report_value(one->before, REPORT_COUNT, before),
			   view->side[1].label, report_value(one->after, REPORT_COUNT, after),
			   report_change(one->before, one->after, change));
	}
	buf_puts(out, "</tbody>\n</table></div>\n</section>\n");
}

/* Figures -------------------------------------------------------------------------------------- */

static void put_figure(struct buf *out, const struct report_view *view,
		       const struct report_figure *figure)
{
	double before = figure->read(view->side[0].record);
	double after = figure->read(view->side[1].record), most = fmax(before, after);
	char left[REPORT_CELL], right[REPORT_CELL], change[REPORT_CELL];

	buf_puts(out, figure->context ? "<tr class=\"context\">" : "<tr>");
	markup_put(out,
		   "<th scope=\"row\">%s<small>%s</small></th><td class=\"n\" data-label=\"%s\">%s"
		   "</td><td class=\"n\" data-label=\"%s\">%s</td>",
		   figure->name, figure->meaning, view->side[0].label,
		   report_value(before, figure->unit, left), view->side[1].label,
		   report_value(after, figure->unit, right));
	report_change(before, after, change);
	if (*change)
		markup_put(out, "<td data-label=\"change\"><span class=\"chip %s\">%s</span></td>",
			   report_html_tone(report_change_tone(before, after, figure->better)),
			   change);
	else
		buf_puts(out, "<td></td>");
	buf_puts(out, "<td class=\"graph\" aria-hidden=\"true\"><div class=\"bars\">");
	buf_printf(out, "<span class=\"%s\">", report_html_side(0));
	report_html_bar(out, most > 0 ? before / most : 0);
	buf_printf(out, "</span><span class=\"%s\">", report_html_side(1));
	report_html_bar(out, most > 0 ? after / most : 0);
	buf_puts(out, "</span></div></td></tr>\n");
}

static void put_figures(struct buf *out, const struct report_view *view)
{
	buf_puts(out,
		 "<section class=\"part\" id=\"figures\">\n<h2>Figures</h2>\n<p class=\"about\">"
		 "From pg_stat_statements, the plans and the clock, each with what it means. Grey "
		 "ones depend on the machine.</p>\n<div class=\"card scroll\">"
		 "<table class=\"stack figures\">\n<thead><tr><th scope=\"col\">figure</th>");
	for (size_t i = 0; i < ARRAY_LEN(view->side); i++)
		markup_put(out,
			   "<th scope=\"col\" class=\"n %s\"><span class=\"key\"></span>%s</th>",
			   report_html_side(i), view->side[i].label);
	buf_puts(out, "<th scope=\"col\">change</th><th scope=\"col\" class=\"graph\"><span "
		      "class=\"sr\">bars</span></th></tr></thead>\n<tbody>\n");
	for (size_t i = 0; i < REPORT_FIGURE_COUNT; i++)
		if (report_figure_shown(&REPORT_FIGURES[i], view))
			put_figure(out, view, &REPORT_FIGURES[i]);
	buf_puts(out, "</tbody>\n</table></div>\n</section>\n");
}

/* The statements of a lab are known; those of a comparison come first. */
static int put_findings(struct buf *out, const struct report_view *view, struct err *err)
{
	put_tiles(out, view);
	put_equivalence(out, view);
	if (!view->slug)
		report_html_scripts(out, view);
	put_evidence(out, view);
	if (report_html_plans(out, view, err) < 0)
		return -1;
	put_figures(out, view);
	report_html_latency(out, view);
	report_html_relations(out, view);
	if (view->slug)
		report_html_scripts(out, view);
	return 0;
}

int report_view_html(const struct report_view *view, struct buf *out, struct err *err)
{
	put_start(out, view);
	put_head(out, view);
	if (!view->empty)
		put_navigation(out, view);
	buf_puts(out, "<main id=\"main\">\n");
	report_grade_html(out, view);
	if (!view->empty && put_findings(out, view, err) < 0)
		return -1;
	buf_puts(out,
		 "</main>\n<footer>Made by Tasklab. The same report as JSON, Markdown and text "
		 "stands beside this page; docs/lab-report.md describes it.</footer>\n"
		 "</body>\n</html>\n");
	return 0;
}
