/* explain.c - asks the server for a statement's plan, with hypothetical indexes too. */
#include "explained.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <tasklab/base/clock.h>
#include <tasklab/base/term.h>
#include <tasklab/base/text.h>

#include "bench.h"
#include "lexer.h"
#include "stand.h"

#define STATEMENT      "explained" /* the prepared statement's name */
#define LABEL          "the statement"
#define EXPLAIN_NS     (INT64_C(600) * CLOCK_NS_PER_S)
#define SQL_MAX        ((size_t)4 * 1024 * 1024)
#define GENERIC_SERVER 160000 /* the first with GENERIC_PLAN */

#define SYNTAX_ERROR "42601"

static const char SQL_HYPOPG[] =
	"SELECT EXISTS (SELECT FROM pg_extension WHERE extname = 'hypopg'),"
	" EXISTS (SELECT FROM pg_available_extensions WHERE name = 'hypopg'),"
	" current_database()::text, current_setting('server_version_num')::int / 10000";
static const char SQL_CREATE[] = "SELECT i.indexname::text, hypopg_relation_size(i.indexrelid)"
				 " FROM hypopg_create_index($1) i";

struct asking {
	const struct explain_options *options;
	struct explain_result *result;
	struct lab lab;
	struct interrupt interrupt; /* outside of a clone, where there is no site */
	struct site *site;          /* of a clone */
	struct db_conn *conn;
	struct params params;
	char *sql; /* the one statement, without its semicolon */
};

/* The statement -------------------------------------------------------------------------------- */

static int one_statement(struct asking *asking, struct err *err)
{
	struct lexer lexer = lexer_begin(asking->options->sql);
	struct lexer_piece piece;

	for (;;) {
		if (lexer_next(&lexer, &piece, err) < 0)
			return -1;
		if (piece.found == LEXER_END)
			break;
		if (piece.found == LEXER_COMMENT)
			continue;
		if (asking->sql)
			return err_set(err, ERR_INVALID, "explain takes one statement, not several",
				       "%s", "");
		asking->result->generic = piece.parameters > 0 && !asking->options->params_sql;
		if (text_copy_n(piece.text, piece.length, &asking->sql, err) < 0)
			return -1;
	}
	if (!asking->sql)
		return err_set(err, ERR_INVALID, "there is no statement to explain", "%s", "");
	return 0;
}

/* $n without values: PostgreSQL 16 and later plan for any. */
static int check_generic(const struct asking *asking, struct err *err)
{
	if (!asking->result->generic ||
	    (asking->result->server_version >= GENERIC_SERVER && !asking->options->analyze))
		return 0;
	return err_set(err, ERR_INVALID,
		       "the statement has parameters: give a query that returns their values with "
		       "--params",
		       "%s", "");
}

static int put_values(struct asking *asking, struct buf *sql, struct err *err)
{
	const char *const *values = params_row(&asking->params, 0);

	for (size_t i = 0; i < asking->params.columns; i++) {
		buf_puts(sql, i ? ", " : "(");
		if (!values[i])
			buf_puts(sql, "NULL");
		else if (db_quote_literal(asking->conn, values[i], sql, err) < 0)
			return -1;
	}
	if (asking->params.columns > 0)
		buf_putc(sql, ')');
	return 0;
}

/* The server has taken the statement before, so EXPLAIN is what it does not go with. */
static int refused(const struct asking *asking, struct err *err)
{
	if (strcmp(db_conn_sqlstate(asking->conn), SYNTAX_ERROR) == 0)
		return err_set(err, ERR_INVALID,
			       "this statement has no plan: EXPLAIN shows those of SELECT, INSERT, "
			       "UPDATE, DELETE, MERGE, VALUES, CREATE TABLE AS and the like",
			       "%s", "");
	return bench_failed(LABEL, asking->conn, &asking->result->place, err);
}

