/* counters.c - pg_stat_statements and the statistics of the database, its tables and indexes.
 *
 * A session's counts of tables reach the shared statistics when it has been idle for a second;
 * every session of a run asks for that at once (pg_stat_force_next_flush), so that none arrives
 * in the middle of a workload, or after the reading.
 */
#include "counters.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RELATIONS_MAX 1000

/* Commits are only sent along with counts of some table, so it reads one. */
static const char SQL_FLUSH[] = "SELECT pg_stat_force_next_flush()::text FROM pg_am LIMIT 1";

static const char SQL_HAS_STATEMENTS[] = "SELECT to_regclass('pg_stat_statements') IS NOT NULL";

static const char SQL_QUERY_ID[] = "SELECT query_id FROM pg_stat_activity WHERE pid = $1::int";

static const char SQL_STATEMENTS[] =
#define X(counter) "coalesce(sum(s." #counter "), 0)::bigint,"
	"SELECT " RECORD_STATEMENT_COUNTERS(
		X) " 0::bigint"
#undef X
		   " FROM pg_stat_statements s JOIN pg_database d ON d.oid = s.dbid"
		   " WHERE d.datname = $1 AND s.toplevel = $2"
		   " AND (NOT $2 OR s.queryid = ANY ($3::bigint[]) OR $4 AND s.query !~* "
		   "'^\\s*(begin|start transaction|commit|end|rollback|abort)\\y'"
		   " AND s.query NOT LIKE ALL ('{%pg_stat_%,%lab.switches%}'))"; /* our own */

static const char SQL_DATABASE[] =
#define X(counter) #counter ","
	"SELECT " RECORD_DATABASE_COUNTERS(X) " 0::bigint"
					      " FROM pg_stat_database WHERE datname = $1";
#undef X

static const char SQL_TABLES[] =
#define X(counter) "coalesce(" #counter ", 0)::bigint,"
	"SELECT relid::bigint, relname::text, " RECORD_TABLE_COUNTERS(X) " pg_table_size(relid)"
									 " FROM pg_stat_user_tables"
									 " ORDER BY 2, 1";
#undef X

static const char SQL_INDEXES[] =
#define X(counter) "coalesce(" #counter ", 0)::bigint,"
	"SELECT indexrelid::bigint, relname::text, indexrelname::text, " RECORD_INDEX_COUNTERS(
		X) " pg_relation_size(indexrelid) FROM pg_stat_user_indexes ORDER BY 2, 3, 1";
#undef X

/* Opening ---------------------------------------------------------------------------------------
 */

static int has_statements(struct db_conn *conn, bool *ret, struct err *err)
{
	AUTO(db_result_freep) struct db_result *found = NULL;

	if (db_conn_query(conn, SQL_HAS_STATEMENTS, DB_NO_ARGS, &found, err) < 0)
		return -1;
	*ret = db_get_bool(found, 0, 0);
	return 0;
}

int counters_init(struct counters *counters, struct db_conn *conn, struct db_conn *guard,
		  const char *database, struct err *err)
{
	bool outside = false, inside = false;

	if (has_statements(guard, &outside, err) < 0 ||
	    (!outside && has_statements(conn, &inside, err) < 0))
		return -1;
	if (!outside && !inside)
		return err_set(err, ERR_UNPROCESSABLE,
			       "labs need the extension pg_stat_statements: as a superuser run "
			       "CREATE EXTENSION pg_stat_statements in the service's database",
			       "%s", "");
	*counters = (struct counters){.conn = conn,
				      .guard = guard,
				      .statements = outside ? guard : conn,
				      .database = database};
	return 0;
}

/* Which statements -----------------------------------------------------------------------------
 */

