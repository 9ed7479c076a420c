/* dataset.c - builds the template database of a scale and clones it for a lab. */
#include "dataset.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <tasklab/base/buf.h>
#include <tasklab/base/clock.h>
#include <tasklab/db/migrate.h>

#define DATASET_SEED       SEED_DEFAULT
#define DATASET_LOCK_MS    INT64_C(60000)
#define DATASET_SERVER_MIN 15

/* Settings of every lab's database: plans and counters must not depend on chance. */
static const struct {
	const char *name, *value;
} FIXED_SETTINGS[] = {
	{"jit", "off"},
	{"max_parallel_workers_per_gather", "0"},
	{"random_page_cost", "1.1"},
	{"synchronize_seqscans", "off"},
	{"work_mem", "4MB"},
};

/* Whether this role may have the statements within functions and triggers counted. */
static const char SQL_MAY_TRACK_ALL[] =
	"SELECT has_parameter_privilege('pg_stat_statements.track', 'SET')";

static const char SQL_PREFLIGHT[] =
	"SELECT rolcreatedb OR rolsuper,"
	" current_setting('pg_stat_statements.max', true) IS NOT NULL,"
	" rolsuper OR EXISTS (SELECT FROM pg_extension WHERE extname = 'pg_stat_statements'),"
	" EXISTS (SELECT FROM pg_available_extensions WHERE name = 'pg_stat_statements')"
	" FROM pg_roles WHERE rolname = current_user";

static const char SQL_TEMPLATE_STATE[] = "SELECT datistemplate AND NOT datallowconn,"
					 " coalesce(shobj_description(oid, 'pg_database'), '')"
					 " FROM pg_database WHERE datname = $1";

/* For the tables that still have it on and are this role's to change. */
static const char SQL_AUTOVACUUM_OFF[] =
	"DO $$ DECLARE t regclass; BEGIN"
	" FOR t IN SELECT c.oid FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
	" WHERE c.relkind IN ('r', 'm') AND n.nspname !~ '^pg_' AND n.nspname <> "
	"'information_schema'"
	" AND NOT coalesce(c.reloptions && '{autovacuum_enabled=off,autovacuum_enabled=false}', "
	"false)"
	" AND pg_has_role(c.relowner, 'USAGE')"
	" AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = c.oid AND d.deptype = 'e') LOOP"
	" EXECUTE format('ALTER TABLE %s SET (autovacuum_enabled = off,"
	" toast.autovacuum_enabled = off)', t);"
	" END LOOP; END $$";

/* Before anything is made -----------------------------------------------------------------------
 */

int dataset_preflight(struct db_conn *guard, struct err *err)
{
	AUTO(db_result_freep) struct db_result *found = NULL;
	int major = db_conn_server_version(guard) / 10000;

	if (major < DATASET_SERVER_MIN)
		return err_set(
			err, ERR_UNPROCESSABLE, "labs do not run on this version of PostgreSQL",
			"they need %d or later, the server is %d", DATASET_SERVER_MIN, major);
	if (db_conn_query(guard, SQL_PREFLIGHT, DB_NO_ARGS, &found, err) < 0)
		return -1;
	if (!db_get_bool(found, 0, 0))
		return err_set(err, ERR_FORBIDDEN,
			       "the database role may not create databases, which labs need: "
			       "ALTER ROLE ... CREATEDB",
			       "%s", "");
	if (!db_get_bool(found, 0, 3))
		return err_set(err, ERR_UNPROCESSABLE,
			       "labs need the extension pg_stat_statements: install PostgreSQL's "
			       "contrib package on the server",
			       "%s", "");
	if (!db_get_bool(found, 0, 1))
		return err_set(err, ERR_UNPROCESSABLE,
			       "labs need pg_stat_statements: set shared_preload_libraries = "
			       "'pg_stat_statements' in postgresql.conf and restart PostgreSQL",
			       "%s", "");
	if (!db_get_bool(found, 0, 2))
		return err_set(err, ERR_UNPROCESSABLE,
			       "labs need the extension pg_stat_statements: as a superuser run "
			       "CREATE EXTENSION pg_stat_statements in the service's database",
			       "%s", "");
	return 0;
}

/* The template ----------------------------------------------------------------------------------
 */

void dataset_template_name(enum seed_scale scale, char out[GUARD_NAME_SIZE])
{
	(void)snprintf(out, GUARD_NAME_SIZE, "tasklab_template_%s", seed_scale_name(scale));
}

