/* collect.h - the background collectors: what is counted and checked now and then, never in a
 * scrape. */
#ifndef TASKLAB_API_COLLECT_H
#define TASKLAB_API_COLLECT_H

#include <pthread.h>

#include <tasklab/base/err.h>

struct api;
struct db_monitor;

/* Each source has a thread, so that one that hangs leaves the others fresh. */
enum collect_source {
	COLLECT_SERVICE, /* through the pool, and the schema's check */
	COLLECT_SERVER,  /* over the monitor's own connection */
	COLLECT_SOURCES
};

struct collector {
	struct api *api;
	enum collect_source source;
	pthread_t thread;
	struct db_monitor *monitor; /* NULL: not of this source */
};

/* api->mutex, api->wake and api->draining must be there. Stop waits for the pass in hand, some
 * seconds at most; api_drain must have been called. */
int collect_start(struct collector *collector, struct api *api, enum collect_source source,
		  struct err *err);
void collect_stop(struct collector *collector);

#endif
