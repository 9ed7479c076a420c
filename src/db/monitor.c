/* monitor.c - the reserved connection over which the server's own figures are read. */
#include <tasklab/db/monitor.h>

#include <stdlib.h>
#include <string.h>

#include <tasklab/base/attr.h>
#include <tasklab/base/clock.h>
#include <tasklab/db/conn.h>

#include "sessions.h"
#include "statements.h"

#define CONNECT_MS 1000

/* The server ends what takes too long before the deadline makes the connection useless. Statements
 * are explained without values, and never wait for a lock that somebody else's work needs. */
#define SETTINGS                                                                                   \
	"SET statement_timeout = '1s'; SET lock_timeout = '50ms';"                                 \
	"SET plan_cache_mode = force_generic_plan"

#define SQL_RIGHT                                                                                  \
	"SELECT pg_has_role(current_user, 'pg_read_all_stats', 'USAGE'),"                          \
	"       EXISTS (SELECT FROM pg_extension WHERE extname = 'pg_stat_statements')"

struct db_monitor {
	char *conninfo;
	struct db_conn *conn; /* NULL: to be opened */
	struct statements *statements;
};

int db_monitor_new(const char *conninfo, struct db_monitor **ret, struct err *err)
{
	struct db_monitor *monitor = calloc(1, sizeof(*monitor));

	if (!monitor)
		return err_no_memory(err);
	monitor->conninfo = strdup(conninfo);
	if (!monitor->conninfo || statements_new(&monitor->statements, err) < 0) {
		db_monitor_freep(&monitor);
		return err_no_memory(err);
	}
	*ret = monitor;
	return 0;
}

void db_monitor_freep(struct db_monitor **monitor)
{
	if (!*monitor)
		return;
	db_conn_closep(&(*monitor)->conn);
	statements_free((*monitor)->statements);
	free((*monitor)->conninfo);
	free(*monitor);
	*monitor = NULL;
}

static int connect_anew(struct db_monitor *monitor, int64_t deadline_ns, struct err *err)
{
	if (db_conn_open(monitor->conninfo, NULL, "tasklab monitor", CONNECT_MS, &monitor->conn,
			 err) < 0)
		return -1;
	db_conn_set_deadline(monitor->conn, deadline_ns);
	statements_relearn(monitor->statements);
	return db_conn_script(monitor->conn, SETTINGS, err);
}

static int check_right(struct db_conn *conn, bool statements, struct err *err)
{
	AUTO(db_result_freep) struct db_result *result = NULL;

	if (db_conn_query(conn, SQL_RIGHT, DB_NO_ARGS, &result, err) < 0)
		return -1;
	if (!db_get_bool(result, 0, 0))
		return err_set(err, ERR_FORBIDDEN, "the database role may not see statistics",
			       "it needs the role pg_monitor");
	if (statements && !db_get_bool(result, 0, 1))
		return err_set(err, ERR_NOT_FOUND, "there are no statistics of statements",
			       "the database needs the extension pg_stat_statements");
	return 0;
}

static int begin(struct db_monitor *monitor, bool statements, struct err *err)
{
	int64_t deadline_ns = clock_mono_ns() + DB_MONITOR_CALL_NS;

	if (monitor->conn)
		db_conn_set_deadline(monitor->conn, deadline_ns);
	else if (connect_anew(monitor, deadline_ns, err) < 0)
		return -1;
	return check_right(monitor->conn, statements, err);
}

/* After the server's own error the connection goes on; any other failure may have spoilt it. */
static int finish(struct db_monitor *monitor, int result)
{
	if (result < 0 && monitor->conn && !*db_conn_sqlstate(monitor->conn))
		db_conn_closep(&monitor->conn);
	return result;
}

int db_monitor_sessions(struct db_monitor *monitor, struct err *err)
{
	int result = begin(monitor, false, err);

	if (result == 0)
		result = sessions_collect(monitor->conn, err);
	return finish(monitor, result);
}

int db_monitor_statements(struct db_monitor *monitor, struct err *err)
{
	int result = begin(monitor, true, err);

	if (result == 0)
		result = statements_collect(monitor->statements, monitor->conn, err);
	return finish(monitor, result);
}
