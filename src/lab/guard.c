/* guard.c - locks on the databases of the labs, and how these are dropped. */
#include "guard.h"

#include <stdio.h>
#include <string.h>

#include <tasklab/base/buf.h>
#include <tasklab/base/clock.h>
#include <tasklab/lab/catalogue.h>

/* The first key says that it is a lock of the labs ("labs" in ASCII), the second which database. */
#define LOCK_NAME "regexp_replace($1, '^(lab_.*)_ref$', '\\1')"
#define LOCK_KEYS "1818321523, hashtext(" LOCK_NAME ")"
#define REFERENCE "_ref"

/* A server process in a long statement notices within a second that its client died, and lets go
 * of the lock. */
static const char SQL_SESSION[] = "SET client_connection_check_interval = '1s'";

static const char SQL_TRY_LOCK[] = "SELECT pg_try_advisory_lock(" LOCK_KEYS ")";
static const char SQL_WAIT_LOCK[] = "SELECT pg_advisory_lock(" LOCK_KEYS ")::text";
static const char SQL_UNLOCK[] = "SELECT pg_advisory_unlock(" LOCK_KEYS ")";

static const char SQL_HOLDER[] =
	"SELECT l.pid::bigint FROM pg_locks l WHERE l.locktype = 'advisory' AND l.granted"
	" AND l.classid = 1818321523 AND l.objid::bigint = (hashtext(" LOCK_NAME
	")::bigint & 4294967295)"
	" AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())";

static const char SQL_END_ORPHANS[] =
	"SELECT count(pg_terminate_backend(pid, 10000)) FROM pg_stat_activity"
	" WHERE application_name = $1 AND pid <> pg_backend_pid() AND usename = current_user";

static const char SQL_IS_TEMPLATE[] = "SELECT datistemplate FROM pg_database WHERE datname = $1";

/* pg_stat_statements keeps the statements of dropped databases: ours are cleared away where the
 * role may. The function may be missing, so it is looked for first. */
static const char SQL_MAY_FORGET[] =
	"SELECT coalesce(has_function_privilege(to_regproc('pg_stat_statements_reset')::oid,"
	" 'EXECUTE'), false)";
static const char SQL_FORGET[] =
	"SELECT pg_stat_statements_reset(0, oid, 0)::text FROM pg_database WHERE datname = $1";

void guard_lab_database(const char *slug, char out[GUARD_NAME_SIZE])
{
	(void)snprintf(out, GUARD_NAME_SIZE, "lab_%.*s", LAB_SLUG_MAX, slug);
	for (char *c = out; *c; c++)
		if (*c == '-')
			*c = '_';
}

void guard_reference_database(const char *slug, char out[GUARD_NAME_SIZE])
{
	guard_lab_database(slug, out);
	(void)snprintf(out + strlen(out), GUARD_NAME_SIZE - strlen(out), "%s", REFERENCE);
}

int guard_open(const char *conninfo, const char *database, struct db_conn **ret, struct err *err)
{
	char application[GUARD_NAME_SIZE + sizeof(GUARD_APPLICATION)];

	AUTO(db_conn_closep) struct db_conn *conn = NULL;

	(void)snprintf(application, sizeof(application), "%s%s", GUARD_APPLICATION, database);
	if (db_conn_open(conninfo, NULL, application, GUARD_CONNECT_MS, &conn, err) < 0 ||
	    db_conn_script(conn, SQL_SESSION, err) < 0)
		return -1;
	*ret = TAKE(conn);
	return 0;
}

static int refuse(struct db_conn *conn, const char *database, struct err *err)
{
	AUTO(db_result_freep) struct db_result *holder = NULL;
	char message[sizeof(err->message)];
	int64_t pid = 0;

	if (db_conn_query(conn, SQL_HOLDER, DB_ARGS(db_text(database)), &holder, err) < 0)
		return -1;
	if (db_rows(holder) > 0)
		pid = db_get_i64(holder, 0, 0);
	(void)snprintf(message, sizeof(message),
		       "%s is in use by another run: wait until it ends, or stop it", database);
	return err_set(err, ERR_CONFLICT, message, "the lock is held by server process %lld",
		       (long long)pid);
}

int guard_lock(struct db_conn *conn, const char *database, struct err *err)
{
	AUTO(db_result_freep) struct db_result *got = NULL;

	if (db_conn_query(conn, SQL_TRY_LOCK, DB_ARGS(db_text(database)), &got, err) < 0)
		return -1;
	if (!db_get_bool(got, 0, 0))
		return refuse(conn, database, err);
	return 0;
}

int guard_locked(struct db_conn *conn, const char *database, bool *ret, struct err *err)
{
	AUTO(db_result_freep) struct db_result *holder = NULL;

	if (db_conn_query(conn, SQL_HOLDER, DB_ARGS(db_text(database)), &holder, err) < 0)
		return -1;
	*ret = db_rows(holder) > 0;
	return 0;
}

int guard_lock_wait(struct db_conn *conn, const char *database, struct err *err)
{
	return db_conn_query(conn, SQL_WAIT_LOCK, DB_ARGS(db_text(database)), NULL, err);
}

int guard_unlock(struct db_conn *conn, const char *database, struct err *err)
{
	return db_conn_query(conn, SQL_UNLOCK, DB_ARGS(db_text(database)), NULL, err);
}

int guard_end_orphans(struct db_conn *conn, const char *database, struct err *err)
{
	char application[GUARD_NAME_SIZE + sizeof(GUARD_APPLICATION)];

	(void)snprintf(application, sizeof(application), "%s%s", GUARD_APPLICATION, database);
	return db_conn_query(conn, SQL_END_ORPHANS, DB_ARGS(db_text(application)), NULL, err);
}

static int forget_statements(struct db_conn *conn, const char *database, struct err *err)
{
	AUTO(db_result_freep) struct db_result *may = NULL;

	if (db_conn_query(conn, SQL_MAY_FORGET, DB_NO_ARGS, &may, err) < 0)
		return -1;
	if (!db_get_bool(may, 0, 0))
		return 0;
	return db_conn_query(conn, SQL_FORGET, DB_ARGS(db_text(database)), NULL, err);
}

int guard_drop(struct db_conn *conn, const char *database, struct err *err)
{
	AUTO(db_result_freep) struct db_result *found = NULL;
	AUTO(buf_release) struct buf sql = BUF_INIT(1024);
	AUTO(buf_release) struct buf name = BUF_INIT(256);

	db_conn_set_deadline(conn, clock_mono_ns() + GUARD_DROP_MS * CLOCK_NS_PER_MS);
	if (db_conn_query(conn, SQL_IS_TEMPLATE, DB_ARGS(db_text(database)), &found, err) < 0)
		return -1;
	if (db_rows(found) == 0)
		return 0;
	if (forget_statements(conn, database, err) < 0)
		return -1;
	if (db_quote_ident(conn, database, &name, err) < 0)
		return -1;
	if (db_get_bool(found, 0, 0)) {
		buf_printf(&sql, "ALTER DATABASE %s WITH IS_TEMPLATE false", buf_str(&name));
		if (buf_check(&sql, err) < 0 || db_conn_script(conn, buf_str(&sql), err) < 0)
			return -1;
		buf_reset(&sql);
	}
	buf_printf(&sql, "DROP DATABASE IF EXISTS %s WITH (FORCE)", buf_str(&name));
	if (buf_check(&sql, err) < 0)
		return -1;
	return db_conn_script(conn, buf_str(&sql), err);
}
