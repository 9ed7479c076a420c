/* test_framing.c - heads as civetweb cuts them up: which are believed, and what is wrong with
 * others.
 *
 * A head is given as it stands in the buffer after civetweb's parser: "|" for each byte that it has
 * overwritten with NUL. The rest of the test finds the parts by the rules of that parser.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include <tasklab/base/attr.h>

#include "http/framing.h"

struct head {
	char *buffer; /* exactly the head, so that a sanitizer sees a byte too far */
	size_t len;
	struct framing framing;
};

static void head_release(struct head *head)
{
	free(head->buffer);
}

static const char *next_part(const char *at, const char *end)
{
	at += strlen(at);
	while (at < end && (*at == '\0' || *at == ' '))
		at++;
	return at;
}

/* Request line, then name|value pairs, then "\r|". */
static void head_load(struct head *head, const char *text)
{
	struct framing *framing = &head->framing;
	const char *end;

	memset(head, 0, sizeof(*head));
	head->len = strlen(text);
	head->buffer = malloc(head->len);
	assert_non_null(head->buffer);
	for (size_t i = 0; i < head->len; i++)
		head->buffer[i] = (char)(text[i] == '|' ? '\0' : text[i]);
	end = head->buffer + head->len;
	framing->method = head->buffer;
	framing->uri = next_part(framing->method, end);
	if (strchr(framing->uri, '?') == framing->uri)
		fail_msg("use a path before the query");
	framing->version = next_part(framing->uri, end);
	if (*framing->version == '?') {
		framing->query = framing->version + 1;
		framing->version = next_part(framing->query, end);
	}
	for (const char *at = next_part(framing->version, end); at < end && *at != '\r';
	     at = next_part(framing->headers[framing->count++].value, end)) {
		framing->headers[framing->count].name = at;
		at += strlen(at);
		while (*at == '\0' || *at == ' ')
			at++;
		framing->headers[framing->count].value = *at == '\r' ? at - 1 : at;
	}
	framing->version += strlen("HTTP/");
}

/* clang-format off */
static const struct {
	const char *label;
	const char *text;
	enum err_code code;
	const char *field;
} cases[] = {
	{"plain", "GET|/a|HTTP/1.1||Host| x||\r|", ERR_NONE, ""},
	{"no blank after the colon", "GET|/a|HTTP/1.1||Host|x||\r|", ERR_NONE, ""},
	{"two headers", "GET|/a|HTTP/1.1||Host| x||A| b||\r|", ERR_NONE, ""},
	{"1.0 without headers", "GET|/a|HTTP/1.0||||", ERR_NONE, ""},
	{"1.1 without headers", "GET|/a|HTTP/1.1||||", ERR_INVALID, "Host"},
	{"blank in the request line", "GET||/a|HTTP/1.1||Host| x||\r|", ERR_INVALID, ""},
	{"blank after the target", "GET|/a||HTTP/1.1||Host| x||\r|", ERR_INVALID, ""},
	{"line feed after the request line", "GET|/a|HTTP/1.1|Host| x||\r|", ERR_INVALID, ""},
	{"blank before the first header", "GET|/a|HTTP/1.1|||Host| x||\r|", ERR_INVALID, ""},
	{"line feed after a header", "GET|/a|HTTP/1.1||Host| x|A| b||\r|", ERR_INVALID, ""},
	{"line feeds at the end", "GET|/a|HTTP/1.1||Host| x||", ERR_INVALID, ""},
	{"blank before the colon", "GET|/a|HTTP/1.1||Host|| x||\r|", ERR_INVALID, "Host"},
	{"name with a bracket", "GET|/a|HTTP/1.1||Ho(st| x||\r|", ERR_INVALID, ""},
	{"length", "POST|/a|HTTP/1.1||Host| x||Content-Length| 12||\r|", ERR_NONE, ""},
	{"length with a sign", "POST|/a|HTTP/1.1||Host| x||Content-Length| +12||\r|", ERR_INVALID, "Content-Length"},
	{"length twice", "POST|/a|HTTP/1.1||Host| x||Content-Length| 1||content-length| 1||\r|", ERR_INVALID, "Content-Length"},
	{"length too large", "POST|/a|HTTP/1.1||Host| x||Content-Length| 99999999999999999999||\r|", ERR_TOO_LARGE, "Content-Length"},
	{"chunked", "POST|/a|HTTP/1.1||Host| x||Transfer-Encoding| CHUNKED||\r|", ERR_NONE, ""},
	{"chunked and length", "POST|/a|HTTP/1.1||Host| x||Transfer-Encoding| chunked||Content-Length| 1||\r|", ERR_INVALID, "Content-Length"},
	{"other encoding", "POST|/a|HTTP/1.1||Host| x||Transfer-Encoding| xchunked||\r|", ERR_INVALID, "Transfer-Encoding"},
	{"chunked in 1.0", "POST|/a|HTTP/1.0||Transfer-Encoding| chunked||\r|", ERR_INVALID, "Transfer-Encoding"},
	{"host twice", "GET|/a|HTTP/1.1||Host| x||HOST| x||\r|", ERR_INVALID, "Host"},
	{"host with a slash", "GET|/a|HTTP/1.1||Host| x/y||\r|", ERR_INVALID, "Host"},
	{"host with userinfo", "GET|/a|HTTP/1.1||Host| u@x||\r|", ERR_INVALID, "Host"},
	{"host of IPv6", "GET|/a|HTTP/1.1||Host| [::1]:8080||\r|", ERR_NONE, ""},
	{"expectation", "POST|/a|HTTP/1.1||Host| x||Expect| 200-ok||\r|", ERR_INVALID, "Expect"},
};
/* clang-format on */

