/* paint.c - text for people into a buffer: styles, wrapped lines, bars, two blocks abreast. */
#include "paint.h"

#include <math.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <tasklab/base/text.h>

#define PRINTED_MAX  4096
#define PIPE_COLUMNS 100 /* where nobody says how wide it may be */
#define LEAST_ROOM   20  /* for words behind a long prefix */
#define REPLACEMENT  "\xEF\xBF\xBD"
#define BLANKS       " \t\r\n"

static const char *const SEQUENCES[] = {
	[TERM_PLAIN] = "",        [TERM_BOLD] = "\033[1m",   [TERM_DIM] = "\033[2m",
	[TERM_RED] = "\033[31m",  [TERM_GREEN] = "\033[32m", [TERM_YELLOW] = "\033[33m",
	[TERM_BLUE] = "\033[34m", [TERM_CYAN] = "\033[36m",
};

struct paint paint_for(FILE *stream, struct buf *out)
{
	struct paint paint = {.out = out,
			      .colour = *term_on(stream, TERM_BOLD) != '\0',
			      .width = term_is_tty(stream) ? term_width(stream) : PIPE_COLUMNS};

	if (paint.width < PAINT_WIDTH_MIN)
		paint.width = PAINT_WIDTH_MIN;
	return paint;
}

/* Characters ------------------------------------------------------------------------------------
 */

static bool is_control(uint32_t c)
{
	return c < 0x20 || (c >= 0x7F && c < 0xA0) || (c >= 0x200E && c <= 0x200F) ||
	       (c >= 0x202A && c <= 0x202E) || (c >= 0x2066 && c <= 0x2069);
}

/* Unicode's East Asian Width W and F, by their large blocks, and no width for combining marks. */
static size_t character_columns(uint32_t c)
{
	if ((c >= 0x300 && c <= 0x36F) || c == 0x200B || c == 0x200D ||
	    (c >= 0xFE00 && c <= 0xFE0F))
		return 0;
	if ((c >= 0x1100 && c <= 0x115F) || (c >= 0x2E80 && c <= 0xA4CF) ||
	    (c >= 0xAC00 && c <= 0xD7A3) || (c >= 0xF900 && c <= 0xFAFF) ||
	    (c >= 0xFE30 && c <= 0xFE6F) || (c >= 0xFF00 && c <= 0xFF60) ||
	    (c >= 0xFFE0 && c <= 0xFFE6) || (c >= 0x1F300 && c <= 0x1FAFF) ||
	    (c >= 0x20000 && c <= 0x3FFFD))
		return 2;
	return 1;
}

/* The next character as it is shown: its bytes in *shown and *n, its columns returned; *text moves
 * on. */
static size_t next(const char **text, const char *end, const char **shown, size_t *n)
{
	uint32_t c = 0;
	size_t len = text_utf8_next(*text, (size_t)(end - *text), &c);
	bool sound = len > 0 && !is_control(c);

	*shown = sound ? *text : REPLACEMENT;
	*n = sound ? len : sizeof(REPLACEMENT) - 1;
	*text += len > 0 ? len : 1;
	return sound ? character_columns(c) : 1;
}

static size_t columns_of(const char *text, size_t len)
{
	const char *end = text + len;
	size_t columns = 0;

	while (text < end) {
		const char *shown;
		size_t n;

		columns += next(&text, end, &shown, &n);
	}
	return columns;
}

size_t paint_columns(const char *text)
{
	return columns_of(text, strlen(text));
}

size_t paint_fit(const char *text, size_t columns)
{
	const char *at = text, *end = text + strlen(text);

	while (at < end) {
		const char *after = at, *shown;
		size_t n, taken = next(&after, end, &shown, &n);

		if (taken > columns)
			break;
		columns -= taken;
		at = after;
	}
	return (size_t)(at - text);
}

static void put_clean(struct buf *out, const char *text, size_t len)
{
	const char *end = text + len;

	while (text < end) {
		const char *shown;
		size_t n;

		(void)next(&text, end, &shown, &n);
		buf_append(out, shown, n);
	}
}

static void put_blanks(struct buf *out, size_t n)
{
	while (n-- > 0)
		buf_putc(out, ' ');
}

