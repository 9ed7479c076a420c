/* grade.c - turns answers, evidence and faults into points. */
#include "grading.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define FIX_PARTLY 15 /* shared by the evidence where not all of it holds */

static const struct {
	const char *name;
	int points;
} PARTS[GRADE_PARTS] = {
	[GRADE_DETECT] = {"Detect", 30},
	[GRADE_FIX] = {"Fix", 50},
	[GRADE_TRAP] = {"Trap", 20},
};

/* Takes points as far as there are any; room for the loss is there. */
static void lose(struct grade *grade, enum grade_part part, int points, const char *format, ...)
	PRINTF(4, 5);

static void lose(struct grade *grade, enum grade_part part, int points, const char *format, ...)
{
	struct grade_loss *loss = &grade->losses[grade->loss_count++];
	va_list args;

	loss->part = part;
	loss->points = points < grade->points[part] ? points : grade->points[part];
	grade->points[part] -= loss->points;
	va_start(args, format);
	(void)vsnprintf(loss->reason, sizeof(loss->reason), format, args);
	va_end(args);
}

static void grade_detect(const struct grading *grading, struct grade *grade)
{
	const struct lab *lab = grading->lab;

	for (size_t i = 0; i < lab->quiz_count && i < QUIZ_MAX; i++) {
		int share = PARTS[GRADE_DETECT].points / (int)lab->quiz_count;
		int chosen = grading->answers->chosen[i];
		const struct lab_choice *choice;

		if (chosen == 0) {
			lose(grade, GRADE_DETECT, share, "question %zu was not answered", i + 1);
			continue;
		}
		choice = quiz_choice(lab, i, chosen);
		if (!choice->right)
			lose(grade, GRADE_DETECT, share, "question %zu: not %d. %s", i + 1, chosen,
			     choice->why);
	}
}

static const struct trap_fault *grave_fault(const struct grading *grading)
{
	for (size_t i = 0; i < grading->fault_count; i++)
		if (grading->faults[i].grave)
			return &grading->faults[i];
	return NULL;
}

static void grade_evidence(const struct grading *grading, struct grade *grade)
{
	int held = 0, applicable = 0, full = PARTS[GRADE_FIX].points;

	for (size_t i = 0; i < grading->verdict_count; i++) {
		applicable += grading->verdicts[i].outcome != EVIDENCE_SKIPPED;
		held += grading->verdicts[i].outcome == EVIDENCE_HELD;
	}
	if (applicable == 0) {
		lose(grade, GRADE_FIX, full, "no evidence of this lab applies here");
		return;
	}
	if (held == applicable)
		return;
	lose(grade, GRADE_FIX, full - FIX_PARTLY * held / applicable,
	     "%d of %d items of evidence hold", held, applicable);
	for (size_t i = 0; i < grading->verdict_count; i++)
		if (grading->verdicts[i].outcome == EVIDENCE_NOT_HELD)
			lose(grade, GRADE_FIX, 0, "%s: %s", grading->verdicts[i].claim,
			     grading->verdicts[i].reason);
}

static void grade_fix(const struct grading *grading, struct grade *grade)
{
	const struct trap_fault *grave = grave_fault(grading);

	if (grading->failed)
		lose(grade, GRADE_FIX, PARTS[GRADE_FIX].points, "the workload no longer runs: %s",
		     grading->failed);
	else if (grading->differing > 0)
		lose(grade, GRADE_FIX, PARTS[GRADE_FIX].points,
		     "the statement answers otherwise than before for %lld of %lld parameter rows",
		     (long long)grading->differing, (long long)grading->parameter_rows);
	else if (grave)
		lose(grade, GRADE_FIX, PARTS[GRADE_FIX].points,
		     "a fix at the cost of data, rules or writes is none");
	else
		grade_evidence(grading, grade);
}

static void grade_trap(const struct grading *grading, struct grade *grade)
{
	bool grave = grave_fault(grading) != NULL;

	for (size_t i = 0; i < grading->fault_count; i++)
		lose(grade, GRADE_TRAP,
		     grave ? PARTS[GRADE_TRAP].points : grading->faults[i].points, "%s",
		     grading->faults[i].text);
}

int grading_grade(const struct grading *grading, struct grade **ret, struct err *err)
{
	AUTO(grade_freep) struct grade *grade = calloc(1, sizeof(*grade));

	if (!grade)
		return err_no_memory(err);
	/* At most one a question, one an item of evidence and their sum, one a fault. */
	grade->losses = calloc(QUIZ_MAX + grading->verdict_count + 1 + grading->fault_count,
			       sizeof(*grade->losses));
	if (!grade->losses)
		return err_no_memory(err);
	for (enum grade_part part = 0; part < GRADE_PARTS; part++)
		grade->points[part] = PARTS[part].points;
	grade_detect(grading, grade);
	grade_fix(grading, grade);
	grade_trap(grading, grade);
	for (enum grade_part part = 0; part < GRADE_PARTS; part++)
		grade->score += grade->points[part];
	grade->passed = grade->score >= GRADE_PASS;
	*ret = TAKE(grade);
	return 0;
}

void grade_freep(struct grade **grade)
{
	if (!*grade)
		return;
	free((*grade)->losses);
	free(*grade);
	*grade = NULL;
}

const char *grade_part_name(enum grade_part part)
{
	return PARTS[part].name;
}

int grade_part_points(enum grade_part part)
{
	return PARTS[part].points;
}
