/* report_html_script.c - the statements of both sides, and what was done to the database first. */
#include "report_html.h"

#include <string.h>

#include "markup.h"

static void put_script(struct buf *out, const char *title, const struct buf *sql)
{
	AUTO(buf_release) struct buf text = BUF_INIT(REPORT_SCRIPT_MAX);
	size_t len = sql->len;

	while (len > 0 && strchr(" \t\r\n", sql->data[len - 1]))
		len--;
	buf_append(&text, buf_str(sql), len);
	out->failed |= sql->failed || text.failed;
	if (title)
		markup_put(out, "<h4>%s</h4>\n", title);
	buf_puts(out, "<pre>");
	markup_sql(out, buf_str(&text));
	buf_puts(out, "</pre>\n");
}

static void put_side(struct buf *out, const struct report_view *view, size_t i)
{
	const struct report_side *side = &view->side[i];
	AUTO(buf_release) struct buf script = BUF_INIT(REPORT_SCRIPT_MAX);
	AUTO(buf_release) struct buf change = BUF_INIT(REPORT_SCRIPT_MAX);

	buf_printf(out, "<div class=\"card script %s\">\n", report_html_side(i));
	markup_put(out, "<h3><span class=\"key\"></span>%s</h3>\n", side->title);
	if (side->change) {
		buf_puts(&change, side->change);
		put_script(out, side->change_name, &change);
	}
	report_script(side, &script);
	put_script(out,
		   side->requests ? "the requests"
		   : side->change ? "the statement under test"
				  : NULL,
		   &script);
	buf_puts(out, "</div>\n");
}

void report_html_scripts(struct buf *out, const struct report_view *view)
{
	bool changed = view->side[0].change || view->side[1].change;

	markup_put(out,
		   "<section class=\"part\" id=\"statements\">\n<h2>Statements</h2>\n"
		   "<p class=\"about\">What was measured%s.</p>\n<div class=\"pair\">\n",
		   changed ? ", and what was done to the database first" : "");
	for (size_t i = 0; i < ARRAY_LEN(view->side); i++)
		put_side(out, view, i);
	buf_puts(out, "</div>\n</section>\n");
}
