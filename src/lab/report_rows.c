/* report_rows.c - picks the tables and indexes that a workload used, and their counters. */
#include "report_rows.h"

#include <string.h>

static const struct report_counter TABLE_COUNTERS[] = {
	{"seq scans", offsetof(struct record_table, seq_scan)},
	{"rows by seq", offsetof(struct record_table, seq_tup_read)},
	{"index scans", offsetof(struct record_table, idx_scan)},
	{"rows by index", offsetof(struct record_table, idx_tup_fetch)},
	{"inserted", offsetof(struct record_table, n_tup_ins)},
	{"updated", offsetof(struct record_table, n_tup_upd)},
	{"of these HOT", offsetof(struct record_table, n_tup_hot_upd)},
	{"deleted", offsetof(struct record_table, n_tup_del)},
	{"dead rows", offsetof(struct record_table, n_dead_tup)},
};

static const struct report_counter INDEX_COUNTERS[] = {
	{"scans", offsetof(struct record_index, idx_scan)},
	{"entries read", offsetof(struct record_index, idx_tup_read)},
	{"rows fetched", offsetof(struct record_index, idx_tup_fetch)},
};

int64_t report_row_counter(const struct report_row *row, const struct report_counter *counter)
{
	int64_t value;

	memcpy(&value, (const char *)row->counters + counter->offset, sizeof(value));
	return value;
}

/* In its place: the rows of the first side come first, and each side's are sorted already. */
static void insert(struct report_rows *rows, const struct report_row *row)
{
	size_t at = rows->count;

	if (rows->count == REPORT_ROWS_MOST) {
		rows->left_out++;
		return;
	}
	while (at > 0 && strcmp(rows->row[at - 1].name, row->name) > 0) {
		rows->row[at] = rows->row[at - 1];
		at--;
	}
	rows->row[at] = *row;
	rows->count++;
}

static void choose_columns(struct report_rows *rows, const struct report_counter *counters,
			   size_t n)
{
	for (size_t i = 0; i < n; i++) {
		bool some = false;

		for (size_t j = 0; j < rows->count; j++)
			some |= report_row_counter(&rows->row[j], &counters[i]) != 0;
		if (some)
			rows->column[rows->columns++] = &counters[i];
	}
}

void report_rows_tables(const struct report_view *view, struct report_rows *ret)
{
	*ret = (struct report_rows){.count = 0};
	for (size_t side = 0; side < ARRAY_LEN(view->side); side++) {
		const struct record *record = view->side[side].record;

		for (size_t i = 0; i < record->table_count; i++) {
			const struct record_table *one = &record->tables[i];

			if (one->seq_scan || one->idx_scan || one->n_tup_ins || one->n_tup_upd ||
			    one->n_tup_del)
				insert(ret, &(struct report_row){.side = side,
								 .name = one->name,
								 .counters = one,
								 .size_bytes = one->size_bytes});
		}
	}
	choose_columns(ret, TABLE_COUNTERS, ARRAY_LEN(TABLE_COUNTERS));
}

void report_rows_indexes(const struct report_view *view, struct report_rows *ret)
{
	*ret = (struct report_rows){.count = 0};
	for (size_t side = 0; side < ARRAY_LEN(view->side); side++) {
		const struct record *record = view->side[side].record;

		for (size_t i = 0; i < record->index_count; i++) {
			const struct record_index *one = &record->indexes[i];

			if (one->idx_scan)
				insert(ret, &(struct report_row){.side = side,
								 .name = one->name,
								 .table = one->table,
								 .counters = one,
								 .size_bytes = one->size_bytes});
		}
	}
	choose_columns(ret, INDEX_COUNTERS, ARRAY_LEN(INDEX_COUNTERS));
}
