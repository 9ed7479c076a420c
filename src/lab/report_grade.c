/* report_grade.c - the points of a check and the reason for each that is lost, in every format. */
#include "report_grade.h"

#include <stdio.h>

#include "markup.h"
#include "report_html.h"

#define BAR_CELLS 40

static enum report_tone tone_of(int points, int of)
{
	return points >= of ? REPORT_GOOD : points > 0 ? REPORT_WARN : REPORT_BAD;
}

/* A loss without points explains the one before it. */
static const char *points_of(const struct grade_loss *loss, char out[REPORT_CELL])
{
	if (loss->points > 0)
		(void)snprintf(out, REPORT_CELL, "-%d", loss->points);
	else
		out[0] = '\0';
	return out;
}

/* Text ----------------------------------------------------------------------------------------- */

static enum term_style style_of(enum report_tone tone)
{
	return tone == REPORT_GOOD ? TERM_GREEN : tone == REPORT_WARN ? TERM_YELLOW : TERM_RED;
}

static void text_row(struct paint_table *table, const char *name, int points, int of,
		     enum report_tone tone)
{
	char bar[BAR_CELLS * 3 + 1] = "", text[REPORT_CELL];
	int full = of > 0 ? (points * BAR_CELLS + of / 2) / of : 0;
	size_t at = 0;

	for (int i = 0; i < BAR_CELLS; i++)
		at += (size_t)snprintf(bar + at, sizeof(bar) - at, "%s",
				       i < full ? "\u2588" : "\u00b7");
	paint_cell(table, TERM_PLAIN, name);
	paint_cell(table, style_of(tone), bar);
	(void)snprintf(text, sizeof(text), "%d of %d", points, of);
	paint_cell(table, TERM_PLAIN, text);
}

static void text_losses(const struct paint *paint, const struct grade *grade)
{
	static const char *const headers[] = {"", ">", ""};
	struct paint_table *table;

	if (grade->loss_count == 0)
		return;
	paint_heading(paint, "Lost");
	table = paint_table_new(headers, ARRAY_LEN(headers));
	for (size_t i = 0; i < grade->loss_count; i++) {
		const struct grade_loss *loss = &grade->losses[i];
		char points[REPORT_CELL];

		if (loss->points > 0) {
			paint_cell(table, TERM_PLAIN, grade_part_name(loss->part));
			paint_cell(table, TERM_RED, points_of(loss, points));
			paint_cell(table, TERM_PLAIN, "");
		}
		paint_note(table, TERM_PLAIN, "    ", loss->reason);
	}
	paint_table_end(table, paint, 2);
}

void report_grade_text(const struct paint *paint, const struct report_view *view)
{
	static const char *const headers[] = {"", "", ">"};
	const struct grade *grade = view->grade;
	struct paint_table *table;

	if (!grade)
		return;
	paint_heading(paint, "Grade");
	table = paint_table_new(headers, ARRAY_LEN(headers));
	for (enum grade_part part = 0; part < GRADE_PARTS; part++)
		text_row(table, grade_part_name(part), grade->points[part], grade_part_points(part),
			 tone_of(grade->points[part], grade_part_points(part)));
	text_row(table, "Score", grade->score, 100, grade->passed ? REPORT_GOOD : REPORT_BAD);
	paint_table_end(table, paint, 2);
	text_losses(paint, grade);
}

/* JSON ----------------------------------------------------------------------------------------- */

void report_grade_json(struct json *json, const struct report_view *view)
{
	const struct grade *grade = view->grade;

	if (!grade)
		return;
	json_kv_bool(json, "own_statement", view->own_statement);
	json_kv_i64(json, "best_score", view->best_score);
	json_kv_i64(json, "score", grade->score);
	json_kv_i64(json, "pass_mark", GRADE_PASS);
	json_kv_bool(json, "passed", grade->passed);
	json_name(json, "parts");
	json_begin_array(json);
	for (enum grade_part part = 0; part < GRADE_PARTS; part++) {
		json_begin_object(json);
		json_kv_string(json, "part", grade_part_name(part));
		json_kv_i64(json, "points", grade->points[part]);
		json_kv_i64(json, "of", grade_part_points(part));
		json_end_object(json);
	}
	json_end_array(json);
	json_name(json, "losses");
	json_begin_array(json);
	for (size_t i = 0; i < grade->loss_count; i++) {
		json_begin_object(json);
		json_kv_string(json, "part", grade_part_name(grade->losses[i].part));
		json_kv_i64(json, "points", grade->losses[i].points);
		json_kv_string(json, "reason", grade->losses[i].reason);
		json_end_object(json);
	}
	json_end_array(json);
}

