/* row.h - writes rows in PostgreSQL's binary COPY format into a buffer.
 *
 * Format: PostgreSQL manual, COPY, "Binary Format"; field encodings are those of the types' send
 * functions. Binary, because it spares both sides the text of numbers and times.
 */
#ifndef TASKLAB_SEED_ROW_H
#define TASKLAB_SEED_ROW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <tasklab/base/buf.h>

void row_file_begin(struct buf *out);
void row_file_end(struct buf *out);

void row_begin(struct buf *out, unsigned fields);
void row_null(struct buf *out);
void row_i64(struct buf *out, int64_t value);
void row_i64_or_null(struct buf *out, int64_t value); /* 0 is NULL */
void row_i32(struct buf *out, int32_t value);
void row_i16(struct buf *out, int16_t value);
void row_time(struct buf *out, int64_t unix_us);
void row_time_or_null(struct buf *out, int64_t unix_us); /* 0 is NULL */
void row_text(struct buf *out, const char *text);
/* A text or jsonb field that is appended piece by piece between begin and end. */
size_t row_text_begin(struct buf *out);
size_t row_jsonb_begin(struct buf *out);
void row_text_end(struct buf *out, size_t begin);

#endif
