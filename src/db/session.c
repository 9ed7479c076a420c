/* session.c - prepares and runs statements on one pooled connection. */
#include "session.h"

#include <poll.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include <tasklab/base/buf.h>
#include <tasklab/base/thread.h>

#include "result.h"
#include "seen.h"

/* Cancel requests under way at once. More are left to statement_timeout and to the server's own
 * look at its client (client_connection_check_interval). */
#define CANCELS_MAX 8

static atomic_uint cancels;

int session_new(PGconn *pg, unsigned shapes_max, struct session **ret, struct err *err)
{
	struct session *session = calloc(1, sizeof(*session));
	size_t queries = db_query_count();

	if (!session)
		return err_no_memory(err);
	session->named = calloc(queries ? queries : 1, sizeof(*session->named));
	if (!session->named || shapes_init(&session->shapes, shapes_max, err) < 0) {
		session_free(session);
		return err_no_memory(err);
	}
	session->pg = pg;
	*ret = session;
	return 0;
}

void session_free(struct session *session)
{
	if (!session)
		return;
	PQfinish(session->pg);
	shapes_release(&session->shapes);
	free(session->named);
	free(session);
}

static void *cancel_body(void *arg)
{
	PGcancel *cancel = arg;
	char reason[WIRE_TEXT_SIZE];

	(void)PQcancel(cancel, reason, sizeof(reason)); /* a server that hangs, hangs this too */
	PQfreeCancel(cancel);
	atomic_fetch_sub(&cancels, 1);
	return NULL;
}

void session_abandon(struct session *session)
{
	PGcancel *cancel = NULL;
	pthread_t thread;

	if (atomic_fetch_add(&cancels, 1) < CANCELS_MAX)
		cancel = PQgetCancel(session->pg);
	if (cancel && thread_start(&thread, "db-cancel", cancel_body, cancel, NULL) == 0) {
		pthread_detach(thread);
	} else {
		PQfreeCancel(cancel);
		atomic_fetch_sub(&cancels, 1);
	}
	session_free(session);
}

bool session_is_stale(const struct session *session)
{
	struct pollfd fd = {.fd = PQsocket(session->pg), .events = POLLIN};

	return poll(&fd, 1, 0) != 0;
}

/* Queries' names hold no character that needs quoting, but shapes' do. */
static enum wire_end deallocate(struct session *session, const char *name, int64_t deadline_ns,
				struct err *err)
{
	AUTO(buf_release) struct buf sql = BUF_INIT(256);

	buf_printf(&sql, "DEALLOCATE \"%s\"", name);
	if (buf_check(&sql, err) < 0)
		return WIRE_ERROR;
	return wire_simple(session->pg, buf_str(&sql), deadline_ns, err);
}

/* The types the arguments have; where one is NULL, those known from before. */
static bool types_fit(const struct prepared *prepared, const struct args *args)
{
	for (int i = 0; i < args->count; i++) {
		if (args->types[i] != 0 && args->types[i] != prepared->types[i])
			return false;
	}
	return true;
}

static enum wire_end prepare(struct session *session, struct prepared *prepared, const char *name,
			     const struct statement *statement, const struct args *args,
			     int64_t deadline_ns, struct err *err)
{
	AUTO(result_clearp) PGresult *result = NULL;
	Oid types[DB_ARGS_MAX];
	enum wire_end end = WIRE_OK;

	if (prepared->live) {
		end = deallocate(session, name, deadline_ns, err);
		/* It may be gone already; in a failed transaction the next step says so. */
		if (end != WIRE_OK && end != WIRE_ERROR)
			return end;
		prepared->live = false;
	}
	for (int i = 0; i < args->count; i++) {
		if (args->types[i] != 0)
			prepared->types[i] = (uint16_t)args->types[i];
		types[i] = prepared->types[i];
	}
	if (!PQsendPrepare(session->pg, name, statement->sql, args->count, types))
		return wire_lost(session->pg, "send", err);
	end = wire_answer(session->pg, deadline_ns, &result, err);
	prepared->live = end == WIRE_OK;
	if (prepared->live)
		seen_note(statement->query, statement->key, statement->sql, args->count, types);
	prepared->stale = false;
	return end;
}

static enum wire_end slot_of(struct session *session, const struct statement *statement,
			     int64_t deadline_ns, struct shape_slot **ret, struct err *err)
{
	uint64_t id = shapes_id(statement->query, statement->key);
	struct shape_slot *slot = shapes_find(&session->shapes, id);

	if (!slot) {
		slot = shapes_oldest(&session->shapes);
		if (slot->prepared.live) {
			enum wire_end end = deallocate(session, slot->name, deadline_ns, err);

			if (end != WIRE_OK)
				return end;
		}
		shapes_assign(&session->shapes, slot, id, statement->query->name, statement->key);
	}
	*ret = slot;
	return WIRE_OK;
}

static bool is_lost_plan(const PGresult *result)
{
	const char *sqlstate = PQresultErrorField(result, PG_DIAG_SQLSTATE);

	/* invalid_sql_statement_name; "cached plan must not change result type" */
	return sqlstate && (strcmp(sqlstate, "26000") == 0 || strcmp(sqlstate, "0A000") == 0);
}

/* The unnamed statement: parsed at each run, so planned for the values of this one. */
static enum wire_end run_unnamed(struct session *session, const struct statement *statement,
				 const struct args *args, int64_t deadline_ns, PGresult **ret,
				 struct err *err)
{
	enum wire_end end;

	if (!PQsendQueryParams(session->pg, statement->sql, args->count, args->types, args->values,
			       args->lengths, args->formats, 1))
		return wire_lost(session->pg, "send", err);
	end = wire_answer(session->pg, deadline_ns, ret, err);
	if (end == WIRE_OK)
		seen_note(statement->query, statement->key, statement->sql, args->count,
			  args->types);
	return end;
}

enum wire_end session_run(struct session *session, const struct statement *statement,
			  const struct args *args, int64_t deadline_ns, PGresult **ret,
			  struct err *err)
{
	struct prepared *prepared = &session->named[statement->query->index];
	const char *name = statement->query->name;
	bool again = false;

	if (statement->replan) {
		session->end = run_unnamed(session, statement, args, deadline_ns, ret, err);
		return session->end;
	}
	session->end = WIRE_OK;
	if (statement->shaped) {
		struct shape_slot *slot = NULL;

		session->end = slot_of(session, statement, deadline_ns, &slot, err);
		if (session->end != WIRE_OK)
			return session->end;
		prepared = &slot->prepared;
		name = slot->name;
	}
	for (;;) {
		if (!prepared->live || prepared->stale || !types_fit(prepared, args))
			session->end =
				prepare(session, prepared, name, statement, args, deadline_ns, err);
		if (session->end != WIRE_OK)
			return session->end;
		if (PQsendQueryPrepared(session->pg, name, args->count, args->values, args->lengths,
					args->formats, 1))
			session->end = wire_answer(session->pg, deadline_ns, ret, err);
		else
			session->end = wire_lost(session->pg, "send", err);
		if (session->end != WIRE_ERROR || again || !is_lost_plan(*ret))
			return session->end;
		prepared->stale = true;
		if (PQtransactionStatus(session->pg) != PQTRANS_IDLE)
			return session->end;
		result_clearp(ret);
		session->end = WIRE_OK;
		again = true;
	}
}
