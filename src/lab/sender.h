/* sender.h - sends a lab's script to the server, statement by statement.
 *
 * Each statement is a transaction of its own unless the script says BEGIN, so that VACUUM and
 * CREATE INDEX CONCURRENTLY may stand among others.
 */
#ifndef TASKLAB_LAB_SENDER_H
#define TASKLAB_LAB_SENDER_H

#include <tasklab/db/conn.h>

#define SENDER_SCRIPT_MS INT64_C(600000) /* longest script */

/* The error names the lab, the file (name) and the line. */
int sender_script(struct db_conn *conn, const char *slug, const char *name, const char *sql,
		  struct err *err);
/* The error *why of another use of a file of the lab, named the same way; line 0: none. Returns -1.
 */
int sender_fault(const struct err *why, const char *slug, const char *name, size_t line,
		 struct err *err);

#endif
