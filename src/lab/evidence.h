/* evidence.h - what decides whether a lab is solved: figures of two phases against bounds.
 *
 * A kind of evidence is a figure that can be read from the record of one phase. A lab's item names
 * a kind and sets bounds on the figure before, the figure after, or their ratio.
 */
#ifndef TASKLAB_LAB_EVIDENCE_H
#define TASKLAB_LAB_EVIDENCE_H

#include <stdbool.h>
#include <stddef.h>

#include <tasklab/lab/catalogue.h>

struct record;

enum evidence_outcome { EVIDENCE_HELD, EVIDENCE_NOT_HELD, EVIDENCE_SKIPPED };

struct evidence_verdict {
	const struct lab_evidence *item;
	enum evidence_outcome outcome;
	double before, after; /* NaN: the phase has no such figure */
	char claim[240];      /* what had to be so: "blocks per call down by 50 times" */
	char reason[200];     /* why not held or skipped; "" when held */
};

struct evidence_where {
	const char *scale;
	int server_major;
};

/* The item names a known kind, has the keys it needs and none that it does not read. */
int evidence_check(const struct lab_evidence *item, struct err *err);
void evidence_judge(const struct lab_evidence *item, const struct evidence_where *where,
		    const struct record *before, const struct record *after,
		    struct evidence_verdict *ret);
const char *evidence_outcome_name(enum evidence_outcome outcome); /* "held" */

#endif
