/* stretch.h - one stretch of background traffic, from its connections to whatever ends it. */
#ifndef LAB_STRETCH_H
#define LAB_STRETCH_H

#include <stddef.h>

#include <tasklab/base/err.h>
#include <tasklab/lab/engine.h>

struct stretch_options {
	const struct engine *engine; /* whose folders have the lab */
	const char *conninfo;
	const char *slug;
	size_t label;          /* lab_label of slug */
	const char *statement; /* instead of slow.sql; NULL: slow.sql */
	int stop_fd;           /* when it becomes readable the stretch ends */
};

/* Makes calls until it is stopped, or somebody else works on the lab or dropped it: 0. -1: it
 * failed by itself. */
int stretch_run(const struct stretch_options *options, struct err *err);

#endif
