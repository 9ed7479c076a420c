/* method.c - the request methods that routes may have (RFC 9110 section 9, RFC 5789). */
#include "method.h"

#include <string.h>

#include <tasklab/base/attr.h>

static const char *const names[HTTP_METHOD_COUNT] = {
	[HTTP_GET] = "GET",         [HTTP_HEAD] = "HEAD",   [HTTP_POST] = "POST",
	[HTTP_PUT] = "PUT",         [HTTP_PATCH] = "PATCH", [HTTP_DELETE] = "DELETE",
	[HTTP_OPTIONS] = "OPTIONS",
};

const char *http_method_name(enum http_method method)
{
	return names[method];
}

bool method_parse(const char *name, enum http_method *ret)
{
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		if (strcmp(names[i], name) == 0) {
			*ret = (enum http_method)i;
			return true;
		}
	}
	return false;
}
