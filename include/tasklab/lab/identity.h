/* identity.h - which database somebody is connected to, however it was reached.
 *
 * The cluster's system identifier is made by initdb and kept by copies of the cluster; with the
 * database's OID and name it tells whether a service and a command work on the same data.
 */
#ifndef TASKLAB_LAB_IDENTITY_H
#define TASKLAB_LAB_IDENTITY_H

#include <stdbool.h>

#include <tasklab/db/conn.h>

struct identity {
	char system[24]; /* decimal */
	char oid[12];
	char name[64];
};

int identity_read(struct db *db, struct identity *ret, struct err *err);
int identity_read_conn(struct db_conn *conn, struct identity *ret, struct err *err);
bool identity_same(const struct identity *a, const struct identity *b);

#endif