/* The server shows the identifier of what a session last parsed, utility statements included. */
int counters_add_prepared(struct counters *counters, struct err *err)
{
	AUTO(db_result_freep) struct db_result *found = NULL;
	int64_t id;

	if (db_conn_query(counters->guard, SQL_QUERY_ID,
			  DB_ARGS(db_i32(db_conn_backend_pid(counters->conn))), &found, err) < 0)
		return -1;
	id = db_rows(found) == 1 ? db_get_i64(found, 0, 0) : 0;
	if (id == 0)
		return err_set(err, ERR_UNPROCESSABLE,
			       "the server computes no query identifiers: set compute_query_id "
			       "to auto or on, and track_activities to on",
			       "%s", "");
	for (size_t i = 0; i < counters->id_count; i++)
		if (counters->ids[i] == id)
			return 0;
	if (counters->id_count == COUNTERS_IDS_MAX)
		return err_set(err, ERR_TOO_LARGE, "the script has too many statements",
			       "more than %d", COUNTERS_IDS_MAX);
	counters->ids[counters->id_count++] = id;
	return 0;
}

/* Readings --------------------------------------------------------------------------------------
 */

static int read_statements(struct counters *counters, bool toplevel, struct record_statements *ret,
			   struct err *err)
{
	AUTO(db_result_freep) struct db_result *result = NULL;
	size_t column = 0;

	if (db_conn_query(counters->statements, SQL_STATEMENTS,
			  DB_ARGS(db_text(counters->database), db_bool(toplevel),
				  db_i64s(counters->ids, counters->id_count),
				  db_bool(counters->all)),
			  &result, err) < 0)
		return -1;
#define X(counter) ret->counter = db_get_i64(result, 0, column++);
	RECORD_STATEMENT_COUNTERS(X)
#undef X
	return 0;
}

static int read_transactions(struct counters *counters, struct record_database *ret,
			     struct err *err)
{
	AUTO(db_result_freep) struct db_result *result = NULL;
	size_t column = 0;

	if (db_conn_query(counters->guard, SQL_DATABASE, DB_ARGS(db_text(counters->database)),
			  &result, err) < 0)
		return -1;
	if (db_rows(result) != 1)
		return err_set(err, ERR_NOT_FOUND, "the lab's database is gone", "%s",
			       counters->database);
#define X(counter) ret->counter = db_get_i64(result, 0, column++);
	RECORD_DATABASE_COUNTERS(X)
#undef X
	return 0;
}

static int read_tables(struct counters *counters, struct record *record, struct err *err)
{
	AUTO(db_result_freep) struct db_result *result = NULL;

	if (db_conn_query(counters->conn, SQL_TABLES, DB_NO_ARGS, &result, err) < 0)
		return -1;
	if (record_make_tables(record, db_rows(result), err) < 0)
		return -1;
	for (size_t i = 0; i < db_rows(result) && i < RELATIONS_MAX; i++) {
		struct record_table *table = &record->tables[i];
		size_t column = 2;

		table->oid = db_get_i64(result, i, 0);
		(void)snprintf(table->name, sizeof(table->name), "%s", db_get_text(result, i, 1));
#define X(counter) table->counter = db_get_i64(result, i, column++);
		RECORD_TABLE_COUNTERS(X)
#undef X
		table->size_bytes = db_get_i64(result, i, column);
		record->table_count = i + 1;
	}
	return 0;
}

static int read_indexes(struct counters *counters, struct record *record, struct err *err)
{
	AUTO(db_result_freep) struct db_result *result = NULL;

	if (db_conn_query(counters->conn, SQL_INDEXES, DB_NO_ARGS, &result, err) < 0)
		return -1;
	if (record_make_indexes(record, db_rows(result), err) < 0)
		return -1;
	for (size_t i = 0; i < db_rows(result) && i < RELATIONS_MAX; i++) {
		struct record_index *index = &record->indexes[i];
		size_t column = 3;

		index->oid = db_get_i64(result, i, 0);
		(void)snprintf(index->table, sizeof(index->table), "%s", db_get_text(result, i, 1));
		(void)snprintf(index->name, sizeof(index->name), "%s", db_get_text(result, i, 2));
#define X(counter) index->counter = db_get_i64(result, i, column++);
		RECORD_INDEX_COUNTERS(X)
#undef X
		index->size_bytes = db_get_i64(result, i, column);
		record->index_count = i + 1;
	}
	return 0;
}

