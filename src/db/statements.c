/* statements.c - joins pg_stat_statements to the registered queries by query identifier.
 *
 * The server keeps a row for each identifier and user, twice: for statements that a client sent,
 * and for those within others, which are left out here (an EXPLAIN is counted as its statement,
 * within it). Rows are evicted, reset and lost in a crash, so each row's last figures are
 * remembered and only what came since is added to the totals; they never fall. The first look is
 * where counting starts: what the rows hold then is not added, also for statements whose identifier
 * is learned later, while a row that appears later counts from zero. The same holds for statements
 * of other databases, from the first look after they were followed.
 */
#include "statements.h"

#include <stdlib.h>
#include <string.h>

#include <tasklab/metrics/metrics.h>

#include "figures.h"
#include "follow.h"
#include "identify.h"
#include "registry.h"
#include "seen.h"

#define ROWS_MAX       20000 /* of one database; pg_stat_statements.max is 5000 at first */
#define LEARN_MAX      64    /* identifiers asked for in one pass */
#define RELEARN_PASSES 60
#define READS_MAX      3 /* of the rows, while they are being reset */

/* When the counting of a row began: known by row from 17 on, and before that of all rows together.
 * That scalar is computed with the first row put out, after all rows were read. */
#define SQL_RESET_AT                                                                               \
	"(SELECT (extract(epoch FROM stats_reset) * 1000000)::int8 FROM pg_stat_statements_info)"
#define SQL_SINCE_15 "coalesce(" SQL_RESET_AT ", 0)"
#define SQL_SINCE_17 "coalesce((extract(epoch FROM s.stats_since) * 1000000)::int8, 0)"

enum { COLUMN_QUERYID, COLUMN_USERID, COLUMN_SINCE, COLUMN_FIGURES };

/* clang-format off */
#define X(metric, ops, op, sql) ", (s." sql ")::float8"
#define SQL_ROWS(since)                                                                            \
	"SELECT s.queryid, s.userid::int8, " since FIGURES(X)                                      \
	"  FROM pg_stat_statements(false) AS s"                                                    \
	" WHERE s.dbid = (SELECT oid FROM pg_database"                                             \
	"                 WHERE datname = coalesce($2::text, current_database()))"                 \
	"   AND s.queryid IS NOT NULL AND s.toplevel"                                              \
	"   AND ($1::int8[] IS NULL OR s.queryid = ANY ($1))"
static const char sql_rows_15[] = SQL_ROWS(SQL_SINCE_15);
static const char sql_rows_17[] = SQL_ROWS(SQL_SINCE_17);
#undef X
/* clang-format on */

/* Identifiers hold the OIDs of tables: one that was made anew has another. */
#define SQL_SCHEMA                                                                                 \
	"SELECT coalesce(sum(hashint8(oid::int8)), 0)::int8 FROM pg_class"                         \
	" WHERE relkind IN ('r', 'p', 'v', 'm') AND relpersistence <> 't'"

struct row {
	uint64_t follow; /* version of struct follow; 0: of this database */
	int64_t queryid, userid;
	bool counted;  /* it belongs to a registered query */
	unsigned pass; /* in which it was there */
	int64_t since_us;
	double last[FIGURE_COUNT];
};

struct identity {
	bool known, due;
	int64_t queryid;
};

struct statements {
	bool begun;
	unsigned pass, learned_pass;
	int64_t schema;
	struct identity ids[SEEN_MAX]; /* by number of struct seen */
	size_t next;                   /* to be learned */
	struct row *rows;              /* by row_order */
	size_t count, capacity;
	double totals[NAMES_MAX][FIGURE_COUNT]; /* the registered queries, then the followed */
	bool shown[DB_FOLLOW_NAMES_MAX];        /* was ever followed */
	uint64_t followed;                      /* the latest version that was begun */
};

/* Identifiers ---------------------------------------------------------------------------------- */

int statements_new(struct statements **ret, struct err *err)
{
	*ret = calloc(1, sizeof(**ret));
	return *ret ? 0 : err_no_memory(err);
}

void statements_free(struct statements *statements)
{
	if (!statements)
		return;
	free(statements->rows);
	free(statements);
}

void statements_relearn(struct statements *statements)
{
	for (size_t i = 0; i < SEEN_MAX; i++)
		statements->ids[i].due = true;
	statements->learned_pass = statements->pass;
}

static int watch_schema(struct statements *statements, struct db_conn *conn, struct err *err)
{
	AUTO(db_result_freep) struct db_result *result = NULL;
	int64_t schema;

	if (db_conn_query(conn, SQL_SCHEMA, DB_NO_ARGS, &result, err) < 0)
		return -1;
	schema = db_get_i64(result, 0, 0);
	if (schema != statements->schema ||
	    statements->pass - statements->learned_pass >= RELEARN_PASSES)
		statements_relearn(statements);
	statements->schema = schema;
	return 0;
}

/* A statement that the server refuses now (its table is gone or locked) keeps the identifier it had
 * and is asked for again. One refusal ends the pass, since it may have taken lock_timeout. */
