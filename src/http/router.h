/* router.h - finds the route of a path; built once, looked up without allocation.
 *
 * Templates hold literal segments and {parameters}. A literal is preferred to a parameter; when the
 * literal leads nowhere the parameter is tried, so "/a/{x}/b" answers "/a/c/b" beside "/a/c/d".
 */
#ifndef TASKLAB_HTTP_ROUTER_H
#define TASKLAB_HTTP_ROUTER_H

#include <stddef.h>
#include <stdint.h>

#include <tasklab/base/err.h>
#include <tasklab/http/server.h>

struct router;

struct router_param {
	const char *name; /* within the template, not terminated */
	size_t name_len;
	const char *text; /* within the path, as it was sent: still percent-encoded */
	size_t text_len;
};

struct router_match {
	const struct http_route *route; /* NULL: no route for this method */
	size_t index;                   /* the route's position in the table */
	uint32_t methods;               /* bit m: enum http_method m has a route; 0: no such path */
	struct router_param params[HTTP_PATH_PARAMS_MAX];
	size_t param_count;
};

/* ERR_INVALID for a table that has a malformed template or a row twice. */
int router_new(const struct http_route *routes, size_t n, struct router **ret, struct err *err);
void router_freep(struct router **router);
/* HEAD finds the GET row when it has none of its own, and is in methods beside it; OPTIONS always
 * is. An unknown method is looked up as HTTP_METHOD_COUNT. */
void router_find(const struct router *router, enum http_method method, const char *path,
		 struct router_match *ret);
/* "GET, HEAD, OPTIONS" for an Allow header. */
#define ROUTER_ALLOW_SIZE 64
void router_allow(uint32_t methods, char out[ROUTER_ALLOW_SIZE]);

#endif
