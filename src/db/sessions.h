/* sessions.h - db_sessions: the server's sessions by state and by what they wait for. */
#ifndef DB_SESSIONS_H
#define DB_SESSIONS_H

#include <tasklab/db/conn.h>

int sessions_labels_register(struct err *err); /* LABELS_SESSION */
int sessions_collect(struct db_conn *conn, struct err *err);

#endif
