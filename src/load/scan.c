/* scan.c - walks over JSON text (RFC 8259): values are skipped but for a few members. */
#include "scan.h"

#include <stdlib.h>
#include <string.h>

/* A position in NUL-terminated text; NULL after the first mistake. */
struct cursor {
	const char *at;
};

static char peek(struct cursor *c)
{
	if (!c->at)
		return '\0';
	c->at += strspn(c->at, " \t\r\n");
	return *c->at;
}

static bool take(struct cursor *c, char wanted)
{
	if (peek(c) != wanted)
		return false;
	c->at++;
	return true;
}

static void fail(struct cursor *c)
{
	c->at = NULL;
}

/* Passes a string; *begin and *len are what stands between its quotes, escapes as they are. */
static bool take_string(struct cursor *c, const char **begin, size_t *len)
{
	if (!take(c, '"')) {
		fail(c);
		return false;
	}
	*begin = c->at;
	while (*c->at && *c->at != '"')
		c->at += c->at[0] == '\\' && c->at[1] ? 2 : 1;
	*len = (size_t)(c->at - *begin);
	if (!take(c, '"')) {
		fail(c);
		return false;
	}
	return true;
}

/* Passes any value. Brackets are counted, not matched: the service's JSON is well-formed. */
static void skip_value(struct cursor *c)
{
	const char *begin;
	size_t len, depth = 0;

	do {
		switch (peek(c)) {
		case '"':
			take_string(c, &begin, &len);
			break;
		case '{':
		case '[':
			depth++;
			c->at++;
			break;
		case '}':
		case ']':
		case ',':
		case ':':
			if (depth == 0) {
				fail(c);
				break;
			}
			depth -= *c->at == '}' || *c->at == ']';
			c->at++;
			break;
		case '\0':
			fail(c);
			break;
		default:
			c->at += strcspn(c->at, ",:]} \t\r\n");
		}
	} while (c->at && depth > 0);
}

static bool is_name(const char *begin, size_t len, const char *name)
{
	return strlen(name) == len && memcmp(begin, name, len) == 0;
}

static int64_t take_i64(struct cursor *c)
{
	char first = peek(c);
	int64_t value = 0;

	if (first == '-' || (first >= '0' && first <= '9'))
		value = strtoll(c->at, NULL, 10);
	skip_value(c);
	return value;
}

/* The next member of an object whose brace was taken; false at its end or at a mistake. */
static bool next_member(struct cursor *c, const char **name, size_t *len)
{
	take(c, ',');
	if (take(c, '}') || !take_string(c, name, len))
		return false;
	if (!take(c, ':'))
		fail(c);
	return c->at != NULL;
}

static bool take_item(struct cursor *c, struct scan_item *ret)
{
	const char *name;
	size_t len;

	*ret = (struct scan_item){0};
	if (!take(c, '{')) {
		fail(c);
		return false;
	}
	while (next_member(c, &name, &len)) {
		if (is_name(name, len, "id")) {
			ret->id = take_i64(c);
		} else if (is_name(name, len, "project_id")) {
			ret->project_id = take_i64(c);
		} else if (is_name(name, len, "assignee_id")) {
			ret->assignee_id = take_i64(c);
		} else if (is_name(name, len, "archived_at")) {
			ret->archived = peek(c) == '"';
			skip_value(c);
		} else {
			skip_value(c);
		}
	}
	return c->at != NULL;
}

/* A link has no escapes but \/ , which the service does not write; others are not followed. */
static void take_next(struct cursor *c, char next[SCAN_LINK_SIZE])
{
	const char *begin;
	size_t len;

	next[0] = '\0';
	if (peek(c) != '"') {
		skip_value(c);
		return;
	}
	if (!take_string(c, &begin, &len) || len >= SCAN_LINK_SIZE || memchr(begin, '\\', len))
		return;
	memcpy(next, begin, len);
	next[len] = '\0';
}

bool scan_list(const char *text, void (*each)(const struct scan_item *item, void *arg), void *arg,
	       char next[SCAN_LINK_SIZE])
{
	struct cursor c = {text};
	struct scan_item item;
	const char *name;
	size_t len;
	bool found = false;

	next[0] = '\0';
	if (!take(&c, '{'))
		return false;
	while (next_member(&c, &name, &len)) {
		if (is_name(name, len, "next")) {
			take_next(&c, next);
		} else if (is_name(name, len, "items") && take(&c, '[')) {
			found = true;
			while (!take(&c, ']') && take_item(&c, &item)) {
				each(&item, arg);
				take(&c, ',');
			}
		} else {
			skip_value(&c);
		}
	}
	return found && c.at != NULL;
}

bool scan_object(const char *text, struct scan_item *ret)
{
	struct cursor c = {text};

	return take_item(&c, ret);
}
