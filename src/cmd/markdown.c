/* markdown.c - shows a Markdown text on a terminal, line by line. */
#include "markdown.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include <tasklab/base/term.h>

/* `code` and **strong**, without their marks; a mark that does not close is text. */
static void print_inline(const char *text, size_t len, FILE *stream)
{
	const char *end = text + len;

	while (text < end) {
		size_t mark = *text == '`' ? 1 : end - text > 2 && !memcmp(text, "**", 2) ? 2 : 0;
		const char *close =
			mark ? memmem(text + mark, (size_t)(end - text) - mark, text, mark) : NULL;

		if (!close) {
			(void)fputc(*text++, stream);
			continue;
		}
		(void)fprintf(stream, "%s%.*s%s",
			      term_on(stream, mark == 1 ? TERM_CYAN : TERM_BOLD),
			      (int)(close - text - (ptrdiff_t)mark), text + mark, term_off(stream));
		text = close + mark;
	}
}

static void print_line(const char *line, size_t len, FILE *stream)
{
	size_t hashes = strspn(line, "#");

	if (hashes > 0 && hashes < len && line[hashes] == ' ')
		(void)fprintf(stream, "%s%.*s%s", term_on(stream, TERM_BOLD),
			      (int)(len - hashes - 1), line + hashes + 1, term_off(stream));
	else
		print_inline(line, len, stream);
	(void)fputc('\n', stream);
}

void markdown_print(const char *text, FILE *stream)
{
	bool code = false;

	while (*text) {
		size_t len = strcspn(text, "\n");

		if (strncmp(text, "```", 3) == 0)
			code = !code;
		else if (code)
			(void)fprintf(stream, "    %s%.*s%s\n", term_on(stream, TERM_CYAN),
				      (int)len, text, term_off(stream));
		else
			print_line(text, len, stream);
		text += len + (text[len] == '\n');
	}
}
