/* counters.h - what PostgreSQL has counted: read before and after a workload, and subtracted.
 *
 * A reading takes pg_stat_statements (the statements under test by their query identifiers, and
 * whatever was nested in them), pg_stat_database, pg_stat_user_tables and pg_stat_user_indexes.
 */
#ifndef TASKLAB_LAB_COUNTERS_H
#define TASKLAB_LAB_COUNTERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <tasklab/db/conn.h>

#include "record.h"

#define COUNTERS_IDS_MAX 200 /* statements of one script */

struct counters {
	struct db_conn *conn;       /* in the lab's database */
	struct db_conn *guard;      /* in another: what it reads leaves no trace in the lab's */
	struct db_conn *statements; /* where pg_stat_statements is: guard, or else conn */
	const char *database;       /* the lab's */
	int64_t ids[COUNTERS_IDS_MAX];
	size_t id_count;
	bool all; /* count every statement in the lab's database but transaction control */
};

int counters_init(struct counters *counters, struct db_conn *conn, struct db_conn *guard,
		  const char *database, struct err *err);

/* The statement that counters->conn has just prepared is counted from now on. */
int counters_add_prepared(struct counters *counters, struct err *err);
/* The counters as they are before the workload, into the record. */
int counters_begin(struct counters *counters, struct record *record, struct err *err);
/* What was counted since then: the record holds the differences. own_commits: transactions in the
 * lab's database since then that are not the workload's. */
int counters_end(struct counters *counters, int64_t own_commits, struct record *record,
		 struct err *err);

#endif
