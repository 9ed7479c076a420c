/* row.c - the binary COPY format's headers and field encodings. */
#include "row.h"

#include <string.h>

#define EPOCH_2000_US INT64_C(946684800000000) /* timestamptz counts from 2000-01-01 */
#define JSONB_VERSION 1

static void put_be(struct buf *out, uint64_t value, size_t bytes)
{
	char *at = buf_reserve(out, bytes);

	if (!at)
		return;
	for (size_t i = 0; i < bytes; i++)
		at[i] = (char)(value >> (8 * (bytes - 1 - i)));
	buf_commit(out, bytes);
}

static void put_field(struct buf *out, uint64_t value, uint32_t bytes)
{
	put_be(out, bytes, 4);
	put_be(out, value, bytes);
}

void row_file_begin(struct buf *out)
{
	static const char HEADER[11 + 4 + 4] = "PGCOPY\n\377\r\n"; /* no flags, no extension */

	buf_append(out, HEADER, sizeof(HEADER));
}

void row_file_end(struct buf *out)
{
	put_be(out, UINT16_MAX, 2);
}

void row_begin(struct buf *out, unsigned fields)
{
	put_be(out, fields, 2);
}

void row_null(struct buf *out)
{
	put_be(out, UINT32_MAX, 4);
}

void row_i64(struct buf *out, int64_t value)
{
	put_field(out, (uint64_t)value, 8);
}

void row_i64_or_null(struct buf *out, int64_t value)
{
	if (value == 0)
		row_null(out);
	else
		row_i64(out, value);
}

void row_i32(struct buf *out, int32_t value)
{
	put_field(out, (uint32_t)value, 4);
}

void row_i16(struct buf *out, int16_t value)
{
	put_field(out, (uint16_t)value, 2);
}

void row_time(struct buf *out, int64_t unix_us)
{
	put_field(out, (uint64_t)(unix_us - EPOCH_2000_US), 8);
}

void row_time_or_null(struct buf *out, int64_t unix_us)
{
	if (unix_us == 0)
		row_null(out);
	else
		row_time(out, unix_us);
}

void row_text(struct buf *out, const char *text)
{
	size_t len = strlen(text);

	put_be(out, len, 4);
	buf_append(out, text, len);
}

size_t row_text_begin(struct buf *out)
{
	put_be(out, 0, 4);
	return out->len;
}

size_t row_jsonb_begin(struct buf *out)
{
	size_t begin = row_text_begin(out);

	buf_putc(out, JSONB_VERSION);
	return begin;
}

void row_text_end(struct buf *out, size_t begin)
{
	uint64_t len = out->len - begin;

	if (out->failed)
		return; /* begin may not be there */
	for (size_t i = 0; i < 4; i++)
		out->data[begin - 4 + i] = (char)(len >> (8 * (3 - i)));
}
