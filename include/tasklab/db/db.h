/* db.h - named statements over a shared pool of PostgreSQL connections.
 *
 *   struct db_pool   connections to one database; one per process and database; thread-safe
 *   struct db        one caller's view of a pool: its deadline, its transaction, what it spent
 *   struct db_query  a statement with a name; the name is its metric label
 *   struct db_result rows; values are read by row and column, in binary form
 *
 * A single statement takes no connection that the caller can see: the room is free to send it
 * alone over a pooled connection or together with those of other threads in libpq's pipeline mode.
 * A transaction holds a connection of its own from db_begin to db_commit or db_rollback.
 *
 * Errors: SQLSTATEs are sorted into err codes in one place (sqlstate.c). Server text goes to
 * err.detail only. ERR_UNAVAILABLE: no connection, breaker open or pool exhausted (retry_after_s
 * set); ERR_TIMEOUT: the deadline or statement_timeout passed.
 */
#ifndef TASKLAB_DB_DB_H
#define TASKLAB_DB_DB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <tasklab/base/attr.h>
#include <tasklab/base/err.h>
#include <tasklab/base/id.h>

/* Errors --------------------------------------------------------------------------------------- */

/* True when *err came from a violation of the named constraint or unique index, so that the caller
 * can name the field at fault: if (db_violates(err, "users_email_key")) err_field(...). */
bool db_violates(const struct err *err, const char *constraint);

/* Queries ------------------------------------------------------------------------------------- */

#define DB_QUERY_MAX 256 /* registered names in one binary */
#define DB_ARGS_MAX  24  /* parameters of one statement */

struct db_query {
	const char *name; /* [a-z0-9_]{1,50}, unique: metric label and prepared name */
	const char *sql;  /* one statement with $1..$n */
	bool read_only;   /* may be repeated when a connection broke before any answer */
	int index;        /* position in the registry, set by db_query_register */
};

/* Defines a query and enters it in the registry before main: one row, beside its owner.
 *   DB_QUERY_READ(SQL_TASK_GET, "task_get", "SELECT ... WHERE id = $1");                        */
#define DB_QUERY_READ(id, query_name, text)  DB_QUERY_DEFINE(id, query_name, text, true)
#define DB_QUERY_WRITE(id, query_name, text) DB_QUERY_DEFINE(id, query_name, text, false)
#define DB_QUERY_DEFINE(id, query_name, text, readonly)                                            \
	static struct db_query id = {.name = query_name, .sql = text, .read_only = readonly};      \
	__attribute__((constructor)) static void id##_register(void)                               \
	{                                                                                          \
		db_query_register(&id);                                                            \
	}

void db_query_register(struct db_query *query);
size_t db_query_count(void);
const char *db_query_name(size_t index); /* sorted by name once the first pool is opened */

/* A list with optional filters has one name and many texts. A shape is one of them: key tells the
 * texts of one query apart (a bit set of the filters in use), sql is the statement for that key.
 * Each connection prepares a shape at its first use, in a bounded cache. */
struct db_shape {
	const struct db_query *query;
	uint32_t key;
	const char *sql; /* copied when it is prepared */
	bool replan;     /* skewed values: not prepared (no name, no cache), planned at each run */
};

/* Arguments ------------------------------------------------------------------------------------ */

enum db_type {
	DB_NULL,
	DB_BOOL,
	DB_I64,
	DB_I32,
	DB_F64,
	DB_TEXT,
	DB_TIME,
	DB_JSON,
	DB_I64_ARRAY,
	DB_TEXT_ARRAY
};

struct db_arg {
	enum db_type type; /* of a NULL: DB_NULL, and the server infers the type */
	union {
		bool boolean;
		int64_t i64; /* also DB_TIME: microseconds since 1970 */
		double f64;
		struct {
			const char *data;
			size_t len;
		} text;
		struct {
			const int64_t *items;
			size_t count;
		} i64s;
		struct {
			const char *const *items;
			size_t count;
		} texts;
	};
};

struct db_arg db_null(void);
struct db_arg db_bool(bool value);
struct db_arg db_i64(int64_t value);
struct db_arg db_i32(int32_t value);
struct db_arg db_f64(double value);
struct db_arg db_text(const char *s); /* NULL: null */
struct db_arg db_text_n(const char *s, size_t len);
struct db_arg db_time(int64_t unix_us);
struct db_arg db_json(const char *s); /* jsonb from its text; NULL: null */
struct db_arg db_i64s(const int64_t *items, size_t count);
struct db_arg db_texts(const char *const *items, size_t count);
/* db_query(db, &SQL_X, DB_ARGS(db_i64(id), db_text(name)), &res, err) */
#define DB_ARGS(...)                                                                               \
	(const struct db_arg[]){__VA_ARGS__},                                                      \
		(sizeof((const struct db_arg[]){__VA_ARGS__}) / sizeof(struct db_arg))
