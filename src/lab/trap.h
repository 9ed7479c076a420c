/* trap.h - what a fix cost that nobody asked for: data, rules, indexes, settings, dear writes.
 *
 * Grave faults are those that no speed makes up for: data changed, a table, column or constraint
 * dropped, writes that no longer work.
 */
#ifndef TASKLAB_LAB_TRAP_H
#define TASKLAB_LAB_TRAP_H

#include <tasklab/lab/catalogue.h>

#include "checksum.h"
#include "probe.h"
#include "snapshot.h"
#include "watch.h"

struct trap_fault {
	int points; /* what it costs; a grave one costs all */
	bool grave;
	char text[320];
};

/* Both databases, and what was compared between them. */
struct trap_view {
	const struct lab_trap *allowed;
	const struct snapshot *reference, *learner;
	const struct checksum_difference *differences; /* tables whose data is not the same */
	size_t difference_count;
	const struct watch_change *changes; /* of the server's settings since the lab's start */
	size_t change_count;
	struct probe reference_probe, learner_probe;
};

/* The grave ones first; the caller frees *ret. */
int trap_find(const struct trap_view *view, struct trap_fault **ret, size_t *n, struct err *err);

#endif
