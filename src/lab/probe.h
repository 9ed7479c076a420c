/* probe.h - the write probe: whether a lab's database can still be written to, and what that costs.
 *
 * Ten rows are inserted, updated and deleted where the service writes (or writes.sql of the lab is
 * run), in a transaction that is rolled back. The cost is WAL and blocks, never time.
 */
#ifndef TASKLAB_LAB_PROBE_H
#define TASKLAB_LAB_PROBE_H

#include <stdbool.h>
#include <stdint.h>

#include <tasklab/db/conn.h>

struct probe {
	bool failed;
	char why[200]; /* the server's words, when it failed */
	int64_t wal_bytes;
	int64_t wal_records;
	bool whole_pages; /* every run put whole pages into the WAL: its bytes say nothing */
	int64_t blocks;   /* hit + read */
};

/* conn is a session in the lab's database, guard one in the service's. sql: NULL is the usual
 * probe. A write that the database refuses is a finding (failed); another session's lock, or a
 * lost server, is an error. */
int probe_run(struct db_conn *conn, struct db_conn *guard, const char *database, const char *sql,
	      struct probe *ret, struct err *err);

#endif