/* Markdown ------------------------------------------------------------------------------------- */

void report_grade_markdown(struct buf *out, const struct report_view *view)
{
	const struct grade *grade = view->grade;
	char points[REPORT_CELL];

	if (!grade)
		return;
	buf_puts(out, "\n## Grade\n\n| part | points | of |\n|---|--:|--:|\n");
	for (enum grade_part part = 0; part < GRADE_PARTS; part++)
		buf_printf(out, "| %s | %d | %d |\n", grade_part_name(part), grade->points[part],
			   grade_part_points(part));
	buf_printf(out, "| **Score** | **%d** | 100 |\n", grade->score);
	if (grade->loss_count > 0)
		buf_puts(out, "\nLost:\n\n");
	for (size_t i = 0; i < grade->loss_count; i++) {
		const struct grade_loss *loss = &grade->losses[i];

		buf_printf(out, loss->points > 0 ? "* **%s %s**: " : "  * ",
			   grade_part_name(loss->part), points_of(loss, points));
		markup_markdown(out, loss->reason);
		buf_putc(out, '\n');
	}
}

/* HTML ----------------------------------------------------------------------------------------- */

static void html_part(struct buf *out, const char *name, int points, int of, enum report_tone tone)
{
	char text[REPORT_CELL], all[REPORT_CELL];

	(void)snprintf(text, sizeof(text), "%d", points);
	(void)snprintf(all, sizeof(all), "of %d", of);
	buf_printf(out, "<div class=\"card tile tone-%s\">", report_html_tone(tone));
	markup_put(out,
		   "<h3>%s</h3><p class=\"now\">%s <small>%s</small></p>"
		   "<div class=\"bars\" aria-hidden=\"true\">",
		   name, text, all);
	report_html_bar(out, of > 0 ? (double)points / of : 0);
	buf_puts(out, "</div></div>\n");
}

static void html_losses(struct buf *out, const struct grade *grade)
{
	if (grade->loss_count == 0)
		return;
	buf_puts(out, "<div class=\"card losses\"><table>\n<thead><tr><th scope=\"col\">lost</th>"
		      "<th scope=\"col\" class=\"n\">points</th><th scope=\"col\">why</th></tr>"
		      "</thead>\n<tbody>\n");
	for (size_t i = 0; i < grade->loss_count; i++) {
		const struct grade_loss *loss = &grade->losses[i];
		char points[REPORT_CELL];

		if (loss->points > 0)
			markup_put(out, "<tr><th scope=\"row\">%s</th><td class=\"n bad\">%s</td>",
				   grade_part_name(loss->part), points_of(loss, points));
		else
			buf_puts(out, "<tr class=\"more\"><td></td><td></td>");
		markup_put(out, "<td>%s</td></tr>\n", loss->reason);
	}
	buf_puts(out, "</tbody>\n</table></div>\n");
}

void report_grade_html(struct buf *out, const struct report_view *view)
{
	const struct grade *grade = view->grade;

	if (!grade)
		return;
	buf_puts(out,
		 "<section class=\"part\" id=\"grade\">\n<h2>Grade</h2>\n<div class=\"tiles\">\n");
	for (enum grade_part part = 0; part < GRADE_PARTS; part++)
		html_part(out, grade_part_name(part), grade->points[part], grade_part_points(part),
			  tone_of(grade->points[part], grade_part_points(part)));
	html_part(out, "Score", grade->score, 100, grade->passed ? REPORT_GOOD : REPORT_BAD);
	buf_puts(out, "</div>\n");
	html_losses(out, grade);
	buf_puts(out, "</section>\n");
}
