/* reset.h - the databases that labs have made: listing them and clearing them away. */
#ifndef TASKLAB_LAB_RESET_H
#define TASKLAB_LAB_RESET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <tasklab/base/buf.h>
#include <tasklab/base/err.h>
#include <tasklab/base/json.h>
#include <tasklab/lab/catalogue.h>

enum reset_kind { RESET_LAB, RESET_TEMPLATE };

enum reset_state {
	RESET_LEFT_BEHIND, /* a lab's database that no run uses, or a half-made template */
	RESET_IN_USE,      /* a run works with it now */
	RESET_READY,       /* a sealed template */
	RESET_ACTIVE,      /* a learner's */
};

struct reset_database {
	char name[64];
	enum reset_kind kind;
	enum reset_state state;
	bool exists;     /* false: only sessions of a killed run were left */
	int64_t bytes;   /* -1: not told */
	char about[128]; /* "tasklab lab missing-index, small" */
	bool dropped;    /* by reset_run; then its lab is no longer active */
};

/* The databases of the labs in the server of conninfo; the caller frees *ret. */
int reset_list(const char *conninfo, const struct catalogue *catalogue, struct reset_database **ret,
	       size_t *n, struct err *err);
/* Drops what is active or left behind: of one slug, or of all (NULL); with templates also the
 * sealed ones. Databases in use are left alone; *ret lists all that were looked at. */
int reset_run(const char *conninfo, const struct catalogue *catalogue, const char *slug,
	      bool templates, struct reset_database **ret, size_t *n, struct err *err);
/* report_reset.c: what reset_run did; and the databases as an array, of which touched_only leaves
 * out those that a reset neither dropped nor left alone. */
void reset_text(const struct reset_database *databases, size_t n, struct buf *out);
void reset_json(const struct reset_database *databases, size_t n, bool touched_only,
		struct json *json);
const char *reset_state_name(enum reset_state state); /* "left behind" */

#endif
