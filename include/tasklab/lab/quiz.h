/* quiz.h - the questions about a lab's cause, in the order in which learners see the choices.
 *
 * The order is shuffled by a hash of the slug and the question's number: always the same, and not
 * that of lab.yaml, where authors tend to put the right one in the same place.
 */
#ifndef TASKLAB_LAB_QUIZ_H
#define TASKLAB_LAB_QUIZ_H

#include <tasklab/lab/catalogue.h>

#define QUIZ_MAX 3 /* questions of a lab */

/* One a question: the number of the choice as it is shown, 1 to LAB_CHOICES; 0: not answered. */
struct quiz_answers {
	int chosen[QUIZ_MAX];
};

/* The choice that is shown as number 1 to LAB_CHOICES. */
const struct lab_choice *quiz_choice(const struct lab *lab, size_t question, int number);
int quiz_right(const struct lab *lab, size_t question);
/* The whole quiz answered as it should be. */
struct quiz_answers quiz_all_right(const struct lab *lab);
/* "2,1": one number a question, in their order. ERR_INVALID says what was expected. */
int quiz_parse(const struct lab *lab, const char *text, struct quiz_answers *ret, struct err *err);

#endif
