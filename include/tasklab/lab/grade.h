/* grade.h - the points of a solution, and the reason for each that is lost.
 *
 *   Detect 30  the quiz, shared equally over its questions
 *   Fix    50  all evidence that applies holds; else 15 times the share that does; nothing where
 *              the answers differ or a fault is grave
 *   Trap   20  less what the faults cost; nothing with a grave one
 */
#ifndef TASKLAB_LAB_GRADE_H
#define TASKLAB_LAB_GRADE_H

#include <stdbool.h>
#include <stddef.h>

#include <tasklab/base/err.h>

#define GRADE_PASS 70

enum grade_part { GRADE_DETECT, GRADE_FIX, GRADE_TRAP, GRADE_PARTS };

/* A reason of 0 points belongs to the loss before it, or to one that had nothing left to take. */
struct grade_loss {
	enum grade_part part;
	int points;
	char reason[1200];
};

struct grade {
	int points[GRADE_PARTS];
	int score; /* their sum */
	bool passed;
	struct grade_loss *losses; /* in the order of the parts */
	size_t loss_count;
};

void grade_freep(struct grade **grade);
const char *grade_part_name(enum grade_part part); /* "Detect" */
int grade_part_points(enum grade_part part);       /* the most it gives */

#endif
