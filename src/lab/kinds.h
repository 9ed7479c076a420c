/* kinds.h - the kinds of evidence: a name, a figure of one phase, and which keys it reads. */
#ifndef TASKLAB_LAB_KINDS_H
#define TASKLAB_LAB_KINDS_H

#include <stdbool.h>
#include <stddef.h>

#include <tasklab/lab/catalogue.h>

struct record;

/* NaN: the phase has no such figure. */
typedef double kind_figure(const struct lab_evidence *item, const struct record *record);

/* Keys of lab.yaml that a kind reads. With KIND_NEEDS it means nothing without its first one: node,
 * sql or sqlstate. */
enum {
	KIND_NODE = 1,
	KIND_RELATION = 2,
	KIND_INDEX = 4,
	KIND_SQL = 8,
	KIND_SQLSTATE = 16,
	KIND_NEEDS = 32,
};

struct kind {
	const char *name;
	const char *figure_name;
	kind_figure *figure;
	unsigned keys;
	bool needs_bounds; /* means nothing without bounds of the lab's */
	/* Bounds of the kind itself, beside those of the lab; NaN: none. */
	struct lab_bounds before, after;
};

const struct kind *kind_find(const char *name); /* NULL: there is none */
/* All, by name. */
const struct kind *kind_table(size_t *n);

#endif
