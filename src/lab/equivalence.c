/* equivalence.c - hashes answers and compares them. */
#include "equivalence.h"

#include <tasklab/base/buf.h>
#include <tasklab/base/text.h>

#define ROW_MAX_BYTES ((size_t)16 * 1024 * 1024)
#define ORDER_FACTOR  UINT64_C(0x9E3779B97F4A7C15) /* odd, so that no row is lost in the product */

/* Lengths before values, so that ("ab", "c") is not ("a", "bc"), nor NULL the empty text. */
static void put_row(const struct db_result *result, size_t row, struct buf *out)
{
	for (size_t i = 0; i < db_columns(result); i++) {
		const char *text = db_get_text(result, row, i);

		if (!text) {
			buf_puts(out, "-;");
			continue;
		}
		buf_u64(out, db_get_text_len(result, row, i));
		buf_putc(out, ':');
		buf_append(out, text, db_get_text_len(result, row, i));
	}
}

int equivalence_answer(const struct db_result *result, enum lab_row_order order,
		       struct record_answer *ret, struct err *err)
{
	AUTO(buf_release) struct buf row = BUF_INIT(ROW_MAX_BYTES);
	struct record_answer answer = {.rows = db_rows(result)};

	for (size_t i = 0; i < db_rows(result); i++) {
		uint64_t hash;

		buf_reset(&row);
		put_row(result, i, &row);
		if (buf_check(&row, err) < 0)
			return -1;
		hash = text_hash64(buf_str(&row), row.len);
		if (order == LAB_ROWS_ORDERED)
			answer.hash = answer.hash * ORDER_FACTOR + hash;
		else
			answer.hash += hash;
	}
	*ret = answer;
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
