/* term_table.c - aligned tables, fitted to the terminal they are shown on. */
#include <tasklab/base/term.h>

#include <stdlib.h>
#include <string.h>

#include <tasklab/base/attr.h>
#include <tasklab/base/buf.h>
#include <tasklab/base/text.h>

#define TABLE_MAX_BYTES (16U << 20)
#define GAP             2  /* columns between two */
#define CUT_MIN         12 /* a column that may be cut keeps so much */

struct term_table {
	struct buf text; /* every cell, row by row, each with its NUL; the headers first */
	size_t columns;
	struct column {
		size_t width;
		char kind; /* the header's mark, or 0 */
		bool hidden;
	} column[];
};

static size_t columns_of(const char *text)
{
	return text_utf8_length(text, strlen(text));
}

static void table_cell(struct term_table *table, struct column *column, const char *text)
{
	size_t width = columns_of(text);

	if (width > column->width)
		column->width = width;
	buf_append(&table->text, text, strlen(text) + 1);
}

struct term_table *term_table_new(const char *const *headers, size_t columns)
{
	struct term_table *table = calloc(1, sizeof(*table) + columns * sizeof(table->column[0]));

	if (!table)
		return NULL;
	table->text = BUF_INIT(TABLE_MAX_BYTES);
	table->columns = columns;
	for (size_t i = 0; i < columns; i++) {
		bool marked = headers[i][0] != '\0' && strchr(">~?", headers[i][0]);

		table->column[i].kind = marked ? headers[i][0] : '\0';
		table_cell(table, &table->column[i], headers[i] + marked);
	}
	return table;
}

void term_table_row(struct term_table *table, const char *const *cells)
{
	if (!table)
		return;
	for (size_t i = 0; i < table->columns; i++)
		table_cell(table, &table->column[i], cells[i] ? cells[i] : "");
}

/* Fitting -------------------------------------------------------------------------------------- */

static size_t width_of(const struct term_table *table)
{
	size_t width = 0;

	for (size_t i = 0; i < table->columns; i++)
		if (!table->column[i].hidden)
			width += table->column[i].width + (width > 0 ? GAP : 0);
	return width;
}

static void fit(struct term_table *table, size_t most)
{
	for (size_t i = table->columns; i > 0 && width_of(table) > most; i--)
		table->column[i - 1].hidden = table->column[i - 1].kind == '?';
	for (size_t i = 0; i < table->columns; i++) {
		struct column *column = &table->column[i];
		size_t width = width_of(table), over = width > most ? width - most : 0;

		if (column->kind != '~' || column->width <= CUT_MIN)
			continue;
		column->width = column->width > CUT_MIN + over ? column->width - over : CUT_MIN;
	}
}

/* Writing -------------------------------------------------------------------------------------- */

static void put_spaces(struct buf *out, size_t n)
{
	while (n-- > 0)
		buf_putc(out, ' ');
}

/* So many columns of it, the last of them an ellipsis. */
static void put_cut(struct buf *out, const char *text, size_t width)
{
	const char *end = text + strlen(text), *at = text;
	uint32_t character;

	for (size_t i = 1; i < width; i++)
		at += text_utf8_next(at, (size_t)(end - at), &character);
	buf_append(out, text, (size_t)(at - text));
	buf_puts(out, "\u2026");
}

/* Writes the row of cells at text and returns where the next one begins. */
static const char *put_row(struct buf *out, const struct term_table *table, const char *text)
{
	size_t pending = 0; /* spaces that are written only when something follows */

	for (size_t i = 0; i < table->columns; i++, text += strlen(text) + 1) {
		const struct column *column = &table->column[i];
		size_t length = columns_of(text);
		size_t pad = column->width > length ? column->width - length : 0;

		if (column->hidden)
			continue;
		pending += column->kind == '>' ? pad : 0;
		if (length > 0)
			put_spaces(out, pending);
		if (length > column->width)
			put_cut(out, text, column->width);
		else
			buf_puts(out, text);
		pending = (length > 0 ? 0 : pending) + (column->kind == '>' ? 0 : pad) + GAP;
	}
	return text;
}

static void table_put(struct buf *out, const struct term_table *table, FILE *stream)
{
	const char *text = table->text.data, *end = text + table->text.len;

	buf_puts(out, term_on(stream, TERM_BOLD));
	text = put_row(out, table, text);
	buf_puts(out, term_off(stream));
	buf_putc(out, '\n');
	while (text < end) {
		text = put_row(out, table, text);
		buf_putc(out, '\n');
	}
}

void term_table_print(struct term_table *table, FILE *stream)
{
	AUTO(buf_release) struct buf out = BUF_INIT((size_t)2 * TABLE_MAX_BYTES);

	if (table && !table->text.failed) {
		if (term_is_tty(stream))
			fit(table, (size_t)term_width(stream));
		table_put(&out, table, stream);
	}
	if (!table || table->text.failed || out.failed)
		fputs("(out of memory)\n", stream);
	else
		fwrite(out.data, 1, out.len, stream);
	if (table)
		buf_release(&table->text);
	free(table);
}
