/* snapshot.c - reads what a database consists of from the catalogs. */
#include "snapshot.h"

#include <stdlib.h>
#include <string.h>

/* Tables that count: c is their pg_class. */
#define SNAPSHOT_TABLES                                                                            \
	" c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')"                     \
	" AND NOT c.relispartition AND NOT EXISTS (SELECT FROM pg_depend d"                        \
	" WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')"

static const char SQL_SNAPSHOT_TABLES[] =
	"SELECT c.relname::text, c.relpersistence = 'p', NOT EXISTS (SELECT FROM pg_trigger t"
	" WHERE t.tgrelid = c.oid AND t.tgisinternal AND t.tgenabled = 'D')"
	" FROM pg_class c WHERE" SNAPSHOT_TABLES " ORDER BY 1";

/* Types whose values equal each other exactly when their hashes' input does. */
static const char SQL_SNAPSHOT_COLUMNS[] =
	"SELECT c.relname::text, a.attname::text, format_type(a.atttypid, a.atttypmod),"
	" a.attnotnull, a.atttypid = ANY ('{bool,int2,int4,int8,text,varchar,bytea,uuid,date,"
	"timestamp,timestamptz,jsonb}'::regtype[])"
	" FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid"
	" WHERE" SNAPSHOT_TABLES " AND a.attnum > 0 AND NOT a.attisdropped"
	" ORDER BY 1, a.attnum";

/* NOT NULL stands with the columns, keys with the indexes. */
static const char SQL_SNAPSHOT_RULES[] =
	"SELECT c.relname::text, pg_get_constraintdef(r.oid, true) FROM pg_class c"
	" JOIN pg_constraint r ON r.conrelid = c.oid"
	" WHERE" SNAPSHOT_TABLES " AND r.contype IN ('c', 'f', 'x') AND r.conparentid = 0"
	" UNION ALL"
	" SELECT c.relname::text, pg_get_triggerdef(t.oid, true) ||"
	" CASE t.tgenabled WHEN 'D' THEN ' (disabled)' ELSE '' END FROM pg_class c"
	" JOIN pg_trigger t ON t.tgrelid = c.oid"
	" WHERE" SNAPSHOT_TABLES " AND NOT t.tgisinternal"
	" ORDER BY 1, 2";

static const char SQL_SNAPSHOT_INDEXES[] =
	"SELECT c.relname::text, x.relname::text, m.amname::text,"
	" pg_get_expr(i.indpred, i.indrelid, true), i.indisunique, i.indisprimary,"
	" i.indisvalid AND i.indisready AND i.indislive, i.indnatts::int"
	" FROM pg_class c JOIN pg_index i ON i.indrelid = c.oid"
	" JOIN pg_class x ON x.oid = i.indexrelid JOIN pg_am m ON m.oid = x.relam"
	" WHERE" SNAPSHOT_TABLES " ORDER BY c.relname, x.relname, x.oid";

/* One row a column of an index, in the order of SQL_SNAPSHOT_INDEXES. */
static const char SQL_SNAPSHOT_KEYS[] =
	"SELECT pg_get_indexdef(i.indexrelid, n, true)"
	" || coalesce((SELECT ' ' || o.opcname FROM pg_opclass o"
	"  WHERE n <= i.indnkeyatts AND o.oid = i.indclass[n - 1] AND NOT o.opcdefault), '')"
	" || coalesce((SELECT ' COLLATE ' || l.collname FROM pg_collation l"
	"  WHERE n <= i.indnkeyatts AND l.oid = i.indcollation[n - 1]"
	"  AND l.collname <> 'default'), ''),"
	" CASE WHEN n <= i.indnkeyatts THEN i.indoption[n - 1]::int ELSE 0 END,"
	" n > i.indnkeyatts"
	" FROM pg_class c JOIN pg_index i ON i.indrelid = c.oid"
	" JOIN pg_class x ON x.oid = i.indexrelid, generate_series(1, i.indnatts) n"
	" WHERE" SNAPSHOT_TABLES " ORDER BY c.relname, x.relname, x.oid, n";

static const char SQL_SNAPSHOT_SETTINGS[] =
	"SELECT coalesce(r.rolname::text, ''), split_part(s, '=', 1),"
	" substr(s, strpos(s, '=') + 1) FROM pg_db_role_setting d"
	" LEFT JOIN pg_roles r ON r.oid = d.setrole, unnest(d.setconfig) s"
	" WHERE d.setdatabase = (SELECT oid FROM pg_database WHERE datname = current_database())"
	" ORDER BY 1, 2";

/* Runs the query, whose rows the snapshot keeps, and makes room for as many items; NULL on failure.
 */
static void *load(struct snapshot *snapshot, struct db_conn *conn, const char *sql,
		  size_t item_size, struct db_result **rows, struct err *err)
{
	void *items;

	if (db_conn_query(conn, sql, DB_NO_ARGS, rows, err) < 0)
		return NULL;
	snapshot->results[snapshot->result_count++] = *rows;
	items = calloc(db_rows(*rows) + 1, item_size);
	if (!items)
		(void)err_no_memory(err);
	return items;
}

