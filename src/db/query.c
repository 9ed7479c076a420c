/* query.c - runs named statements for callers: singly over the pool, or in a transaction. */
#include <assert.h>
#include <string.h>

#include <tasklab/base/clock.h>

#include "arg.h"
#include "observe.h"
#include "pool.h"
#include "result.h"
#include "session.h"
#include "sqlstate.h"

#define ROLLBACK_MAX_NS CLOCK_NS_PER_S /* a rollback is not waited for longer */

DB_QUERY_READ(SQL_POOL_CHECK, "pool_check", "SELECT 1");
DB_QUERY_READ(SQL_TX_BEGIN, "tx_begin", "BEGIN ISOLATION LEVEL READ COMMITTED");
DB_QUERY_WRITE(SQL_TX_COMMIT, "tx_commit", "COMMIT");
DB_QUERY_WRITE(SQL_TX_ROLLBACK, "tx_rollback", "ROLLBACK");

/* One statement on its way. */
struct call {
	struct statement statement;
	const struct args *args;
	int64_t start_ns; /* of the caller's wait */
	int64_t sent_ns;  /* -1 while it has no connection */
	int64_t limit_ns; /* no waiting after it */
};

static struct statement statement_of(const struct db_query *query)
{
	return (struct statement){.query = query, .sql = query->sql};
}

void db_init(struct db *db, struct db_pool *pool, int64_t deadline_ns)
{
	*db = (struct db){.pool = pool, .deadline_ns = deadline_ns};
}

void db_release(struct db *db)
{
	db_rollback(db);
}

static enum wire_end run_on(struct db *db, struct session *session, struct call *call,
			    PGresult **ret, struct err *err)
{
	int64_t patience_ns = call->sent_ns + db->pool->patience_ns;

	call->limit_ns = db->deadline_ns < patience_ns ? db->deadline_ns : patience_ns;
	db->queries++;
	return session_run(session, &call->statement, call->args, call->limit_ns, ret, err);
}

/* The server was given more time than its own statement_timeout, and kept silent. */
static bool is_hung(const struct db *db, const struct call *call, const struct session *session)
{
	return session->end == WIRE_TIMEOUT && call->limit_ns < db->deadline_ns;
}

/* Over any connection of the pool. A connection that died is found out by using it, so what may be
 * repeated is tried on a second one. When *keep is not NULL the session stays with the caller. */
static enum wire_end run_pooled(struct db *db, struct call *call, struct session **keep,
				PGresult **ret, struct err *err)
{
	bool again = call->statement.query->read_only;

	for (;; again = false) {
		struct session *session = NULL;
		bool waited = false;
		enum wire_end end;

		if (pool_acquire(db->pool, call->start_ns, db->deadline_ns, &session, &waited,
				 err) < 0)
			return WIRE_DEAD;
		call->sent_ns = waited ? clock_mono_ns() : call->start_ns;
		observe_wait(&db->pool->options, call->sent_ns - call->start_ns);
		end = run_on(db, session, call, ret, err);
		if (end == WIRE_OK && keep)
			*keep = session;
		else
			pool_put(db->pool, session, is_hung(db, call, session), err);
		if (end != WIRE_DEAD || !again)
			return end;
	}
}

/* A transaction's connection, once lost or given up, takes no more statements. */
static enum wire_end run_held(struct db *db, struct call *call, PGresult **ret, struct err *err)
{
	if (db->held->end == WIRE_DEAD || db->held->end == WIRE_TIMEOUT) {
		(void)sqlstate_unavailable(err, "transaction", "its connection was lost");
		return WIRE_DEAD;
	}
	call->sent_ns = call->start_ns;
	return run_on(db, db->held, call, ret, err);
}

static enum wire_end run(struct db *db, struct call *call, struct session **keep, PGresult **ret,
			 struct err *err)
{
	struct err local;
	enum wire_end end = WIRE_TIMEOUT;
	int64_t now_ns = clock_mono_ns();

	if (!err)
		err = &local;
	call->start_ns = now_ns;
	call->sent_ns = -1;
	if (now_ns >= db->deadline_ns)
		(void)sqlstate_timeout(err, "the deadline had passed already");
	else if (db->held)
		end = run_held(db, call, ret, err);
	else
		end = run_pooled(db, call, keep, ret, err);
	now_ns = clock_mono_ns();
	db->query_ns += now_ns - call->start_ns;
	observe_query(call->statement.query, end == WIRE_OK ? ERR_NONE : err->code,
		      call->sent_ns < 0 ? -1 : now_ns - call->sent_ns, db->trace);
	return end;
}

