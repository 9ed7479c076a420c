/* explain.h - the plan of a statement, as it is and as it would be with more indexes. */
#ifndef TASKLAB_LAB_EXPLAIN_H
#define TASKLAB_LAB_EXPLAIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include <tasklab/base/buf.h>
#include <tasklab/lab/bench.h>

struct progress;

#define EXPLAIN_INDEXES_MAX 16
#define EXPLAIN_MAX         ((size_t)32 * 1024 * 1024) /* bytes of what is written */

struct explain_options {
	const char *conninfo;
	const char *sql;                 /* one statement */
	const char *params_sql;          /* its first row is the parameters; NULL: there are none */
	const char *const *hypothetical; /* CREATE INDEX statements, for HypoPG */
	size_t hypothetical_count;
	bool analyze; /* execute it too, and roll back; not with hypothetical indexes */
	struct bench_where where;
	struct progress *progress;
	int stop_fd; /* when it becomes readable the work is given up; -1: none */
};

struct explain_result;

/* Leaves nothing behind. The caller frees *ret (explain_result_freep). ERR_UNPROCESSABLE says what
 * to install where HypoPG is missing. */
int explain_run(const struct explain_options *options, struct explain_result **ret,
		struct err *err);
void explain_result_freep(struct explain_result **result);

/* As fits the stream: colour and width of its terminal. */
void explain_text(const struct explain_result *result, FILE *stream);
/* One JSON object (docs/lab-report.md). Appends to out, which should allow EXPLAIN_MAX. */
int explain_json(const struct explain_result *result, struct buf *out, struct err *err);

#endif