static int explain(struct asking *asking, struct plan **ret, struct err *err)
{
	AUTO(buf_release) struct buf sql = BUF_INIT(SQL_MAX);
	AUTO(db_result_freep) struct db_result *found = NULL;

	buf_printf(&sql, "EXPLAIN (%sSETTINGS, SUMMARY, FORMAT JSON) ",
		   asking->options->analyze  ? "ANALYZE, BUFFERS, WAL, "
		   : asking->result->generic ? "GENERIC_PLAN, "
					     : "");
	if (!asking->options->params_sql) {
		buf_puts(&sql, asking->sql);
	} else {
		buf_puts(&sql, "EXECUTE " STATEMENT);
		if (put_values(asking, &sql, err) < 0)
			return -1;
	}
	db_conn_set_deadline(asking->conn, clock_mono_ns() + EXPLAIN_NS);
	if (buf_check(&sql, err) < 0)
		return -1;
	if (db_conn_query_text(asking->conn, buf_str(&sql), DB_NO_ARGS, &found, err) < 0)
		return refused(asking, err);
	return plan_parse(db_get_text(found, 0, 0), ret, err);
}

/* Hypothetical indexes ------------------------------------------------------------------------- */

static int check_hypopg(struct asking *asking, struct err *err)
{
	AUTO(db_result_freep) struct db_result *found = NULL;
	char message[sizeof(err->message)];

	if (db_conn_query_text(asking->conn, SQL_HYPOPG, DB_NO_ARGS, &found, err) < 0)
		return -1;
	if (*db_get_text(found, 0, 0) == 't')
		return 0;
	if (*db_get_text(found, 0, 1) == 't')
		(void)snprintf(message, sizeof(message),
			       "hypothetical indexes need the extension hypopg in %.60s: as a "
			       "superuser run CREATE EXTENSION hypopg there (and in template1, for "
			       "the labs' databases)",
			       db_get_text(found, 0, 2));
	else
		(void)snprintf(
			message, sizeof(message),
			"hypothetical indexes need the extension hypopg: install the package "
			"postgresql-%.8s-hypopg on the server, then as a superuser run CREATE "
			"EXTENSION hypopg in %.60s",
			db_get_text(found, 0, 3), db_get_text(found, 0, 2));
	return err_set(err, ERR_UNPROCESSABLE, message, "%s", "");
}

static int imagine(struct asking *asking, const char *definition, struct err *err)
{
	struct explain_result *result = asking->result;
	AUTO(db_result_freep) struct db_result *made = NULL;

	if (db_conn_query(asking->conn, SQL_CREATE, DB_ARGS(db_text(definition)), &made, err) < 0)
		return bench_failed("the hypothetical index", asking->conn, &result->place, err);
	if (db_rows(made) == 0)
		return err_set(err, ERR_INVALID,
			       "a hypothetical index is a CREATE INDEX statement, and this is none",
			       "%.300s", definition);
	for (size_t i = 0; i < db_rows(made) && result->index_count < EXPLAIN_INDEXES_MAX; i++) {
		struct explained_index *index = &result->indexes[result->index_count++];

		if (text_copy(definition, &index->definition, err) < 0)
			return -1;
		(void)snprintf(index->name, sizeof(index->name), "%s", db_get_text(made, i, 0));
		index->bytes = db_get_i64(made, i, 1);
	}
	return 0;
}

static void find_used(struct explain_result *result)
{
	for (size_t i = 0; i < result->index_count; i++)
		for (size_t j = 0; j < result->with->count; j++)
			result->indexes[i].used |=
				result->with->nodes[j].index &&
				strcmp(result->with->nodes[j].index, result->indexes[i].name) == 0;
}

static int explain_with(struct asking *asking, struct err *err)
{
	const struct explain_options *options = asking->options;

	for (size_t i = 0; i < options->hypothetical_count; i++)
		if (imagine(asking, options->hypothetical[i], err) < 0)
			return -1;
	if (options->hypothetical_count == 0)
		return 0;
	if (explain(asking, &asking->result->with, err) < 0)
		return -1;
	find_used(asking->result);
	return 0;
}

/* The session ---------------------------------------------------------------------------------- */

