/* json.c - writes JSON (RFC 8259) straight into a struct buf. */
#include <tasklab/base/json.h>

#include <assert.h>
#include <math.h>
#include <string.h>

#include <tasklab/base/clock.h>

#include "utf8.h"

/* Only assertions ask. */
static UNUSED bool json_in_array(const struct json *json)
{
	return (json->array_bits >> json->depth) & 1U;
}

static void json_newline(struct json *json)
{
	if (!json->pretty)
		return;
	buf_putc(json->buf, '\n');
	for (unsigned i = 0; i < json->depth; i++)
		buf_append(json->buf, "  ", 2);
}

/* The comma and the line break that a new member or element of this level needs. */
static void json_separate(struct json *json)
{
	uint32_t bit = UINT32_C(1) << json->depth;

	if (json->some_bits & bit)
		buf_putc(json->buf, ',');
	json->some_bits |= bit;
	if (json->depth > 0)
		json_newline(json);
}

static void json_before_value(struct json *json)
{
	if (json->named) {
		json->named = false;
		return;
	}
	assert(json->depth > 0 ? json_in_array(json) : !(json->some_bits & 1U));
	json_separate(json);
}

static void json_begin(struct json *json, char bracket, bool array)
{
	uint32_t bit;

	json_before_value(json);
	assert(json->depth + 1 < JSON_MAX_DEPTH);
	buf_putc(json->buf, bracket);
	json->depth++;
	bit = UINT32_C(1) << json->depth;
	json->some_bits &= ~bit;
	json->array_bits = array ? json->array_bits | bit : json->array_bits & ~bit;
}

static void json_end(struct json *json, char bracket)
{
	bool some = (json->some_bits >> json->depth) & 1U;

	assert(json->depth > 0 && !json->named && json_in_array(json) == (bracket == ']'));
	json->depth--;
	if (some)
		json_newline(json);
	buf_putc(json->buf, bracket);
}

void json_begin_object(struct json *json)
{
	json_begin(json, '{', false);
}

void json_end_object(struct json *json)
{
	json_end(json, '}');
}

void json_begin_array(struct json *json)
{
	json_begin(json, '[', true);
}

void json_end_array(struct json *json)
{
	json_end(json, ']');
}

static void json_escape(struct buf *buf, unsigned char c)
{
	static const char hex[] = "0123456789abcdef";
	char text[6] = {'\\', 'u', '0', '0', hex[c >> 4], hex[c & 15]};

	switch (c) {
	case '"':
	case '\\':
		text[1] = (char)c;
		break;
	case '\b':
		text[1] = 'b';
		break;
	case '\f':
		text[1] = 'f';
		break;
	case '\n':
		text[1] = 'n';
		break;
	case '\r':
		text[1] = 'r';
		break;
	case '\t':
		text[1] = 't';
		break;
	default:
		buf_append(buf, text, 6);
		return;
	}
	buf_append(buf, text, 2);
}

static void json_quote(struct buf *buf, const char *text, size_t len)
{
	const unsigned char *s = (const unsigned char *)text;
	size_t from = 0, at = 0; /* [from, at): bytes that stand for themselves */

	buf_putc(buf, '"');
	while (at < len) {
		size_t n = utf8_sequence(s + at, len - at);

		if (n > 0 && s[at] >= 0x20 && s[at] != '"' && s[at] != '\\') {
			at += n;
			continue;
		}
		buf_append(buf, text + from, at - from);
		if (n == 0)
			buf_append(buf, "\xEF\xBF\xBD", 3);
		else
			json_escape(buf, s[at]);
		from = ++at;
	}
	buf_append(buf, text + from, at - from);
	buf_putc(buf, '"');
}

void json_name(struct json *json, const char *name)
{
	assert(json->depth > 0 && !json_in_array(json) && !json->named);
	json_separate(json);
	json_quote(json->buf, name, strlen(name));
	buf_putc(json->buf, ':');
	if (json->pretty)
		buf_putc(json->buf, ' ');
	json->named = true;
}

void json_raw(struct json *json, const char *text, size_t len)
{
	json_before_value(json);
	buf_append(json->buf, text, len);
}

void json_str_n(struct json *json, const char *s, size_t len)
{
	json_before_value(json);
	json_quote(json->buf, s, len);
}

void json_str(struct json *json, const char *s)
{
	if (s)
		json_str_n(json, s, strlen(s));
	else
		json_nil(json);
}

void json_i64(struct json *json, int64_t value)
{
	json_before_value(json);
	buf_i64(json->buf, value);
}

void json_u64(struct json *json, uint64_t value)
{
	json_before_value(json);
	buf_u64(json->buf, value);
}

void json_f64(struct json *json, double value)
{
	if (!isfinite(value)) {
		json_nil(json);
		return;
	}
	json_before_value(json);
	buf_f64(json->buf, value);
}

void json_bool(struct json *json, bool value)
{
	if (value)
		json_raw(json, "true", 4);
	else
		json_raw(json, "false", 5);
}

void json_nil(struct json *json)
{
	json_raw(json, "null", 4);
}

void json_time_us(struct json *json, int64_t unix_us)
{
	char text[CLOCK_RFC3339_SIZE];

	clock_format_rfc3339(unix_us, text);
	json_str_n(json, text, CLOCK_RFC3339_SIZE - 1);
}

void json_kv_string(struct json *json, const char *name, const char *s)
{
	json_name(json, name);
	json_str(json, s);
}

void json_kv_i64(struct json *json, const char *name, int64_t value)
{
	json_name(json, name);
	json_i64(json, value);
}

void json_kv_u64(struct json *json, const char *name, uint64_t value)
{
	json_name(json, name);
	json_u64(json, value);
}

void json_kv_f64(struct json *json, const char *name, double value)
{
	json_name(json, name);
	json_f64(json, value);
}

void json_kv_bool(struct json *json, const char *name, bool value)
{
	json_name(json, name);
	json_bool(json, value);
}

void json_kv_time_us(struct json *json, const char *name, int64_t unix_us)
{
	json_name(json, name);
	json_time_us(json, unix_us);
}
