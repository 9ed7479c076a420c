/* conn.c - one plain connection for tools, with bounded waits. */
#include <tasklab/db/conn.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <libpq-fe.h>

#include <tasklab/base/buf.h>
#include <tasklab/base/clock.h>

#include "arg.h"
#include "conninfo.h"
#include "plain.h"
#include "result.h"
#include "sqlstate.h"
#include "wire.h"

int db_conn_open(const char *conninfo, const char *dbname, const char *application_name,
		 int64_t connect_ms, struct db_conn **ret, struct err *err)
{
	AUTO(conninfo_release) struct conninfo info = {.parsed = NULL};
	struct db_conn *conn = calloc(1, sizeof(*conn));
	int64_t deadline_ns = clock_mono_ns() + connect_ms * CLOCK_NS_PER_MS;

	if (!conn)
		return err_no_memory(err);
	conn->deadline_ns = CLOCK_NEVER;
	if (conninfo_parse(conninfo, dbname, application_name, NULL, &info, err) < 0 ||
	    conninfo_connect(&info, deadline_ns, &conn->pg, err) < 0) {
		db_conn_closep(&conn);
		return -1;
	}
	conn->cancel = PQgetCancel(conn->pg);
	if (!conn->cancel) {
		db_conn_closep(&conn);
		return err_no_memory(err);
	}
	*ret = conn;
	return 0;
}

void db_conn_closep(struct db_conn **conn)
{
	if (!*conn)
		return;
	PQfreeCancel((*conn)->cancel);
	PQfinish((*conn)->pg);
	free((*conn)->batch);
	free(*conn);
	*conn = NULL;
}

void db_conn_set_deadline(struct db_conn *conn, int64_t deadline_ns)
{
	conn->deadline_ns = deadline_ns;
}

void db_conn_set_limit(struct db_conn *conn, const _Atomic int64_t *limit_ns)
{
	conn->limit_ns = limit_ns;
}

int db_conn_server_version(const struct db_conn *conn)
{
	return PQserverVersion(conn->pg);
}

int db_conn_backend_pid(const struct db_conn *conn)
{
	return PQbackendPID(conn->pg);
}

bool db_conn_in_transaction(const struct db_conn *conn)
{
	PGTransactionStatusType status = PQtransactionStatus(conn->pg);

	return status == PQTRANS_INTRANS || status == PQTRANS_INERROR;
}

const char *db_conn_sqlstate(const struct db_conn *conn)
{
	return conn->sqlstate;
}

/* The line of a 1-based character position in UTF-8 text. */
static size_t line_of(const char *sql, long position)
{
	size_t line = 1;

	for (const char *at = sql; *at && position > 1; at++) {
		if (*at == '\n')
			line++;
		if (((unsigned char)*at & 0xC0) != 0x80)
			position--;
	}
	return line;
}

static void remember_sqlstate(struct db_conn *conn, const PGresult *result)
{
	const char *sqlstate = PQresultErrorField(result, PG_DIAG_SQLSTATE);

	(void)snprintf(conn->sqlstate, sizeof(conn->sqlstate), "%s", sqlstate ? sqlstate : "");
}

/* Tools show the server's whole say: line, detail, hint, where it happened. */
static void explain(const PGresult *result, const char *sql, struct err *err)
{
	static const struct {
		int field;
		const char *label;
	} parts[] = {{PG_DIAG_MESSAGE_DETAIL, "detail"},
		     {PG_DIAG_MESSAGE_HINT, "hint"},
		     {PG_DIAG_CONTEXT, "context"}};
	const char *position = PQresultErrorField(result, PG_DIAG_STATEMENT_POSITION);
	AUTO(buf_release) struct buf out = BUF_INIT(sizeof(err->detail) * 8);

	if (!err)
		return;
	buf_puts(&out, err->detail);
	if (position && sql)
		buf_printf(&out, ", line %zu (character %s)",
			   line_of(sql, strtol(position, NULL, 10)), position);
	for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
		const char *text = PQresultErrorField(result, parts[i].field);

		if (text)
			buf_printf(&out, "; %s: %s", parts[i].label, text);
	}
	if (buf_check(&out, NULL) == 0)
		(void)snprintf(err->detail, sizeof(err->detail), "%s", buf_str(&out));
}

int plain_answer(struct db_conn *conn, int sent, const char *sql, PGresult **ret, struct err *err)
{
	AUTO(result_clearp) PGresult *result = NULL;
	enum wire_end end = WIRE_DEAD;

	conn->sqlstate[0] = '\0';
	if (!sent)
		(void)wire_lost(conn->pg, "send", err);
	else
		end = wire_answer_within(conn->pg, plain_patience(conn), &result, err);
	if (end == WIRE_ERROR) {
		remember_sqlstate(conn, result);
		explain(result, sql, err);
	}
	if (end != WIRE_OK)
		return -1;
	*ret = TAKE(result);
	return 0;
}

