/* labs.c - /api/v1/labs: the catalogue as a learner may see it, without the answers. */
#include <string.h>

#include <tasklab/lab/catalogue.h>
#include <tasklab/lab/engine.h>
#include <tasklab/lab/history.h>
#include <tasklab/lab/identity.h>
#include <tasklab/lab/lesson.h>

#include "handlers.h"
#include "labs.h"
#include "reply.h"
#include "state.h"

int labs_engine(const struct api_call *call, struct engine **ret, struct err *err)
{
	*ret = call->api->engine;
	if (!*ret)
		return err_set(err, ERR_FORBIDDEN,
			       "labs are part of the sandbox: start the service with "
			       "TASKLAB_SANDBOX=on",
			       "the sandbox is off");
	return 0;
}

int labs_find(const struct api_call *call, struct engine **engine, struct catalogue **catalogue,
	      const struct lab **ret, struct err *err)
{
	const char *slug = http_path_text(call->request, "slug");

	if (labs_engine(call, engine, err) < 0 || engine_catalogue(*engine, catalogue, err) < 0)
		return -1;
	return catalogue_find(*catalogue, slug ? slug : "", ret, err);
}

/* The pieces ----------------------------------------------------------------------------------- */

static void put_current(struct json *json, struct engine *engine)
{
	struct engine_job job;

	json_name(json, "job");
	if (engine_current(engine, &job))
		labs_put_job(json, &job);
	else
		json_nil(json);
}

static void put_active(struct json *json, struct engine *engine)
{
	struct learner_session sessions[ENGINE_ACTIVE_MAX];
	size_t n = engine_active(engine, sessions);

	json_name(json, "active");
	json_begin_array(json);
	for (size_t i = 0; i < n; i++) {
		json_begin_object(json);
		json_kv_string(json, "lab", sessions[i].slug);
		json_kv_string(json, "scale", sessions[i].scale);
		json_kv_string(json, "database", sessions[i].database);
		json_kv_time_us(json, "started_at", sessions[i].started_us);
		json_end_object(json);
	}
	json_end_array(json);
}

static void put_problems(struct json *json, const struct catalogue *catalogue)
{
	json_name(json, "problems");
	json_begin_array(json);
	for (size_t i = 0; i < catalogue->problem_count; i++) {
		json_begin_object(json);
		json_kv_string(json, "slug", catalogue->problems[i].slug);
		json_kv_string(json, "message", catalogue->problems[i].err.message);
		json_end_object(json);
	}
	json_end_array(json);
}

/* So that a command can tell whether the service works on its database. */
static void put_database(struct json *json, const struct identity *identity)
{
	json_name(json, "database");
	json_begin_object(json);
	json_kv_string(json, "system", identity->system);
	json_kv_string(json, "oid", identity->oid);
	json_kv_string(json, "name", identity->name);
	json_end_object(json);
}

/* The handlers --------------------------------------------------------------------------------- */

int lab_list_handler(struct api_call *call, struct http_reply *reply, struct err *err)
{
	AUTO(catalogue_freep) struct catalogue *catalogue = NULL;
	struct json json = JSON_INIT(http_reply_body(reply));
	struct identity identity;
	struct engine *engine;

	if (labs_engine(call, &engine, err) < 0 || identity_read(&call->db, &identity, err) < 0 ||
	    engine_catalogue(engine, &catalogue, err) < 0)
		return -1;
	json_begin_object(&json);
	json_name(&json, "items");
	json_begin_array(&json);
	for (size_t i = 0; i < catalogue->count; i++) {
		json_begin_object(&json);
		lesson_about_json(&json, &catalogue->labs[i]);
		json_end_object(&json);
	}
	json_end_array(&json);
	put_problems(&json, catalogue);
	put_active(&json, engine);
	put_current(&json, engine);
	put_database(&json, &identity);
	json_end_object(&json);
	return 0;
}

int lab_get_handler(struct api_call *call, struct http_reply *reply, struct err *err)
{
	AUTO(catalogue_freep) struct catalogue *catalogue = NULL;
	struct json json = JSON_INIT(http_reply_body(reply));
	const struct lab *lab;
	struct engine *engine;

	if (labs_find(call, &engine, &catalogue, &lab, err) < 0)
		return -1;
	json_begin_object(&json);
	lesson_about_json(&json, lab);
	json_kv_string(&json, "readme", lab->readme);
	lesson_quiz_json(&json, lab);
	json_end_object(&json);
	return 0;
}