/* "ALTER DATABASE "name" rest" and the like: one %s, for the quoted name. */
static int database_command(struct db_conn *conn, const char *before, const char *database,
			    const char *after, struct err *err)
{
	AUTO(buf_release) struct buf sql = BUF_INIT(4096);

	buf_puts(&sql, before);
	if (db_quote_ident(conn, database, &sql, err) < 0)
		return -1;
	buf_puts(&sql, after);
	if (buf_check(&sql, err) < 0)
		return -1;
	return db_conn_script(conn, buf_str(&sql), err);
}

static int comment_database(struct db_conn *conn, const char *database, const char *text,
			    struct err *err)
{
	AUTO(buf_release) struct buf rest = BUF_INIT(1024);

	buf_puts(&rest, " IS ");
	if (db_quote_literal(conn, text, &rest, err) < 0)
		return -1;
	return database_command(conn, "COMMENT ON DATABASE ", database, buf_str(&rest), err);
}

/* What this binary would put into the template. */
static int describe_template(struct db_conn *guard, enum seed_scale scale, char *out, size_t size,
			     struct err *err)
{
	struct migration_status *rows = NULL;
	size_t n = 0;
	int version = 0;

	if (migrate_status(guard, &rows, &n, err) < 0)
		return -1;
	for (size_t i = 0; i < n; i++)
		if (rows[i].state != MIGRATION_UNKNOWN && rows[i].version > version)
			version = rows[i].version;
	free(rows);
	(void)snprintf(out, size, "tasklab dataset %s: schema %d, generator %d, seed %lld",
		       seed_scale_name(scale), version, SEED_GENERATOR, (long long)DATASET_SEED);
	return 0;
}

static int template_is_sound(struct db_conn *guard, const char *name, const char *description,
			     bool *ret, struct err *err)
{
	AUTO(db_result_freep) struct db_result *found = NULL;

	if (db_conn_query(guard, SQL_TEMPLATE_STATE, DB_ARGS(db_text(name)), &found, err) < 0)
		return -1;
	*ret = db_rows(found) == 1 && db_get_bool(found, 0, 0) &&
	       strcmp(db_get_text(found, 0, 1), description) == 0;
	return 0;
}

static int open_template(const char *conninfo, const char *name, const _Atomic int64_t *limit_ns,
			 struct db_conn **ret, struct err *err)
{
	if (db_conn_open(conninfo, name, GUARD_APPLICATION "template", GUARD_CONNECT_MS, ret, err) <
	    0)
		return -1;
	db_conn_set_limit(*ret, limit_ns);
	return 0;
}

static int finish_template(const char *conninfo, const char *name, const _Atomic int64_t *limit_ns,
			   struct err *err)
{
	AUTO(db_conn_closep) struct db_conn *conn = NULL;

	if (open_template(conninfo, name, limit_ns, &conn, err) < 0)
		return -1;
	/* FREEZE also sets hint bits and the visibility map, so clones read and write no more than
	 * the lab makes them. */
	if (dataset_quiet(conn, err) < 0)
		return -1;
	return db_conn_script(conn, "VACUUM (FREEZE, ANALYZE)", err);
}

int dataset_quiet(struct db_conn *conn, struct err *err)
{
	return db_conn_script(conn, SQL_AUTOVACUUM_OFF, err);
}

static int fill_template(const char *conninfo, const char *name, enum seed_scale scale,
			 struct progress *progress, const _Atomic int64_t *limit_ns,
			 struct err *err)
{
	const struct seed_options options = {.conninfo = conninfo,
					     .dbname = name,
					     .scale = scale,
					     .seed = DATASET_SEED,
					     .progress = progress,
					     .limit_ns = limit_ns};
	AUTO(db_conn_closep) struct db_conn *conn = NULL;
	struct seed_report report;
	size_t applied;

	if (open_template(conninfo, name, limit_ns, &conn, err) < 0)
		return -1;
	if (migrate_up(conn, DATASET_LOCK_MS, &applied, err) < 0)
		return -1;
	db_conn_closep(&conn);
	return seed_run(&options, &report, err);
}

int dataset_ensure(struct db_conn *guard, const char *conninfo, enum seed_scale scale,
		   struct progress *progress, const _Atomic int64_t *limit_ns, struct err *err)
{
	char name[GUARD_NAME_SIZE];
	char description[200];
	bool sound = false;

