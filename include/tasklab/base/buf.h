/* buf.h - a growable byte buffer that declares its maximum.
 *
 * Invariants: data is NUL-terminated whenever it is not NULL; len <= cap; len never passes max.
 * A failed append (no memory, or past max) sets the sticky failed flag and leaves the contents as
 * they were; later appends do nothing. So a writer appends freely and checks once, with buf_check.
 */
#ifndef TASKLAB_BASE_BUF_H
#define TASKLAB_BASE_BUF_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <tasklab/base/attr.h>
#include <tasklab/base/err.h>

struct buf {
	char *data;
	size_t len;
	size_t cap;
	size_t max; /* bytes of content allowed, the NUL not counted */
	bool failed;
	bool no_memory; /* why it failed: the system's limit, not max */
};

#define BUF_INIT(max_bytes) ((struct buf){.max = (max_bytes)})

void buf_release(struct buf *buf);
void buf_reset(struct buf *buf); /* len 0, failed cleared, storage kept */
void buf_append(struct buf *buf, const void *data, size_t len);
void buf_puts(struct buf *buf, const char *s);
void buf_putc(struct buf *buf, char c);
void buf_u64(struct buf *buf, uint64_t value); /* decimal, without stdio */
void buf_i64(struct buf *buf, int64_t value);
/* The shortest decimal of at most 17 digits that reads back the same; "NaN", "+Inf", "-Inf". */
void buf_f64(struct buf *buf, double value);
void buf_printf(struct buf *buf, const char *format, ...) PRINTF(2, 3);
void buf_vprintf(struct buf *buf, const char *format, va_list args) PRINTF(2, 0);
/* Ensures room for len more bytes and returns where to write them, or NULL; buf_commit adds them.
 */
char *buf_reserve(struct buf *buf, size_t len);
void buf_commit(struct buf *buf, size_t len);
/* 0, or -1 with ERR_TOO_LARGE or ERR_NO_MEMORY when an append failed. */
int buf_check(const struct buf *buf, struct err *err);
/* The contents as a heap string that the caller frees ("" for an empty buffer); the buffer is
 * empty afterwards. NULL when an append failed. */
char *buf_take(struct buf *buf);
const char *buf_str(const struct buf *buf); /* never NULL */

#endif
