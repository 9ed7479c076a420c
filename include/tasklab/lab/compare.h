/* compare.h - any two statements, measured and reported side by side. */
#ifndef TASKLAB_LAB_COMPARE_H
#define TASKLAB_LAB_COMPARE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include <tasklab/base/buf.h>
#include <tasklab/lab/bench.h>
#include <tasklab/lab/report.h>

struct progress;

#define COMPARE_SECONDS     2 /* for each statement, where no number of calls is given */
#define COMPARE_CLIENTS_MAX 64

struct compare_options {
	const char *conninfo;
	const char *sql[2];     /* A and B: scripts as slow.sql (docs/labs.md) */
	const char *params_sql; /* its rows are the parameters of both; NULL: they have none */
	struct bench_where where;
	int64_t calls;   /* of each statement; 0: as many as fit into COMPARE_SECONDS */
	int64_t clients; /* connections at once; only one outside of a clone */
	bool ordered;    /* the order of the rows counts */
	struct progress *progress;
	int stop_fd; /* when it becomes readable the comparison is given up; -1: none */
};

struct compare_result;

/* Measures A, then B, where the options say, and leaves nothing behind. A mistake in a statement is
 * an error that names it. The caller frees *ret (compare_result_freep). */
int compare_run(const struct compare_options *options, struct compare_result **ret,
		struct err *err);
void compare_result_freep(struct compare_result **result);
bool compare_same_rows(const struct compare_result *result);

/* As report.h says of runs. The files are compare-<scale>.*, without a scale compare.* */
int compare_write(const struct compare_result *result, enum report_format format,
		  const struct report_look *look, struct buf *out, struct err *err);
void compare_text(const struct compare_result *result, FILE *stream);
int compare_save(const struct compare_result *result, const char *folder, struct err *err);

#endif
