/* held.h - sessions that a lab opens before break.sql and keeps open: `sessions` in lab.yaml. */
#ifndef TASKLAB_LAB_HELD_H
#define TASKLAB_LAB_HELD_H

#include "site.h"

struct held;

/* Opens them in the order of lab.yaml, each under its name, and runs their SQL. Who may end them is
 * whoever may: one that is gone meanwhile is no error. */
int held_open(struct site *site, const char *database, struct held **ret, struct err *err);
/* Makes them independent of the site, which may be closed then. */
void held_detach(struct held *held);
void held_closep(struct held **held);

#endif
