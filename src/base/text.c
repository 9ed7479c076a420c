/* text.c - strings: numbers, UTF-8, copies, files. */
#include <tasklab/base/text.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <tasklab/base/attr.h>
#include <tasklab/base/id.h>

#include "utf8.h"

#define READ_CHUNK 16384

bool text_i64(const char *text, int64_t min, int64_t max, int64_t *ret)
{
	bool negative = text[0] == '-';
	const char *digits = negative ? text + 1 : text;
	int64_t value = 0;

	if (digits[0] == '\0' || (digits[0] == '0' && (digits[1] != '\0' || negative)))
		return false;
	for (; *digits; digits++) {
		int digit = *digits - '0';

		if (digit < 0 || digit > 9 || __builtin_mul_overflow(value, 10, &value) ||
		    __builtin_add_overflow(value, negative ? -digit : digit, &value))
			return false;
	}
	if (value < min || value > max)
		return false;
	*ret = value;
	return true;
}

bool text_utf8(const char *text, size_t len)
{
	const unsigned char *s = (const unsigned char *)text;

	for (size_t at = 0, n; at < len; at += n) {
		n = utf8_sequence(s + at, len - at);
		if (n == 0)
			return false;
	}
	return true;
}

size_t text_utf8_length(const char *text, size_t len)
{
	size_t count = 0;

	for (size_t i = 0; i < len; i++)
		count += ((unsigned char)text[i] & 0xC0) != 0x80;
	return count;
}

size_t text_utf8_next(const char *text, size_t len, uint32_t *character)
{
	const unsigned char *bytes = (const unsigned char *)text;
	size_t n = utf8_sequence(bytes, len);
	uint32_t value = n == 1 ? bytes[0] : n > 1 ? bytes[0] & (0x7FU >> n) : 0;

	for (size_t i = 1; i < n; i++)
		value = value << 6 | (bytes[i] & 0x3FU);
	if (n > 0)
		*character = value;
	return n;
}

int text_copy(const char *text, char **ret, struct err *err)
{
	return text_copy_n(text, SIZE_MAX, ret, err);
}

int text_copy_n(const char *text, size_t len, char **ret, struct err *err)
{
	char *copy = strndup(text, len);

	if (!copy)
		return err_no_memory(err);
	*ret = copy;
	return 0;
}

static void closep(int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

int text_read_file(const char *path, size_t max, struct buf *into, struct err *err)
{
	AUTO(closep) int fd = open(path, O_RDONLY | O_CLOEXEC);
	AUTO(buf_release) struct buf content = BUF_INIT(max);
	ssize_t n;

	if (fd < 0)
		return err_errno(err, errno, "cannot open a file", path);
	do {
		char chunk[READ_CHUNK];

		n = read(fd, chunk, sizeof(chunk));
		if (n < 0 && errno != EINTR)
			return err_errno(err, errno, "cannot read a file", path);
		if (n > 0)
			buf_append(&content, chunk, (size_t)n);
	} while (n != 0 && !content.failed);
	if (content.failed && !content.no_memory)
		return err_set(err, ERR_TOO_LARGE, "a file is too large", "%s: more than %zu bytes",
			       path, max);
	if (buf_check(&content, err) < 0)
		return -1;
	buf_append(into, content.data, content.len);
	return buf_check(into, err);
}

static int write_all(int fd, const char *data, size_t len)
{
	while (len > 0) {
		ssize_t n = write(fd, data, len);

		if (n < 0 && errno != EINTR)
			return -1;
		if (n > 0) {
			data += n;
			len -= (size_t)n;
		}
	}
	return fsync(fd);
}

/* A rename is durable once its directory is. */
static int sync_directory_of(const char *path)
{
	const char *slash = strrchr(path, '/');
	AUTO(freep)
	char *directory =
		slash ? strndup(path, slash == path ? 1 : (size_t)(slash - path)) : strdup(".");
	AUTO(closep) int fd = -1;

	if (!directory)
		return -1;
	fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return fd < 0 ? -1 : fsync(fd);
}

int text_write_file(const char *path, const char *data, size_t len, struct err *err)
{
	AUTO(freep) char *temporary = NULL;
	AUTO(closep) int fd = -1;
	uint32_t unique;

	id_random(&unique, sizeof(unique));
	if (asprintf(&temporary, "%s.%08x.tmp", path, unique) < 0) {
		temporary = NULL;
		return err_no_memory(err);
	}
	fd = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
	if (fd < 0)
		return err_errno(err, errno, "cannot create a file", temporary);
	if (write_all(fd, data, len) < 0 || rename(temporary, path) < 0) {
		int error = errno;

		unlink(temporary);
		return err_errno(err, error, "cannot write a file", path);
	}
	if (sync_directory_of(path) < 0)
		return err_errno(err, errno, "cannot write a file", path);
	return 0;
}

#define NEAREST_MAX_LEN 64

/* Edits from a to b: insertions, deletions, replacements and swaps of neighbours (the restricted
 * Damerau-Levenshtein distance); SIZE_MAX for words that are too long to be compared. */
static size_t edits(const char *a, const char *b)
{
	size_t rows[3][NEAREST_MAX_LEN + 1];
	size_t *before = rows[0], *last = rows[1], *row = rows[2];
	size_t len_a = strlen(a), len_b = strlen(b);

	if (len_a > NEAREST_MAX_LEN || len_b > NEAREST_MAX_LEN)
		return SIZE_MAX;
	for (size_t j = 0; j <= len_b; j++)
		row[j] = j;
	for (size_t i = 1; i <= len_a; i++) {
		size_t *reused = before;

		before = last;
		last = row;
		row = reused;
		row[0] = i;
		for (size_t j = 1; j <= len_b; j++) {
			size_t best = last[j - 1] + (a[i - 1] != b[j - 1]);

			if (last[j] + 1 < best)
				best = last[j] + 1;
			if (row[j - 1] + 1 < best)
				best = row[j - 1] + 1;
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] &&
			    before[j - 2] + 1 < best)
				best = before[j - 2] + 1;
			row[j] = best;
		}
	}
	return row[len_b];
}

const char *text_nearest(const char *word, const char *const *candidates, size_t n)
{
	size_t limit = strlen(word) < 6 ? 2 : strlen(word) / 3;
	const char *nearest = NULL;
	size_t least = limit + 1;

	for (size_t i = 0; i < n; i++) {
		size_t distance = edits(word, candidates[i]);

		if (distance < least && distance < strlen(candidates[i])) {
			least = distance;
			nearest = candidates[i];
		}
	}
	return nearest;
}

int text_hex(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

void text_percent_encode(const char *text, struct buf *into)
{
	static const char HEX[] = "0123456789ABCDEF";
	static const char UNRESERVED[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
					 "0123456789-._~";

	for (; *text; text++) {
		unsigned char c = (unsigned char)*text;

		if (strchr(UNRESERVED, c)) {
			buf_putc(into, (char)c);
			continue;
		}
		buf_putc(into, '%');
		buf_putc(into, HEX[c >> 4]);
		buf_putc(into, HEX[c & 15]);
	}
}

uint64_t text_hash64(const void *data, size_t len)
{
	const unsigned char *s = data;
	uint64_t hash = UINT64_C(0xCBF29CE484222325);

	for (size_t i = 0; i < len; i++)
		hash = (hash ^ s[i]) * UINT64_C(0x100000001B3);
	return hash;
}
