/* equivalence.c - hashes answers and compares them. */
#include "equivalence.h"

#include <string.h>

#include <tasklab/base/buf.h>
#include <tasklab/base/text.h>

#define ROW_MAX_BYTES ((size_t)16 * 1024 * 1024)
#define COLUMNS_MAX   1664                         /* of a PostgreSQL result */
#define ORDER_FACTOR  UINT64_C(0x9E3779B97F4A7C15) /* odd, so that no row is lost in the product */

/* The columns that make the answer, in the order in which they are compared. */
struct columns {
	size_t items[COLUMNS_MAX];
	size_t count;
};

static int find_column(const struct db_result *result, const char *name, size_t *ret,
		       struct err *err)
{
	size_t found = 0;

	for (size_t i = 0; i < db_columns(result); i++) {
		if (strcmp(db_column_name(result, i), name) != 0)
			continue;
		*ret = i;
		found++;
	}
	if (found != 1)
		return err_set(err, ERR_UNPROCESSABLE,
			       "the statement's result does not have each column of the answer "
			       "(workload.answer of the lab) once",
			       "\"%s\": %zu of the %zu columns have this name", name, found,
			       db_columns(result));
	return 0;
}

/* A result without columns is that of a statement that returns no rows. */
static int find_columns(const struct db_result *result, const struct lab_texts *names,
			struct columns *ret, struct err *err)
{
	ret->count = db_columns(result) && names->count ? names->count : db_columns(result);
	if (ret->count > COLUMNS_MAX)
		return err_set(err, ERR_TOO_LARGE, "the result has too many columns", "%zu",
			       ret->count);
	for (size_t i = 0; i < ret->count; i++) {
		ret->items[i] = i;
		if (names->count && find_column(result, names->items[i], &ret->items[i], err) < 0)
			return -1;
	}
	return 0;
}

/* Lengths before values, so that ("ab", "c") is not ("a", "bc"), nor NULL the empty text. */
static void put_row(const struct db_result *result, size_t row, const struct columns *columns,
		    struct buf *out)
{
	for (size_t i = 0; i < columns->count; i++) {
		size_t column = columns->items[i];
		const char *text = db_get_text(result, row, column);

		if (!text) {
			buf_puts(out, "-;");
			continue;
		}
		buf_u64(out, db_get_text_len(result, row, column));
		buf_putc(out, ':');
		buf_append(out, text, db_get_text_len(result, row, column));
	}
}

int equivalence_answer(const struct db_result *result, const struct lab_workload *workload,
		       struct record_answer *answer, struct err *err)
{
	AUTO(buf_release) struct buf row = BUF_INIT(ROW_MAX_BYTES);
	struct columns columns = {.count = 0};

	if (find_columns(result, &workload->answer, &columns, err) < 0)
		return -1;
	for (size_t i = 0; i < db_rows(result); i++) {
		uint64_t hash;

		buf_reset(&row);
		put_row(result, i, &columns, &row);
		if (buf_check(&row, err) < 0)
			return -1;
		hash = text_hash64(buf_str(&row), row.len);
		if (workload->rows == LAB_ROWS_ORDERED)
			answer->hash = answer->hash * ORDER_FACTOR + hash;
		else
			answer->hash += hash;
	}
	answer->rows += db_rows(result);
	return 0;
}

void equivalence_compare(const struct record *before, struct record *after)
{
	size_t n = before->answer_count < after->answer_count ? before->answer_count
							      : after->answer_count;
	int64_t differing = (int64_t)(before->answer_count - n + after->answer_count - n);

	for (size_t i = 0; i < n; i++)
		differing += before->answers[i].rows != after->answers[i].rows ||
			     before->answers[i].hash != after->answers[i].hash;
	after->differing = differing;
}
