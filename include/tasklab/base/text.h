/* text.h - strings: numbers, UTF-8, copies, files. */
#ifndef TASKLAB_BASE_TEXT_H
#define TASKLAB_BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <tasklab/base/buf.h>
#include <tasklab/base/err.h>

/* The whole text is a decimal integer within [min, max]: no blanks, no '+', no leading zeros. */
bool text_i64(const char *text, int64_t min, int64_t max, int64_t *ret);
/* Well-formed UTF-8 (Unicode 15 table 3-7). Stops at len; NUL bytes are allowed here. */
bool text_utf8(const char *text, size_t len);
size_t text_utf8_length(const char *text, size_t len); /* code points of well-formed text */
/* Bytes of the character that text begins with, and which it is; 0 for bytes that are none. len is
 * at least 1. */
size_t text_utf8_next(const char *text, size_t len, uint32_t *character);
/* A copy of text, or of at most its first len bytes; the caller frees *ret. */
int text_copy(const char *text, char **ret, struct err *err);
int text_copy_n(const char *text, size_t len, char **ret, struct err *err);
/* Reads a whole file of at most max bytes. */
int text_read_file(const char *path, size_t max, struct buf *into, struct err *err);
/* Writes atomically: a temporary file beside it, fsync, rename. */
int text_write_file(const char *path, const char *data, size_t len, struct err *err);
/* All but the unreserved characters of RFC 3986 section 2.3 as %XX. */
void text_percent_encode(const char *text, struct buf *into);
/* The value of a hexadecimal digit in either case; -1: it is none. */
int text_hex(char c);
/* The candidate that a misspelt word most likely meant, or NULL when none is near. */
const char *text_nearest(const char *word, const char *const *candidates, size_t n);
uint64_t text_hash64(const void *data, size_t len); /* FNV-1a: for tables, not for secrets */

#endif
