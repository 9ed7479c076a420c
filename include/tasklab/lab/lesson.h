/* lesson.h - the texts of a lab that a learner gets piece by piece: quiz, hints, solution. */
#ifndef TASKLAB_LAB_LESSON_H
#define TASKLAB_LAB_LESSON_H

#include <stdio.h>

#include <tasklab/base/buf.h>
#include <tasklab/base/json.h>
#include <tasklab/lab/catalogue.h>

/* Slug, title, summary, level, minutes and topics as members of an open object. */
void lesson_about_json(struct json *json, const struct lab *lab);
/* The questions with their choices as they are numbered in answers (quiz.h). */
void lesson_quiz_text(const struct lab *lab, FILE *stream);
/* The same as the member "quiz" of an open object; it does not tell which are right. */
void lesson_quiz_json(struct json *json, const struct lab *lab);
/* The statement under test, or the requests. */
void lesson_statement_text(const struct lab *lab, FILE *stream);
/* The first n hints. */
void lesson_hints_text(const struct lab *lab, int n, FILE *stream);
/* The quiz's answers and why, the fix, and why other fixes are none. */
void lesson_solution_text(const struct lab *lab, FILE *stream);
int lesson_solution_json(const struct lab *lab, struct buf *out, struct err *err);

/* A text in lines of the terminal's width, each after indent blanks; at columns of the first one
 * are there already. */
void lesson_wrap(const char *text, int at, int indent, FILE *stream);

#endif
