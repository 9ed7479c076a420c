/* grading.h - what a grade is made of. */
#ifndef TASKLAB_LAB_GRADING_H
#define TASKLAB_LAB_GRADING_H

#include <tasklab/lab/grade.h>
#include <tasklab/lab/quiz.h>

#include "evidence.h"
#include "trap.h"

struct grading {
	const struct lab *lab;
	const struct quiz_answers *answers;
	const char *failed; /* why the workload does not run any more; NULL: it does */
	const struct evidence_verdict *verdicts; /* one an item of evidence */
	size_t verdict_count;
	int64_t differing, parameter_rows; /* whose answer is another; of all */
	const struct trap_fault *faults;   /* as trap_find gives them */
	size_t fault_count;
};

int grading_grade(const struct grading *grading, struct grade **ret, struct err *err);

#endif
