/* identity.c - asks the server which cluster and database it is. */
#include <tasklab/lab/identity.h>

#include <stdio.h>
#include <string.h>

/* clang-format off */
DB_QUERY_READ(SQL_IDENTITY, "lab_identity",
	"SELECT c.system_identifier::text, d.oid::text, d.datname::text"
	" FROM pg_control_system() c, pg_database d WHERE d.datname = current_database()");
/* clang-format on */

static void read_row(const struct db_result *result, struct identity *ret)
{
	(void)snprintf(ret->system, sizeof(ret->system), "%s", db_get_text(result, 0, 0));
	(void)snprintf(ret->oid, sizeof(ret->oid), "%s", db_get_text(result, 0, 1));
	(void)snprintf(ret->name, sizeof(ret->name), "%s", db_get_text(result, 0, 2));
}

int identity_read(struct db *db, struct identity *ret, struct err *err)
{
	AUTO(db_result_freep) struct db_result *result = NULL;

	if (db_query(db, &SQL_IDENTITY, DB_NO_ARGS, &result, err) < 0)
		return -1;
	read_row(result, ret);
	return 0;
}

int identity_read_conn(struct db_conn *conn, struct identity *ret, struct err *err)
{
	AUTO(db_result_freep) struct db_result *result = NULL;

	if (db_conn_query(conn, SQL_IDENTITY.sql, DB_NO_ARGS, &result, err) < 0)
		return -1;
	read_row(result, ret);
	return 0;
}

bool identity_same(const struct identity *a, const struct identity *b)
{
	return strcmp(a->system, b->system) == 0 && strcmp(a->oid, b->oid) == 0 &&
	       strcmp(a->name, b->name) == 0;
}
