/* test_markup.c - text within HTML and Markdown stays text. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lab/markup.h"

static void html(void **state)
{
	static const struct {
		const char *text, *html;
	} cases[] = {
		{"", ""},
		{"a < b && c > 'd' or \"e\"",
		 "a &lt; b &amp;&amp; c &gt; &#39;d&#39; or &quot;e&quot;"},
		{"h\xC3\xA9\t\n", "h\xC3\xA9\t\n"},
		{"a\033b\x01"
		 "c\xC2\x80",
		 "a\uFFFDb\uFFFDc\uFFFD"},
		{"cut \xE2\x82", "cut \uFFFD\uFFFD"},
		{"\xEF\xBF\xBF", "\uFFFD"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		AUTO(buf_release) struct buf out = BUF_INIT(1000);

		markup_html(&out, cases[i].text);
		assert_string_equal(buf_str(&out), cases[i].html);
	}
}

static void formats(void **state)
{
	AUTO(buf_release) struct buf out = BUF_INIT(1000);

	(void)state;
	markup_put(&out, "<a class=\"%s\" style=\"width:5%%\">%s</a>", "\">", "%s<");
	assert_string_equal(buf_str(&out), "<a class=\"&quot;&gt;\" style=\"width:5%\">%s&lt;</a>");
}

/* Whatever the marks are, without them the text is all there. */
static void sql(void **state)
{
	static const struct {
		const char *sql, *html;
	} cases[] = {
		{"SELECT a1, 'it''s' FROM t -- c\nWHERE x = $1",
		 "<b>SELECT</b> a1, <i>&#39;it&#39;</i><i>&#39;s&#39;</i> <b>FROM</b> t <s>-- "
		 "c</s>\n"
		 "<b>WHERE</b> x = <var>$1</var>"},
		{"selected 10 /* <b> */ \"SELECT\"",
		 "selected <i>10</i> <s>/* &lt;b&gt; */</s> &quot;SELECT&quot;"},
		{"'open", "<i>&#39;open</i>"},
		{"/* open", "<s>/* open</s>"},
		{"$$ $", "$$ $"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		AUTO(buf_release) struct buf out = BUF_INIT(1000);

		markup_sql(&out, cases[i].sql);
		assert_string_equal(buf_str(&out), cases[i].html);
	}
}

static void markdown(void **state)
{
	static const struct {
		const char *text, *markdown, *code;
	} cases[] = {
		{"plain", "plain", "`plain`"},
		{"a|b\nc", "a\\|b c", "`a\\|b c`"},
		{"<b> *x* _y_ `z`", "\\<b\\> \\*x\\* \\_y\\_ \\`z\\`", "``<b> *x* _y_ `z` ``"},
		{"[l](u) # & 1.", "\\[l\\]\\(u\\) \\# \\& 1\\.", "`[l](u) # & 1.`"},
		{"``", "\\`\\`", "``` `` ```"},
		{"\033", "\uFFFD", "`\uFFFD`"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		AUTO(buf_release) struct buf out = BUF_INIT(1000);

		markup_markdown(&out, cases[i].text);
		assert_string_equal(buf_str(&out), cases[i].markdown);
		buf_reset(&out);
		markup_markdown_code(&out, cases[i].text);
		assert_string_equal(buf_str(&out), cases[i].code);
	}
}

static void blocks(void **state)
{
	AUTO(buf_release) struct buf out = BUF_INIT(1000);

	(void)state;
	markup_markdown_block(&out, "sql", "SELECT 1;\n\n");
	assert_string_equal(buf_str(&out), "```sql\nSELECT 1;\n```\n");
	buf_reset(&out);
	markup_markdown_block(&out, "", "a\n````\nb");
	assert_string_equal(buf_str(&out), "`````\na\n````\nb\n`````\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(html),     cmocka_unit_test(formats), cmocka_unit_test(sql),
		cmocka_unit_test(markdown), cmocka_unit_test(blocks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
