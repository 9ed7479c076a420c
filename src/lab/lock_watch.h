/* lock_watch.h - counts the statements of a workload that were seen waiting for a lock. */
#ifndef TASKLAB_LAB_LOCK_WATCH_H
#define TASKLAB_LAB_LOCK_WATCH_H

#include "actor.h"

#define LOCK_WATCH_CLOSE_MS  5   /* where the lab asks for the figure: longer waits are all seen */
#define LOCK_WATCH_CASUAL_MS 100 /* elsewhere: for the report, at no cost */

struct lock_watch;

/* Looks at pg_stat_activity, from outside of the lab's database, every interval_ms, and tells
 * the waits of the actors, which are there until lock_watch_stop. */
int lock_watch_start(struct site *site, const char *database, struct actor *const *actors, size_t n,
		     unsigned interval_ms, struct lock_watch **ret, struct err *err);
/* Ends it. Fails when it could not look to the end. */
int lock_watch_stop(struct lock_watch **watch, struct err *err);

#endif
