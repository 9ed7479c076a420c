/* negotiate.c - which format and coding a scraper gets (RFC 9110 section 12.5). */
#include "negotiate.h"

#include <stddef.h>
#include <string.h>
#include <strings.h>

#include <tasklab/base/attr.h>

#define QUALITY_MAX 1000 /* q-values have three decimals */

const char *const format_content_types[FORMAT_COUNT] = {
	[FORMAT_TEXT] = "text/plain; version=0.0.4; charset=utf-8",
	[FORMAT_OPENMETRICS] = "application/openmetrics-text; version=1.0.0; charset=utf-8",
	[FORMAT_PROTOBUF] = ("application/vnd.google.protobuf; "
			     "proto=io.prometheus.client.MetricFamily; encoding=delimited"),
};

/* What a range must say to mean a format: its parameters, where they are given, have these values.
 * Other parameters (charset, escaping) choose nothing here. */
static const struct {
	const char *type;
	struct {
		const char *name, *value;
	} parameters[2];
} formats[FORMAT_COUNT] = {
	[FORMAT_TEXT] = {"text/plain", {{"version", "0.0.4"}}},
	[FORMAT_OPENMETRICS] = {"application/openmetrics-text", {{"version", "1.0.0"}}},
	[FORMAT_PROTOBUF] = {"application/vnd.google.protobuf",
			     {{"proto", "io.prometheus.client.MetricFamily"},
			      {"encoding", "delimited"}}},
};

struct part {
	const char *at;
	size_t len;
};

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static struct part trim(struct part part)
{
	while (part.len > 0 && is_blank(part.at[0])) {
		part.at++;
		part.len--;
	}
	while (part.len > 0 && is_blank(part.at[part.len - 1]))
		part.len--;
	return part;
}

/* Takes what stands before the next separator, without blanks; quoted separators do not count. */
static struct part take(struct part *rest, char separator)
{
	struct part part = {rest->at, 0};
	bool quoted = false;

	while (part.len < rest->len && (quoted || part.at[part.len] != separator)) {
		if (part.at[part.len] == '"')
			quoted = !quoted;
		else if (quoted && part.at[part.len] == '\\' && part.len + 1 < rest->len)
			part.len++;
		part.len++;
	}
	rest->at += part.len;
	rest->len -= part.len;
	if (rest->len > 0) {
		rest->at++;
		rest->len--;
	}
	return trim(part);
}

static bool part_is(struct part part, const char *text)
{
	return part.len == strlen(text) && strncasecmp(part.at, text, part.len) == 0;
}

static struct part unquote(struct part part)
{
	if (part.len >= 2 && part.at[0] == '"' && part.at[part.len - 1] == '"')
		return (struct part){part.at + 1, part.len - 2};
	return part;
}

/* "0", "1", "0.123": in thousandths; anything else is 0, so that it is not chosen. */
static int quality_of(struct part part)
{
	int quality, unit = QUALITY_MAX / 10;

	if (part.len == 0 || part.len > 5 || part.at[0] < '0' || part.at[0] > '1' ||
	    (part.len > 1 && part.at[1] != '.'))
		return 0;
	quality = (part.at[0] - '0') * QUALITY_MAX;
	for (size_t i = 2; i < part.len; i++, unit /= 10) {
		if (part.at[i] < '0' || part.at[i] > '9')
			return 0;
		quality += (part.at[i] - '0') * unit;
	}
	return quality <= QUALITY_MAX ? quality : 0;
}

/* How exactly a range names a format; a more exact one decides over a vaguer. */
enum match { MATCH_NONE, MATCH_ANY, MATCH_TYPE, MATCH_FORMAT, MATCH_VERSION };

static enum match match_type(struct part type, enum format format)
{
	const char *name = formats[format].type;
	size_t main_len = strcspn(name, "/") + 1;

	if (part_is(type, name))
		return MATCH_FORMAT;
	if (part_is(type, "*/*"))
		return MATCH_ANY;
	if (type.len == main_len + 1 && type.at[main_len] == '*' &&
	    strncasecmp(type.at, name, main_len) == 0)
		return MATCH_TYPE;
	return MATCH_NONE;
}

static void match_parameter(struct part name, struct part value, enum format format,
			    enum match *match)
{
	for (size_t i = 0; i < ARRAY_LEN(formats[format].parameters); i++) {
		const char *wanted = formats[format].parameters[i].name;

		if (*match < MATCH_FORMAT || !wanted || !part_is(name, wanted))
			continue;
		*match = part_is(value, formats[format].parameters[i].value) ? MATCH_VERSION
									     : MATCH_NONE;
	}
}

/* One range of an Accept header against a format. */
static enum match match_range(struct part range, enum format format, int *quality)
{
	enum match match = match_type(take(&range, ';'), format);

	*quality = QUALITY_MAX;
	while (range.len > 0) {
		struct part value = take(&range, ';');
		struct part name = take(&value, '=');

		value = unquote(trim(value));
		if (part_is(name, "q"))
			*quality = quality_of(value);
		else
			match_parameter(name, value, format, &match);
	}
	return match;
}

/* What a header says of one format. */
struct wish {
	enum match match;
	int quality;
	size_t position;
};

static struct wish wish_of(const char *accept, enum format format)
{
	struct part rest = {accept, strlen(accept)};
	struct wish wish = {MATCH_NONE, 0, 0};

	for (size_t position = 0; rest.len > 0; position++) {
		int quality;
		enum match match = match_range(take(&rest, ','), format, &quality);

		if (match > wish.match ||
		    (match == wish.match && match != MATCH_NONE && quality > wish.quality))
			wish = (struct wish){match, quality, position};
	}
	return wish;
}

/* Among equal qualities the format that is named wins over one that a wildcard allows, then the
 * one that is named first. */
static bool is_better(const struct wish *a, const struct wish *b)
{
	bool named_a = a->match >= MATCH_FORMAT, named_b = b->match >= MATCH_FORMAT;

	if (a->quality != b->quality)
		return a->quality > b->quality;
	if (named_a != named_b)
		return named_a;
	return named_a && a->position < b->position;
}

enum format negotiate_format(const char *accept)
{
	enum format best = FORMAT_TEXT;
	struct wish best_wish;

	if (!accept)
		return FORMAT_TEXT;
	best_wish = wish_of(accept, FORMAT_TEXT);
	for (int i = FORMAT_TEXT + 1; i < FORMAT_COUNT; i++) {
		struct wish wish = wish_of(accept, (enum format)i);

		if (wish.quality > 0 && is_better(&wish, &best_wish)) {
			best = (enum format)i;
			best_wish = wish;
		}
	}
	return best;
}

bool negotiate_gzip(const char *accept_encoding)
{
	struct part rest = {accept_encoding, accept_encoding ? strlen(accept_encoding) : 0};
	int gzip = -1, identity = -1, any = -1;

	while (rest.len > 0) {
		struct part one = take(&rest, ',');
		struct part coding = take(&one, ';');
		struct part value = one;
		int quality =
			part_is(take(&value, '='), "q") ? quality_of(trim(value)) : QUALITY_MAX;

		if (part_is(coding, "gzip") || part_is(coding, "x-gzip"))
			gzip = quality;
		else if (part_is(coding, "identity"))
			identity = quality;
		else if (part_is(coding, "*"))
			any = quality;
	}
	if (gzip < 0)
		gzip = any;
	return gzip > 0 && gzip >= identity;
}