static int learn(struct statements *statements, struct db_conn *conn, struct err *err)
{
	size_t n = seen_count();

	for (size_t i = 0, asked = 0; i < n && asked < LEARN_MAX; i++) {
		size_t at = statements->next++ % n;
		struct identity *id = &statements->ids[at];
		bool found = false;

		if (id->known && !id->due)
			continue;
		asked++;
		if (identify(conn, seen_get(at), &found, &id->queryid, err) < 0)
			return *db_conn_sqlstate(conn) ? 0 : -1;
		id->known = id->known || found;
		id->due = !found;
	}
	return 0;
}

/* The query that an identifier stands for; the first that was seen, should two be alike. */
static bool query_of(const struct statements *statements, int64_t queryid, size_t *ret)
{
	size_t n = seen_count();

	for (size_t i = 0; i < n; i++) {
		if (statements->ids[i].known && statements->ids[i].queryid == queryid) {
			*ret = seen_get(i)->query;
			return true;
		}
	}
	return false;
}

/* Rows ----------------------------------------------------------------------------------------- */

static int row_order(const struct row *a, const struct row *b)
{
	if (a->follow != b->follow)
		return a->follow < b->follow ? -1 : 1;
	if (a->queryid != b->queryid)
		return a->queryid < b->queryid ? -1 : 1;
	if (a->userid != b->userid)
		return a->userid < b->userid ? -1 : 1;
	return 0;
}

