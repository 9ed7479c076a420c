/* redact.c - hides the passwords of a libpq connection string (PostgreSQL manual, 34.1.1). */
#include <string.h>
#include <strings.h>

#include <tasklab/base/attr.h>
#include <tasklab/base/text.h>
#include <tasklab/config/config.h>

#define HIDDEN "***"

static bool is_secret_key(const char *key)
{
	return strcasecmp(key, "password") == 0 || strcasecmp(key, "sslpassword") == 0;
}

/* URIs ----------------------------------------------------------------------------------------- */

/* A parameter's name may be percent-encoded. */
static bool is_secret_parameter(const char *key, size_t len)
{
	char name[32];
	size_t n = 0;

	for (size_t i = 0; i < len; i++) {
		char c = key[i];

		if (n == sizeof(name) - 1)
			return false; /* longer than any name that is looked for */
		if (c == '%' && i + 2 < len) {
			int high = text_hex(key[i + 1]), low = text_hex(key[i + 2]);

			if (high >= 0 && low >= 0) {
				c = (char)(high << 4 | low);
				i += 2;
			}
		}
		name[n++] = c;
	}
	name[n] = '\0';
	return is_secret_key(name);
}

static void redact_parameters(const char *at, struct buf *out)
{
	while (*at) {
		size_t len = strcspn(at, "&");
		const char *equals = memchr(at, '=', len);

		if (equals && is_secret_parameter(at, (size_t)(equals - at))) {
			buf_append(out, at, (size_t)(equals - at) + 1);
			buf_puts(out, HIDDEN);
		} else {
			buf_append(out, at, len);
		}
		at += len;
		if (*at == '&')
			buf_putc(out, *at++);
	}
}

/* rest follows "postgresql://". Credentials reach up to the last '@' before the first '/'. A later
 * '@' may belong to a password that was not percent-encoded: then nothing is shown. */
static void redact_uri(const char *rest, struct buf *out)
{
	size_t authority = strcspn(rest, "/");
	const char *at_sign = memrchr(rest, '@', authority);
	const char *colon = at_sign ? memchr(rest, ':', (size_t)(at_sign - rest)) : NULL;
	const char *question;

	if (strchr(rest + authority, '@')) {
		buf_puts(out, HIDDEN);
		return;
	}
	if (colon) {
		buf_append(out, rest, (size_t)(colon - rest) + 1);
		buf_puts(out, HIDDEN);
		rest = at_sign;
	}
	question = strchr(rest, '?');
	if (!question) {
		buf_puts(out, rest);
		return;
	}
	buf_append(out, rest, (size_t)(question - rest) + 1);
	redact_parameters(question + 1, out);
}

/* Keywords ------------------------------------------------------------------------------------- */

#define BLANKS " \t\n\r\f\v"

/* The end of a value: quoted, or up to a blank; a backslash escapes the next character. NULL when
 * the quote or the escape does not end. */
static const char *value_end(const char *at)
{
	bool quoted = *at == '\'';

	at += quoted;
	for (; *at; at++) {
		if (*at == '\\') {
			if (*++at == '\0')
				return NULL;
		} else if (quoted && *at == '\'') {
			return at + 1;
		} else if (!quoted && strchr(BLANKS, *at)) {
			return at;
		}
	}
	return quoted ? NULL : at;
}

/* dbname may be a connection string itself. */
static bool hides_more(const char *key, const char *value, size_t len)
{
	return strcasecmp(key, "dbname") == 0 && memchr(value, '=', len);
}

/* One "key = value"; *at moves behind it. False when it is not understood. */
static bool redact_pair(const char **at, struct buf *out)
{
	size_t key_len = strcspn(*at, "=" BLANKS);
	const char *value, *end;
	char key[32];

	value = *at + key_len + strspn(*at + key_len, BLANKS);
	if (key_len == 0 || key_len >= sizeof(key) || *value != '=')
		return false;
	value++;
	value += strspn(value, BLANKS);
	end = value_end(value);
	if (!end)
		return false;
	memcpy(key, *at, key_len);
	key[key_len] = '\0';
	buf_append(out, *at, (size_t)(value - *at));
	if (is_secret_key(key) || hides_more(key, value, (size_t)(end - value)) ||
	    memmem(value, (size_t)(end - value), "://", 3))
		buf_puts(out, HIDDEN);
	else
		buf_append(out, value, (size_t)(end - value));
	*at = end;
	return true;
}

void config_redact_conninfo(const char *conninfo, struct buf *out)
{
	static const char *const schemes[] = {"postgresql://", "postgres://"};
	AUTO(buf_release) struct buf shown = BUF_INIT(out->max);
	const char *at = conninfo;

	for (size_t i = 0; i < ARRAY_LEN(schemes); i++) {
		size_t len = strlen(schemes[i]);

		if (strncmp(conninfo, schemes[i], len) == 0) {
			buf_puts(out, schemes[i]);
			redact_uri(conninfo + len, out);
			return;
		}
	}
	while (*at) {
		size_t blanks = strspn(at, BLANKS);

		buf_append(&shown, at, blanks);
		at += blanks;
		if (*at && !redact_pair(&at, &shown)) {
			buf_puts(out, HIDDEN);
			return;
		}
	}
	if (shown.failed)
		buf_puts(out, HIDDEN);
	else
		buf_append(out, shown.data, shown.len);
}
