/* state.h - what all requests share (struct api), kept fresh in the background. */
#ifndef TASKLAB_API_STATE_H
#define TASKLAB_API_STATE_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include <tasklab/api/api.h>

#include "collect.h"

struct api {
	struct db_pool *pool;
	char *conninfo;
	bool sandbox;
	struct gate *gate;         /* the caller's; NULL: no labs */
	struct lab_cache *cache;   /* of the labs; NULL without a gate */
	struct engine *engine;     /* the caller's; NULL: the sandbox is off */
	atomic_bool draining;      /* /readyz is 503, and the collectors end */
	_Atomic int64_t principal; /* the sandbox's first administrator; 0: not known yet */

	pthread_mutex_t mutex; /* guards the rest */
	pthread_cond_t wake;
	bool schema_ok;
	struct err schema_err; /* why not */
	struct collector collectors[COLLECT_SOURCES];
};

/* 0 when the schema was found complete; otherwise why not, or that nobody has looked yet. */
int state_schema(struct api *api, struct err *err);
/* The sandbox's first enabled administrator; 0: no sandbox, or none there. Remembered, and looked
 * up anew in the background. */
int state_principal(struct api *api, struct db *db, int64_t *ret, struct err *err);
int state_find_principal(struct api *api, struct db *db, int64_t *ret, struct err *err);

#endif
