/* identify.h - asks the server for the identifier that it gives to a statement. */
#ifndef DB_IDENTIFY_H
#define DB_IDENTIFY_H

#include <stdbool.h>
#include <stdint.h>

#include <tasklab/db/conn.h>

#include "seen.h"

/* The connection should have plan_cache_mode = force_generic_plan, since the statement is planned
 * without values. *found is false when the server does not say (yet): a statement that has no plan
 * is found by its text, once it was run. Nothing is executed. */
int identify(struct db_conn *conn, const struct seen *seen, bool *found, int64_t *ret,
	     struct err *err);

#endif
