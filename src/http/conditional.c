/* conditional.c - what a client holds or takes: entity tags and Accept. */
#include "conditional.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const char *skip_blanks(const char *at)
{
	return at + strspn(at, " \t");
}

bool conditional_holds(const char *list, const char *etag, bool strong)
{
	const char *opaque = strncmp(etag, "W/", 2) == 0 ? etag + 2 : etag;
	size_t opaque_len = strlen(opaque);

	if (strcmp(list, "*") == 0)
		return true;
	if (strong && opaque != etag)
		return false;
	for (const char *at = skip_blanks(list); *at;) {
		bool weak = strncmp(at, "W/", 2) == 0;
		const char *start = weak ? at + 2 : at;
		const char *end = *start == '"' ? strchr(start + 1, '"') : NULL;

		if (!end)
			return false;
		if ((size_t)(end + 1 - start) == opaque_len &&
		    memcmp(start, opaque, opaque_len) == 0 && !(weak && strong))
			return true;
		at = skip_blanks(end + 1);
		if (*at != ',')
			return false;
		at += strspn(at, ", \t");
	}
	return false;
}

static int range_precision(const char *at, size_t len)
{
	static const char json[] = "application/json";

	while (len > 0 && (at[len - 1] == ' ' || at[len - 1] == '\t'))
		len--;
	if (len == sizeof(json) - 1 && strncasecmp(at, json, len) == 0)
		return 3;
	if (len > 17 && strncasecmp(at, "application/", 12) == 0 &&
	    strncasecmp(at + len - 5, "+json", 5) == 0)
		return 3;
	if (len == 13 && strncasecmp(at, "application/*", len) == 0)
		return 2;
	return len == 3 && strncmp(at, "*/*", len) == 0 ? 1 : 0;
}

/* The q parameter of a range that ends at end; 1 without one. */
static double range_q(const char *at, const char *end)
{
	while (at < end) {
		at = skip_blanks(at + 1);
		if ((*at == 'q' || *at == 'Q') && at[1] == '=')
			return strtod(at + 2, NULL);
		at += strcspn(at, ";,");
	}
	return 1;
}

void conditional_accepts_json(const char *accept, int *precision, double *q)
{
	for (const char *at = accept; *at;) {
		size_t len;
		const char *end;
		int covers;

		at += strspn(at, ", \t");
		len = strcspn(at, ";,");
		end = at + strcspn(at, ",");
		covers = range_precision(at, len);
		if (covers > *precision || (covers == *precision && covers > 0 && *q <= 0)) {
			*precision = covers;
			*q = range_q(at + len, end);
		}
		at = end;
	}
}

bool conditional_type_in(const char *content_type, const char *const *list)
{
	size_t len = strcspn(content_type, ";");

	while (len > 0 && (content_type[len - 1] == ' ' || content_type[len - 1] == '\t'))
		len--;
	for (; *list; list++) {
		if (strlen(*list) == len && strncasecmp(*list, content_type, len) == 0)
			return true;
	}
	return false;
}
