/* framing.c - what a request's head must be before it is believed. */
#include "framing.h"

#include <inttypes.h>
#include <string.h>
#include <strings.h>

#include <tasklab/base/attr.h>

static const struct {
	const char *name;
	size_t len;
	bool lists;
} known_headers[HEADER_COUNT] = {
#define X(id, name, lists) [id] = {name, sizeof(name) - 1, lists},
	FRAMING_KNOWN(X)
#undef X
};

static bool is_token_char(unsigned char c)
{
	return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
	       (c != '\0' && strchr("!#$%&'*+-.^_`|~", c));
}

static const char *end_of(const char *s)
{
	return s + strlen(s);
}

/* Layout --------------------------------------------------------------------------------------- */

/* Where the request line ends; NULL for a malformed one. */
static const char *layout_request_line(const struct framing *framing, struct err *err)
{
	const char *uri_end = end_of(framing->query ? framing->query : framing->uri);

	if (framing->query && framing->query != end_of(framing->uri) + 1) {
		err_set(err, ERR_INVALID, "the request target is malformed", "query");
		return NULL;
	}
	if (framing->uri != end_of(framing->method) + 1 ||
	    framing->version != uri_end + 1 + strlen("HTTP/")) {
		err_set(err, ERR_INVALID,
			"the request line must be a method, a target and a version with one space "
			"between",
			"request line");
		return NULL;
	}
	return end_of(framing->version);
}

static int layout_header(const struct http_header *header, const char *line_end, struct err *err)
{
	const char *colon = end_of(header->name);

	if (header->name != line_end + 2)
		return err_set(
			err, ERR_INVALID,
			"each line of the head must end in CR LF and none start with a blank",
			"before header %.32s", header->name);
	for (const char *at = header->name; at < colon; at++) {
		if (!is_token_char((unsigned char)*at))
			return err_set(err, ERR_INVALID,
				       "a header's name holds a character that none may have",
				       "header %.32s", header->name);
	}
	if (colon == header->name || header->value <= colon ||
	    memchr(colon + 1, '\0', (size_t)(header->value - colon - 1)))
		return err_field(err, ERR_INVALID, header->name,
				 "a header's name must end in its colon, without a blank");
	return 0;
}

/* The empty line after the last header: CR LF, of which civetweb has overwritten the LF. */
static bool layout_ends(const char *line_end, const char *buffer_end)
{
	return buffer_end - line_end > 3 && line_end[1] == '\0' && line_end[2] == '\r' &&
	       line_end[3] == '\0';
}

int framing_layout(const struct framing *framing, size_t buffer_bytes, size_t *head_bytes,
		   struct err *err)
{
	const char *line_end = layout_request_line(framing, err);

	if (!line_end)
		return -1;
	for (size_t i = 0; i < framing->count; i++) {
		if (layout_header(&framing->headers[i], line_end, err) < 0)
			return -1;
		line_end = end_of(framing->headers[i].value);
	}
	/* Without headers civetweb has written over the empty line too. */
	if (framing->count > 0 && !layout_ends(line_end, framing->method + buffer_bytes)) {
		if (framing->count == FRAMING_HEADERS_MAX)
			return err_set(err, ERR_HEADERS_TOO_LARGE,
				       "the request has too many headers", "more than %d",
				       FRAMING_HEADERS_MAX);
		return err_set(err, ERR_INVALID,
			       "each line of the head must be a header and end in CR LF",
			       "after header %.32s", framing->headers[framing->count - 1].name);
	}
	*head_bytes = (size_t)(line_end - framing->method) + strlen("\r\n\r\n");
	return 0;
}

/* Headers -------------------------------------------------------------------------------------- */

static int known_set(struct framing *framing, const struct http_header *header, struct err *err)
{
	size_t len = strlen(header->name);

	for (size_t i = 0; i < HEADER_COUNT; i++) {
		if (known_headers[i].len != len ||
		    strncasecmp(known_headers[i].name, header->name, len) != 0)
			continue;
		if (framing->known[i] && !known_headers[i].lists)
			return err_field(err, ERR_INVALID, known_headers[i].name,
					 "the header is given twice");
		if (!framing->known[i])
			framing->known[i] = header->value;
		else if (i == HEADER_CONNECTION)
			framing->keep_alive = false; /* civetweb reads only the first one */
		return 0;
	}
	return 0;
}

static void trim_end(const char *value)
{
	size_t len = strlen(value);
	char *at = (char *)value; /* civetweb's buffer, which is ours to change */

	while (len > 0 && (at[len - 1] == ' ' || at[len - 1] == '\t'))
		at[--len] = '\0';
}

