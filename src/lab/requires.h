/* requires.h - whether a lab applies to a server: its version, extensions, JIT, what the role may.
 */
#ifndef TASKLAB_LAB_REQUIRES_H
#define TASKLAB_LAB_REQUIRES_H

#include <tasklab/db/conn.h>
#include <tasklab/lab/catalogue.h>

#define REQUIRES_REASON_SIZE 200

/* reason is "" where the lab applies; else it says why it does not, which is no mistake of anybody
 * and no failure. */
int requires_check(struct db_conn *conn, const struct lab *lab, char reason[REQUIRES_REASON_SIZE],
		   struct err *err);

#endif
