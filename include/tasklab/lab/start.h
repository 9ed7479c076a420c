/* start.h - makes a lab active: its broken state stands, and waits for a learner. */
#ifndef TASKLAB_LAB_START_H
#define TASKLAB_LAB_START_H

#include <stdbool.h>
#include <stdio.h>

#include <tasklab/base/buf.h>
#include <tasklab/base/err.h>
#include <tasklab/lab/catalogue.h>
#include <tasklab/seed/seed.h>

struct progress;

struct start_options {
	const char *conninfo; /* the service's database; the lab's stands beside it */
	const struct lab *lab;
	enum seed_scale scale;
	bool beside;               /* although another lab is active */
	const char *grafana_url;   /* for the dashboard's link; NULL or "": none is given */
	struct progress *progress; /* the caller's; may be NULL */
	int stop_fd;               /* when it becomes readable it is given up; -1: none */
};

/* What a learner has to know; the lab is the catalogue's. */
struct start_result {
	const struct lab *lab;
	enum seed_scale scale;
	char database[64];
	char *psql;          /* "psql 'host=... dbname=lab_missing_index'" */
	char dashboard[512]; /* its address; "": not known */
	struct held
		*held; /* the lab's sessions, open until start_result_freep; NULL: it has none */
};

/* Builds the broken state and enters it in lab_sessions. ERR_CONFLICT: a lab is active, or a job
 * has this one; ERR_UNPROCESSABLE: the lab does not apply to this server, and why. On failure
 * nothing is left. */
int lab_start(const struct start_options *options, struct start_result **ret, struct err *err);
/* The same of a lab that another process has started just so; it holds no sessions. */
int lab_started(const struct start_options *options, struct start_result **ret, struct err *err);
void start_result_freep(struct start_result **result);

/* report_start.c: goal, psql line, statement, quiz, what to do next; and as one JSON object. */
void start_text(const struct start_result *result, FILE *stream);
int start_json(const struct start_result *result, struct buf *out, struct err *err);

#endif
