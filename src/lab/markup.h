/* markup.h - text within HTML and Markdown: nothing that a name or a statement holds becomes
 * markup.
 */
#ifndef LAB_MARKUP_H
#define LAB_MARKUP_H

#include <tasklab/base/attr.h>
#include <tasklab/base/buf.h>

/* As an element's text or a quoted attribute's value. Bytes that are not UTF-8, and characters that
 * XML 1.0 (2.2) does not allow, become U+FFFD. */
void markup_html(struct buf *out, const char *text);
/* The format is markup as it stands; each %s of it is a text, written by markup_html. Nothing but
 * %s and %% may be used. */
void markup_put(struct buf *out, const char *format, ...) PRINTF(2, 3);
/* SQL as an element's text, its keywords, constants, parameters and comments marked by <b>, <i>,
 * <var> and <s>: the style sheet gives these their looks. */
void markup_sql(struct buf *out, const char *sql);

/* One line of Markdown (CommonMark 0.31, and the tables of GitHub's dialect): line breaks become
 * blanks, and what would be markup is escaped. */
void markup_markdown(struct buf *out, const char *text);
/* `text` as one line of code that may stand in a table. */
void markup_markdown_code(struct buf *out, const char *text);
/* A fenced block; the fence is longer than any in the text. */
void markup_markdown_block(struct buf *out, const char *language, const char *text);

#endif
