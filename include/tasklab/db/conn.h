/* conn.h - one plain connection, for tools: scripts, COPY, database-level commands, EXPLAIN.
 *
 * For migrations, seeding, the lab engine and doctor; the service itself uses db.h. Not
 * thread-safe. Every wait is bounded by the connection's deadline (CLOCK_NEVER at first), and
 * db_conn_cancel may be called from another thread or a signal-driven one.
 */
#ifndef TASKLAB_DB_CONN_H
#define TASKLAB_DB_CONN_H

#include <tasklab/db/db.h>

struct db_conn;

/* dbname, when not NULL, replaces the database named in conninfo. */
int db_conn_open(const char *conninfo, const char *dbname, const char *application_name,
		 int64_t connect_ms, struct db_conn **ret, struct err *err);
void db_conn_closep(struct db_conn **conn);
void db_conn_set_deadline(struct db_conn *conn, int64_t deadline_ns);
/* An earlier deadline that another thread may set at any time, also while a wait goes on, which
 * then ends within a fraction of a second; it must outlive the connection. NULL: none. */
void db_conn_set_limit(struct db_conn *conn, const _Atomic int64_t *limit_ns);
int db_conn_server_version(const struct db_conn *conn); /* 150018 */
int db_conn_backend_pid(const struct db_conn *conn);

/* A script of any number of statements by the simple protocol; results are dropped. On failure the
 * detail holds the server's message with line and position. */
int db_conn_script(struct db_conn *conn, const char *sql, struct err *err);
/* One statement, unnamed, with arguments; ret may be NULL. Results are binary. */
int db_conn_query(struct db_conn *conn, const char *sql, const struct db_arg *args, size_t n,
		  struct db_result **ret, struct err *err);
/* As text for any column type (for comparing rows and for printing): values by db_get_text. */
int db_conn_query_text(struct db_conn *conn, const char *sql, const struct db_arg *args, size_t n,
		       struct db_result **ret, struct err *err);
/* Named prepared statement; the server infers the types, so that arguments of db_conn_exec_prepared
 * must have them exactly: write casts in the SQL ($1::bigint). */
int db_conn_prepare(struct db_conn *conn, const char *name, const char *sql, struct err *err);
int db_conn_exec_prepared(struct db_conn *conn, const char *name, const struct db_arg *args,
			  size_t n, struct db_result **ret, struct err *err);
/* The same with parameters of the given type OIDs, more than the statement uses if need be. */
int db_conn_prepare_types(struct db_conn *conn, const char *name, const char *sql,
			  const unsigned *types, size_t n, struct err *err);
/* db_conn_exec_prepared with parameter values in text form (NULL allowed), for lab parameter rows.
 */
int db_conn_exec_prepared_text(struct db_conn *conn, const char *name, const char *const *values,
			       size_t n, struct db_result **ret, struct err *err);

/* The identifier that the server gives to a prepared statement (as in pg_stat_statements). It is
 * planned without values, and not executed. *found is false where the server does not tell. */
int db_conn_query_id(struct db_conn *conn, const char *prepared, size_t parameters, bool *found,
		     int64_t *ret, struct err *err);

/* COPY ... FROM STDIN. put may be called any number of times with any cut of the data. */
int db_copy_begin(struct db_conn *conn, const char *copy_sql, struct err *err);
int db_copy_put(struct db_conn *conn, const char *data, size_t len, struct err *err);
int db_copy_end(struct db_conn *conn, uint64_t *rows, struct err *err);
void db_copy_abort(struct db_conn *conn);

int db_conn_cancel(struct db_conn *conn, struct err *err);
/* A transaction block is open, failed or not. */
bool db_conn_in_transaction(const struct db_conn *conn);
/* The last failure's SQLSTATE, five characters, "" when there was none. */
const char *db_conn_sqlstate(const struct db_conn *conn);
/* Quoted for use in SQL text; appended to a buffer. */
struct buf;
int db_quote_ident(struct db_conn *conn, const char *name, struct buf *into, struct err *err);
int db_quote_literal(struct db_conn *conn, const char *text, struct buf *into, struct err *err);

/* The conninfo with its password replaced by ***, for printing; the caller frees. NULL: unreadable.
 */
char *db_conninfo_redacted(const char *conninfo);
/* conninfo's parts that a psql line needs, password left out; the caller frees. */
char *db_conninfo_psql(const char *conninfo, const char *dbname);
/* Of libpq, as a number: 150014 is 15.14. */
int db_library_version(void);

#endif
