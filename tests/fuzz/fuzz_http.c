/* fuzz_http.c - libFuzzer target: heads, paths, queries and lists from a client.
 *
 * The input is a raw request. It is cut up as civetweb does it, by a parser that is no stricter,
 * and then goes through the checks of framing.c, uri.c, router.c and conditional.c. What they
 * promise is asserted: a head that is believed has one Content-Length at most, decoded text is
 * UTF-8 without NUL.
 */
#undef NDEBUG /* the assertions are the target */
#include <assert.h>
#include <ctype.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <tasklab/base/attr.h>
#include <tasklab/base/text.h>

#include "http/conditional.h"
#include "http/framing.h"
#include "http/router.h"
#include "http/uri.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct http_route routes[] = {
	{HTTP_GET, "/", NULL, 0, 0},
	{HTTP_GET, "/a", NULL, 0, 0},
	{HTTP_POST, "/a/{id}", NULL, 0, 0},
	{HTTP_GET, "/a/b/{x}/{y}", NULL, 0, 0},
};

static char *take_word(char **at, char *end)
{
	char *word = *at;

	while (*at < end && isgraph((unsigned char)**at))
		++*at;
	while (*at < end && isspace((unsigned char)**at))
		*(*at)++ = '\0';
	return word;
}

/* name: value lines; false when one has no colon. */
static void split_headers(struct framing *framing, char *at, char *end)
{
	while (at < end && framing->count < FRAMING_HEADERS_MAX) {
		char *colon = at;
		struct http_header *header = &framing->headers[framing->count];

		while (colon < end && *colon != ':' && *colon > ' ')
			colon++;
		if (colon == at || colon == end)
			return;
		header->name = at;
		for (at = colon; at < end && *at == ' '; at++)
			*at = '\0';
		if (at == end || *at != ':')
			return;
		*at++ = '\0';
		while (at < end && (*at == ' ' || *at == '\t'))
			at++;
		header->value = at;
		framing->count++;
		while (at < end && *at != '\0' && *at != '\r' && *at != '\n')
			at++;
		if (at < end && *at == '\r')
			*at++ = '\0';
		if (at < end && *at == '\n')
			*at++ = '\0';
		if (at < end && *at == '\r')
			return;
	}
}

static void check_query(const char *query)
{
	AUTO(freep) char *text = malloc(strlen(query) + URI_QUERY_EXTRA);
	struct uri_query parsed;

	if (!text || uri_query_parse(query, text, &parsed, NULL) < 0)
		return;
	for (size_t i = 0; i < parsed.count; i++) {
		assert(parsed.params[i].name[0] != '\0');
		assert(text_utf8(parsed.params[i].name, strlen(parsed.params[i].name)));
		assert(text_utf8(parsed.params[i].value, strlen(parsed.params[i].value)));
	}
}

static void check_path(const char *path)
{
	AUTO(router_freep) struct router *router = NULL;
	AUTO(freep) char *text = malloc(strlen(path) + 1);
	struct router_match match;
	size_t len;

	if (!text || router_new(routes, ARRAY_LEN(routes), &router, NULL) < 0)
		return;
	router_find(router, HTTP_GET, path, &match);
	assert(match.param_count <= HTTP_PATH_PARAMS_MAX);
	if (uri_fault(path, strlen(path), false))
		return;
	len = uri_decode(path, strlen(path), false, text);
	assert(strlen(text) == len && text_utf8(text, len));
}

static void check_lists(const struct framing *framing)
{
	static const char *const types[] = {"application/json", NULL};

	for (size_t i = 0; i < framing->count; i++) {
		int precision = 0;
		double q = 0;

		(void)conditional_holds(framing->headers[i].value, "\"1\"", true);
		(void)conditional_holds(framing->headers[i].value, "W/\"1\"", false);
		(void)conditional_type_in(framing->headers[i].value, types);
		conditional_accepts_json(framing->headers[i].value, &precision, &q);
	}
}

static size_t count_headers(const struct framing *framing, const char *name)
{
	size_t n = 0;

	for (size_t i = 0; i < framing->count; i++)
		n += strcasecmp(framing->headers[i].name, name) == 0;
	return n;
}

static void check_head(char *buffer, size_t size)
{
	struct framing framing = {0};
	char *at = buffer, *end = buffer + size - 1; /* the last byte stays NUL */
	struct err err = ERR_INIT;
	size_t head_bytes;
	char *question;

	framing.method = take_word(&at, end);
	framing.uri = take_word(&at, end);
	framing.version = take_word(&at, end);
	if (strncmp(framing.version, "HTTP/", 5) != 0)
		return;
	framing.version += 5;
	split_headers(&framing, at, end);
	question = strchr(framing.uri, '?');
	if (question) {
		*question = '\0';
		framing.query = question + 1;
		check_query(framing.query);
	}
	check_path(framing.uri);
	if (framing_layout(&framing, size, &head_bytes, &err) < 0 ||
	    framing_read(&framing, &err) < 0) {
		assert(err.code != ERR_NONE && err.message[0] != '\0');
		return;
	}
	assert(head_bytes <= size + 4);
	assert(count_headers(&framing, "Content-Length") <= 1);
	assert(count_headers(&framing, "Host") <= 1);
	assert(!framing.chunked || !framing.known[HEADER_CONTENT_LENGTH]);
	check_lists(&framing);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO(freep) char *buffer = malloc(size + 1);

	if (!buffer)
		return 0;
	if (size > 0)
		memcpy(buffer, data, size);
	buffer[size] = '\0';
	check_head(buffer, size + 1);
	return 0;
}
