/* state.c - what all requests share: made, drained, taken apart. */
#include "state.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include <tasklab/base/attr.h>
#include <tasklab/base/thread.h>

#include "lab_cache.h"

DB_QUERY_READ(
	SQL_API_PRINCIPAL, "api_principal",
	"SELECT id FROM users WHERE role = 'admin' AND disabled_at IS NULL ORDER BY id LIMIT 1");

static void release(struct api *api)
{
	lab_cache_freep(&api->cache);
	free(api->conninfo);
	free(api);
}

/* All or none. */
static int start_collectors(struct api *api, struct err *err)
{
	for (size_t i = 0; i < COLLECT_SOURCES; i++) {
		if (collect_start(&api->collectors[i], api, (enum collect_source)i, err) == 0)
			continue;
		api_drain(api);
		while (i-- > 0)
			collect_stop(&api->collectors[i]);
		return -1;
	}
	return 0;
}

int api_new(const struct api_options *options, struct api **ret, struct err *err)
{
	struct api *api = calloc(1, sizeof(*api));

	if (!api)
		return err_no_memory(err);
	json_object_seed(0); /* once, before the threads that parse */
	api->pool = options->pool;
	api->sandbox = options->sandbox;
	api->gate = options->gate;
	api->engine = options->engine;
	api->conninfo = strdup(options->conninfo);
	pthread_mutex_init(&api->mutex, NULL);
	(void)err_set(&api->schema_err, ERR_UNAVAILABLE, "the schema has not been checked yet",
		      "starting");
	if (!api->conninfo) {
		release(api);
		return err_no_memory(err);
	}
	if (api->gate && lab_cache_new(&api->cache, err) < 0) {
		release(api);
		return -1;
	}
	if (thread_cond_init(&api->wake, err) < 0 || start_collectors(api, err) < 0) {
		release(api);
		return -1;
	}
	*ret = api;
	return 0;
}

void api_drain(struct api *api)
{
	LOCK(&api->mutex);

	atomic_store(&api->draining, true);
	pthread_cond_broadcast(&api->wake);
}

void api_freep(struct api **pointer)
{
	struct api *api = *pointer;

	if (!api)
		return;
	api_drain(api);
	for (size_t i = 0; i < COLLECT_SOURCES; i++)
		collect_stop(&api->collectors[i]);
	pthread_cond_destroy(&api->wake);
	pthread_mutex_destroy(&api->mutex);
	release(api);
	*pointer = NULL;
}

int state_schema(struct api *api, struct err *err)
{
	LOCK(&api->mutex);

	if (api->schema_ok)
		return 0;
	if (err)
		*err = api->schema_err;
	return -1;
}

int state_find_principal(struct api *api, struct db *db, int64_t *ret, struct err *err)
{
	AUTO(db_result_freep) struct db_result *result = NULL;

	if (!api->sandbox) {
		*ret = 0;
		return 0;
	}
	if (db_query(db, &SQL_API_PRINCIPAL, DB_NO_ARGS, &result, err) < 0)
		return -1;
	*ret = db_rows(result) > 0 ? db_get_i64(result, 0, 0) : 0;
	if (db->pool == api->pool) /* a lab's database has its own */
		atomic_store(&api->principal, *ret);
	return 0;
}

int state_principal(struct api *api, struct db *db, int64_t *ret, struct err *err)
{
	*ret = db->pool == api->pool ? atomic_load(&api->principal) : 0;
	return *ret != 0 ? 0 : state_find_principal(api, db, ret, err);
}
