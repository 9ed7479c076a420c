/* verify.h - proves that a lab is sound.
 *
 * Its broken state fails its own evidence; its fix passes, with the same rows and a full quiz at or
 * above the pass mark; every trap stays below it; every alternative reaches it; and nothing is left
 * behind.
 */
#ifndef TASKLAB_LAB_VERIFY_H
#define TASKLAB_LAB_VERIFY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <tasklab/base/err.h>
#include <tasklab/base/json.h>
#include <tasklab/lab/catalogue.h>
#include <tasklab/seed/seed.h>

struct progress;

struct verify_options {
	const char *conninfo;
	const struct lab *lab;
	enum seed_scale scale;
	struct progress *progress; /* the caller's; may be NULL */
	int64_t run_id; /* of the row in lab_runs, from history_reserve; 0: the next one */
	int stop_fd;
};

/* One claim about the lab. */
struct verify_row {
	char what[24]; /* "broken", "fix", "trap 2", "alternative 1", "teardown" */
	bool holds;
	int score; /* with a full quiz; -1: has none; of a trap that fails its evidence at most */
	int64_t ns;
	char reason[600]; /* why it does not hold, or what points it lost; may be "" */
};

struct verify_result {
	const struct lab *lab; /* the catalogue's */
	enum seed_scale scale;
	char skipped[200]; /* why the lab does not apply to this server; "": it does */
	bool sound;        /* all rows hold; false when skipped */
	struct verify_row *rows;
	size_t row_count;
	int64_t ns;
};

/* Stored in lab_runs. A script of the lab that fails makes the lab unsound; an error is only what
 * kept the proof from being made (ERR_CONFLICT: the lab is active, or a job has it). */
int lab_verify(const struct verify_options *options, struct verify_result **ret, struct err *err);
void verify_result_freep(struct verify_result **result);

/* report_verify.c */
void verify_text(const struct verify_result *result, FILE *stream);
/* One JSON object: by itself, or as a value of an open document. */
int verify_json(const struct verify_result *result, struct buf *out, struct err *err);
void verify_write(struct json *json, const struct verify_result *result);

/* Many labs -------------------------------------------------------------------------------------
 */

#define VERIFY_JOBS_MAX 16

struct verify_many {
	const char *conninfo;
	const struct lab *labs;
	size_t lab_count;
	enum seed_scale scale;
	int jobs; /* labs at once, 1 to VERIFY_JOBS_MAX */
	/* The caller's; may be NULL. A thousand units a lab. */
	struct progress *progress;
	int stop_fd;
	/* Called once a lab, one at a time, as they come to their end; result is NULL when no proof
	 * could be made, and err says why. */
	void (*done)(void *arg, const struct lab *lab, const struct verify_result *result,
		     const struct err *err);
	void *arg;
};

/* Labs that count what a checkpoint writes, or hold a session, stand alone, last. Ends early when
 * a proof fails for want of a server, or is given up. */
int lab_verify_many(const struct verify_many *many, struct err *err);

#endif
