/* uri.c - percent-decoding of paths and queries. */
#include "uri.h"

#include <string.h>

#include <tasklab/base/text.h>

/* The byte at *at, decoded, and *at moved past it; -1 for a broken percent-encoding. */
static int next_byte(const char *text, size_t len, size_t *at)
{
	int high, low;

	if (text[*at] != '%')
		return (unsigned char)text[(*at)++];
	if (len - *at < 3)
		return -1;
	high = text_hex(text[*at + 1]);
	low = text_hex(text[*at + 2]);
	if (high < 0 || low < 0)
		return -1;
	*at += 3;
	return high << 4 | low;
}

/* How many bytes follow the first one of a UTF-8 sequence; -1: none starts with it. */
static int utf8_more(int byte)
{
	if (byte < 0x80)
		return 0;
	if (byte >= 0xC2 && byte <= 0xDF)
		return 1;
	if (byte >= 0xE0 && byte <= 0xEF)
		return 2;
	return byte >= 0xF0 && byte <= 0xF4 ? 3 : -1;
}

static bool is_control(int byte, bool query)
{
	if (query && (byte == '\t' || byte == '\n' || byte == '\r'))
		return false;
	return byte < 0x20 || byte == 0x7F;
}

const char *uri_fault(const char *text, size_t len, bool query)
{
	static const char bad_percent[] = "has a % that no two hexadecimal digits follow";
	static const char bad_utf8[] = "is not valid UTF-8";

	for (size_t at = 0; at < len;) {
		char sequence[4];
		int byte = next_byte(text, len, &at);
		int more = utf8_more(byte);

		if (byte < 0)
			return bad_percent;
		if (byte == 0)
			return "holds a NUL byte";
		if (is_control(byte, query))
			return "holds a control character";
		if (more < 0)
			return bad_utf8;
		sequence[0] = (char)byte;
		for (int i = 1; i <= more; i++) {
			if (at >= len)
				return bad_utf8;
			byte = next_byte(text, len, &at);
			if (byte < 0)
				return bad_percent;
			sequence[i] = (char)byte;
		}
		if (more > 0 && !text_utf8(sequence, (size_t)more + 1))
			return bad_utf8;
	}
	return NULL;
}

size_t uri_decode(const char *text, size_t len, bool query, char *out)
{
	size_t n = 0;

	for (size_t at = 0; at < len;) {
		if (query && text[at] == '+') {
			out[n++] = ' ';
			at++;
			continue;
		}
		out[n++] = (char)next_byte(text, len, &at);
	}
	out[n] = '\0';
	return n;
}

static int add_param(struct uri_query *query, const char *name, const char *value, struct err *err)
{
	if (*name == '\0')
		return err_field(err, ERR_INVALID, "query", "a parameter has no name");
	for (size_t i = 0; i < query->count; i++) {
		if (strcmp(query->params[i].name, name) == 0)
			return err_field(err, ERR_INVALID, name, "is given twice");
	}
	if (query->count == HTTP_QUERY_PARAMS_MAX)
		return err_field(err, ERR_INVALID, "query", "has more than %d parameters",
				 HTTP_QUERY_PARAMS_MAX);
	query->params[query->count].name = name;
	query->params[query->count++].value = value;
	return 0;
}

/* One name=value that ends at end; text moves past what was decoded into it. */
static int parse_param(const char *at, const char *end, char **text, struct uri_query *query,
		       struct err *err)
{
	const char *equals = memchr(at, '=', (size_t)(end - at));
	const char *name_end = equals ? equals : end;
	const char *value_at = equals ? equals + 1 : end;
	const char *fault = uri_fault(at, (size_t)(name_end - at), true);
	const char *name = *text, *value;

	if (fault)
		return err_field(err, ERR_INVALID, "query", "a parameter's name %s", fault);
	*text += uri_decode(at, (size_t)(name_end - at), true, *text) + 1;
	fault = uri_fault(value_at, (size_t)(end - value_at), true);
	if (fault)
		return err_field(err, ERR_INVALID, name, "%s", fault);
	value = *text;
	*text += uri_decode(value_at, (size_t)(end - value_at), true, *text) + 1;
	return add_param(query, name, value, err);
}

int uri_query_parse(const char *query, char *text, struct uri_query *ret, struct err *err)
{
	ret->count = 0;
	for (const char *at = query; *at != '\0';) {
		const char *end = at + strcspn(at, "&");

		if (end > at && parse_param(at, end, &text, ret, err) < 0)
			return -1;
		at = *end == '&' ? end + 1 : end;
	}
	return 0;
}
