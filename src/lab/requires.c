/* requires.c - asks the server for what a lab needs of it. */
#include "requires.h"

#include <stdio.h>
#include <string.h>

/* pg_jit_available tells of the setting as well, which is off by default here and there. */
static const char SQL_JIT_ON[] = "SET jit = on";
static const char SQL_JIT[] = "SELECT pg_jit_available()";
static const char SQL_JIT_USUAL[] = "RESET jit";

/* Whether it is there, and whether this role may create it. */
static const char SQL_EXTENSION[] =
	"SELECT count(*) > 0, coalesce(bool_or(NOT v.superuser OR v.trusted OR r.rolsuper), false)"
	" FROM pg_available_extension_versions v, pg_roles r"
	" WHERE v.name = $1 AND r.rolname = current_user";

static const char SQL_CHECKPOINT[] =
	"SELECT pg_has_role(current_user, 'pg_checkpoint', 'USAGE'), current_user::text";

static int check_jit(struct db_conn *conn, char reason[REQUIRES_REASON_SIZE], struct err *err)
{
	AUTO(db_result_freep) struct db_result *found = NULL;

	if (db_conn_script(conn, SQL_JIT_ON, err) < 0 ||
	    db_conn_query(conn, SQL_JIT, DB_NO_ARGS, &found, err) < 0 ||
	    db_conn_script(conn, SQL_JIT_USUAL, err) < 0)
		return -1;
	if (!db_get_bool(found, 0, 0))
		(void)snprintf(reason, REQUIRES_REASON_SIZE,
			       "the server cannot compile expressions just in time: PostgreSQL's "
			       "llvmjit is not installed");
	return 0;
}

static int check_extension(struct db_conn *conn, const char *name,
			   char reason[REQUIRES_REASON_SIZE], struct err *err)
{
	AUTO(db_result_freep) struct db_result *found = NULL;

	if (db_conn_query(conn, SQL_EXTENSION, DB_ARGS(db_text(name)), &found, err) < 0)
		return -1;
	if (!db_get_bool(found, 0, 0))
		(void)snprintf(reason, REQUIRES_REASON_SIZE,
			       "the server does not have the extension %s: install PostgreSQL's "
			       "contrib package",
			       name);
	else if (!db_get_bool(found, 0, 1))
		(void)snprintf(reason, REQUIRES_REASON_SIZE,
			       "only a superuser may create the extension %s", name);
	return 0;
}

static int check_checkpoint(struct db_conn *conn, char reason[REQUIRES_REASON_SIZE],
			    struct err *err)
{
	AUTO(db_result_freep) struct db_result *found = NULL;

	if (db_conn_query(conn, SQL_CHECKPOINT, DB_NO_ARGS, &found, err) < 0)
		return -1;
	if (!db_get_bool(found, 0, 0))
		(void)snprintf(
			reason, REQUIRES_REASON_SIZE,
			"the role may not CHECKPOINT: as a superuser run GRANT pg_checkpoint "
			"TO %s",
			db_get_text(found, 0, 1));
	return 0;
}

int requires_check(struct db_conn *conn, const struct lab *lab, char reason[REQUIRES_REASON_SIZE],
		   struct err *err)
{
	int major = db_conn_server_version(conn) / 10000;

	reason[0] = '\0';
	if (major < lab->versions.min || major > lab->versions.max)
		(void)snprintf(reason, REQUIRES_REASON_SIZE,
			       "it runs on PostgreSQL %lld to %lld, and the server is %d",
			       (long long)lab->versions.min, (long long)lab->versions.max, major);
	for (size_t i = 0; i < lab->requires.count && !*reason; i++) {
		const char *name = lab->requires.items[i];

		if ((strcmp(name, "jit") == 0 ? check_jit(conn, reason, err)
					      : check_extension(conn, name, reason, err)) < 0)
			return -1;
	}
	if (lab->workload.checkpoint && !*reason)
		return check_checkpoint(conn, reason, err);
	return 0;
}
