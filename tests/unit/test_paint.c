/* test_paint.c - painted text: what is cut, wrapped, aligned, and what never reaches a terminal. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lab/paint.h"

static struct buf out;

static struct paint painter(int width, bool colour)
{
	buf_reset(&out);
	return (struct paint){.out = &out, .colour = colour, .width = width};
}

static void expect(const char *wanted)
{
	assert_false(out.failed);
	assert_string_equal(buf_str(&out), wanted);
}

static void columns(void **state)
{
	static const struct {
		const char *text;
		size_t columns;
	} cases[] = {
		{"", 0},          {"abc", 3},          {"h\xC3\xA9", 2},
		{"e\xCC\x81", 1}, {"\u4e2d\u6587", 4}, {"\U0001F600", 2},
		{"\xFF\xFE", 2},  {"\033[1m", 4},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		assert_int_equal(paint_columns(cases[i].text), cases[i].columns);
	assert_int_equal(paint_fit("\u4e2d\u6587", 3), 3);
	assert_int_equal(paint_fit("abc", 2), 2);
	assert_int_equal(paint_fit("abc", 9), 3);
}

/* Escape sequences, C1 controls and what turns the direction of text. */
static void control_characters(void **state)
{
	struct paint paint = painter(80, true);

	(void)state;
	paint_text(&paint, TERM_RED,
		   "a\033[2Jb\x7F\xC2\x9B"
		   "c\u202Ed");
	expect("\033[31ma\uFFFD[2Jb\uFFFD\uFFFDc\uFFFDd\033[0m");
}

static void styles(void **state)
{
	struct paint paint = painter(80, true);

	(void)state;
	paint_text(&paint, TERM_PLAIN, "plain\n");
	paint_text(&paint, TERM_BOLD, "two\nlines\n");
	expect("plain\n\033[1mtwo\033[0m\n\033[1mlines\033[0m\n");
	paint = painter(80, false);
	paint_printf(&paint, TERM_BOLD, "%d%s\n", 4, "x");
	expect("4x\n");
}

static void wrapping(void **state)
{
	struct paint paint = painter(40, false);

	(void)state;
	paint_wrap(&paint, TERM_PLAIN, "    ",
		   "  A text of\n\nsome words that goes on beyond the forty columns  ");
	expect("    A text of some words that goes on\n    beyond the forty columns\n");
	paint = painter(40, false);
	paint_wrap(&paint, TERM_PLAIN, "| ", "aWordThatIsMuchTooLongForTheWidthOfTheLine b");
	expect("| aWordThatIsMuchTooLongForTheWidthOfTheLine\n| b\n");
	paint = painter(40, false);
	paint_lines(&paint, TERM_PLAIN, 2, "a\n\tb  \n\nc");
	expect("  a\n      b\n\n  c\n");
}

static void tables(void **state)
{
	const char *const headers[] = {"*name", ">n", "?"};
	struct paint paint = painter(40, false);
	struct paint_table *table = paint_table_new(headers, ARRAY_LEN(headers));

	(void)state;
	paint_cell(table, TERM_PLAIN, "a");
	paint_cell(table, TERM_PLAIN, "1");
	paint_cell_bar(table, TERM_PLAIN, 0.5, 4);
	paint_note(table, TERM_PLAIN, "  ", "of the first");
	paint_cell(table, TERM_PLAIN, "two\nlines");
	paint_cell(table, TERM_PLAIN, "1,000");
	paint_cell_bar(table, TERM_PLAIN, 0.03, 4);
	paint_table_end(table, &paint, 1);
	expect(" name           n\n a              1  \u2588\u2588\n   of the first\n"
	       " two lines  1,000  \u258f\n");
}

static void narrow_tables(void **state)
{
	const char *const headers[] = {"*name", ">n", "?>optional"};
	struct paint paint = painter(40, false);
	struct paint_table *table = paint_table_new(headers, ARRAY_LEN(headers));

	(void)state;
	paint_cell(table, TERM_PLAIN, "a name that is cut because it is too long");
	paint_cell(table, TERM_PLAIN, "12");
	paint_cell(table, TERM_PLAIN, "left out");
	paint_table_end(table, &paint, 0);
	expect("name                                   n\n"
	       "a name that is cut because it is to\u2026  12\n");
}

static void no_headers(void **state)
{
	const char *const headers[] = {"", ">"};
	struct paint paint = painter(40, false);
	struct paint_table *table = paint_table_new(headers, ARRAY_LEN(headers));

	(void)state;
	paint_cell(table, TERM_PLAIN, "a");
	paint_cell(table, TERM_PLAIN, "1");
	paint_table_end(table, &paint, 0);
	expect("a  1\n");
	paint = painter(40, false);
	paint_table_drop(NULL);
	paint_table_end(NULL, &paint, 0);
	assert_true(out.failed);
}

static void abreast(void **state)
{
	AUTO(buf_release) struct buf left = BUF_INIT(1000), right = BUF_INIT(1000);
	struct paint paint = painter(40, true);

	(void)state;
	buf_puts(&left, "\033[1mone\033[0m\ntwo\n");
	buf_puts(&right, "three\n\nfive\n");
	paint_abreast(&paint, &left, &right, 6);
	expect("\033[1mone\033[0m   three\ntwo\n      five\n");
}

static int teardown(void **state)
{
	(void)state;
	buf_release(&out);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(columns),    cmocka_unit_test(control_characters),
		cmocka_unit_test(styles),     cmocka_unit_test(wrapping),
		cmocka_unit_test(tables),     cmocka_unit_test(narrow_tables),
		cmocka_unit_test(no_headers), cmocka_unit_test(abreast),
	};

	out = BUF_INIT(100000);
	return cmocka_run_group_tests(tests, NULL, teardown);
}