/* The place of the row, or where it belongs. */
static size_t place_of(const struct statements *statements, const struct row *row)
{
	size_t low = 0, high = statements->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (row_order(&statements->rows[middle], row) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static int insert(struct statements *statements, size_t at, const struct row *row, struct err *err)
{
	if (statements->count == ROWS_MAX)
		return err_set(err, ERR_TOO_LARGE, "pg_stat_statements has too many statements",
			       "more than %d of one database", ROWS_MAX);
	if (statements->count == statements->capacity) {
		size_t capacity = statements->capacity ? 2 * statements->capacity : 256;
		struct row *rows = realloc(statements->rows, capacity * sizeof(*rows));

		if (!rows)
			return err_no_memory(err);
		statements->rows = rows;
		statements->capacity = capacity;
	}
	memmove(&statements->rows[at + 1], &statements->rows[at],
		(statements->count - at) * sizeof(*row));
	statements->rows[at] = *row;
	statements->count++;
	return 0;
}

static struct row row_from(const struct db_result *result, size_t i)
{
	struct row row = {
		.queryid = db_get_i64(result, i, COLUMN_QUERYID),
		.userid = db_get_i64(result, i, COLUMN_USERID),
		.since_us = db_get_i64(result, i, COLUMN_SINCE),
	};

	for (size_t f = 0; f < FIGURE_COUNT; f++)
		row.last[f] = db_get_f64(result, i, COLUMN_FIGURES + f);
	return row;
}

static bool was_reset(const struct row *before, const struct row *now)
{
	if (before->since_us != now->since_us)
		return true;
	for (size_t f = 0; f < FIGURE_COUNT; f++) {
		if (now->last[f] < before->last[f])
			return true;
	}
	return false;
}

/* name: position in totals. */
static int count_row(struct statements *statements, size_t name, struct row *now, struct err *err)
{
	static const struct row nothing = {.counted = false};
	const struct row *before = &nothing;
	size_t at = place_of(statements, now);
	bool held = at < statements->count && row_order(&statements->rows[at], now) == 0;

	now->counted = true;
	now->pass = statements->pass;
	if (!held) {
		if (insert(statements, at, now, err) < 0)
			return -1;
	} else if (!was_reset(&statements->rows[at], now)) {
		before = &statements->rows[at];
	}
	for (size_t f = 0; f < FIGURE_COUNT; f++)
		statements->totals[name][f] += now->last[f] - before->last[f];
	statements->rows[at] = *now;
	return 0;
}

/* A counted row that was not there has been evicted: should it come again, it starts at zero. */
static void forget_evicted(struct statements *statements)
{
	for (size_t i = 0; i < statements->count; i++) {
		struct row *row = &statements->rows[i];

		if (row->counted && row->pass != statements->pass)
			memset(row->last, 0, sizeof(row->last));
	}
}

/* Reading -------------------------------------------------------------------------------------- */

static int read_reset_at(struct db_conn *conn, int64_t *ret, struct err *err)
{
	AUTO(db_result_freep) struct db_result *result = NULL;

	if (db_conn_query(conn, "SELECT " SQL_SINCE_15, DB_NO_ARGS, &result, err) < 0)
		return -1;
	*ret = db_get_i64(result, 0, 0);
	return 0;
}

/* Before 17 the time of the last reset stands apart from the rows: they belong together when it is
 * the same before and after. */
static int read_rows(struct db_conn *conn, struct db_arg ids, const char *database,
		     struct db_result **ret, struct err *err)
{
	bool own_since = db_conn_server_version(conn) >= 170000;
	const char *sql = own_since ? sql_rows_17 : sql_rows_15;

	for (int i = 0; i < READS_MAX; i++) {
		AUTO(db_result_freep) struct db_result *result = NULL;
		int64_t reset_at = 0;

		if ((!own_since && read_reset_at(conn, &reset_at, err) < 0) ||
		    db_conn_query(conn, sql, DB_ARGS(ids, db_text(database)), &result, err) < 0)
			return -1;
		if (own_since || db_rows(result) == 0 ||
		    db_get_i64(result, 0, COLUMN_SINCE) == reset_at) {
			*ret = TAKE(result);
			return 0;
		}
	}
	return err_set(err, ERR_CONFLICT, "pg_stat_statements is being reset all the time", "");
}

/* What is there at the first look is where counting starts. */
static int begin(struct statements *statements, struct db_conn *conn, struct err *err)
{
	AUTO(db_result_freep) struct db_result *result = NULL;

	if (read_rows(conn, db_null(), NULL, &result, err) < 0)
		return -1;
	statements->count = 0;
	for (size_t i = 0; i < db_rows(result); i++) {
		struct row row = row_from(result, i);

		if (insert(statements, place_of(statements, &row), &row, err) < 0)
			return -1;
	}
	statements->begun = true;
	return 0;
}

static int count(struct statements *statements, struct db_conn *conn, struct err *err)
{
	AUTO(db_result_freep) struct db_result *result = NULL;
	int64_t ids[SEEN_MAX];
	size_t n = 0, seen = seen_count();

	for (size_t i = 0; i < seen; i++) {
		if (statements->ids[i].known)
			ids[n++] = statements->ids[i].queryid;
	}
	if (read_rows(conn, db_i64s(ids, n), NULL, &result, err) < 0)
		return -1;
	for (size_t i = 0; i < db_rows(result); i++) {
		struct row row = row_from(result, i);
		size_t query;

		if (query_of(statements, row.queryid, &query) &&
		    count_row(statements, query, &row, err) < 0)
			return -1;
	}
	return 0;
}

/* Statements of other databases ---------------------------------------------------------------- */

/* Drops the rows of what is followed no more, or in another way. */
static void forget_unfollowed(struct statements *statements, const struct follow *follows, size_t n)
{
	size_t kept = 0;

	for (size_t i = 0; i < statements->count; i++) {
		bool keep = statements->rows[i].follow == 0;

		for (size_t k = 0; k < n && !keep; k++)
			keep = statements->rows[i].follow == follows[k].version;
		if (keep)
			statements->rows[kept++] = statements->rows[i];
	}
	statements->count = kept;
}

/* Where counting starts; again, when the first look came to no end. */
static int begin_row(struct statements *statements, const struct row *row, struct err *err)
{
	size_t at = place_of(statements, row);

	if (at == statements->count || row_order(&statements->rows[at], row) != 0)
		return insert(statements, at, row, err);
	statements->rows[at] = *row;
	return 0;
}

static int count_followed(struct statements *statements, struct db_conn *conn,
			  const struct follow *follow, struct err *err)
{
	AUTO(db_result_freep) struct db_result *result = NULL;
	bool first = follow->version > statements->followed;

	if (read_rows(conn, db_i64s(follow->ids, follow->count), follow->database, &result, err) <
	    0)
		return -1;
	statements->shown[follow->name] = true;
	for (size_t i = 0; i < db_rows(result); i++) {
		struct row row = row_from(result, i);

		row.follow = follow->version;
		row.pass = statements->pass;
		row.counted = true;
		if (first ? begin_row(statements, &row, err) < 0
			  : count_row(statements, db_query_count() + follow->name, &row, err) < 0)
			return -1;
	}
	return 0;
}

static int count_all_followed(struct statements *statements, struct db_conn *conn, struct err *err)
{
	struct follow follows[DB_FOLLOW_MAX];
	size_t n = follow_copy(follows);
	uint64_t latest = statements->followed;

	forget_unfollowed(statements, follows, n);
	for (size_t i = 0; i < n; i++) {
		if (count_followed(statements, conn, &follows[i], err) < 0)
			return -1;
		if (follows[i].version > latest)
			latest = follows[i].version;
	}
	statements->followed = latest;
	return 0;
}

static void show(const struct statements *statements)
{
	for (size_t name = 0; name < figures_names(); name++) {
		if (name >= db_query_count() && !statements->shown[name - db_query_count()])
			continue;
		for (size_t f = 0; f < FIGURE_COUNT; f++)
			metric_counter_set(FIGURE_TABLE[f].metric, statements->totals[name][f],
					   name * FIGURE_TABLE[f].ops + FIGURE_TABLE[f].op);
	}
}

int statements_collect(struct statements *statements, struct db_conn *conn, struct err *err)
{
	statements->pass++;
	if ((!statements->begun && begin(statements, conn, err) < 0) ||
	    watch_schema(statements, conn, err) < 0 || learn(statements, conn, err) < 0 ||
	    count(statements, conn, err) < 0 || count_all_followed(statements, conn, err) < 0)
		return -1;
	forget_evicted(statements);
	show(statements);
	return 0;
}