static void test_heads(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		AUTO(head_release) struct head head;
		struct err err = ERR_INIT;
		size_t bytes = 0;

		head_load(&head, cases[i].text);
		if (framing_layout(&head.framing, head.len, &bytes, &err) == 0) {
			if (bytes != head.len)
				fail_msg("%s: %zu bytes of %zu", cases[i].label, bytes, head.len);
			(void)framing_read(&head.framing, &err);
		}
		if (err.code != cases[i].code || strcmp(err.field, cases[i].field) != 0)
			fail_msg("%s: %s, field %s, %s", cases[i].label, err_name(err.code),
				 err.field, err.message);
	}
}

static void test_what_is_read(void **state)
{
	AUTO(head_release) struct head head;
	size_t bytes;

	(void)state;
	head_load(&head, "POST|/a|HTTP/1.1||Host| x||content-LENGTH| 0012 ||Expect| 100-Continue||"
			 "X-Request-Id| one||x-request-id| two||\r|");
	assert_int_equal(framing_layout(&head.framing, head.len, &bytes, NULL), 0);
	assert_int_equal(framing_read(&head.framing, NULL), 0);
	assert_int_equal(head.framing.content_length, 12);
	assert_true(head.framing.expect_continue);
	assert_true(head.framing.keep_alive);
	assert_false(head.framing.chunked);
	assert_string_equal(head.framing.known[HEADER_REQUEST_ID], "one");
	assert_string_equal(framing_header(&head.framing, "HOST"), "x");
	assert_null(framing_header(&head.framing, "Accept"));
}

static void test_keep_alive(void **state)
{
	static const struct {
		const char *text;
		bool keep;
	} heads[] = {
		{"GET|/a|HTTP/1.1||Host| x||\r|", true},
		{"GET|/a|HTTP/1.0||Host| x||\r|", false},
		{"GET|/a|HTTP/1.0||Connection| Keep-Alive||\r|", true},
		{"GET|/a|HTTP/1.1||Host| x||Connection| close||\r|", false},
		{"GET|/a|HTTP/1.1||Host| x||Connection| k||\r|", false},
		{"GET|/a|HTTP/1.1||Host| x||Connection| keep-alive||Connection| close||\r|", false},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(heads); i++) {
		AUTO(head_release) struct head head;

		head_load(&head, heads[i].text);
		assert_int_equal(framing_read(&head.framing, NULL), 0);
		if (head.framing.keep_alive != heads[i].keep)
			fail_msg("%s", heads[i].text);
	}
}

static void test_too_large(void **state)
{
	AUTO(head_release) struct head head;
	struct err err = ERR_INIT;

	(void)state;
	head_load(&head, "GET|/a|HTTP/1.1||Host| x||Cookie| 123456||\r|");
	framing_too_large(&head.framing, 10, &err);
	assert_int_equal(err.code, ERR_HEADERS_TOO_LARGE);
	assert_string_equal(err.field, "Cookie");
	head_release(&head);
	head_load(&head, "GET|/aaaaaaaaaaaaaaaaa|HTTP/1.1||Host| x||\r|");
	framing_too_large(&head.framing, 10, &err);
	assert_int_equal(err.code, ERR_URI_TOO_LONG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_heads),
		cmocka_unit_test(test_what_is_read),
		cmocka_unit_test(test_keep_alive),
		cmocka_unit_test(test_too_large),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
