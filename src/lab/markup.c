/* markup.c - escapes text for HTML and Markdown, and marks the words of SQL. */
#include "markup.h"

#include <assert.h>
#include <ctype.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>

#include <tasklab/base/text.h>

#define REPLACEMENT "\xEF\xBF\xBD"

/* HTML ----------------------------------------------------------------------------------------- */

static bool xml_allows(uint32_t c)
{
	return c == '\t' || c == '\n' || c == '\r' || (c >= 0x20 && c < 0x7F) ||
	       (c >= 0xA0 && c != 0xFFFE && c != 0xFFFF);
}

static void html_n(struct buf *out, const char *text, size_t len)
{
	for (size_t i = 0; i < len;) {
		uint32_t c = 0;
		size_t n = text_utf8_next(text + i, len - i, &c);

		if (n == 0 || !xml_allows(c))
			buf_puts(out, REPLACEMENT);
		else if (c == '&')
			buf_puts(out, "&amp;");
		else if (c == '<')
			buf_puts(out, "&lt;");
		else if (c == '>')
			buf_puts(out, "&gt;");
		else if (c == '"')
			buf_puts(out, "&quot;");
		else if (c == '\'')
			buf_puts(out, "&#39;");
		else
			buf_append(out, text + i, n);
		i += n > 0 ? n : 1;
	}
}

void markup_html(struct buf *out, const char *text)
{
	html_n(out, text, strlen(text));
}

void markup_put(struct buf *out, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	while (*format) {
		size_t len = strcspn(format, "%");

		buf_append(out, format, len);
		format += len;
		if (!*format)
			break;
		assert(format[1] == 's' || format[1] == '%');
		if (format[1] == 's')
			markup_html(out, va_arg(args, const char *));
		else
			buf_putc(out, '%');
		format += 2;
	}
	va_end(args);
}

/* SQL ------------------------------------------------------------------------------------------ */

static const char *const KEYWORDS[] = {
	"ALL",          "ALTER",        "ANALYZE",  "AND",      "ANY",    "AS",
	"ASC",          "BEGIN",        "BETWEEN",  "BY",       "CASE",   "COMMIT",
	"CONCURRENTLY", "CREATE",       "CROSS",    "DELETE",   "DESC",   "DISTINCT",
	"DROP",         "ELSE",         "END",      "EXCEPT",   "EXISTS", "EXPLAIN",
	"EXTENSION",    "FALSE",        "FETCH",    "FILTER",   "FIRST",  "FOR",
	"FROM",         "FULL",         "FUNCTION", "GROUP",    "HAVING", "ILIKE",
	"IN",           "INCLUDE",      "INDEX",    "INNER",    "INSERT", "INTERSECT",
	"INTO",         "IS",           "JOIN",     "LATERAL",  "LEFT",   "LIKE",
	"LIMIT",        "MATERIALIZED", "NOT",      "NULL",     "NULLS",  "OFFSET",
	"ON",           "OR",           "ORDER",    "OUTER",    "OVER",   "PARTITION",
	"RETURNING",    "RIGHT",        "ROLLBACK", "SELECT",   "SET",    "STATISTICS",
	"TABLE",        "THEN",         "TRUE",     "TRUNCATE", "UNION",  "UNIQUE",
	"UPDATE",       "USING",        "VACUUM",   "VALUES",   "VIEW",   "WHEN",
	"WHERE",        "WITH",
};

static bool is_word(char c)
{
	return isalnum((unsigned char)c) || c == '_' || (unsigned char)c >= 0x80;
}

static bool is_keyword(const char *word, size_t len)
{
	for (size_t i = 0; i < ARRAY_LEN(KEYWORDS); i++)
		if (strlen(KEYWORDS[i]) == len && strncasecmp(KEYWORDS[i], word, len) == 0)
			return true;
	return false;
}

/* Up to and with the closing mark; all where none comes. */
static size_t up_to(const char *sql, size_t from, const char *mark)
{
	const char *end = strstr(sql + from, mark);

	return end ? (size_t)(end - sql) + strlen(mark) : strlen(sql);
}

/* The length of the piece that sql begins with, and the element that marks it (NULL: none). This is
 * for the eyes only: it need not know every corner of SQL. */