/* Also without parameters: a mistake is then told with its place in the statement. */
static int prepare(struct asking *asking, struct err *err)
{
	const char *params_sql = asking->options->params_sql;

	if (params_sql &&
	    params_read(asking->conn, params_sql, PARAMS_ALL, &asking->params, err) < 0)
		return bench_failed("--params", asking->conn, &asking->result->place, err);
	/* The plan is to be for these values. */
	if (db_conn_script(asking->conn, "SET plan_cache_mode = force_custom_plan", err) < 0)
		return -1;
	if (db_conn_prepare_types(asking->conn, STATEMENT, asking->sql, asking->params.types,
				  asking->params.columns, err) < 0)
		return bench_failed(LABEL, asking->conn, &asking->result->place, err);
	return 0;
}

static int ask(struct asking *asking, struct err *err)
{
	struct db_conn *conn = asking->conn;

	db_conn_set_deadline(conn, clock_mono_ns() + EXPLAIN_NS);
	asking->result->server_version = db_conn_server_version(conn);
	if (check_generic(asking, err) < 0 ||
	    bench_session(conn, &asking->result->place, err) < 0 ||
	    (asking->options->hypothetical_count > 0 && check_hypopg(asking, err) < 0) ||
	    prepare(asking, err) < 0 || db_conn_script(conn, "BEGIN", err) < 0 ||
	    explain(asking, &asking->result->plan, err) < 0 || explain_with(asking, err) < 0)
		return -1;
	return db_conn_script(conn, "ROLLBACK", err);
}

static int ask_clone(struct asking *asking, struct err *err)
{
	const struct site_options where = {.conninfo = asking->options->conninfo,
					   .lab = &asking->lab,
					   .scale = asking->result->place.scale,
					   .progress = asking->options->progress,
					   .stop_fd = asking->options->stop_fd};
	struct stand *stand = NULL;
	int code;

	if (site_open(&where, &asking->site, err) < 0)
		return -1;
	code = stand_build(asking->site, asking->site->database, STAND_WHOLE, &stand, err);
	if (code == 0)
		code = site_connect(asking->site, stand->database, NULL, &asking->conn, err);
	if (code == 0)
		code = ask(asking, err);
	stand_closep(&stand);
	db_conn_closep(&asking->conn);
	return site_close(&asking->site, code, err);
}

static int ask_in_place(struct asking *asking, struct err *err)
{
	const struct explain_options *options = asking->options;
	int code;

	if (db_conn_open(options->conninfo, asking->result->place.database, BENCH_SESSION,
			 GUARD_CONNECT_MS, &asking->conn, err) < 0)
		return -1;
	interrupt_init(&asking->interrupt, options->conninfo, &asking->lab, options->stop_fd);
	if (interrupt_start(&asking->interrupt, err) < 0)
		return -1;
	db_conn_set_limit(asking->conn, &asking->interrupt.limit_ns);
	code = ask(asking, err);
	interrupt_end(&asking->interrupt);
	if (code < 0 && atomic_load(&asking->interrupt.stop))
		return err_set(err, ERR_UNAVAILABLE, "the work was stopped", "%s", "");
	return code;
}

int explain_run(const struct explain_options *options, struct explain_result **ret, struct err *err)
{
	AUTO(explain_result_freep) struct explain_result *result = calloc(1, sizeof(*result));
	struct asking asking = {.options = options, .result = result};
	int code = -1;

	if (!result)
		return err_no_memory(err);
	bench_lab(NULL, &asking.lab);
	result->analyzed = options->analyze;
	if (one_statement(&asking, err) == 0 &&
	    bench_find(options->conninfo, &options->where, BENCH_UNASKED_ACTIVE, &result->place,
		       err) == 0)
		code = result->place.kind == BENCH_CLONE ? ask_clone(&asking, err)
							 : ask_in_place(&asking, err);
	db_conn_closep(&asking.conn);
	params_release(&asking.params);
	free(asking.sql);
	if (code == 0)
		*ret = TAKE(result);
	return code;
}

void explain_result_freep(struct explain_result **result)
{
	if (!*result)
		return;
	for (size_t i = 0; i < (*result)->index_count; i++)
		free((*result)->indexes[i].definition);
	plan_freep(&(*result)->plan);
	plan_freep(&(*result)->with);
	free(*result);
	*result = NULL;
}
