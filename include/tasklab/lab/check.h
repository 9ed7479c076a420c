/* check.h - grades what a learner has done to the active lab. */
#ifndef TASKLAB_LAB_CHECK_H
#define TASKLAB_LAB_CHECK_H

#include <stdio.h>

#include <tasklab/base/buf.h>
#include <tasklab/base/err.h>
#include <tasklab/lab/grade.h>
#include <tasklab/lab/quiz.h>
#include <tasklab/lab/report.h>

struct progress;

struct check_options {
	const char *conninfo;
	const struct lab *lab;              /* must be active (learner.h), which tells the scale */
	const struct quiz_answers *answers; /* NULL: none were given */
	const char *statement;     /* the learner's in place of slow.sql; NULL: slow.sql itself */
	struct progress *progress; /* the caller's; may be NULL */
	int64_t run_id; /* of the row in lab_runs, from history_reserve; 0: the next one */
	int stop_fd;
};

struct check_result;

/* Builds a reference beside the learner's database, runs the workload in both, compares them, drops
 * the reference. Stored in lab_runs and lab_progress. ERR_NOT_FOUND: the lab is not active;
 * ERR_CONFLICT: another job has it, or another session's lock keeps the write probe waiting. */
int lab_check(const struct check_options *options, struct check_result **ret, struct err *err);
void check_result_freep(struct check_result **result);
const struct grade *check_grade(const struct check_result *result);
/* What went wrong beside the check itself; "" if nothing. */
const char *check_note(const struct check_result *result);

/* As report.h says of runs; the reference is before, the learner's state after. The files are
 * <slug>-<scale>-check.* */
int check_write(const struct check_result *result, enum report_format format,
		const struct report_look *look, struct buf *out, struct err *err);
void check_text(const struct check_result *result, FILE *stream);
int check_json(const struct check_result *result, struct buf *out, struct err *err);
int check_save(const struct check_result *result, const char *folder, struct err *err);

#endif
