/* seed.c - one fill: checks, TRUNCATE and COPY in one transaction, then VACUUM ANALYZE. */
#include <tasklab/seed/seed.h>

#include <inttypes.h>
#include <string.h>

#include <tasklab/base/clock.h>
#include <tasklab/base/term.h>
#include <tasklab/db/conn.h>

#include "gen.h"
#include "row.h"
#include "rows.h"

#define CONNECT_MS INT64_C(10000)
/* The socket's own buffer lets the server work on one piece while the next is generated. */
#define PIECE_BYTES ((size_t)128 * 1024)
/* Keys in one COPY command: the server queues its foreign key checks per command, in memory. */
#define KEYS_PER_COPY 50000

static const struct {
	const char *name;
	uint64_t tasks;
} SCALES[] = {
#define X(id, scale_name, scale_tasks) [id] = {scale_name, scale_tasks},
	SEED_SCALES(X)
#undef X
};

/* The lock is for the session, so that VACUUM, which allows no transaction, is covered too. Its
 * number is this command's own. */
static const char SQL_SEED_SETUP[] = "SET client_encoding = 'UTF8';"
				     "SET lock_timeout = '60s';"
				     "SET statement_timeout = 0;"
				     "SET gin_pending_list_limit = '64MB';"
				     "SELECT pg_advisory_lock(7313459021)";
static const char SQL_SEED_IS_MIGRATED[] = "SELECT to_regclass('seed_state') IS NOT NULL";
static const char SQL_SEED_STATE[] = "SELECT scale = $1 AND seed = $2 AND generator = $3,"
				     " vacuumed_at IS NOT NULL, scale, seed FROM seed_state";
static const char SQL_SEED_HAS_DATA[] =
	"SELECT EXISTS (SELECT FROM users)"
	" OR EXISTS (SELECT FROM projects) OR EXISTS (SELECT FROM tags)";
/* TRUNCATE even where the tables are empty: rows may then be copied frozen, which spares VACUUM
 * from writing every page again. */
static const char SQL_SEED_TRUNCATE[] = "TRUNCATE users, user_profiles, projects, project_members, "
					"tags, tasks, task_tags, comments,"
					" task_events, seed_state RESTART IDENTITY CASCADE";
static const char SQL_SEED_RECORD[] =
	"INSERT INTO seed_state (scale, seed, generator) VALUES ($1, $2, $3)";
static const char SQL_SEED_VACUUMED[] = "UPDATE seed_state SET vacuumed_at = now()";

struct fill {
	struct db_conn *conn;
	struct gen gen;
	struct buf out;
	struct progress *progress; /* the caller's */
	uint64_t progress_left;    /* of what progress was told to expect */
	uint64_t shown;            /* rows of this table that progress knows of */
};

static void fill_release(struct fill *fill)
{
	buf_release(&fill->out);
	gen_release(&fill->gen);
	db_conn_closep(&fill->conn);
}

/* The expected number of rows is an estimate, so the bar is kept from passing its end. */
static void fill_progress(struct fill *fill, uint64_t rows)
{
	if (rows > fill->progress_left)
		rows = fill->progress_left;
	fill->progress_left -= rows;
	progress_add(fill->progress, rows);
}

static int fill_flush(struct fill *fill, const struct rows *rows, struct err *err)
{
	if (buf_check(&fill->out, err) < 0 ||
	    db_copy_put(fill->conn, buf_str(&fill->out), fill->out.len, err) < 0)
		return -1;
	buf_reset(&fill->out);
	fill_progress(fill, rows->written - fill->shown);
	fill->shown = rows->written;
	return 0;
}

