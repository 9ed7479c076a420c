/* guard.h - who may touch a database of the labs: advisory locks, orphaned sessions, dropping.
 *
 * Every database of the labs (lab_<slug>, tasklab_template_<scale>) has an advisory lock, held in
 * the service's database by whoever makes, uses or drops it. The server releases it when its
 * holder dies, so a lock that can be had means that sessions under the database's name are
 * orphans of a killed run. The lock of lab_<slug> is also that of lab_<slug>_ref.
 */
#ifndef TASKLAB_LAB_GUARD_H
#define TASKLAB_LAB_GUARD_H

#include <stdbool.h>
#include <stdint.h>

#include <tasklab/base/err.h>
#include <tasklab/db/conn.h>

#define GUARD_NAME_SIZE   64             /* of a database */
#define GUARD_APPLICATION "tasklab "     /* application_name is this and the database's name */
#define GUARD_CONNECT_MS  INT64_C(5000)  /* longest wait for a connection */
#define GUARD_DROP_MS     INT64_C(60000) /* longest wait for a database to go */

/* "missing-index" -> "lab_missing_index" */
void guard_lab_database(const char *slug, char out[GUARD_NAME_SIZE]);
/* "missing-index" -> "lab_missing_index_ref", under the same lock as the other */
void guard_reference_database(const char *slug, char out[GUARD_NAME_SIZE]);

/* A connection to the service's database in the name of a database of the labs. */
int guard_open(const char *conninfo, const char *database, struct db_conn **ret, struct err *err);
/* ERR_CONFLICT at once when another session holds the lock. */
int guard_lock(struct db_conn *conn, const char *database, struct err *err);
/* Whether anybody holds it now. */
int guard_locked(struct db_conn *conn, const char *database, bool *ret, struct err *err);
/* Waits for the lock. */
int guard_lock_wait(struct db_conn *conn, const char *database, struct err *err);
int guard_unlock(struct db_conn *conn, const char *database, struct err *err);
/* Ends the other sessions that work in the database's name. The caller holds its lock and has no
 * other session of that name. */
int guard_end_orphans(struct db_conn *conn, const char *database, struct err *err);
/* Drops the database, sessions and template mark notwithstanding; none is no error. */
int guard_drop(struct db_conn *conn, const char *database, struct err *err);

#endif
