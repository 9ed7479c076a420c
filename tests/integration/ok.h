/* ok.h - what has to succeed in a test on a server: a failure ends the test with the error's words.
 *
 * Stands after cmocka.h.
 */
#ifndef TESTS_OK_H
#define TESTS_OK_H

#include <tasklab/db/conn.h>
#include <tasklab/db/migrate.h>

static inline void ok(int result, const struct err *err)
{
	if (result < 0)
		fail_msg("%s: %s (%s)", err_name(err->code), err->message, err->detail);
}

/* dbname NULL: conninfo's. The caller closes. */
static inline struct db_conn *ok_connect(const char *conninfo, const char *dbname)
{
	struct db_conn *conn = NULL;
	struct err err = ERR_INIT;

	ok(db_conn_open(conninfo, dbname, "test", 10000, &conn, &err), &err);
	return conn;
}

static inline void ok_script(struct db_conn *conn, const char *sql)
{
	struct err err = ERR_INIT;

	ok(db_conn_script(conn, sql, &err), &err);
}

static inline int64_t ok_number(struct db_conn *conn, const char *sql)
{
	AUTO(db_result_freep) struct db_result *result = NULL;
	struct err err = ERR_INIT;

	ok(db_conn_query(conn, sql, DB_NO_ARGS, &result, &err), &err);
	return db_get_i64(result, 0, 0);
}

static inline void ok_migrate(struct db_conn *conn)
{
	struct err err = ERR_INIT;
	size_t applied;

	ok(migrate_up(conn, 10000, &applied, &err), &err);
}

#endif
