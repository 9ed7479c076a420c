/* plan_text.h - a plan as a tree with aligned figures, for people. */
#ifndef LAB_PLAN_TEXT_H
#define LAB_PLAN_TEXT_H

#include <stdbool.h>

#include "paint.h"
#include "plan.h"

struct plan_text {
	const bool *changed;   /* one a node; NULL: none is marked */
	const char *mark;      /* before a changed node, one column: "-" */
	enum term_style style; /* of a changed node */
	double most_blocks;    /* what a full bar stands for; 0: this plan's own */
	bool brief;            /* without the details below the nodes */
};

void plan_text(const struct paint *paint, const struct plan *plan, const struct plan_text *how);
/* The largest figure among the nodes: of blocks where the plan was executed, else of cost. */
double plan_text_most(const struct plan *plan);

#endif
