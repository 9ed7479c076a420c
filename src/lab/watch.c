/* watch.c - notes the settings of the server and of its roles, and compares them. */
#include "watch.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <tasklab/base/text.h>

static const char SQL_WATCH_MAY_READ_FILES[] =
	"SELECT has_table_privilege('pg_file_settings', 'SELECT')"
	" AND has_function_privilege('pg_show_all_file_settings()', 'EXECUTE')";

/* Keys are "where|name". */
#define WATCH_KEYS                                                                                 \
	"SELECT 'role ' || coalesce(r.rolname::text, 'all') || '|' || split_part(s, '=', 1) AS k," \
	" substr(s, strpos(s, '=') + 1) AS v"                                                      \
	" FROM pg_db_role_setting d LEFT JOIN pg_roles r ON r.oid = d.setrole,"                    \
	" unnest(d.setconfig) s WHERE d.setdatabase = 0"                                           \
	" UNION ALL SELECT 'server|' || name, setting FROM pg_settings"                            \
	" WHERE source = 'configuration file'"
#define WATCH_OBJECT(keys) "SELECT coalesce(jsonb_object_agg(k, v), '{}')::text FROM (" keys ") x"

static const char SQL_WATCH_NOTE[] = WATCH_OBJECT(WATCH_KEYS);
static const char SQL_WATCH_NOTE_FILES[] = WATCH_OBJECT(
	WATCH_KEYS " UNION ALL SELECT 'files|', 'read'"
		   " UNION ALL SELECT DISTINCT ON (name) 'file|' || name, setting FROM (SELECT *"
		   " FROM pg_file_settings WHERE sourcefile LIKE '%postgresql.auto.conf') f");

/* The server's value is hidden from a session where its role has one of its own, and what ALTER
 * SYSTEM wrote becomes the server's when it is read: each change is told once. */
static const char SQL_WATCH_COMPARE[] =
	"WITH d AS (SELECT split_part(k, '|', 1) AS place, split_part(k, '|', 2) AS name,"
	"  coalesce(o.v, '') AS old, coalesce(n.v, '') AS new"
	"  FROM jsonb_each_text($1) o(k, v) FULL JOIN jsonb_each_text($2) n(k, v) USING (k)"
	"  WHERE o.v IS DISTINCT FROM n.v"
	"  AND (k NOT LIKE 'file%' OR ($1 ? 'files|' AND $2 ? 'files|')))"
	" SELECT CASE place WHEN 'file' THEN 'server' ELSE place END, name, old, new FROM d"
	" WHERE place NOT LIKE 'server' OR NOT EXISTS (SELECT FROM d e"
	"  WHERE e.name = d.name AND e.place <> 'server') ORDER BY 1, 2";

static int may_read_files(struct db_conn *guard, bool *ret, struct err *err)
{
	AUTO(db_result_freep) struct db_result *rows = NULL;

	if (db_conn_query(guard, SQL_WATCH_MAY_READ_FILES, DB_NO_ARGS, &rows, err) < 0)
		return -1;
	*ret = db_get_bool(rows, 0, 0);
	return 0;
}

int watch_note(struct db_conn *guard, char **ret, struct err *err)
{
	AUTO(db_result_freep) struct db_result *rows = NULL;
	bool files = false;

	if (may_read_files(guard, &files, err) < 0 ||
	    db_conn_query(guard, files ? SQL_WATCH_NOTE_FILES : SQL_WATCH_NOTE, DB_NO_ARGS, &rows,
			  err) < 0)
		return -1;
	return text_copy(db_get_text(rows, 0, 0), ret, err);
}

int watch_compare(struct db_conn *guard, const char *noted, struct watch_change **ret, size_t *n,
		  struct err *err)
{
	AUTO(db_result_freep) struct db_result *rows = NULL;
	AUTO(freep) char *now = NULL;
	struct watch_change *changes;

	if (watch_note(guard, &now, err) < 0 ||
	    db_conn_query(guard, SQL_WATCH_COMPARE, DB_ARGS(db_json(noted), db_json(now)), &rows,
			  err) < 0)
		return -1;
	changes = calloc(db_rows(rows) + 1, sizeof(*changes));
	if (!changes)
		return err_no_memory(err);
	for (size_t i = 0; i < db_rows(rows); i++) {
		struct watch_change *one = &changes[i];

		(void)snprintf(one->where, sizeof(one->where), "%s", db_get_text(rows, i, 0));
		(void)snprintf(one->name, sizeof(one->name), "%s", db_get_text(rows, i, 1));
		(void)snprintf(one->before, sizeof(one->before), "%s", db_get_text(rows, i, 2));
		(void)snprintf(one->after, sizeof(one->after), "%s", db_get_text(rows, i, 3));
	}
	*n = db_rows(rows);
	*ret = changes;
	return 0;
}