static int load_tables(struct snapshot *snapshot, struct db_conn *conn, struct err *err)
{
	struct db_result *rows = NULL;

	snapshot->tables =
		load(snapshot, conn, SQL_SNAPSHOT_TABLES, sizeof(*snapshot->tables), &rows, err);
	if (!snapshot->tables)
		return -1;
	for (size_t i = 0; i < db_rows(rows); i++)
		snapshot->tables[i] = (struct snapshot_table){.name = db_get_text(rows, i, 0),
							      .logged = db_get_bool(rows, i, 1),
							      .enforced = db_get_bool(rows, i, 2)};
	snapshot->table_count = db_rows(rows);
	snapshot->columns =
		load(snapshot, conn, SQL_SNAPSHOT_COLUMNS, sizeof(*snapshot->columns), &rows, err);
	if (!snapshot->columns)
		return -1;
	for (size_t i = 0; i < db_rows(rows); i++)
		snapshot->columns[i] =
			(struct snapshot_column){.table = db_get_text(rows, i, 0),
						 .name = db_get_text(rows, i, 1),
						 .type = db_get_text(rows, i, 2),
						 .not_null = db_get_bool(rows, i, 3),
						 .hashable = db_get_bool(rows, i, 4)};
	snapshot->column_count = db_rows(rows);
	return 0;
}

static int load_rules(struct snapshot *snapshot, struct db_conn *conn, struct err *err)
{
	struct db_result *rows = NULL;

	snapshot->rules =
		load(snapshot, conn, SQL_SNAPSHOT_RULES, sizeof(*snapshot->rules), &rows, err);
	if (!snapshot->rules)
		return -1;
	for (size_t i = 0; i < db_rows(rows); i++)
		snapshot->rules[i] = (struct snapshot_rule){.table = db_get_text(rows, i, 0),
							    .definition = db_get_text(rows, i, 1)};
	snapshot->rule_count = db_rows(rows);
	snapshot->settings = load(snapshot, conn, SQL_SNAPSHOT_SETTINGS,
				  sizeof(*snapshot->settings), &rows, err);
	if (!snapshot->settings)
		return -1;
	for (size_t i = 0; i < db_rows(rows); i++)
		snapshot->settings[i] = (struct snapshot_setting){.role = db_get_text(rows, i, 0),
								  .name = db_get_text(rows, i, 1),
								  .value = db_get_text(rows, i, 2)};
	snapshot->setting_count = db_rows(rows);
	return 0;
}

static int load_indexes(struct snapshot *snapshot, struct db_conn *conn, struct err *err)
{
	struct db_result *rows = NULL, *keys = NULL;
	size_t at = 0;

	snapshot->indexes =
		load(snapshot, conn, SQL_SNAPSHOT_INDEXES, sizeof(*snapshot->indexes), &rows, err);
	if (!snapshot->indexes)
		return -1;
	snapshot->keys =
		load(snapshot, conn, SQL_SNAPSHOT_KEYS, sizeof(*snapshot->keys), &keys, err);
	if (!snapshot->keys)
		return -1;
	for (size_t i = 0; i < db_rows(keys); i++)
		snapshot->keys[i] = (struct snapshot_key){.column = db_get_text(keys, i, 0),
							  .options = (int)db_get_i64(keys, i, 1),
							  .included = db_get_bool(keys, i, 2)};
	for (size_t i = 0; i < db_rows(rows); i++) {
		size_t count = (size_t)db_get_i64(rows, i, 7);

		if (at + count > db_rows(keys))
			return err_set(err, ERR_CONFLICT,
				       "the indexes of the database changed while they were read: "
				       "try again",
				       "%zu columns of indexes", db_rows(keys));
		snapshot->indexes[i] = (struct snapshot_index){
			.table = db_get_text(rows, i, 0),
			.name = db_get_text(rows, i, 1),
			.method = db_get_text(rows, i, 2),
			.predicate = db_is_null(rows, i, 3) ? NULL : db_get_text(rows, i, 3),
			.unique = db_get_bool(rows, i, 4),
			.primary = db_get_bool(rows, i, 5),
			.valid = db_get_bool(rows, i, 6),
			.keys = snapshot->keys + at,
			.key_count = count};
		at += count;
	}
	snapshot->index_count = db_rows(rows);
	return 0;
}

int snapshot_take(struct db_conn *conn, struct snapshot **ret, struct err *err)
{
	AUTO(snapshot_freep) struct snapshot *snapshot = calloc(1, sizeof(*snapshot));

	if (!snapshot)
		return err_no_memory(err);
	if (load_tables(snapshot, conn, err) < 0 || load_rules(snapshot, conn, err) < 0 ||
	    load_indexes(snapshot, conn, err) < 0)
		return -1;
	*ret = TAKE(snapshot);
	return 0;
}

void snapshot_freep(struct snapshot **snapshot)
{
	struct snapshot *it = *snapshot;

	if (!it)
		return;
	free(it->tables);
	free(it->columns);
	free(it->rules);
	free(it->indexes);
	free(it->settings);
	free(it->keys);
	for (size_t i = 0; i < it->result_count; i++)
		db_result_freep(&it->results[i]);
	free(it);
	*snapshot = NULL;
}

const struct snapshot_table *snapshot_table(const struct snapshot *snapshot, const char *name)
{
	for (size_t i = 0; i < snapshot->table_count; i++)
		if (strcmp(snapshot->tables[i].name, name) == 0)
			return &snapshot->tables[i];
	return NULL;
}

const struct snapshot_column *snapshot_column(const struct snapshot *snapshot, const char *table,
					      const char *name)
{
	for (size_t i = 0; i < snapshot->column_count; i++)
		if (strcmp(snapshot->columns[i].table, table) == 0 &&
		    strcmp(snapshot->columns[i].name, name) == 0)
			return &snapshot->columns[i];
	return NULL;
}