static int read_length(struct framing *framing, struct err *err)
{
	static const char name[] = "Content-Length";
	const char *text = framing->known[HEADER_CONTENT_LENGTH];
	uint64_t length = 0;

	framing->content_length = 0;
	if (!text)
		return 0;
	if (framing->known[HEADER_TRANSFER_ENCODING])
		return err_field(err, ERR_INVALID, name,
				 "must not be given together with Transfer-Encoding");
	for (const char *at = text; *at; at++) {
		if (*at < '0' || *at > '9')
			return err_field(err, ERR_INVALID, name,
					 "must be a decimal number without sign");
		if (length > (UINT64_MAX - 9) / 10)
			return err_field(err, ERR_TOO_LARGE, name, "is too large");
		length = length * 10 + (uint64_t)(*at - '0');
	}
	if (*text == '\0')
		return err_field(err, ERR_INVALID, name, "must be a decimal number without sign");
	framing->content_length = length;
	return 0;
}

static int read_transfer_encoding(struct framing *framing, struct err *err)
{
	static const char name[] = "Transfer-Encoding";
	const char *text = framing->known[HEADER_TRANSFER_ENCODING];

	framing->chunked = false;
	if (!text)
		return 0;
	if (strcmp(framing->version, "1.1") != 0)
		return err_field(err, ERR_INVALID, name, "is not part of HTTP/1.0");
	if (strcasecmp(text, "chunked") != 0)
		return err_field(err, ERR_INVALID, name, "only chunked is understood");
	framing->chunked = true;
	return 0;
}

static int read_host(const struct framing *framing, struct err *err)
{
	const char *host = framing->known[HEADER_HOST];

	if (!host && strcmp(framing->version, "1.0") == 0)
		return 0;
	if (!host)
		return err_field(err, ERR_INVALID, "Host", "is required by HTTP/1.1");
	for (const char *at = host; *at; at++) {
		if ((unsigned char)*at <= ' ' || (unsigned char)*at >= 0x7F ||
		    strchr("/?#@\\\"<>^`{|}", *at))
			return err_field(err, ERR_INVALID, "Host",
					 "must be a host name and an optional port");
	}
	return 0;
}

static int read_expect(struct framing *framing, struct err *err)
{
	const char *expect = framing->known[HEADER_EXPECT];

	framing->expect_continue = false;
	if (!expect || strcmp(framing->version, "1.0") == 0)
		return 0;
	if (strcasecmp(expect, "100-continue") != 0)
		return err_field(err, ERR_INVALID, "Expect", "only 100-continue is understood");
	framing->expect_continue = true;
	return 0;
}

int framing_read(struct framing *framing, struct err *err)
{
	const char *connection;

	memset(framing->known, 0, sizeof(framing->known));
	framing->keep_alive = true;
	for (size_t i = 0; i < framing->count; i++) {
		trim_end(framing->headers[i].value);
		if (known_set(framing, &framing->headers[i], err) < 0)
			return -1;
	}
	if (read_transfer_encoding(framing, err) < 0 || read_length(framing, err) < 0 ||
	    read_host(framing, err) < 0 || read_expect(framing, err) < 0)
		return -1;
	connection = framing->known[HEADER_CONNECTION];
	if (connection ? strcasecmp(connection, "keep-alive") != 0
		       : strcmp(framing->version, "1.0") == 0)
		framing->keep_alive = false;
	return 0;
}

int framing_too_large(const struct framing *framing, size_t limit, struct err *err)
{
	size_t uri = strlen(framing->uri) + (framing->query ? strlen(framing->query) : 0);
	size_t most = 0;
	const char *name = "";

	for (size_t i = 0; i < framing->count; i++) {
		size_t len = strlen(framing->headers[i].name) + strlen(framing->headers[i].value);

		if (len > most) {
			most = len;
			name = framing->headers[i].name;
		}
	}
	if (uri > most)
		return err_field(err, ERR_URI_TOO_LONG, "",
				 "the request target is too long: the head may have %zu bytes",
				 limit);
	return err_field(err, ERR_HEADERS_TOO_LARGE, name,
			 "the headers are too large: the head may have %zu bytes", limit);
}

const char *framing_header(const struct framing *framing, const char *name)
{
	for (size_t i = 0; i < framing->count; i++) {
		if (strcasecmp(framing->headers[i].name, name) == 0)
			return framing->headers[i].value;
	}
	return NULL;
}