	dataset_template_name(scale, name);
	if (describe_template(guard, scale, description, sizeof(description), err) < 0 ||
	    template_is_sound(guard, name, description, &sound, err) < 0)
		return -1;
	if (sound)
		return 0;
	if (guard_drop(guard, name, err) < 0)
		return -1;
	db_conn_set_deadline(guard, CLOCK_NEVER);
	if (database_command(guard, "CREATE DATABASE ", name, "", err) < 0 ||
	    fill_template(conninfo, name, scale, progress, limit_ns, err) < 0 ||
	    finish_template(conninfo, name, limit_ns, err) < 0 ||
	    comment_database(guard, name, description, err) < 0)
		return -1;
	/* The seal comes last: without it the template counts as half-made. */
	return database_command(guard, "ALTER DATABASE ", name,
				" WITH IS_TEMPLATE true ALLOW_CONNECTIONS false", err);
}

int dataset_drop_unfinished(struct db_conn *guard, enum seed_scale scale, struct err *err)
{
	AUTO(db_result_freep) struct db_result *found = NULL;
	char name[GUARD_NAME_SIZE];

	dataset_template_name(scale, name);
	if (db_conn_query(guard, SQL_TEMPLATE_STATE, DB_ARGS(db_text(name)), &found, err) < 0)
		return -1;
	if (db_rows(found) == 0 || db_get_bool(found, 0, 0))
		return 0;
	return guard_drop(guard, name, err);
}

/* Clones ----------------------------------------------------------------------------------------
 */

static int set_one(struct db_conn *guard, const char *database, const char *name, const char *value,
		   struct err *err)
{
	AUTO(buf_release) struct buf rest = BUF_INIT(1024);

	buf_printf(&rest, " SET %s = ", name); /* [a-z_.]+: fixed here or checked by catalogue.c */
	if (db_quote_literal(guard, value, &rest, err) < 0)
		return -1;
	return database_command(guard, "ALTER DATABASE ", database, buf_str(&rest), err);
}

static int set_all(struct db_conn *guard, const struct lab *lab, const char *database,
		   struct err *err)
{
	AUTO(db_result_freep) struct db_result *may = NULL;

	if (db_conn_query(guard, SQL_MAY_TRACK_ALL, DB_NO_ARGS, &may, err) < 0)
		return -1;
	if (db_get_bool(may, 0, 0) &&
	    set_one(guard, database, "pg_stat_statements.track", "all", err) < 0)
		return -1;
	for (size_t i = 0; i < ARRAY_LEN(FIXED_SETTINGS); i++)
		if (set_one(guard, database, FIXED_SETTINGS[i].name, FIXED_SETTINGS[i].value, err) <
		    0)
			return -1;
	for (size_t i = 0; i < lab->setting_count; i++)
		if (set_one(guard, database, lab->settings[i].name, lab->settings[i].value, err) <
		    0)
			return -1;
	return 0;
}

static int vacuum_clone(const char *conninfo, const char *database, const _Atomic int64_t *limit_ns,
			struct err *err)
{
	AUTO(db_conn_closep) struct db_conn *conn = NULL;
	char application[GUARD_NAME_SIZE + sizeof(GUARD_APPLICATION)];

	(void)snprintf(application, sizeof(application), "%s%s", GUARD_APPLICATION, database);
	if (db_conn_open(conninfo, database, application, GUARD_CONNECT_MS, &conn, err) < 0)
		return -1;
	db_conn_set_limit(conn, limit_ns);
	/* No ANALYZE: its sample is random, and the clone has the template's statistics already, so
	 * that all clones of a template have the same. */
	return db_conn_script(conn, "VACUUM", err);
}

int dataset_clone(struct db_conn *guard, const char *conninfo, const struct lab *lab,
		  enum seed_scale scale, const char *database, const _Atomic int64_t *limit_ns,
		  struct err *err)
{
	char template[GUARD_NAME_SIZE];
	char rest[GUARD_NAME_SIZE + 64];
	char comment[200];

	dataset_template_name(scale, template);
	if (guard_drop(guard, database, err) < 0)
		return -1;
	db_conn_set_deadline(guard, CLOCK_NEVER);
	(void)snprintf(rest, sizeof(rest), " TEMPLATE %s STRATEGY file_copy", template);
	(void)snprintf(comment, sizeof(comment), "tasklab lab %s, %s", lab->slug,
		       seed_scale_name(scale));
	if (database_command(guard, "CREATE DATABASE ", database, rest, err) < 0 ||
	    comment_database(guard, database, comment, err) < 0 ||
	    set_all(guard, lab, database, err) < 0)
		return -1;
	return vacuum_clone(conninfo, database, limit_ns, err);
}
