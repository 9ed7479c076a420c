/* watch.h - notices changes of the server's own settings, which no database of a lab may bring.
 *
 * A change of a role's settings or of the server's (ALTER ROLE, ALTER SYSTEM, postgresql.conf)
 * reaches the reference as much as the learner's database, so it is compared with what was
 * noted when the lab was started: a JSON object of "role <name>", "server" or "file" with the
 * setting's name, and its value. "file" is what ALTER SYSTEM wrote, where the role may see it.
 */
#ifndef TASKLAB_LAB_WATCH_H
#define TASKLAB_LAB_WATCH_H

#include <tasklab/db/conn.h>

struct watch_change {
	char where[128];  /* "server", "role tasklab" */
	char name[64];    /* "work_mem" */
	char before[128]; /* "" where it was not set */
	char after[128];
};

/* guard is a session in the service's database. The caller frees *ret. */
int watch_note(struct db_conn *guard, char **ret, struct err *err);
/* What has changed since watch_note; the caller frees *ret. */
int watch_compare(struct db_conn *guard, const char *noted, struct watch_change **ret, size_t *n,
		  struct err *err);

#endif
