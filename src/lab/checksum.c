/* checksum.c - order-independent sums over the rows of tables. */
#include "checksum.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <tasklab/base/buf.h>
#include <tasklab/base/text.h>

#define CHECKSUM_SQL_MAX ((size_t)256 * 1024)

/* A column of both sides, in a form whose hash is the same for the same value. */
static int add_column(struct db_conn *conn, const struct snapshot_column *reference,
		      const struct snapshot_column *learner, bool first, struct buf *sql,
		      struct err *err)
{
	buf_puts(sql, first ? "" : ", ");
	if (db_quote_ident(conn, reference->name, sql, err) < 0)
		return -1;
	if (!reference->hashable || strcmp(reference->type, learner->type) != 0)
		buf_puts(sql, "::text");
	return 0;
}

static int write_sql(const struct checksum_side *reference, const struct checksum_side *learner,
		     const char *table, struct buf *sql, struct err *err)
{
	bool first = true;

	/* A record's hash is a linear sum over its columns: without a hash over it, values that two
	 * rows have exchanged would cancel out. */
	buf_puts(sql, "SELECT count(*), coalesce(sum(hashint8extended(hash_record_extended(ROW(");
	for (size_t i = 0; i < reference->snapshot->column_count; i++) {
		const struct snapshot_column *column = &reference->snapshot->columns[i];
		const struct snapshot_column *theirs;

		if (strcmp(column->table, table) != 0)
			continue;
		theirs = snapshot_column(learner->snapshot, table, column->name);
		if (!theirs)
			continue;
		if (add_column(reference->conn, column, theirs, first, sql, err) < 0)
			return -1;
		first = false;
	}
	buf_puts(sql, "), 0), 0)), 0)::text FROM public.");
	if (db_quote_ident(reference->conn, table, sql, err) < 0)
		return -1;
	return buf_check(sql, err);
}

static int ask(struct db_conn *conn, const char *sql, int64_t *rows, char sum[64], struct err *err)
{
	AUTO(db_result_freep) struct db_result *result = NULL;

	if (db_conn_query(conn, sql, DB_NO_ARGS, &result, err) < 0)
		return -1;
	*rows = db_get_i64(result, 0, 0);
	(void)snprintf(sum, 64, "%s", db_get_text(result, 0, 1));
	return 0;
}

/* The reference's checksum for this query: from the memo, or asked and entered there. */
static int ask_reference(struct db_conn *conn, const char *table, const char *sql,
			 struct checksum_memo *memo, struct checksum **ret, struct err *err)
{
	struct checksum *items, *item;

	for (size_t i = 0; i < memo->count; i++) {
		if (strcmp(memo->items[i].sql, sql) == 0) {
			*ret = &memo->items[i];
			return 0;
		}
	}
	items = realloc(memo->items, (memo->count + 1) * sizeof(*items));
	if (!items)
		return err_no_memory(err);
	memo->items = items;
	item = &items[memo->count];
	*item = (struct checksum){.sql = NULL};
	(void)snprintf(item->table, sizeof(item->table), "%s", table);
	if (ask(conn, sql, &item->rows, item->sum, err) < 0 || text_copy(sql, &item->sql, err) < 0)
		return -1;
	memo->count++;
	*ret = item;
	return 0;
}

static int compare_table(const struct checksum_side *reference, const struct checksum_side *learner,
			 const char *table, struct checksum_memo *memo,
			 struct checksum_difference *ret, bool *differs, struct err *err)
{
	AUTO(buf_release) struct buf sql = BUF_INIT(CHECKSUM_SQL_MAX);
	struct checksum *before = NULL;
	char sum[64];
	int64_t rows = 0;

	if (write_sql(reference, learner, table, &sql, err) < 0 ||
	    ask_reference(reference->conn, table, buf_str(&sql), memo, &before, err) < 0 ||
	    ask(learner->conn, buf_str(&sql), &rows, sum, err) < 0)
		return -1;
	*differs = rows != before->rows || strcmp(sum, before->sum) != 0;
	if (*differs) {
		memcpy(ret->table, before->table, sizeof(ret->table));
		ret->rows_before = before->rows;
		ret->rows_after = rows;
	}
	return 0;
}

int checksum_compare(const struct checksum_side *reference, const struct checksum_side *learner,
		     struct checksum_memo *memo, struct checksum_difference **ret, size_t *n,
		     struct err *err)
{
	const struct snapshot *snapshot = reference->snapshot;
	AUTO(freep) struct checksum_difference *found = NULL;
	size_t count = 0;

	found = calloc(snapshot->table_count + 1, sizeof(*found));
	if (!found)
		return err_no_memory(err);
	for (size_t i = 0; i < snapshot->table_count; i++) {
		const char *table = snapshot->tables[i].name;
		bool differs = false;

		if (!snapshot_table(learner->snapshot, table))
			continue;
		if (compare_table(reference, learner, table, memo, &found[count], &differs, err) <
		    0)
			return -1;
		count += differs;
	}
	*ret = TAKE(found);
	*n = count;
	return 0;
}

void checksum_memo_release(struct checksum_memo *memo)
{
	for (size_t i = 0; i < memo->count; i++)
		free(memo->items[i].sql);
	free(memo->items);
	*memo = (struct checksum_memo){.items = NULL};
}
