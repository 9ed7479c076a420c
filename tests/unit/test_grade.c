/* test_grade.c - points and reasons; the quiz in its shown order. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lab/grading.h"

#define TEXT(s) ((char *)(uintptr_t)(s))

static struct lab_choice choices[LAB_CHOICES] = {
	{.text = TEXT("A"), .why = TEXT("because of A"), .right = false},
	{.text = TEXT("B"), .why = TEXT("because of B"), .right = true},
	{.text = TEXT("C"), .why = TEXT("because of C"), .right = false},
	{.text = TEXT("D"), .why = TEXT("because of D"), .right = false},
};
static struct lab_question questions[QUIZ_MAX] = {
	{.question = TEXT("why"), .choices = choices, .choice_count = LAB_CHOICES},
	{.question = TEXT("where"), .choices = choices, .choice_count = LAB_CHOICES},
	{.question = TEXT("when"), .choices = choices, .choice_count = LAB_CHOICES},
};

static struct lab lab_with(const char *slug, size_t quiz)
{
	return (struct lab){.slug = TEXT(slug), .quiz = questions, .quiz_count = quiz};
}

/* The quiz --------------------------------------------------------------------------------------
 */

/* Every choice is shown once, always in the same place; over many labs each place is right alike.
 */
static void shown_order(void **state)
{
	size_t right_at[LAB_CHOICES + 1] = {0};

	(void)state;
	for (int n = 0; n < 400; n++) {
		char slug[16];
		struct lab lab;
		bool seen[LAB_CHOICES] = {false};

		(void)snprintf(slug, sizeof(slug), "lab-%d", n);
		lab = lab_with(slug, 1);
		for (int number = 1; number <= LAB_CHOICES; number++) {
			const struct lab_choice *choice = quiz_choice(&lab, 0, number);

			assert_false(seen[choice - choices]);
			seen[choice - choices] = true;
			assert_ptr_equal(choice, quiz_choice(&lab, 0, number));
		}
		right_at[quiz_right(&lab, 0)]++;
	}
	for (int number = 1; number <= LAB_CHOICES; number++)
		assert_in_range(right_at[number], 70, 130);
}

static void parsing(void **state)
{
	static const struct {
		size_t questions;
		const char *text;
		int chosen[QUIZ_MAX]; /* 0 first: malformed */
	} cases[] = {
		{1, "2", {2}},   {2, "2,1", {2, 1}}, {3, "4,1,3", {4, 1, 3}}, {1, "", {0}},
		{1, "0", {0}},   {1, "5", {0}},      {1, "2,1", {0}},         {2, "2", {0}},
		{2, "2,", {0}},  {2, "2 1", {0}},    {2, "2,1,", {0}},        {2, ",1", {0}},
		{1, "two", {0}}, {1, " 2", {0}},     {1, "22", {0}},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct lab lab = lab_with("aa", cases[i].questions);
		struct quiz_answers answers = {{9, 9, 9}};
		struct err err = ERR_INIT;
		int result = quiz_parse(&lab, cases[i].text, &answers, &err);

		if (result != (cases[i].chosen[0] ? 0 : -1))
			fail_msg("\"%s\": %d", cases[i].text, result);
		if (result < 0) {
			assert_int_equal(err.code, ERR_INVALID);
			assert_int_equal(answers.chosen[0], 9);
		} else {
			assert_memory_equal(answers.chosen, cases[i].chosen,
					    sizeof(answers.chosen));
		}
	}
}

/* Points ----------------------------------------------------------------------------------------
 */

enum { HELD = EVIDENCE_HELD, NOT = EVIDENCE_NOT_HELD, SKIP = EVIDENCE_SKIPPED, NONE = 99 };

struct grade_case {
	const char *label;
	int wrong; /* answers that are wrong; -1: none was given */
	size_t questions;
	int outcomes[4]; /* of the evidence, until NONE */
	int64_t differing;
	struct trap_fault faults[3]; /* until 0 points */
	int detect, fix, trap;
	const char *reason; /* that of some loss */
};

