/* term.h - what people see: colour, tables, progress bars. Plain text where it is not a terminal.
 *
 * Colour is off when the stream is no terminal, NO_COLOR is set (no-color.org) or TERM is dumb.
 */
#ifndef TASKLAB_BASE_TERM_H
#define TASKLAB_BASE_TERM_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

enum term_style {
	TERM_PLAIN,
	TERM_BOLD,
	TERM_DIM,
	TERM_RED,
	TERM_GREEN,
	TERM_YELLOW,
	TERM_BLUE,
	TERM_CYAN
};

bool term_is_tty(FILE *stream);                           /* or is pretended to be one */
int term_width(FILE *stream);                             /* columns; 80 when unknown */
const char *term_on(FILE *stream, enum term_style style); /* escape sequence or "" */
const char *term_off(FILE *stream);
/* From now on, in this thread, the stream counts as a terminal of so many columns, with colour or
 * without: for text that is shown elsewhere. NULL: none does. */
void term_pretend(FILE *stream, bool colour, int width);

/* A bar on stderr: "seeding tasks  ████████░░░░  62 %  620,000/1,000,000  0:07 left". On a pipe one
 * plain line at every tenth. Thread-safe: any thread may add. NULL progress is ignored by all. */
struct progress;
struct progress *progress_new(const char *label, uint64_t total);
struct progress *progress_new_hidden(const char *label); /* draws nothing: it is only read */
void progress_add(struct progress *progress, uint64_t done);
void progress_label(struct progress *progress, const char *label);
/* A part of the work begins: from now on 0 of total is done. */
void progress_total(struct progress *progress, uint64_t total);
/* Any of label, done and total may be NULL; the label is cut to size. */
void progress_read(struct progress *progress, char *label, size_t size, uint64_t *done,
		   uint64_t *total);
/* Draws the last state, unless there never was anything to do; frees. */
void progress_end(struct progress *progress, bool ok);

/* An aligned table on a stream. A header may begin with a mark: '>' aligns its column to the right;
 * on a terminal that is too narrow '?' leaves it out, the last such first, and then '~' cuts it. */
struct term_table;
struct term_table *term_table_new(const char *const *headers, size_t columns);
void term_table_row(struct term_table *table, const char *const *cells);
void term_table_print(struct term_table *table, FILE *stream); /* prints and frees */

/* 1234567 -> "1,234,567"; 1536 -> "1.5 kB"; 1500000 ns -> "1.50 ms". Return out. */
char *term_count(uint64_t value, char out[32]);
char *term_bytes(uint64_t value, char out[32]);
char *term_duration_ns(uint64_t ns, char out[32]);

#endif
