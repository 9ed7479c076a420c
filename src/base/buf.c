/* buf.c - a growable byte buffer that declares its maximum. */
#include <tasklab/base/buf.h>

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CAP_MIN    64
#define U64_DIGITS 20

void buf_release(struct buf *buf)
{
	free(buf->data);
	*buf = BUF_INIT(buf->max);
}

void buf_reset(struct buf *buf)
{
	buf->len = 0;
	buf->failed = false;
	buf->no_memory = false;
	if (buf->data)
		buf->data[0] = '\0';
}

/* cap counts the bytes beside the NUL, so that cap + 1 are allocated. */
static bool buf_grow(struct buf *buf, size_t need)
{
	size_t cap = buf->cap < CAP_MIN ? CAP_MIN : buf->cap;
	char *data;

	while (cap < need)
		cap = cap > SIZE_MAX / 4 ? need : cap * 2;
	if (cap > buf->max)
		cap = buf->max;
	data = cap < PTRDIFF_MAX ? realloc(buf->data, cap + 1) : NULL;
	if (!data) {
		buf->failed = true;
		buf->no_memory = true;
		return false;
	}
	data[buf->len] = '\0';
	buf->data = data;
	buf->cap = cap;
	return true;
}

char *buf_reserve(struct buf *buf, size_t len)
{
	if (buf->failed)
		return NULL;
	if (len > buf->max - buf->len) {
		buf->failed = true;
		return NULL;
	}
	if ((!buf->data || len > buf->cap - buf->len) && !buf_grow(buf, buf->len + len))
		return NULL;
	return buf->data + buf->len;
}

void buf_commit(struct buf *buf, size_t len)
{
	buf->len += len;
	buf->data[buf->len] = '\0';
}

void buf_append(struct buf *buf, const void *data, size_t len)
{
	char *to = buf_reserve(buf, len);

	if (!to)
		return;
	if (len > 0)
		memcpy(to, data, len);
	buf_commit(buf, len);
}

void buf_puts(struct buf *buf, const char *s)
{
	buf_append(buf, s, strlen(s));
}

void buf_putc(struct buf *buf, char c)
{
	buf_append(buf, &c, 1);
}

void buf_u64(struct buf *buf, uint64_t value)
{
	char digits[U64_DIGITS];
	size_t at = sizeof(digits);

	do {
		digits[--at] = (char)('0' + value % 10);
		value /= 10;
	} while (value > 0);
	buf_append(buf, digits + at, sizeof(digits) - at);
}

void buf_i64(struct buf *buf, int64_t value)
{
	char text[U64_DIGITS + 1];
	size_t at = sizeof(text);
	uint64_t rest = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;

	do {
		text[--at] = (char)('0' + rest % 10);
		rest /= 10;
	} while (rest > 0);
	if (value < 0)
		text[--at] = '-';
	buf_append(buf, text + at, sizeof(text) - at);
}

void buf_f64(struct buf *buf, double value)
{
	char text[32];

	if (isnan(value)) {
		buf_puts(buf, "NaN");
		return;
	}
	if (isinf(value)) {
		buf_puts(buf, value > 0 ? "+Inf" : "-Inf");
		return;
	}
	/* Whole numbers below 2^53 are the most common case; minus zero takes the long way. */
	if (fabs(value) < 9007199254740992.0 && value == trunc(value) &&
	    !(value == 0 && signbit(value))) {
		buf_i64(buf, (int64_t)value);
		return;
	}
	/* 15 digits survive any decimal -> double -> decimal trip, 17 any double (IEEE 754). */
	for (int precision = 15; precision <= 17; precision++) {
		snprintf(text, sizeof(text), "%.*g", precision, value);
		if (strtod(text, NULL) == value)
			break;
	}
	buf_puts(buf, text);
}

void buf_vprintf(struct buf *buf, const char *format, va_list args)
{
	va_list again;
	int len;
	char *to;

	if (buf->failed)
		return;
	va_copy(again, args);
	len = vsnprintf(buf->data ? buf->data + buf->len : NULL,
			buf->data ? buf->cap - buf->len + 1 : 0, format, args);
	if (len < 0) {
		buf->failed = true;
	} else if (buf->data && (size_t)len <= buf->cap - buf->len) {
		buf->len += (size_t)len;
	} else {
		if (buf->data)
			buf->data[buf->len] = '\0'; /* what the first attempt cut off */
		to = buf_reserve(buf, (size_t)len);
		if (to) {
			vsnprintf(to, (size_t)len + 1, format, again);
			buf->len += (size_t)len;
		}
	}
	va_end(again);
}

void buf_printf(struct buf *buf, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	buf_vprintf(buf, format, args);
	va_end(args);
}

int buf_check(const struct buf *buf, struct err *err)
{
	if (!buf->failed)
		return 0;
	if (buf->no_memory)
		return err_no_memory(err);
	return err_set(err, ERR_TOO_LARGE, "too large", "more than %zu bytes", buf->max);
}

char *buf_take(struct buf *buf)
{
	char *data;

	if (!buf_reserve(buf, 0))
		return NULL;
	data = TAKE(buf->data);
	*buf = BUF_INIT(buf->max);
	return data;
}

const char *buf_str(const struct buf *buf)
{
	return buf->data ? buf->data : "";
}
