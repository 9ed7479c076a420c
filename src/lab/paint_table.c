/* paint_table.c - tables of painted cells that fit themselves into a width. */
#include "paint.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define TABLE_TEXT_MAX  ((size_t)16 * 1024 * 1024)
#define TABLE_COLUMNS   16
#define ELASTIC_COLUMNS 20 /* narrower than this a column is not cut */
#define CUT_MAX         1024
#define GAP             2
#define ELLIPSIS        "\xE2\x80\xA6"

struct cell {
	size_t at; /* in texts, which end with NUL */
	size_t columns;
	enum term_style style;
	bool note;
	size_t prefix; /* of a note: in texts */
};

struct paint_table {
	struct buf text;
	struct buf cells; /* struct cell; notes stand between rows */
	size_t columns;
	struct {
		size_t width;
		bool right, elastic, optional, hidden;
	} column[TABLE_COLUMNS];
	size_t next; /* column of the next cell */
};

static void add_cell(struct paint_table *table, enum term_style style, const char *text,
		     const struct cell *like)
{
	struct cell cell = *like;

	cell.style = style;
	cell.at = table->text.len;
	cell.columns = paint_columns(text);
	for (; *text; text++) /* a cell is one line */
		buf_putc(&table->text, *text == '\n' || *text == '\t' ? ' ' : *text);
	buf_putc(&table->text, '\0');
	buf_append(&table->cells, &cell, sizeof(cell));
	if (cell.note)
		return;
	if (cell.columns > table->column[table->next].width)
		table->column[table->next].width = cell.columns;
	table->next = (table->next + 1) % table->columns;
}

struct paint_table *paint_table_new(const char *const *headers, size_t columns)
{
	struct paint_table *table = calloc(1, sizeof(*table));

	if (!table || columns == 0 || columns > TABLE_COLUMNS) {
		free(table);
		return NULL;
	}
	table->text = BUF_INIT(TABLE_TEXT_MAX);
	table->cells = BUF_INIT(TABLE_TEXT_MAX);
	table->columns = columns;
	for (size_t i = 0; i < columns; i++) {
		const char *name = headers[i];

		for (; *name && strchr(">*?", *name); name++) {
			table->column[i].right |= *name == '>';
			table->column[i].elastic |= *name == '*';
			table->column[i].optional |= *name == '?';
		}
		add_cell(table, TERM_BOLD, name, &(struct cell){0});
	}
	return table;
}

void paint_cell(struct paint_table *table, enum term_style style, const char *text)
{
	if (table)
		add_cell(table, style, text, &(struct cell){0});
}

void paint_note(struct paint_table *table, enum term_style style, const char *prefix,
		const char *text)
{
	struct cell note = {.note = true};

	if (!table)
		return;
	note.prefix = table->text.len;
	buf_append(&table->text, prefix, strlen(prefix) + 1);
	add_cell(table, style, text, &note);
}

/* Eighths of a column, by U+258F (one) to U+2588 (all). */
void paint_cell_bar(struct paint_table *table, enum term_style style, double share, size_t columns)
{
	char text[256] = "";
	size_t eighths, at = 0;

	if (!table)
		return;
	if (columns > sizeof(text) / 3 - 1)
		columns = sizeof(text) / 3 - 1;
	share = isnan(share) || share < 0 ? 0 : share > 1 ? 1 : share;
	eighths = (size_t)ceil(share * (double)columns * 8);
	for (; eighths > 0; eighths -= eighths >= 8 ? 8 : eighths) {
		text[at++] = '\xE2';
		text[at++] = '\x96';
		text[at++] = (char)(eighths >= 8 ? 0x88 : 0x90 - (int)eighths);
	}
	text[at] = '\0';
	add_cell(table, style, text, &(struct cell){0});
}