static size_t piece(const char *sql, const char **element)
{
	size_t len = 1;

	*element = NULL;
	if (strncmp(sql, "--", 2) == 0) {
		*element = "s";
		return strcspn(sql, "\n");
	}
	if (strncmp(sql, "/*", 2) == 0) {
		*element = "s";
		return up_to(sql, 2, "*/");
	}
	if (*sql == '\'' || *sql == '"') {
		*element = *sql == '\'' ? "i" : NULL;
		return up_to(sql, 1, *sql == '\'' ? "'" : "\"");
	}
	if (*sql == '$' && isdigit((unsigned char)sql[1])) {
		*element = "var";
		while (isdigit((unsigned char)sql[len]))
			len++;
		return len;
	}
	if (!is_word(*sql))
		return 1;
	while (is_word(sql[len]))
		len++;
	if (isdigit((unsigned char)*sql))
		*element = "i";
	else if (is_keyword(sql, len))
		*element = "b";
	return len;
}

void markup_sql(struct buf *out, const char *sql)
{
	while (*sql) {
		const char *element;
		size_t len = piece(sql, &element);

		if (element)
			buf_printf(out, "<%s>", element);
		html_n(out, sql, len);
		if (element)
			buf_printf(out, "</%s>", element);
		sql += len;
	}
}

/* Markdown ------------------------------------------------------------------------------------- */

/* A character of one line: printable, or what stands for it. Returns its bytes. */
static size_t line_character(const char *text, size_t len, const char **shown, size_t *n)
{
	uint32_t c = 0;
	size_t taken = text_utf8_next(text, len, &c);

	*shown = text;
	*n = taken;
	if (taken == 0 || !xml_allows(c)) {
		*shown = REPLACEMENT;
		*n = sizeof(REPLACEMENT) - 1;
	} else if (c == '\n' || c == '\r' || c == '\t') {
		*shown = " ";
		*n = 1;
	}
	return taken > 0 ? taken : 1;
}

void markup_markdown(struct buf *out, const char *text)
{
	size_t len = strlen(text);

	for (size_t i = 0; i < len;) {
		const char *shown;
		size_t n, taken = line_character(text + i, len - i, &shown, &n);

		if (n == 1 && strchr("\\`*_{}[]()<>#+-!|~&.", *shown))
			buf_putc(out, '\\');
		buf_append(out, shown, n);
		i += taken;
	}
}

/* The longest run of backticks. */
static size_t ticks(const char *text)
{
	size_t most = 0;

	while (*text) {
		size_t n = strspn(text, "`");

		most = n > most ? n : most;
		text += n > 0 ? n : 1;
	}
	return most;
}

static void put_ticks(struct buf *out, size_t n)
{
	while (n-- > 0)
		buf_putc(out, '`');
}

void markup_markdown_code(struct buf *out, const char *text)
{
	size_t len = strlen(text), fence = ticks(text) + 1;

	put_ticks(out, fence);
	if (*text == '`' || len == 0)
		buf_putc(out, ' ');
	for (size_t i = 0; i < len;) {
		const char *shown;
		size_t n, taken = line_character(text + i, len - i, &shown, &n);

		if (n == 1 && *shown == '|') /* it would end the cell, in code as well */
			buf_putc(out, '\\');
		buf_append(out, shown, n);
		i += taken;
	}
	if (len > 0 && text[len - 1] == '`')
		buf_putc(out, ' ');
	put_ticks(out, fence);
}

void markup_markdown_block(struct buf *out, const char *language, const char *text)
{
	size_t len = strlen(text), fence = ticks(text) + 1;

	if (fence < 3)
		fence = 3;
	while (len > 0 && strchr(" \t\r\n", text[len - 1]))
		len--;
	put_ticks(out, fence);
	buf_puts(out, language);
	buf_putc(out, '\n');
	for (size_t i = 0; i < len;) {
		const char *shown;
		size_t n, taken = line_character(text + i, len - i, &shown, &n);

		if (text[i] == '\n' || text[i] == '\t')
			buf_putc(out, text[i]);
		else
			buf_append(out, shown, n);
		i += taken;
	}
	buf_putc(out, '\n');
	put_ticks(out, fence);
	buf_putc(out, '\n');
}
