/* wire.c - sends to and receives from one connection, never past a deadline. */
#include "wire.h"

#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <string.h>

#include <tasklab/base/clock.h>

#include "result.h"
#include "sqlstate.h"

const char *wire_text(const char *message, char out[WIRE_TEXT_SIZE])
{
	size_t len = strcspn(message, "\n");

	if (len >= WIRE_TEXT_SIZE)
		len = WIRE_TEXT_SIZE - 1;
	memcpy(out, message, len);
	out[len] = '\0';
	return out;
}

enum wire_end wire_lost(PGconn *pg, const char *what, struct err *err)
{
	char text[WIRE_TEXT_SIZE];

	(void)sqlstate_unavailable(err, what, wire_text(PQerrorMessage(pg), text));
	return WIRE_DEAD;
}

static int64_t until(struct wire_patience patience)
{
	int64_t limit_ns = patience.limit_ns ? atomic_load(patience.limit_ns) : CLOCK_NEVER;

	return limit_ns < patience.deadline_ns ? limit_ns : patience.deadline_ns;
}

/* Waits for the socket; POLLHUP and POLLERR count as readable, so that the read says what it is. */
static enum wire_end wait_socket(PGconn *pg, short events, struct wire_patience patience,
				 struct err *err)
{
	struct pollfd fd = {.fd = PQsocket(pg), .events = events};

	for (;;) {
		int64_t deadline_ns = until(patience);
		int timeout_ms = clock_poll_ms(deadline_ns);
		int ready;

		if (patience.limit_ns && (timeout_ms < 0 || timeout_ms > WIRE_LIMIT_MS))
			timeout_ms = WIRE_LIMIT_MS;
		ready = poll(&fd, 1, timeout_ms);

		if (ready > 0)
			break;
		if (ready < 0 && errno != EINTR)
			return wire_lost(pg, "poll", err);
		if (ready == 0 && timeout_ms >= 0 && clock_mono_ns() >= deadline_ns) {
			(void)sqlstate_timeout(err, "the deadline passed before the answer came");
			return WIRE_TIMEOUT;
		}
	}
	if ((fd.revents & ~POLLOUT) && !PQconsumeInput(pg))
		return wire_lost(pg, "connection lost", err);
	return WIRE_OK;
}

enum wire_end wire_flush(PGconn *pg, struct wire_patience patience, struct err *err)
{
	enum wire_end end = WIRE_OK;

	for (;;) {
		int left = PQflush(pg);

		if (left == 0)
			return WIRE_OK;
		if (left < 0)
			return wire_lost(pg, "connection lost", err);
		end = wait_socket(pg, POLLIN | POLLOUT, patience, err);
		if (end != WIRE_OK)
			return end;
	}
}

static bool is_failure(ExecStatusType status)
{
	return status == PGRES_FATAL_ERROR || status == PGRES_BAD_RESPONSE;
}

/* What a failed result means; sets *err. */
static enum wire_end failure(PGconn *pg, const PGresult *result, struct err *err)
{
	const char *sqlstate = PQresultErrorField(result, PG_DIAG_SQLSTATE);
	const char *message = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
	const char *severity = PQresultErrorField(result, PG_DIAG_SEVERITY_NONLOCALIZED);
	char text[WIRE_TEXT_SIZE];

	if (!sqlstate) /* made by libpq itself */
		return wire_lost(pg, "connection lost", err);
	(void)sqlstate_err(err, sqlstate, PQresultErrorField(result, PG_DIAG_CONSTRAINT_NAME),
			   wire_text(message ? message : "", text));
	if (sqlstate_ends_session(sqlstate) || (severity && strcmp(severity, "ERROR") != 0))
		return WIRE_DEAD;
	return WIRE_ERROR;
}

static bool is_copy(ExecStatusType status)
{
	return status == PGRES_COPY_IN || status == PGRES_COPY_OUT || status == PGRES_COPY_BOTH;
}

enum wire_end wire_answer(PGconn *pg, int64_t deadline_ns, PGresult **ret, struct err *err)
{
	return wire_answer_within(pg, (struct wire_patience){.deadline_ns = deadline_ns}, ret, err);
}

enum wire_end wire_answer_within(PGconn *pg, struct wire_patience patience, PGresult **ret,
				 struct err *err)
{
	AUTO(result_clearp) PGresult *kept = NULL;
	enum wire_end end = wire_flush(pg, patience, err);

	*ret = NULL;
	while (end == WIRE_OK) {
		AUTO(result_clearp) PGresult *next = NULL;

		while (end == WIRE_OK && PQisBusy(pg))
			end = wait_socket(pg, POLLIN, patience, err);
		if (end != WIRE_OK)
			break;
		next = PQgetResult(pg);
		if (!next)
			break;
		if (kept && is_failure(PQresultStatus(kept)))
			continue;
		PQclear(kept);
		kept = TAKE(next);
		if (is_copy(PQresultStatus(kept)))
			break;
	}
	/* A server that ends the session says why first; that is better than "connection lost". */
	if (kept && is_failure(PQresultStatus(kept)) && end != WIRE_TIMEOUT) {
		enum wire_end said = failure(pg, kept, err);

		end = end == WIRE_DEAD ? WIRE_DEAD : said;
	}
	if (!kept && end == WIRE_OK)
		end = wire_lost(pg, "no answer", err);
	if (end == WIRE_OK || end == WIRE_ERROR)
		*ret = TAKE(kept);
	return end;
}

enum wire_end wire_skip_copy(PGconn *pg, int64_t deadline_ns, struct err *err)
{
	enum wire_end end = WIRE_OK;

	while (end == WIRE_OK) {
		char *row = NULL;
		int len = PQgetCopyData(pg, &row, 1);

		PQfreemem(row);
		if (len < 0) /* the end, or an error that wire_answer tells */
			break;
		if (len == 0)
			end = wait_socket(pg, POLLIN,
					  (struct wire_patience){.deadline_ns = deadline_ns}, err);
	}
	return end;
}

enum wire_end wire_simple(PGconn *pg, const char *sql, int64_t deadline_ns, struct err *err)
{
	AUTO(result_clearp) PGresult *result = NULL;

	if (!PQsendQuery(pg, sql))
		return wire_lost(pg, "send", err);
	return wire_answer(pg, deadline_ns, &result, err);
}