/* One COPY command: keys first to last. */
static int fill_copy(struct fill *fill, const struct rows_table *table, struct rows *rows,
		     uint64_t first, uint64_t last, struct err *err)
{
	AUTO(buf_release) struct buf sql = BUF_INIT(1024);
	uint64_t before = rows->written, copied;

	buf_printf(&sql, "COPY %s (%s) FROM STDIN (FORMAT binary, FREEZE)", table->name,
		   table->columns);
	if (buf_check(&sql, err) < 0 || db_copy_begin(fill->conn, buf_str(&sql), err) < 0)
		return -1;
	row_file_begin(&fill->out);
	for (uint64_t key = first; key <= last; key++) {
		table->write(rows, key);
		if (fill->out.len < PIECE_BYTES)
			continue;
		if (fill_flush(fill, rows, err) < 0)
			return -1;
	}
	row_file_end(&fill->out);
	if (fill_flush(fill, rows, err) < 0 || db_copy_end(fill->conn, &copied, err) < 0)
		return -1;
	if (copied != rows->written - before)
		return err_set(err, ERR_INTERNAL, "the server did not take every row",
			       "%s: %" PRIu64 " written, %" PRIu64 " copied", table->name,
			       rows->written - before, copied);
	return 0;
}

static int fill_sequence(struct fill *fill, const struct rows_table *table, const struct rows *rows,
			 struct err *err)
{
	/* A new identity column gives 1 next; after the rows it gives what follows the highest. */
	if (!table->identity || rows->written == 0)
		return 0;
	return db_conn_query(fill->conn, "SELECT setval(pg_get_serial_sequence($1, 'id'), $2)",
			     DB_ARGS(db_text(table->name), db_i64((int64_t)rows->written)), NULL,
			     err);
}

static int fill_table(struct fill *fill, const struct rows_table *table, uint64_t *count,
		      struct err *err)
{
	struct rows rows = {.gen = &fill->gen, .next_id = 1, .out = &fill->out};
	uint64_t keys = rows_keys(&fill->gen, table);

	fill->shown = 0;
	progress_label(fill->progress, table->name);
	for (uint64_t first = 1; first <= keys; first += KEYS_PER_COPY) {
		uint64_t last = first + KEYS_PER_COPY - 1 < keys ? first + KEYS_PER_COPY - 1 : keys;

		if (fill_copy(fill, table, &rows, first, last, err) < 0)
			return -1;
	}
	*count = rows.written;
	return fill_sequence(fill, table, &rows, err);
}

static int fill_tables(struct fill *fill, const struct seed_options *options,
		       struct seed_report *report, struct err *err)
{
	if (db_conn_script(fill->conn, "BEGIN", err) < 0 ||
	    db_conn_script(fill->conn, SQL_SEED_TRUNCATE, err) < 0)
		return -1;
	for (size_t i = 0; i < SEED_TABLE_COUNT; i++) {
		int64_t start = clock_mono_ns();

		report->tables[i].name = ROWS_TABLES[i].name;
		if (fill_table(fill, &ROWS_TABLES[i], &report->tables[i].rows, err) < 0)
			return -1;
		report->tables[i].ns = clock_mono_ns() - start;
	}
	if (db_conn_query(fill->conn, SQL_SEED_RECORD,
			  DB_ARGS(db_text(seed_scale_name(options->scale)), db_i64(options->seed),
				  db_i32(SEED_GENERATOR)),
			  NULL, err) < 0)
		return -1;
	return db_conn_script(fill->conn, "COMMIT", err);
}

/* VACUUM allows no transaction; vacuumed_at says whether it is still due. */
static int fill_vacuum(struct fill *fill, struct seed_report *report, struct err *err)
{
	AUTO(buf_release) struct buf sql = BUF_INIT(1024);
	int64_t start = clock_mono_ns();

	progress_label(fill->progress, "VACUUM ANALYZE");
	buf_puts(&sql, "VACUUM (ANALYZE) ");
	for (size_t i = 0; i < SEED_TABLE_COUNT; i++) {
		buf_puts(&sql, i > 0 ? ", " : "");
		buf_puts(&sql, ROWS_TABLES[i].name);
	}
	if (buf_check(&sql, err) < 0 || db_conn_script(fill->conn, buf_str(&sql), err) < 0 ||
	    db_conn_script(fill->conn, SQL_SEED_VACUUMED, err) < 0)
		return -1;
	report->vacuum_ns = clock_mono_ns() - start;
	return 0;
}