static void put_styled(const struct paint *paint, enum term_style style, const char *text,
		       size_t len)
{
	bool styled = paint->colour && style != TERM_PLAIN && len > 0;

	if (styled)
		buf_puts(paint->out, SEQUENCES[style]);
	put_clean(paint->out, text, len);
	if (styled)
		buf_puts(paint->out, "\033[0m");
}

/* Lines -----------------------------------------------------------------------------------------
 */

void paint_text(const struct paint *paint, enum term_style style, const char *text)
{
	while (*text) {
		size_t len = strcspn(text, "\n");

		put_styled(paint, style, text, len);
		text += len;
		if (*text == '\n') {
			buf_putc(paint->out, '\n');
			text++;
		}
	}
}

void paint_printf(const struct paint *paint, enum term_style style, const char *format, ...)
{
	char text[PRINTED_MAX];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	paint_text(paint, style, text);
}

void paint_heading(const struct paint *paint, const char *text)
{
	buf_putc(paint->out, '\n');
	paint_text(paint, TERM_BOLD, text);
	buf_putc(paint->out, '\n');
}

/* Where the next line ends, and where the one after it begins. */
static const char *line_end(const char *text, size_t room, const char **next_line)
{
	const char *line = text, *end = text;
	size_t used = 0;

	while (*text) { /* one more word, as long as there is room */
		size_t len = strcspn(text, BLANKS);
		size_t columns = columns_of(text, len) + (end > line);

		if (end > line && used + columns > room)
			break;
		used += columns;
		end = text + len;
		text = end + strspn(end, BLANKS);
	}
	*next_line = text;
	return end;
}

void paint_wrap(const struct paint *paint, enum term_style style, const char *prefix,
		const char *text)
{
	size_t taken = paint_columns(prefix), width = (size_t)paint->width;
	size_t room = width > taken + LEAST_ROOM ? width - taken : LEAST_ROOM;

	text += strspn(text, BLANKS);
	while (*text) {
		const char *word = text, *end = line_end(text, room, &text);

		put_clean(paint->out, prefix, strlen(prefix));
		while (word < end) {
			size_t len = strcspn(word, BLANKS);

			put_styled(paint, style, word, len);
			word += len + strspn(word + len, BLANKS);
			if (word < end)
				buf_putc(paint->out, ' ');
		}
		buf_putc(paint->out, '\n');
	}
}

static void put_line(const struct paint *paint, enum term_style style, size_t indent,
		     const char *line, size_t len)
{
	AUTO(buf_release) struct buf wide = BUF_INIT((size_t)4 * 1024 * 1024);

	for (size_t i = 0; i < len; i++) {
		if (line[i] == '\t')
			put_blanks(&wide, 4);
		else
			buf_putc(&wide, line[i]);
	}
	while (wide.len > 0 && strchr(" \r", wide.data[wide.len - 1]))
		wide.len--;
	if (wide.len > 0) {
		put_blanks(paint->out, indent);
		put_styled(paint, style, buf_str(&wide), wide.len);
	}
	buf_putc(paint->out, '\n');
}

void paint_lines(const struct paint *paint, enum term_style style, size_t indent, const char *text)
{
	while (*text) {
		size_t len = strcspn(text, "\n");

		put_line(paint, style, indent, text, len);
		text += len + (text[len] == '\n');
	}
}

/* Two blocks ------------------------------------------------------------------------------------
 */

/* Columns of a painted line, escape sequences left out. */
static size_t painted_columns(const char *line, size_t len)
{
	const char *end = line + len;
	size_t columns = 0;

	while (line < end) {
		const char *shown;
		size_t n;

		if (*line == '\033') {
			const char *m = memchr(line, 'm', (size_t)(end - line));

			line = m ? m + 1 : end;
			continue;
		}
		columns += next(&line, end, &shown, &n);
	}
	return columns;
}

void paint_abreast(const struct paint *paint, const struct buf *left, const struct buf *right,
		   size_t columns)
{
	const char *one = buf_str(left), *other = buf_str(right);

	paint->out->failed |= left->failed || right->failed;
	while (*one || *other) {
		size_t n = strcspn(one, "\n"), m = strcspn(other, "\n");
		size_t used = painted_columns(one, n);

		buf_append(paint->out, one, n);
		if (m > 0) {
			put_blanks(paint->out, columns > used ? columns - used : 1);
			buf_append(paint->out, other, m);
		}
		buf_putc(paint->out, '\n');
		one += n + (one[n] == '\n');
		other += m + (other[m] == '\n');
	}
}