static const struct grade_case cases[] = {
	{"perfect", 0, 2, {HELD, HELD, NONE}, 0, {{0}}, 30, 50, 20, NULL},
	{"skipped does not count", 0, 1, {HELD, SKIP, NONE}, 0, {{0}}, 30, 50, 20, NULL},
	{"no answers", -1, 2, {HELD, NONE}, 0, {{0}}, 0, 50, 20, "question 2 was not answered"},
	{"one of two", 1, 2, {HELD, NONE}, 0, {{0}}, 15, 50, 20, "question 1: not "},
	{"one of three", 1, 3, {HELD, NONE}, 0, {{0}}, 20, 50, 20, "because of "},
	{"one of one", 1, 1, {HELD, NONE}, 0, {{0}}, 0, 50, 20, NULL},
	{"partly",
	 0,
	 1,
	 {HELD, NOT, SKIP, NONE},
	 0,
	 {{0}},
	 30,
	 7,
	 20,
	 "1 of 2 items of evidence hold"},
	{"the item's reason",
	 0,
	 1,
	 {HELD, NOT, HELD, NONE},
	 0,
	 {{0}},
	 30,
	 10,
	 20,
	 "claim: too many"},
	{"not at all", 0, 1, {NOT, NOT, NONE}, 0, {{0}}, 30, 0, 20, "0 of 2"},
	{"nothing applies", 0, 1, {SKIP, SKIP, NONE}, 0, {{0}}, 30, 0, 20, "no evidence"},
	{"other answers",
	 0,
	 1,
	 {HELD, HELD, NONE},
	 3,
	 {{0}},
	 30,
	 0,
	 20,
	 "for 3 of 40 parameter rows"},
	{"a fault", 0, 1, {HELD, NONE}, 0, {{5, false, "redundant"}}, 30, 50, 15, "redundant"},
	{"faults add up",
	 0,
	 1,
	 {HELD, NONE},
	 0,
	 {{5, false, "a"}, {10, false, "b"}},
	 30,
	 50,
	 5,
	 "b"},
	{"to 20 at most",
	 0,
	 1,
	 {HELD, NONE},
	 0,
	 {{10, false, "a"}, {10, false, "b"}, {10, false, "c"}},
	 30,
	 50,
	 0,
	 "c"},
	{"grave", 0, 1, {HELD, NONE}, 0, {{20, true, "data changed"}}, 30, 0, 0, "data changed"},
	{"grave beside small",
	 0,
	 1,
	 {HELD, NONE},
	 0,
	 {{20, true, "a"}, {5, false, "b"}},
	 30,
	 0,
	 0,
	 "a fix at the cost of"},
};

static struct quiz_answers answers_of(const struct lab *lab, int wrong)
{
	struct quiz_answers answers = quiz_all_right(lab);

	if (wrong < 0)
		return (struct quiz_answers){{0}};
	for (int i = 0; i < wrong; i++)
		answers.chosen[i] = answers.chosen[i] % LAB_CHOICES + 1;
	return answers;
}

static void check_losses(const struct grade_case *it, const struct grade *grade)
{
	int lost[GRADE_PARTS] = {0};
	bool said = !it->reason;

	for (size_t i = 0; i < grade->loss_count; i++) {
		const struct grade_loss *loss = &grade->losses[i];

		lost[loss->part] += loss->points;
		assert_true(loss->points >= 0 && *loss->reason);
		if (it->reason && strstr(loss->reason, it->reason))
			said = true;
	}
	if (!said)
		fail_msg("%s: not said: %s", it->label, it->reason);
	for (enum grade_part part = 0; part < GRADE_PARTS; part++)
		if (lost[part] + grade->points[part] != grade_part_points(part))
			fail_msg("%s: %s does not add up", it->label, grade_part_name(part));
}

static void points(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		const struct grade_case *it = &cases[i];
		struct lab lab = lab_with("aa", it->questions);
		struct quiz_answers answers = answers_of(&lab, it->wrong);
		struct evidence_verdict verdicts[4] = {0};
		AUTO(grade_freep) struct grade *grade = NULL;
		struct grading grading = {.lab = &lab,
					  .answers = &answers,
					  .verdicts = verdicts,
					  .differing = it->differing,
					  .parameter_rows = 40,
					  .faults = it->faults};

		while (it->outcomes[grading.verdict_count] != NONE) {
			struct evidence_verdict *one = &verdicts[grading.verdict_count];

			one->outcome = (enum evidence_outcome)it->outcomes[grading.verdict_count++];
			(void)snprintf(one->claim, sizeof(one->claim), "claim");
			(void)snprintf(one->reason, sizeof(one->reason), "too many");
		}
		while (grading.fault_count < 3 && it->faults[grading.fault_count].points > 0)
			grading.fault_count++;
		assert_int_equal(grading_grade(&grading, &grade, NULL), 0);
		if (grade->points[GRADE_DETECT] != it->detect ||
		    grade->points[GRADE_FIX] != it->fix || grade->points[GRADE_TRAP] != it->trap)
			fail_msg("%s: %d, %d, %d", it->label, grade->points[GRADE_DETECT],
				 grade->points[GRADE_FIX], grade->points[GRADE_TRAP]);
		assert_int_equal(grade->score, it->detect + it->fix + it->trap);
		assert_int_equal(grade->passed, grade->score >= 70);
		check_losses(it, grade);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(shown_order),
		cmocka_unit_test(parsing),
		cmocka_unit_test(points),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
