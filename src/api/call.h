/* call.h - one request as its handler sees it: decoded parameters and body, database, principal. */
#ifndef TASKLAB_API_CALL_H
#define TASKLAB_API_CALL_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include <tasklab/base/json.h>
#include <tasklab/db/db.h>
#include <tasklab/http/server.h>
#include <tasklab/lab/gate.h>

#include "fields.h"

#define API_QUERY_MAX 16 /* rows in a table of parameters */
#define API_BODY_MAX  12 /* rows in a table of members */

struct api;
struct api_call;

/* Returns 0 with a filled reply, or -1 with an err that becomes a problem document. */
typedef int api_handler(struct api_call *call, struct http_reply *reply, struct err *err);

enum api_route_flag {
	API_ROUTE_IDEMPOTENT = 0x1, /* a create that honours Idempotency-Key */
	API_ROUTE_VERSIONED = 0x2,  /* the representation has a version: ETag, If-Match on writes */
	API_ROUTE_LIST = 0x4,       /* answers {"items": [...], "next": ...} */
	API_ROUTE_TEXT = 0x8,       /* answers text/plain */
	API_ROUTE_ALWAYS = 0x10,    /* answered in overload too */
	API_ROUTE_ACCEPTED = 0x20,  /* a create whose work is done later: 202 with Location */
};

/* One row of the route table (routes.c). */
struct api_route {
	enum http_method method;
	unsigned flags; /* of enum api_route_flag */
	const char *template;
	api_handler *handler;
	const struct field_set *query; /* parameters; NULL: none */
	const struct field_set *body;  /* members, of PATCH a merge patch; NULL: no body */
	const char *summary;
};

struct api_call {
	struct http_request *request;
	const struct api_route *route;
	struct api *api;
	struct db db;
	struct gate_visit visit; /* of a lab's database, with the header Tasklab-Lab */
	int64_t principal; /* the acting user's id; 0: not looked up, see api_call_principal */
	int status;        /* of a creation, and where it is: kept for Idempotency-Key */
	char location[96];
	json_t *json;    /* the parsed body, which values in body point into */
	const char *raw; /* the body as it came */
	size_t raw_len;
	struct field_value query[API_QUERY_MAX];
	struct field_value body[API_BODY_MAX];
};

const struct api_route *api_route_rows(size_t *n);

/* The user on whose behalf the request acts; ERR_UNAUTHENTICATED when there is none. */
int api_call_principal(struct api_call *call, int64_t *ret, struct err *err);
/* The same, with 0 where there is none: for histories that may name nobody. */
int api_call_actor(struct api_call *call, int64_t *ret, struct err *err);
/* The hook between routing and the handler: who is it, and may they? */
int api_authorize(struct api_call *call, struct err *err);
/* Decodes what route says, then runs its handler. The http_handler of every row. */
int api_dispatch(struct http_request *request, struct http_reply *reply, struct err *err);

#endif
