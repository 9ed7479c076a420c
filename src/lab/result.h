/* result.h - what a run leaves to be reported. */
#ifndef TASKLAB_LAB_RESULT_H
#define TASKLAB_LAB_RESULT_H

#include <stdint.h>

#include <tasklab/lab/run.h>

#include "evidence.h"
#include "guard.h"
#include "record.h"
#include "requires.h"

struct run_result {
	const struct lab *lab; /* the catalogue's */
	enum seed_scale scale;
	int server_version; /* 150018 */
	int64_t started_us, finished_us;
	size_t parameters, clients;
	struct record *before, *after;
	struct evidence_verdict *verdicts; /* one an item of evidence */
	size_t verdict_count;
	bool passed; /* all that apply held, and at least one did */
	char database[GUARD_NAME_SIZE];
	bool kept;
	char *psql; /* of a kept database */
	char note[400];
	char skipped[REQUIRES_REASON_SIZE]; /* then the rest is empty; "": it was not */
};

#endif
