/* paint.h - text for people into a buffer: styles, wrapped lines, tables, bars, two blocks abreast.
 *
 * What is painted may come from a database, so control characters never reach the terminal: they
 * are shown as U+FFFD. Colour and width are the caller's, so that the same text can be made for a
 * terminal, a file or a client of the service. Lines end without blanks.
 */
#ifndef LAB_PAINT_H
#define LAB_PAINT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include <tasklab/base/buf.h>
#include <tasklab/base/term.h>

#define PAINT_WIDTH_MIN 40

struct paint {
	struct buf *out;
	bool colour;
	int width; /* columns that lines keep to where they can; at least PAINT_WIDTH_MIN */
};

/* As the stream is: colour where term.h would use it, the terminal's width or else 100 columns. */
struct paint paint_for(FILE *stream, struct buf *out);

void paint_text(const struct paint *paint, enum term_style style, const char *text);
void paint_printf(const struct paint *paint, enum term_style style, const char *format, ...)
	PRINTF(3, 4);
/* A blank line, then the text in bold on its own line. */
void paint_heading(const struct paint *paint, const char *text);
/* A paragraph: each line begins with the prefix, and breaks between words at the width. */
void paint_wrap(const struct paint *paint, enum term_style style, const char *prefix,
		const char *text);
/* A text of several lines as it is, behind so many blanks; tabs become four. */
void paint_lines(const struct paint *paint, enum term_style style, size_t indent, const char *text);
/* Columns that the text takes on a terminal: East Asian wide characters take two. */
size_t paint_columns(const char *text);

/* The bytes of text that take at most so many columns. */
size_t paint_fit(const char *text, size_t columns);

/* A table. A header may begin with marks: '>' its column is right-aligned; '*' its cells are cut
 * (with an ellipsis) where the table would be too wide; '?' the column is left out instead.
 * Without any name there is no line of headers. */
struct paint_table;
struct paint_table *paint_table_new(const char *const *headers, size_t columns);
/* Cells come row by row, each row from the left. */
void paint_cell(struct paint_table *table, enum term_style style, const char *text);
/* A cell with a bar: share (0 to 1) of so many columns. */
void paint_cell_bar(struct paint_table *table, enum term_style style, double share, size_t columns);
/* A line or more between rows, each behind the prefix: what the row above did not say. */
void paint_note(struct paint_table *table, enum term_style style, const char *prefix,
		const char *text);
void paint_table_drop(struct paint_table *table); /* frees it unpainted */
/* Paints it behind so many blanks and frees it. NULL tables are ignored by all: memory was short,
 * and the buffer says so. */
void paint_table_end(struct paint_table *table, const struct paint *paint, size_t indent);

/* Two blocks of painted lines abreast; left is padded to so many columns. */
void paint_abreast(const struct paint *paint, const struct buf *left, const struct buf *right,
		   size_t columns);

#endif
