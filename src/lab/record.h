/* record.h - everything that is known of one phase of a run. */
#ifndef TASKLAB_LAB_RECORD_H
#define TASKLAB_LAB_RECORD_H

#include <stddef.h>
#include <stdint.h>

#include <tasklab/base/hist.h>
#include <tasklab/lab/catalogue.h>

#include "plan.h"

/* Counters of pg_stat_statements over the workload. */
#define RECORD_STATEMENT_COUNTERS(X)                                                               \
	X(calls)                                                                                   \
	X(rows)                                                                                    \
	X(shared_blks_hit)                                                                         \
	X(shared_blks_read)                                                                        \
	X(shared_blks_dirtied)                                                                     \
	X(shared_blks_written)                                                                     \
	X(temp_blks_read)                                                                          \
	X(temp_blks_written)                                                                       \
	X(wal_records)                                                                             \
	X(wal_fpi)                                                                                 \
	X(wal_bytes)

struct record_statements {
#define X(name) int64_t name;
	RECORD_STATEMENT_COUNTERS(X)
#undef X
};

/* Counters of pg_stat_database over the workload, of the lab's database. */
#define RECORD_DATABASE_COUNTERS(X)                                                                \
	X(xact_commit)                                                                             \
	X(xact_rollback)                                                                           \
	X(sessions)                                                                                \
	X(deadlocks)

struct record_database {
#define X(name) int64_t name;
	RECORD_DATABASE_COUNTERS(X)
#undef X
};

/* Counters of pg_stat_user_tables over the workload; n_dead_tup and the size are those at its end.
 */
#define RECORD_TABLE_COUNTERS(X)                                                                   \
	X(seq_scan)                                                                                \
	X(seq_tup_read)                                                                            \
	X(idx_scan)                                                                                \
	X(idx_tup_fetch)                                                                           \
	X(n_tup_ins)                                                                               \
	X(n_tup_upd)                                                                               \
	X(n_tup_hot_upd)                                                                           \
	X(n_tup_del)                                                                               \
	X(n_dead_tup)

struct record_table {
	int64_t oid;
	char name[64];
#define X(counter) int64_t counter;
	RECORD_TABLE_COUNTERS(X)
#undef X
	int64_t size_bytes;
};

/* Counters of pg_stat_user_indexes over the workload. */
#define RECORD_INDEX_COUNTERS(X)                                                                   \
	X(idx_scan)                                                                                \
	X(idx_tup_read)                                                                            \
	X(idx_tup_fetch)

struct record_index {
	int64_t oid;
	char table[64];
	char name[64];
#define X(counter) int64_t counter;
	RECORD_INDEX_COUNTERS(X)
#undef X
	int64_t size_bytes;
};

/* The answer to one parameter row: how many rows, and a hash over them (equivalence.c). */
struct record_answer {
	uint64_t rows;
	uint64_t hash;
};

/* What the clients did in the workload (runner.c). */
#define RECORD_SQLSTATES_MAX 16

struct record_sqlstate {
	char state[6];
	uint64_t count;
};

struct record_workload {
	uint64_t calls;
	uint64_t statements;  /* sent, the failed ones too; without BEGIN, COMMIT and ROLLBACK */
	uint64_t failed;      /* of them, with an SQLSTATE that the lab lets pass */
	uint64_t lock_waits;  /* of them, those that were seen waiting for a lock */
	uint64_t commits;     /* that the clients saw; those within procedures they do not */
	uint64_t own_commits; /* transactions of the workload's sessions that are not the lab's */
	uint64_t http_errors; /* answers of 500 or more */
	struct record_sqlstate sqlstates[RECORD_SQLSTATES_MAX]; /* of the failed ones */
	size_t sqlstate_count;
};

/* What a query of the lab's evidence returned at the phase's end. */
struct record_query {
	char *sql;
	double value;      /* NaN: no number */
	char problem[120]; /* why not; "" */
};

struct record {
	struct plan **plans; /* by sample, then by step */
	size_t plan_count;
	struct record_statements top;    /* the statement under test */
	struct record_statements nested; /* what its functions and triggers ran */
	struct record_database database;
	struct record_table *tables; /* all of the database, touched or not */
	size_t table_count;
	struct record_index *indexes;
	size_t index_count;
	struct record_query *queries; /* one an item of evidence of the kind query */
	size_t query_count;
	struct record_workload workload;
	struct hist *latency;          /* of calls */
	int64_t wall_ns;               /* of the workload */
	struct record_answer *answers; /* one a parameter row */
	size_t answer_count;
	int64_t differing; /* answers that differ from the phase before; -1: not compared */
};

int record_new(struct record **ret, struct err *err);
void record_freep(struct record **record);
/* Room for so many, as zeros; who fills them counts them. */
int record_make_tables(struct record *record, size_t n, struct err *err);
int record_make_indexes(struct record *record, size_t n, struct err *err);
int record_make_answers(struct record *record, size_t n, struct err *err);
/* Takes the plan (*plan becomes NULL); plans come by sample, then by step. */
int record_add_plan(struct record *record, struct plan **plan, struct err *err);
/* NULL: that query was not asked. */
const struct record_query *record_query(const struct record *record, const char *sql);
/* Parameter rows that were explained. */
size_t record_samples(const struct record *record);
/* The plan of that sample and step; NULL: there is none. */
const struct plan *record_plan(const struct record *record, size_t sample, size_t step);
/* Calls of the workload that were made. */
double record_calls(const struct record *record);
double record_calls_per_second(const struct record *record);

#endif