/* This session's own counts arrive now, not in the middle of the workload. */
static int flush(struct counters *counters, struct err *err)
{
	return db_conn_query(counters->conn, SQL_FLUSH, DB_NO_ARGS, NULL, err);
}

static int read_relations(struct counters *counters, struct record *record, struct err *err)
{
	if (flush(counters, err) < 0 || read_tables(counters, record, err) < 0)
		return -1;
	return read_indexes(counters, record, err);
}

/* What the readings of relations would count themselves in: read from outside, nearest to the
 * workload. */
static int read_database(struct counters *counters, struct record *record, struct err *err)
{
	if (read_transactions(counters, &record->database, err) < 0 ||
	    read_statements(counters, true, &record->top, err) < 0)
		return -1;
	return read_statements(counters, false, &record->nested, err);
}

/* Differences -----------------------------------------------------------------------------------
 */

static void subtract_statements(struct record_statements *after,
				const struct record_statements *before)
{
#define X(counter) after->counter -= before->counter;
	RECORD_STATEMENT_COUNTERS(X)
#undef X
}

static void subtract_database(struct record_database *after, const struct record_database *before)
{
#define X(counter) after->counter -= before->counter;
	RECORD_DATABASE_COUNTERS(X)
#undef X
}

/* A relation that is new since then was counted from 0. */
static void subtract_tables(struct record *after, const struct record *before)
{
	for (size_t i = 0; i < after->table_count; i++) {
		struct record_table *table = &after->tables[i];
		int64_t dead = table->n_dead_tup; /* a state, not a count */

		for (size_t j = 0; j < before->table_count; j++) {
			if (table->oid != before->tables[j].oid)
				continue;
#define X(counter) table->counter -= before->tables[j].counter;
			RECORD_TABLE_COUNTERS(X)
#undef X
		}
		table->n_dead_tup = dead;
	}
}

static void subtract_indexes(struct record *after, const struct record *before)
{
	for (size_t i = 0; i < after->index_count; i++) {
		struct record_index *index = &after->indexes[i];

		for (size_t j = 0; j < before->index_count; j++) {
			if (index->oid != before->indexes[j].oid)
				continue;
#define X(counter) index->counter -= before->indexes[j].counter;
			RECORD_INDEX_COUNTERS(X)
#undef X
		}
	}
}

/* The statistics went back: somebody reset them, or pg_stat_statements threw entries away. */
static int check_grown(const struct record *record, struct err *err)
{
	if (record->top.calls >= 0 && record->nested.calls >= 0 &&
	    record->database.xact_commit >= 0)
		return 0;
	return err_set(err, ERR_CONFLICT,
		       "the server's statistics were reset during the workload; run the lab again, "
		       "and if it happens again raise pg_stat_statements.max",
		       "calls %lld, nested calls %lld, commits %lld", (long long)record->top.calls,
		       (long long)record->nested.calls, (long long)record->database.xact_commit);
}

int counters_begin(struct counters *counters, struct record *record, struct err *err)
{
	if (read_relations(counters, record, err) < 0 || flush(counters, err) < 0)
		return -1;
	return read_database(counters, record, err);
}

int counters_end(struct counters *counters, int64_t own_commits, struct record *record,
		 struct err *err)
{
	AUTO(record_freep) struct record *after = NULL;

	if (record_new(&after, err) < 0 || read_database(counters, after, err) < 0 ||
	    read_relations(counters, after, err) < 0)
		return -1;
	subtract_statements(&after->top, &record->top);
	subtract_statements(&after->nested, &record->nested);
	subtract_database(&after->database, &record->database);
	after->database.xact_commit -= own_commits;
	subtract_tables(after, record);
	subtract_indexes(after, record);
	if (check_grown(after, err) < 0)
		return -1;
	record->top = after->top;
	record->nested = after->nested;
	record->database = after->database;
	free(record->tables);
	free(record->indexes);
	record->tables = TAKE(after->tables);
	record->table_count = after->table_count;
	record->indexes = TAKE(after->indexes);
	record->index_count = after->index_count;
	return 0;
}
