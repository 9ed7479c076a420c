/* router.c - finds the route of a path: a tree of segments. */
#include "router.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SEGMENTS_MAX 16 /* of a template; bounds the recursion of a look-up */

struct node {
	const char *text; /* a literal segment within some template; NULL for a parameter */
	size_t len;
	struct node *child, *sibling; /* literals stand before the parameter */
	const struct http_route *routes[HTTP_METHOD_COUNT];
	uint32_t methods;
};

struct router {
	const struct http_route *routes;
	struct node root;
	struct node *nodes; /* storage of all others */
	size_t node_count;
};

static const char *segment_end(const char *at)
{
	while (*at != '\0' && *at != '/')
		at++;
	return at;
}

static bool is_param(const char *at, const char *end)
{
	return *at == '{' && end - at > 2 && end[-1] == '}';
}

/* The child of parent for the segment, made from router's storage when it is new. */
static struct node *node_child(struct router *router, struct node *parent, const char *at,
			       size_t len)
{
	bool param = is_param(at, at + len);
	struct node **link = &parent->child;
	struct node *node, *next;

	for (; *link && (*link)->text; link = &(*link)->sibling) {
		if (!param && (*link)->len == len && memcmp((*link)->text, at, len) == 0)
			return *link;
	}
	next = *link; /* the parameter, when there is one */
	if (param && next)
		return next;
	node = &router->nodes[router->node_count++];
	*node = (struct node){.text = param ? NULL : at, .len = len, .sibling = next};
	*link = node;
	return node;
}

static int bad_template(const struct http_route *route, const char *why, struct err *err)
{
	return err_set(err, ERR_INVALID, "the route table is malformed", "%s %s: %s",
		       http_method_name(route->method), route->template, why);
}

static int router_add(struct router *router, const struct http_route *route, struct err *err)
{
	struct node *node = &router->root;
	size_t segments = 0, params = 0;
	const char *at = route->template;

	if (*at != '/')
		return bad_template(route, "must start with a slash", err);
	while (*at == '/') {
		const char *end = segment_end(at + 1);

		params += is_param(at + 1, end);
		if (++segments > SEGMENTS_MAX || params > HTTP_PATH_PARAMS_MAX)
			return bad_template(route, "too many segments or parameters", err);
		node = node_child(router, node, at + 1, (size_t)(end - at - 1));
		at = end;
	}
	if (node->routes[route->method])
		return bad_template(route, "is there twice", err);
	node->routes[route->method] = route;
	node->methods |= UINT32_C(1) << route->method;
	return 0;
}

static size_t count_slashes(const struct http_route *routes, size_t n)
{
	size_t slashes = 0;

	for (size_t i = 0; i < n; i++) {
		for (const char *at = routes[i].template; *at; at++)
			slashes += *at == '/';
	}
	return slashes;
}

int router_new(const struct http_route *routes, size_t n, struct router **ret, struct err *err)
{
	struct router *router = calloc(1, sizeof(*router));
	struct node *nodes = calloc(count_slashes(routes, n) + 1, sizeof(*nodes));

	if (!router || !nodes) {
		free(router);
		free(nodes);
		return err_no_memory(err);
	}
	router->routes = routes;
	router->nodes = nodes;
	for (size_t i = 0; i < n; i++) {
		if (router_add(router, &routes[i], err) < 0) {
			router_freep(&router);
			return -1;
		}
	}
	*ret = router;
	return 0;
}

void router_freep(struct router **router)
{
	if (!*router)
		return;
	free((*router)->nodes);
	free(*router);
	*router = NULL;
}

/* Depth-first; at stands on the slash before a segment, or on the end of the path. */
static const struct node *node_find(const struct node *node, const char *at,
				    struct router_match *match)
{
	const char *end;

	if (*at == '\0')
		return node->methods ? node : NULL;
	end = segment_end(at + 1);
	for (const struct node *child = node->child; child; child = child->sibling) {
		const struct node *found;
		size_t len = (size_t)(end - at - 1);

		if (child->text ? child->len != len || memcmp(child->text, at + 1, len) != 0
				: len == 0)
			continue;
		if (!child->text) {
			match->params[match->param_count].text = at + 1;
			match->params[match->param_count++].text_len = len;
		}
		found = node_find(child, end, match);
		if (found)
			return found;
		if (!child->text)
			match->param_count--;
	}
	return NULL;
}

/* Parameters have the names of the route that was found, whose tree node others may share. */
static void name_params(struct router_match *match)
{
	size_t n = 0;

	for (const char *at = match->route->template; *at == '/';) {
		const char *end = segment_end(at + 1);

		if (is_param(at + 1, end)) {
			match->params[n].name = at + 2;
			match->params[n++].name_len = (size_t)(end - at - 3);
		}
		at = end;
	}
}

void router_find(const struct router *router, enum http_method method, const char *path,
		 struct router_match *ret)
{
	const struct node *node;

	ret->route = NULL;
	ret->methods = 0;
	ret->param_count = 0;
	node = *path == '/' ? node_find(&router->root, path, ret) : NULL;
	if (!node)
		return;
	ret->methods = node->methods | UINT32_C(1) << HTTP_OPTIONS;
	if (node->routes[HTTP_GET])
		ret->methods |= UINT32_C(1) << HTTP_HEAD;
	if (method < HTTP_METHOD_COUNT)
		ret->route = node->routes[method];
	if (!ret->route && method == HTTP_HEAD)
		ret->route = node->routes[HTTP_GET];
	if (!ret->route)
		return;
	ret->index = (size_t)(ret->route - router->routes);
	name_params(ret);
}

void router_allow(uint32_t methods, char out[ROUTER_ALLOW_SIZE])
{
	size_t len = 0;

	out[0] = '\0';
	for (unsigned m = 0; m < HTTP_METHOD_COUNT; m++) {
		if (methods & UINT32_C(1) << m)
			len += (size_t)snprintf(out + len, ROUTER_ALLOW_SIZE - len, "%s%s",
						len > 0 ? ", " : "",
						http_method_name((enum http_method)m));
	}
}
