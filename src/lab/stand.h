/* stand.h - a lab's database that is ready to be worked with, and the sessions held in it. */
#ifndef TASKLAB_LAB_STAND_H
#define TASKLAB_LAB_STAND_H

#include "held.h"
#include "params.h"
#include "site.h"

enum stand_state {
	STAND_WHOLE,  /* the data set as it is: no held sessions, no break.sql */
	STAND_BROKEN, /* with them */
};

struct stand {
	struct site *site;
	char database[GUARD_NAME_SIZE];
	struct params params; /* as params.sql gave them before anything was broken; none: opened */
	struct held *held;
};

/* Units of progress that stand_build adds. */
#define STAND_STEPS 50

/* Makes sure that the template of the scale is there, so that what follows can be foreseen: a
 * caller that counts progress calls progress_total after this. */
int stand_prepare(struct site *site, struct err *err);
/* Clones the data set under the name (an earlier one is dropped), reads the parameter rows, opens
 * the held sessions, applies break.sql. site_close drops the database unless site_keep is called.
 */
int stand_build(struct site *site, const char *database, enum stand_state state, struct stand **ret,
		struct err *err);
/* One that exists; ERR_NOT_FOUND otherwise. It has no parameter rows and no held sessions. */
int stand_open(struct site *site, const char *database, struct stand **ret, struct err *err);
/* A script in a session of its own; the error names it by name and line. */
int stand_script(struct stand *stand, const char *name, const char *sql, struct err *err);
/* The held sessions become the caller's, independent of the site; NULL: there are none. */
struct held *stand_take_held(struct stand *stand);
/* Ends the held sessions and leaves the database as it is. */
void stand_closep(struct stand **stand);
/* The same, then drops the database if the site has made it. */
int stand_drop(struct stand **stand, struct err *err);

#endif