/* A script may not wait for data from the client. */
static int refuse_copy(struct db_conn *conn, struct err *err)
{
	AUTO(result_clearp) PGresult *rest = NULL;

	(void)PQputCopyEnd(conn->pg, "COPY is not possible here"); /* fails when it is TO STDOUT */
	if (wire_skip_copy(conn->pg, conn->deadline_ns, err) != WIRE_OK)
		return -1;
	(void)wire_answer(conn->pg, conn->deadline_ns, &rest, NULL);
	return err_set(err, ERR_INVALID, "a script cannot COPY from or to the client", "COPY");
}

int db_conn_script(struct db_conn *conn, const char *sql, struct err *err)
{
	AUTO(result_clearp) PGresult *result = NULL;

	if (plain_answer(conn, PQsendQuery(conn->pg, sql), sql, &result, err) < 0)
		return -1;
	switch (PQresultStatus(result)) {
	case PGRES_COPY_IN:
	case PGRES_COPY_OUT:
	case PGRES_COPY_BOTH:
		return refuse_copy(conn, err);
	default:
		return 0;
	}
}

static int query(struct db_conn *conn, const char *sql, const struct db_arg *args, size_t n,
		 int binary, struct db_result **ret, struct err *err)
{
	AUTO(args_release) struct args wire = {.count = 0};
	AUTO(result_clearp) PGresult *result = NULL;
	int sent;

	if (args_encode(args, n, &wire, err) < 0)
		return -1;
	sent = PQsendQueryParams(conn->pg, sql, wire.count, wire.types, wire.values, wire.lengths,
				 wire.formats, binary);
	if (plain_answer(conn, sent, sql, &result, err) < 0)
		return -1;
	if (ret)
		*ret = result_from_pg(TAKE(result));
	return 0;
}

int db_conn_query(struct db_conn *conn, const char *sql, const struct db_arg *args, size_t n,
		  struct db_result **ret, struct err *err)
{
	return query(conn, sql, args, n, 1, ret, err);
}

int db_conn_query_text(struct db_conn *conn, const char *sql, const struct db_arg *args, size_t n,
		       struct db_result **ret, struct err *err)
{
	return query(conn, sql, args, n, 0, ret, err);
}

int db_conn_prepare(struct db_conn *conn, const char *name, const char *sql, struct err *err)
{
	return db_conn_prepare_types(conn, name, sql, NULL, 0, err);
}

int db_conn_prepare_types(struct db_conn *conn, const char *name, const char *sql,
			  const unsigned *types, size_t n, struct err *err)
{
	AUTO(result_clearp) PGresult *result = NULL;

	return plain_answer(conn, PQsendPrepare(conn->pg, name, sql, (int)n, types), sql, &result,
			    err);
}

int db_conn_exec_prepared(struct db_conn *conn, const char *name, const struct db_arg *args,
			  size_t n, struct db_result **ret, struct err *err)
{
	AUTO(args_release) struct args wire = {.count = 0};
	AUTO(result_clearp) PGresult *result = NULL;
	int sent;

	if (args_encode(args, n, &wire, err) < 0)
		return -1;
	sent = PQsendQueryPrepared(conn->pg, name, wire.count, wire.values, wire.lengths,
				   wire.formats, 1);
	if (plain_answer(conn, sent, NULL, &result, err) < 0)
		return -1;
	if (ret)
		*ret = result_from_pg(TAKE(result));
	return 0;
}

int db_conn_exec_prepared_text(struct db_conn *conn, const char *name, const char *const *values,
			       size_t n, struct db_result **ret, struct err *err)
{
	AUTO(result_clearp) PGresult *result = NULL;
	int sent = PQsendQueryPrepared(conn->pg, name, (int)n, values, NULL, NULL, 0);

	if (plain_answer(conn, sent, NULL, &result, err) < 0)
		return -1;
	if (ret)
		*ret = result_from_pg(TAKE(result));
	return 0;
}

int db_conn_cancel(struct db_conn *conn, struct err *err)
{
	char reason[WIRE_TEXT_SIZE];

	if (PQcancel(conn->cancel, reason, sizeof(reason)))
		return 0;
	return sqlstate_unavailable(err, "cancel", reason);
}

static int quote(struct db_conn *conn, char *quoted, struct buf *into, struct err *err)
{
	if (!quoted) {
		char text[WIRE_TEXT_SIZE];

		return err_set(err, ERR_INVALID, "this text cannot be quoted for SQL", "%s",
			       wire_text(PQerrorMessage(conn->pg), text));
	}
	buf_puts(into, quoted);
	PQfreemem(quoted);
	return buf_check(into, err);
}

int db_quote_ident(struct db_conn *conn, const char *name, struct buf *into, struct err *err)
{
	return quote(conn, PQescapeIdentifier(conn->pg, name, strlen(name)), into, err);
}

int db_quote_literal(struct db_conn *conn, const char *text, struct buf *into, struct err *err)
{
	return quote(conn, PQescapeLiteral(conn->pg, text, strlen(text)), into, err);
}
