/* identify.c - a statement's identifier, as compute_query_id makes it: from the server, by EXPLAIN.
 *
 * The identifier is made from the parsed statement, so it depends on the types of the parameters
 * and on the objects that the names stand for; only the server can tell it. EXPLAIN (VERBOSE) says
 * it (manual, "EXPLAIN").
 */
#include "identify.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <tasklab/base/attr.h>
#include <tasklab/base/buf.h>

#include "plain.h"
#include "result.h"

#define NAME "tasklab_identify"
/* Within a JSON string the quotes would be escaped, so this is the member and nothing else. */
#define MEMBER "\"Query Identifier\": "

#define SQL_BY_TEXT                                                                                \
	"SELECT queryid FROM pg_stat_statements"                                                   \
	" WHERE dbid = (SELECT oid FROM pg_database WHERE datname = current_database())"           \
	"   AND query = $1 LIMIT 1"

static int prepare(struct db_conn *conn, const struct seen *seen, struct err *err)
{
	AUTO(result_clearp) PGresult *result = NULL;

	return plain_answer(conn,
			    PQsendPrepare(conn->pg, NAME, seen->sql, seen->count, seen->types),
			    seen->sql, &result, err);
}

static int explain(struct db_conn *conn, const char *prepared, size_t parameters,
		   struct db_result **ret, struct err *err)
{
	AUTO(buf_release) struct buf sql = BUF_INIT(512);

	buf_puts(&sql, "EXPLAIN (VERBOSE, FORMAT JSON) EXECUTE ");
	if (db_quote_ident(conn, prepared, &sql, err) < 0)
		return -1;
	for (size_t i = 0; i < parameters; i++)
		buf_puts(&sql, i == 0 ? "(NULL" : ", NULL");
	buf_puts(&sql, parameters > 0 ? ")" : "");
	if (buf_check(&sql, err) < 0)
		return -1;
	return db_conn_query_text(conn, buf_str(&sql), DB_NO_ARGS, ret, err);
}

static bool read_member(const char *plan, int64_t *ret)
{
	const char *member = plan ? strstr(plan, MEMBER) : NULL;

	if (!member)
		return false;
	*ret = strtoll(member + strlen(MEMBER), NULL, 10);
	return true;
}

int db_conn_query_id(struct db_conn *conn, const char *prepared, size_t parameters, bool *found,
		     int64_t *ret, struct err *err)
{
	AUTO(db_result_freep) struct db_result *plan = NULL;

	if (explain(conn, prepared, parameters, &plan, err) < 0)
		return -1;
	*found = db_rows(plan) > 0 && read_member(db_get_text(plan, 0, 0), ret);
	return 0;
}

static int by_text(struct db_conn *conn, const char *sql, bool *found, int64_t *ret,
		   struct err *err)
{
	AUTO(db_result_freep) struct db_result *result = NULL;

	if (db_conn_query(conn, SQL_BY_TEXT, DB_ARGS(db_text(sql)), &result, err) < 0)
		return -1;
	*found = db_rows(result) > 0 && !db_is_null(result, 0, 0);
	if (*found)
		*ret = db_get_i64(result, 0, 0);
	return 0;
}

int identify(struct db_conn *conn, const struct seen *seen, bool *found, int64_t *ret,
	     struct err *err)
{
	struct err ignored;
	int explained;

	if (prepare(conn, seen, err) < 0)
		return -1;
	explained = db_conn_query_id(conn, NAME, (size_t)seen->count, found, ret, err);
	if (explained < 0 && !*db_conn_sqlstate(conn))
		return -1; /* the connection is lost */
	if (db_conn_script(conn, "DEALLOCATE " NAME, explained < 0 ? &ignored : err) < 0 ||
	    explained < 0)
		return -1;
	return *found ? 0 : by_text(conn, seen->sql, found, ret, err);
}
