/* report_html_relations.c - what the workload did to tables and indexes, as tables of the page. */
#include "report_html.h"

#include <stdio.h>

#include "markup.h"
#include "report_rows.h"

static void put_row(struct buf *out, const struct report_view *view, const struct report_rows *rows,
		    const struct report_row *row)
{
	char text[REPORT_CELL];

	markup_put(out, "<tr><th scope=\"row\"><code>%s</code>", row->name);
	if (row->table)
		markup_put(out, " <small>on %s</small>", row->table);
	buf_printf(out, "</th><td class=\"%s\"><span class=\"key\"></span>",
		   report_html_side(row->side));
	markup_put(out, "%s</td>", view->side[row->side].label);
	for (size_t i = 0; i < rows->columns; i++) {
		int64_t value = report_row_counter(row, rows->column[i]);

		if (value == 0)
			buf_puts(out, "<td class=\"n dim\">0</td>");
		else
			markup_put(out, "<td class=\"n\">%s</td>",
				   report_value((double)value, REPORT_COUNT, text));
	}
	markup_put(out, "<td class=\"n\">%s</td></tr>\n",
		   report_value((double)row->size_bytes, REPORT_BYTES, text));
}

static void put_rows(struct buf *out, const struct report_view *view, const char *title,
		     const struct report_rows *rows)
{
	if (rows->count == 0)
		return;
	markup_put(out,
		   "<div class=\"card scroll\"><table>\n<thead><tr><th scope=\"col\">%s</th>"
		   "<th scope=\"col\">side</th>",
		   title);
	for (size_t i = 0; i < rows->columns; i++)
		markup_put(out, "<th scope=\"col\" class=\"n\">%s</th>", rows->column[i]->title);
	buf_puts(out, "<th scope=\"col\" class=\"n\">size</th></tr></thead>\n<tbody>\n");
	for (size_t i = 0; i < rows->count; i++)
		put_row(out, view, rows, &rows->row[i]);
	buf_puts(out, "</tbody>\n</table></div>\n");
	if (rows->left_out > 0)
		buf_printf(out, "<p class=\"legend\">%zu more are in the JSON report.</p>\n",
			   rows->left_out);
}

void report_html_relations(struct buf *out, const struct report_view *view)
{
	struct report_rows tables, indexes;

	report_rows_tables(view, &tables);
	report_rows_indexes(view, &indexes);
	buf_puts(
		out,
		"<section class=\"part\" id=\"relations\">\n<h2>Tables and indexes</h2>\n"
		"<p class=\"about\">What pg_stat_user_tables and pg_stat_user_indexes counted over "
		"the workload, for those that it used; sizes are those at its end.</p>\n");
	if (tables.count + indexes.count == 0)
		buf_puts(out, "<p>None was used.</p>\n");
	put_rows(out, view, "table", &tables);
	put_rows(out, view, "index", &indexes);
	buf_puts(out, "</section>\n");
}
