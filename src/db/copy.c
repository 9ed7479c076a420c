/* copy.c - COPY FROM STDIN over a plain connection, in batches so that little is buffered. */
#include <stdlib.h>
#include <string.h>

#include "plain.h"
#include "result.h"
#include "wire.h"

int db_copy_begin(struct db_conn *conn, const char *copy_sql, struct err *err)
{
	AUTO(result_clearp) PGresult *result = NULL;

	if (!conn->batch)
		conn->batch = malloc(PLAIN_BATCH_BYTES);
	if (!conn->batch)
		return err_no_memory(err);
	conn->batch_len = 0;
	if (plain_answer(conn, PQsendQuery(conn->pg, copy_sql), copy_sql, &result, err) < 0)
		return -1;
	if (PQresultStatus(result) == PGRES_COPY_IN)
		return 0;
	return err_set(err, ERR_INTERNAL, "this is no COPY FROM STDIN", "%s", copy_sql);
}

static int send_piece(struct db_conn *conn, const char *data, size_t len, struct err *err)
{
	if (len == 0)
		return 0;
	if (PQputCopyData(conn->pg, data, (int)len) != 1) {
		(void)wire_lost(conn->pg, "copy", err);
		return -1;
	}
	return wire_flush(conn->pg, plain_patience(conn), err) == WIRE_OK ? 0 : -1;
}

static int send_batch(struct db_conn *conn, struct err *err)
{
	size_t len = conn->batch_len;

	conn->batch_len = 0;
	return send_piece(conn, conn->batch, len, err);
}

int db_copy_put(struct db_conn *conn, const char *data, size_t len, struct err *err)
{
	while (len > 0) {
		size_t room = PLAIN_BATCH_BYTES - conn->batch_len;
		size_t part = len < room ? len : room;

		memcpy(conn->batch + conn->batch_len, data, part);
		conn->batch_len += part;
		data += part;
		len -= part;
		if (conn->batch_len == PLAIN_BATCH_BYTES && send_batch(conn, err) < 0)
			return -1;
	}
	return 0;
}

int db_copy_end(struct db_conn *conn, uint64_t *rows, struct err *err)
{
	AUTO(result_clearp) PGresult *result = NULL;

	if (send_batch(conn, err) < 0)
		return -1;
	if (plain_answer(conn, PQputCopyEnd(conn->pg, NULL) == 1, NULL, &result, err) < 0)
		return -1;
	if (rows)
		*rows = strtoull(PQcmdTuples(result), NULL, 10);
	return 0;
}

void db_copy_abort(struct db_conn *conn)
{
	AUTO(result_clearp) PGresult *result = NULL;

	conn->batch_len = 0;
	if (PQputCopyEnd(conn->pg, "aborted by the client") == 1)
		(void)wire_answer_within(conn->pg, plain_patience(conn), &result, NULL);
}
