/* checked.h - what a check leaves to be reported. */
#ifndef TASKLAB_LAB_CHECKED_H
#define TASKLAB_LAB_CHECKED_H

#include <tasklab/lab/check.h>
#include <tasklab/seed/seed.h>

#include "appraisal.h"

struct check_result {
	const struct lab *lab; /* the catalogue's */
	enum seed_scale scale;
	int server_version;
	int64_t started_us, finished_us;
	struct quiz_answers answers;
	char *statement; /* the learner's own; NULL: slow.sql */
	struct record *before;
	size_t parameters;
	struct appraisal *appraisal;
	int best_score; /* of all checks, this one included */
	char note[400];
};

#endif
