/* test_lesson.c - a lab's texts as a learner sees them: wrapped, and without the answers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <tasklab/base/attr.h>
#include <tasklab/lab/lesson.h>
#include <tasklab/lab/quiz.h>

#define TEXT(s) ((char *)(uintptr_t)(s))
#define WORD40  "aaaaaaaaaabbbbbbbbbbccccccccccdddddddddd"

static char *written;
static size_t written_len;

static FILE *begin(void)
{
	FILE *stream = open_memstream(&written, &written_len);

	assert_non_null(stream);
	return stream;
}

static void end(FILE *stream)
{
	assert_int_equal(fclose(stream), 0);
}

/* 80 columns, where the stream is no terminal. */
static void wrapping(void **state)
{
	static const struct {
		const char *text;
		int at, indent;
		const char *expected;
	} cases[] = {
		{"", 0, 2, "\n"},
		{"one", 0, 0, "one\n"},
		{"one", 0, 2, "  one\n"},
		{"  one \n two ", 0, 2, "  one two\n"},
		{"one", 3, 7, "    one\n"},
		{"one", 9, 7, "one\n"},
		{WORD40 " " WORD40, 0, 0, WORD40 "\n" WORD40 "\n"},
		{WORD40 " " WORD40, 0, 3, "   " WORD40 "\n   " WORD40 "\n"},
		{WORD40 " aaaaaaaaaabbbbbbbbbbccccccccccddddddddd", 0, 0,
		 WORD40 " aaaaaaaaaabbbbbbbbbbccccccccccddddddddd\n"},
		{WORD40 " \u00e4\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4bbbbbbbbbbccc"
			"cccccccddddddddd",
		 0, 0,
		 WORD40 " \u00e4\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4bbbbbbbbbbccc"
			"cccccccddddddddd\n"},
		{WORD40 WORD40 WORD40 " x", 0, 1, " " WORD40 WORD40 WORD40 "\n x\n"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		FILE *stream = begin();

		lesson_wrap(cases[i].text, cases[i].at, cases[i].indent, stream);
		end(stream);
		assert_string_equal(written, cases[i].expected);
		free(written);
	}
}

static struct lab_choice choices[LAB_CHOICES] = {
	{.text = TEXT("first"), .why = TEXT("secret A")},
	{.text = TEXT("second"), .why = TEXT("secret B"), .right = true},
	{.text = TEXT("third"), .why = TEXT("secret C")},
	{.text = TEXT("fourth"), .why = TEXT("secret D")},
};
static struct lab_question question = {
	.question = TEXT("why"), .choices = choices, .choice_count = LAB_CHOICES};
static char *hints[LAB_HINTS] = {TEXT("hint one"), TEXT("hint two"), TEXT("hint three")};
static const struct lab lab = {.slug = TEXT("a-lab"),
			       .title = TEXT("A lab"),
			       .quiz = &question,
			       .quiz_count = 1,
			       .hints = {hints, LAB_HINTS},
			       .fix_sql = TEXT("FIX IT")};

/* Numbered as answers are, and nothing tells which is right. */
static void quiz(void **state)
{
	AUTO(buf_release) struct buf out = BUF_INIT(10000);
	struct json json = JSON_INIT(&out);
	char line[64];
	FILE *stream = begin();

	(void)state;
	lesson_quiz_text(&lab, stream);
	end(stream);
	for (int number = 1; number <= LAB_CHOICES; number++) {
		(void)snprintf(line, sizeof(line), "    %d  %s\n", number,
			       quiz_choice(&lab, 0, number)->text);
		assert_non_null(strstr(written, line));
	}
	assert_null(strstr(written, "secret"));
	free(written);
	json_begin_object(&json);
	lesson_quiz_json(&json, &lab);
	json_end_object(&json);
	assert_null(strstr(buf_str(&out), "secret"));
	assert_null(strstr(buf_str(&out), "right"));
}

static void hints_in_turn(void **state)
{
	(void)state;
	for (int n = 0; n <= LAB_HINTS; n++) {
		FILE *stream = begin();

		lesson_hints_text(&lab, n, stream);
		end(stream);
		for (int i = 0; i < LAB_HINTS; i++)
			assert_int_equal(strstr(written, hints[i]) != NULL, i < n);
		free(written);
	}
}

static void solution(void **state)
{
	char line[64];
	FILE *stream = begin();

	(void)state;
	lesson_solution_text(&lab, stream);
	end(stream);
	(void)snprintf(line, sizeof(line), "  %d: second\n", quiz_right(&lab, 0));
	assert_non_null(strstr(written, line));
	assert_non_null(strstr(written, "secret B"));
	assert_non_null(strstr(written, "FIX IT"));
	free(written);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(wrapping),
		cmocka_unit_test(quiz),
		cmocka_unit_test(hints_in_turn),
		cmocka_unit_test(solution),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