static int run_statement(struct db *db, struct statement statement, const struct db_arg *args,
			 size_t n, PGresult **ret, struct err *err)
{
	AUTO(result_clearp) PGresult *result = NULL;
	AUTO(args_release) struct args wire;
	struct call call = {.statement = statement, .args = &wire};

	if (args_encode(args, n, &wire, err) < 0)
		return -1;
	if (run(db, &call, NULL, &result, err) != WIRE_OK)
		return -1;
	*ret = TAKE(result);
	return 0;
}

int db_query(struct db *db, const struct db_query *query, const struct db_arg *args, size_t n,
	     struct db_result **ret, struct err *err)
{
	PGresult *result = NULL;

	if (run_statement(db, statement_of(query), args, n, &result, err) < 0)
		return -1;
	*ret = result_from_pg(result);
	return 0;
}

int db_query_shape(struct db *db, const struct db_shape *shape, const struct db_arg *args, size_t n,
		   struct db_result **ret, struct err *err)
{
	struct statement statement = {
		.query = shape->query,
		.sql = shape->sql,
		.key = shape->key,
		.shaped = true,
		.replan = shape->replan,
	};
	PGresult *result = NULL;

	if (run_statement(db, statement, args, n, &result, err) < 0)
		return -1;
	*ret = result_from_pg(result);
	return 0;
}

int db_exec(struct db *db, const struct db_query *query, const struct db_arg *args, size_t n,
	    uint64_t *affected, struct err *err)
{
	AUTO(db_result_freep) struct db_result *result = NULL;

	if (db_query(db, query, args, n, &result, err) < 0)
		return -1;
	if (affected)
		*affected = db_affected(result);
	return 0;
}

int db_pool_check(struct db_pool *pool, int64_t deadline_ns, struct err *err)
{
	struct db db;

	db_init(&db, pool, deadline_ns);
	return db_exec(&db, &SQL_POOL_CHECK, DB_NO_ARGS, NULL, err);
}

/* Transactions --------------------------------------------------------------------------------- */

int db_begin(struct db *db, struct err *err)
{
	static const struct args none = {.count = 0};
	AUTO(result_clearp) PGresult *result = NULL;
	struct call call = {.statement = statement_of(&SQL_TX_BEGIN), .args = &none};

	assert(!db->held);
	return run(db, &call, &db->held, &result, err) == WIRE_OK ? 0 : -1;
}

static void put_held(struct db *db, const struct err *err)
{
	struct session *session = db->held;

	db->held = NULL;
	pool_put(db->pool, session, false, err);
}

/* What became of a COMMIT without an answer is not known. */
static int commit_unknown(struct err *err)
{
	char why[WIRE_TEXT_SIZE];

	if (!err)
		return -1;
	(void)sqlstate_unavailable(err, "commit, outcome unknown", wire_text(err->detail, why));
	return -1;
}

int db_commit(struct db *db, struct err *err)
{
	static const struct args none = {.count = 0};
	AUTO(result_clearp) PGresult *result = NULL;
	struct call call = {.statement = statement_of(&SQL_TX_COMMIT), .args = &none};
	enum wire_end end;
	bool sent;

	assert(db->held);
	end = run(db, &call, NULL, &result, err);
	sent = call.sent_ns >= 0;
	if (end == WIRE_TIMEOUT && !sent) {
		db_rollback(db);
		return -1;
	}
	put_held(db, err);
	if (end == WIRE_ERROR)
		return -1;
	if (end != WIRE_OK)
		return sent ? commit_unknown(err) : -1;
	/* A failed transaction answers COMMIT with ROLLBACK, without an error. */
	if (strcmp(PQcmdStatus(result), "COMMIT") != 0)
		return err_set(err, ERR_INTERNAL, "the change was not made",
			       "COMMIT of a transaction in which a statement had failed");
	return 0;
}

void db_rollback(struct db *db)
{
	static const struct args none = {.count = 0};
	AUTO(result_clearp) PGresult *result = NULL;
	struct call call = {.statement = statement_of(&SQL_TX_ROLLBACK), .args = &none};
	int64_t deadline_ns = db->deadline_ns;
	int64_t soon_ns;

	if (!db->held)
		return;
	soon_ns = clock_mono_ns() + ROLLBACK_MAX_NS;
	if (db->deadline_ns > soon_ns)
		db->deadline_ns = soon_ns;
	(void)run(db, &call, NULL, &result, NULL);
	db->deadline_ns = deadline_ns;
	put_held(db, NULL);
}