#define DB_NO_ARGS NULL, 0

/* Results -------------------------------------------------------------------------------------- */

struct db_result;
void db_result_freep(struct db_result **result);
size_t db_rows(const struct db_result *result);
size_t db_columns(const struct db_result *result);
const char *db_column_name(const struct db_result *result, size_t column);
unsigned db_column_type(const struct db_result *result, size_t column); /* a type's OID */
uint64_t db_affected(const struct db_result *result); /* rows inserted, updated or deleted */
bool db_is_null(const struct db_result *result, size_t row, size_t column);
/* The column's type must be the one asked for (asserted); a NULL gives 0, false or NULL. */
bool db_get_bool(const struct db_result *result, size_t row, size_t column);
int64_t db_get_i64(const struct db_result *result, size_t row,
		   size_t column);                                            /* int2, int4, int8 */
double db_get_f64(const struct db_result *result, size_t row, size_t column); /* float4, float8 */
int64_t db_get_time_us(const struct db_result *result, size_t row, size_t column);
/* text, varchar, name, json, jsonb: NUL-terminated, lives as long as the result. */
const char *db_get_text(const struct db_result *result, size_t row, size_t column);
size_t db_get_text_len(const struct db_result *result, size_t row, size_t column);

/* The pool ------------------------------------------------------------------------------------- */

struct db_pool;

struct db_pool_options {
	const char *conninfo;         /* any libpq URI or keyword/value string */
	const char *dbname;           /* replaces the database named in it; NULL: it does not */
	const char *application_name; /* shown in pg_stat_activity */
	unsigned min_connections;     /* opened at once and kept */
	unsigned max_connections;
	unsigned max_waiters; /* further callers are refused at once */
	int64_t wait_ms;      /* longest wait for a connection */
	int64_t connect_ms;
	int64_t statement_ms;      /* statement_timeout of every connection */
	int64_t breaker_open_ms;   /* how long an open breaker refuses before it probes */
	unsigned breaker_failures; /* connection failures in a row that open it */
	unsigned shapes_max;       /* prepared shapes kept per connection */
	/* No pool: each statement or transaction makes a connection of its own and closes it, as a
	 * program without a pool does. min_connections, the queue and the breaker mean nothing
	 * then; max_connections bounds those open at once. For the labs. */
	bool unpooled;
	bool gauges; /* the main pool: the db_pool_* metrics tell of this one only */
};

enum db_breaker_state { DB_BREAKER_CLOSED, DB_BREAKER_HALF_OPEN, DB_BREAKER_OPEN };

/* Does not wait for the database: connections are made in the background and on demand. */
int db_pool_open(const struct db_pool_options *options, struct db_pool **ret, struct err *err);
void db_pool_close(struct db_pool *pool); /* waits for callers to give their connections back */
/* 0 when a statement could be run; bounded by deadline_ns. For /readyz. */
int db_pool_check(struct db_pool *pool, int64_t deadline_ns, struct err *err);

struct db_pool_stats {
	unsigned open, idle, busy, connecting, waiting, max;
	enum db_breaker_state breaker;
};
void db_pool_stats(struct db_pool *pool, struct db_pool_stats *ret);

/* Registers the label sets query, outcome and pool state; before metrics_start. Without it
 * statements are not counted. */
int db_labels_register(struct err *err);

/* Statements ----------------------------------------------------------------------------------- */

struct session;

struct db {
	struct db_pool *pool;
	int64_t deadline_ns;  /* monotonic; no statement goes on after it */
	uint32_t queries;     /* statements sent, for the request's log line */
	int64_t query_ns;     /* time spent in them, waiting for a connection included */
	struct session *held; /* the transaction's connection, or NULL */
	/* Of the request that the statements serve, for the exemplars of their durations; db_init
	 * leaves NULL. It must stay as long as it is set. */
	const struct id_trace *trace;
};

void db_init(struct db *db, struct db_pool *pool, int64_t deadline_ns);
void db_release(struct db *db); /* rolls back what was left open */

int db_query(struct db *db, const struct db_query *query, const struct db_arg *args, size_t n,
	     struct db_result **ret, struct err *err) MUST_CHECK;
int db_query_shape(struct db *db, const struct db_shape *shape, const struct db_arg *args, size_t n,
		   struct db_result **ret, struct err *err) MUST_CHECK;
/* Without rows: affected may be NULL. */
int db_exec(struct db *db, const struct db_query *query, const struct db_arg *args, size_t n,
	    uint64_t *affected, struct err *err) MUST_CHECK;

/* READ COMMITTED. A commit whose answer was lost is ERR_UNAVAILABLE: it may or may not have
 * happened, and the client is told so by a 503. */
int db_begin(struct db *db, struct err *err) MUST_CHECK;
int db_commit(struct db *db, struct err *err) MUST_CHECK;
void db_rollback(struct db *db);

#endif
