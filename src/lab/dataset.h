/* dataset.h - the data of a lab: a sealed template database, and clones of it.
 *
 * tasklab_template_<scale> is migrated, filled, vacuumed and then sealed: marked as a template, no
 * connections allowed, with a comment that says what it holds. One that is not sealed, or holds
 * something else than this binary would put in, is made anew.
 */
#ifndef TASKLAB_LAB_DATASET_H
#define TASKLAB_LAB_DATASET_H

#include <stdatomic.h>
#include <stdbool.h>

#include <tasklab/lab/catalogue.h>
#include <tasklab/seed/seed.h>

#include "guard.h"

/* The server is of a supported version and set up for labs, and the role may make databases. */
int dataset_preflight(struct db_conn *guard, struct err *err);
void dataset_template_name(enum seed_scale scale, char out[GUARD_NAME_SIZE]);
/* Makes sure that the template is there and sealed. The caller holds its lock (guard is the
 * connection that does). limit_ns: db_conn_set_limit of the sessions that it opens. */
int dataset_ensure(struct db_conn *guard, const char *conninfo, enum seed_scale scale,
		   struct progress *progress, const _Atomic int64_t *limit_ns, struct err *err);
/* Drops the template unless it is sealed. */
int dataset_drop_unfinished(struct db_conn *guard, enum seed_scale scale, struct err *err);
/* Clones the template under the database's name (dropping an earlier one) with the fixed settings
 * and the lab's own, then VACUUM. Its statistics are the template's, from ANALYZE. limit_ns: as for
 * dataset_ensure. */
int dataset_clone(struct db_conn *guard, const char *conninfo, const struct lab *lab,
		  enum seed_scale scale, const char *database, const _Atomic int64_t *limit_ns,
		  struct err *err);
/* Turns autovacuum off for the tables of conn's database that have come without that. */
int dataset_quiet(struct db_conn *conn, struct err *err);

#endif
