/* api.h - the service: its routes, what every request carries, its background work.
 *
 *   api_labels_register (and those of other rooms) -> metrics_start -> db_pool_open
 *   -> api_new -> http_server_start with api_routes and api_hooks -> api_drain -> http_server_stop
 *   -> api_freep
 */
#ifndef TASKLAB_API_API_H
#define TASKLAB_API_API_H

#include <stdbool.h>
#include <stddef.h>

#include <tasklab/base/err.h>
#include <tasklab/db/db.h>
#include <tasklab/http/server.h>
#include <tasklab/lab/gate.h>

struct api;
struct engine;

/* Registers the label sets of task states and of the collectors' groups; before metrics_start. */
int api_labels_register(struct err *err);

struct api_options {
	struct db_pool *pool;  /* stays the caller's; closed after api_freep */
	const char *conninfo;  /* the same database, for checking its schema */
	struct engine *engine; /* of the labs, the caller's; NULL: the sandbox is off */
	bool sandbox;          /* requests act as the first administrator until accounts come */
	struct gate *gate;     /* of the labs over HTTP; NULL: the header Tasklab-Lab is refused */
};

/* Starts the background collectors (src/api/collect.c): they check the schema, count tasks, sample
 * the server's sessions and statements, and forget old idempotency keys. The database need not be
 * there yet. */
int api_new(const struct api_options *options, struct api **ret, struct err *err);
void api_freep(struct api **api);
/* From now on /readyz is 503, so that a proxy sends nothing new; the collectors end. */
void api_drain(struct api *api);

/* The routes stay the room's: all of them; and where /metrics has a listener of its own, those
 * without it, and those of that listener. */
const struct http_route *api_routes(size_t *n);
const struct http_route *api_service_routes(size_t *n);
const struct http_route *api_metrics_routes(size_t *n);
struct http_hooks api_hooks(struct api *api);

#endif