static size_t table_width(const struct paint_table *table)
{
	size_t width = 0;

	for (size_t i = 0; i < table->columns; i++)
		if (!table->column[i].hidden)
			width += table->column[i].width + (width > 0 ? GAP : 0);
	return width;
}

/* Optional columns go first, from the right; then elastic ones get narrower. */
static void fit(struct paint_table *table, size_t room)
{
	for (size_t i = table->columns; i-- > 0 && table_width(table) > room;)
		table->column[i].hidden = table->column[i].optional;
	for (size_t i = 0; i < table->columns; i++) {
		size_t over = table_width(table);
		size_t width = table->column[i].width;

		over = over > room ? over - room : 0;
		if (!table->column[i].elastic || over == 0 || width <= ELASTIC_COLUMNS)
			continue;
		table->column[i].width =
			width > over + ELASTIC_COLUMNS ? width - over : ELASTIC_COLUMNS;
	}
}

static void put_blanks(const struct paint *paint, size_t n)
{
	while (n-- > 0)
		buf_putc(paint->out, ' ');
}

/* As much of the cell as the width holds. */
static void put_cut(const struct paint *paint, const struct cell *cell, const char *text,
		    size_t width)
{
	char cut[CUT_MAX];

	if (cell->columns <= width) {
		paint_text(paint, cell->style, text);
		return;
	}
	(void)snprintf(cut, sizeof(cut), "%.*s", (int)paint_fit(text, width - 1), text);
	paint_text(paint, cell->style, cut);
	paint_text(paint, TERM_DIM, ELLIPSIS);
}

static void put_row(const struct paint *paint, const struct paint_table *table,
		    const struct cell *cells, size_t indent)
{
	size_t pending = indent; /* blanks that are written only when something follows */

	for (size_t i = 0; i < table->columns; i++) {
		size_t width = table->column[i].width;
		size_t used = cells[i].columns < width ? cells[i].columns : width;

		if (table->column[i].hidden)
			continue;
		pending += table->column[i].right ? width - used : 0;
		if (used > 0) {
			put_blanks(paint, pending);
			put_cut(paint, &cells[i], table->text.data + cells[i].at, width);
			pending = 0;
		}
		pending += (table->column[i].right ? 0 : width - used) + GAP;
	}
	buf_putc(paint->out, '\n');
}

static void put_note(const struct paint *paint, const struct paint_table *table,
		     const struct cell *note, size_t indent)
{
	char prefix[CUT_MAX];

	(void)snprintf(prefix, sizeof(prefix), "%*s%s", (int)indent, "",
		       table->text.data + note->prefix);
	paint_wrap(paint, note->style, prefix, table->text.data + note->at);
}

static bool has_headers(const struct paint_table *table)
{
	const struct cell *cells = (const struct cell *)(const void *)table->cells.data;

	for (size_t i = 0; cells && i < table->columns; i++)
		if (cells[i].columns > 0)
			return true;
	return false;
}

void paint_table_drop(struct paint_table *table)
{
	if (!table)
		return;
	buf_release(&table->text);
	buf_release(&table->cells);
	free(table);
}

void paint_table_end(struct paint_table *table, const struct paint *paint, size_t indent)
{
	const struct cell *cells;
	size_t n;

	if (!table) {
		paint->out->failed = paint->out->no_memory = true;
		return;
	}
	paint->out->failed |= table->text.failed || table->cells.failed;
	cells = (const struct cell *)(const void *)table->cells.data;
	n = table->text.failed ? 0 : table->cells.len / sizeof(*cells);
	fit(table, (size_t)paint->width > indent ? (size_t)paint->width - indent : 1);
	for (size_t i = has_headers(table) ? 0 : table->columns; i < n;) {
		if (cells[i].note) {
			put_note(paint, table, &cells[i], indent);
			i++;
			continue;
		}
		if (i + table->columns <= n)
			put_row(paint, table, &cells[i], indent);
		i += table->columns;
	}
	paint_table_drop(table);
}