/* What is there: sets report->already, and *vacuum where only that is left to do. */
static int fill_check(struct fill *fill, const struct seed_options *options,
		      struct seed_report *report, bool *vacuum, struct err *err)
{
	AUTO(db_result_freep) struct db_result *migrated = NULL;
	AUTO(db_result_freep) struct db_result *state = NULL;
	AUTO(db_result_freep) struct db_result *data = NULL;

	if (db_conn_query(fill->conn, SQL_SEED_IS_MIGRATED, DB_NO_ARGS, &migrated, err) < 0)
		return -1;
	if (!db_get_bool(migrated, 0, 0))
		return err_set(err, ERR_CONFLICT,
			       "the database has no tables yet: run `tasklab migrate up` first",
			       "no table seed_state");
	if (db_conn_query(fill->conn, SQL_SEED_STATE,
			  DB_ARGS(db_text(seed_scale_name(options->scale)), db_i64(options->seed),
				  db_i32(SEED_GENERATOR)),
			  &state, err) < 0)
		return -1;
	if (options->reset)
		return 0;
	if (db_rows(state) > 0 && db_get_bool(state, 0, 0)) {
		report->already = true;
		*vacuum = !db_get_bool(state, 0, 1);
		return 0;
	}
	if (db_rows(state) > 0)
		return err_set(err, ERR_CONFLICT,
			       "the database holds another fill: --reset replaces it, and whatever "
			       "else it holds",
			       "scale %s, seed %" PRId64, db_get_text(state, 0, 2),
			       db_get_i64(state, 0, 3));
	if (db_conn_query(fill->conn, SQL_SEED_HAS_DATA, DB_NO_ARGS, &data, err) < 0)
		return -1;
	if (db_get_bool(data, 0, 0))
		return err_set(err, ERR_CONFLICT,
			       "the database holds data that is not from seed: --reset removes it",
			       "no row in seed_state");
	return 0;
}

static void fill_start_progress(struct fill *fill)
{
	for (size_t i = 0; i < SEED_TABLE_COUNT; i++)
		fill->progress_left +=
			rows_keys(&fill->gen, &ROWS_TABLES[i]) * ROWS_TABLES[i].per_100 / 100;
	progress_total(fill->progress, fill->progress_left);
}

int seed_run(const struct seed_options *options, struct seed_report *report, struct err *err)
{
	AUTO(fill_release)
	struct fill fill = {.out = BUF_INIT(PIECE_BYTES + ROWS_KEY_MAX_BYTES),
			    .progress = options->progress};
	struct seed_report new = {0};
	int64_t start = clock_mono_ns();
	bool vacuum = true;

	if (db_conn_open(options->conninfo, options->dbname, "tasklab seed", CONNECT_MS, &fill.conn,
			 err) < 0)
		return -1;
	db_conn_set_limit(fill.conn, options->limit_ns);
	if (db_conn_script(fill.conn, SQL_SEED_SETUP, err) < 0 ||
	    fill_check(&fill, options, &new, &vacuum, err) < 0)
		return -1;
	if (!new.already) {
		if (gen_init(&fill.gen, seed_scale_tasks(options->scale), (uint64_t)options->seed,
			     err) < 0)
			return -1;
		fill_start_progress(&fill);
		if (fill_tables(&fill, options, &new, err) < 0)
			return -1;
	}
	if (vacuum && fill_vacuum(&fill, &new, err) < 0)
		return -1;
	fill_progress(&fill, fill.progress_left);
	new.total_ns = clock_mono_ns() - start;
	*report = new;
	return 0;
}

bool seed_scale_parse(const char *name, enum seed_scale *ret)
{
	for (size_t i = 0; i < SEED_SCALE_COUNT; i++) {
		if (strcmp(name, SCALES[i].name) == 0) {
			*ret = (enum seed_scale)i;
			return true;
		}
	}
	return false;
}

const char *seed_scale_name(enum seed_scale scale)
{
	return SCALES[scale].name;
}

uint64_t seed_scale_tasks(enum seed_scale scale)
{
	return SCALES[scale].tasks;
}
