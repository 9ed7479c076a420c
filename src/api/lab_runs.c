/* lab_runs.c - /api/v1/labs/{slug}/runs: what the engine does now, and what was done before. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <tasklab/base/text.h>
#include <tasklab/lab/engine.h>
#include <tasklab/lab/history.h>

#include "handlers.h"
#include "labs.h"
#include "reply.h"

#define ANSWERS_MAX   16
#define WIDTH_MIN     40
#define WIDTH_MAX     400
#define WIDTH_DEFAULT 100

/* clang-format off */
enum {
	BODY_ACTION,
	BODY_SCALE,
	BODY_KEEP,
	BODY_BESIDE,
	BODY_STATEMENT,
	BODY_ANSWERS,
	BODY_COUNT
};
static const struct field BODY[BODY_COUNT] = {
	[BODY_ACTION] = {"action", FIELD_TEXT, FIELD_REQUIRED, "start, check, reset or run"},
	[BODY_SCALE]  = {"scale", FIELD_TEXT, 0, "small, medium or large; small when not given"},
	[BODY_KEEP]   = {"keep", FIELD_BOOL, 0, "run: leave the lab's database in its fixed state"},
	[BODY_BESIDE] = {"beside", FIELD_BOOL, 0, "start, run: although another lab is active"},
	[BODY_STATEMENT] = {"statement", FIELD_TEXT, 0, "check: yours in place of the lab's"},
	[BODY_ANSWERS] = {"answers", FIELD_ARRAY, 0, "check: the number of a choice for each question of the quiz"},
};
const struct field_set LAB_RUN_FIELDS = {BODY, BODY_COUNT};

enum { QUERY_FORMAT, QUERY_COLOUR, QUERY_WIDTH, QUERY_COUNT };
static const struct field QUERY[QUERY_COUNT] = {
	[QUERY_FORMAT] = {"format", FIELD_TEXT, 0, "the report alone: json, text, markdown or html"},
	[QUERY_COLOUR] = {"colour", FIELD_BOOL, 0, "text: with escape sequences"},
	[QUERY_WIDTH]  = {"width", FIELD_INT, 0, "text: columns, 40 to 400; 100 when not given"},
};
const struct field_set LAB_RUN_QUERY = {QUERY, QUERY_COUNT};
/* clang-format on */

/* The jobs of the engine ----------------------------------------------------------------------- */

static void put_error(struct json *json, const struct engine_job *job)
{
	json_name(json, "error");
	if (job->err.code == ERR_NONE) {
		json_nil(json);
		return;
	}
	json_begin_object(json);
	json_kv_string(json, "code", err_name(job->err.code));
	json_kv_string(json, "message", job->err.message);
	json_kv_string(json, "detail", job->err.detail);
	json_end_object(json);
}

/* What is checked or reset has the scale that it was started with. */
static bool chooses_scale(const struct engine_job *job)
{
	return job->action != ENGINE_CHECK && job->action != ENGINE_RESET;
}

static void put_job_members(struct json *json, const struct engine_job *job)
{
	json_kv_i64(json, "id", job->id);
	json_kv_string(json, "lab", job->slug);
	json_kv_string(json, "action", engine_action_name(job->action));
	json_kv_string(json, "scale", chooses_scale(job) ? seed_scale_name(job->scale) : NULL);
	json_kv_string(json, "state", engine_state_name(job->state));
	json_name(json, "accepted");
	if (job->state == ENGINE_DONE)
		json_bool(json, job->accepted);
	else
		json_nil(json);
	json_name(json, "progress");
	json_begin_object(json);
	json_kv_string(json, "label", job->label);
	json_kv_u64(json, "done", job->done);
	json_kv_u64(json, "total", job->total);
	json_end_object(json);
	json_kv_time_us(json, "started_at", job->started_us);
	json_name(json, "finished_at");
	if (job->finished_us > 0)
		json_time_us(json, job->finished_us);
	else
		json_nil(json);
	put_error(json, job);
}

void labs_put_job(struct json *json, const struct engine_job *job)
{
	json_begin_object(json);
	put_job_members(json, job);
	json_end_object(json);
}

/* ERR_NOT_FOUND: the engine has no such job of the path's lab. */
static int find_job(const struct api_call *call, struct engine **engine, struct engine_job *ret,
		    struct err *err)
{
	const char *slug = http_path_text(call->request, "slug");
	int64_t id;

	if (labs_engine(call, engine, err) < 0 || http_path_id(call->request, "id", &id, err) < 0 ||
	    engine_read(*engine, id, ret, err) < 0)
		return -1;
	if (!slug || strcmp(ret->slug, slug) != 0)
		return err_set(err, ERR_NOT_FOUND, "the lab has no such run",
			       "job %" PRId64 " is of %s", id, ret->slug);
	return 0;
}

/* Reports -------------------------------------------------------------------------------------- */

static int read_look(const struct api_call *call, struct engine_look *ret, struct err *err)
{
	const char *format = reply_param(call, QUERY_FORMAT);
	const char *colour = reply_param(call, QUERY_COLOUR);
	const char *width = reply_param(call, QUERY_WIDTH);
	int64_t columns = WIDTH_DEFAULT;

	*ret = (struct engine_look){.format = ENGINE_JSON};
	if (format && !engine_format_parse(format, &ret->format))
		return err_field(err, ERR_INVALID, "format", "there is no such format of a report");
	if (colour && strcmp(colour, "true") != 0 && strcmp(colour, "false") != 0)
		return err_field(err, ERR_INVALID, "colour", "must be true or false");
	if (width && !text_i64(width, WIDTH_MIN, WIDTH_MAX, &columns))
		return err_field(err, ERR_INVALID, "width", "must be %d to %d", WIDTH_MIN,
				 WIDTH_MAX);
	ret->colour = colour && strcmp(colour, "true") == 0;
	ret->width = (int)columns;
	return 0;
}

/* Member report: null where the job left none. */
static int put_report(struct json *json, struct engine *engine, const struct engine_job *job,
		      struct err *err)
{
	const struct engine_look look = {.format = ENGINE_JSON};
	AUTO(buf_release) struct buf report = BUF_INIT(json->buf->max);
	struct err why = ERR_INIT;

	json_name(json, "report");
	if (job->state != ENGINE_DONE) {
		json_nil(json);
		return 0;
	}
	if (engine_report(engine, job->id, &look, &report, &why) == 0 &&
	    buf_check(&report, &why) == 0) {
		json_raw(json, report.data, report.len);
		return 0;
	}
	json_nil(json);
	if (why.code == ERR_NOT_FOUND)
		return 0;
	return err_pass(err, &why);
}

static int reply_job(const struct api_call *call, struct http_reply *reply, struct engine *engine,
		     const struct engine_job *job, struct err *err)
{
	struct json json = JSON_INIT(http_reply_body(reply));
	struct engine_look look;

	if (read_look(call, &look, err) < 0)
		return -1;
	if (call->query[QUERY_FORMAT].given) {
		http_reply_type(reply, engine_format_type(look.format));
		return engine_report(engine, job->id, &look, http_reply_body(reply), err);
	}
	json_begin_object(&json);
	put_job_members(&json, job);
	if (put_report(&json, engine, job, err) < 0)
		return -1;
	json_end_object(&json);
	return 0;
}

/* Earlier runs --------------------------------------------------------------------------------- */

static void put_run_members(struct json *json, const struct history_run *run)
{
	bool aborted = strcmp(run->verdict, "aborted") == 0 || !*run->verdict;

	json_kv_i64(json, "id", run->id);
	json_kv_string(json, "lab", run->slug);
	json_kv_string(json, "action", run->kind);
	json_kv_string(json, "scale", run->scale);
	json_kv_string(json, "state", engine_state_name(aborted ? ENGINE_CANCELLED : ENGINE_DONE));
	json_name(json, "accepted");
	if (aborted)
		json_nil(json);
	else
		json_bool(json, strcmp(run->verdict, "passed") == 0);
	json_name(json, "score");
	if (run->scored)
		json_i64(json, run->score);
	else
		json_nil(json);
	json_kv_time_us(json, "started_at", run->started_us);
	json_kv_time_us(json, "finished_at", run->finished_us);
}

static void put_run(struct json *json, const struct page *page, size_t i)
{
	struct history_run run;

	history_at(page, i, &run);
	json_begin_object(json);
	put_run_members(json, &run);
	json_end_object(json);
}

static int reply_run(struct api_call *call, struct http_reply *reply, const char *slug, int64_t id,
		     struct err *err)
{
	struct json json = JSON_INIT(http_reply_body(reply));
	AUTO(freep) char *report = NULL;
	struct history_run run;
	struct engine_look look;

	if (read_look(call, &look, err) < 0 ||
	    history_get(&call->db, slug, id, &run, &report, err) < 0)
		return -1;
	if (call->query[QUERY_FORMAT].given && (look.format != ENGINE_JSON || !report))
		return err_set(err, ERR_NOT_FOUND,
			       "the report of this run is not kept in that form: json may be",
			       "run %" PRId64, id);
	if (call->query[QUERY_FORMAT].given) {
		buf_puts(http_reply_body(reply), report);
		return 0;
	}
	json_begin_object(&json);
	put_run_members(&json, &run);
	reply_kv_json(&json, "report", report ? report : "null");
	json_end_object(&json);
	return 0;
}

/* The handlers --------------------------------------------------------------------------------- */

int lab_run_list_handler(struct api_call *call, struct http_reply *reply, struct err *err)
{
	AUTO(catalogue_freep) struct catalogue *catalogue = NULL;
	AUTO(page_release) struct page page = {0};
	const struct page_request request = reply_page_request(call);
	const struct lab *lab;
	struct engine *engine;

	if (labs_find(call, &engine, &catalogue, &lab, err) < 0 ||
	    history_list(&call->db, lab->slug, &request, &page, err) < 0)
		return -1;
	return reply_list(call, reply, &page, put_run, err);
}

static int read_request(const struct api_call *call, struct engine_request *ret, struct err *err)
{
	const char *scale = call->body[BODY_SCALE].given ? call->body[BODY_SCALE].text : "small";

	ret->keep = call->body[BODY_KEEP].boolean;
	ret->beside = call->body[BODY_BESIDE].boolean;
	ret->statement = call->body[BODY_STATEMENT].given ? call->body[BODY_STATEMENT].text : NULL;
	ret->slug = http_path_text(call->request, "slug");
	if (!engine_action_parse(call->body[BODY_ACTION].text, &ret->action))
		return err_field(err, ERR_UNPROCESSABLE, "action",
				 "must be start, check, reset or run");
	if (!seed_scale_parse(scale, &ret->scale))
		return err_field(err, ERR_UNPROCESSABLE, "scale", "must be small, medium or large");
	return 0;
}

/* Whether they fit the lab's quiz is the engine's to say. */
static int read_answers(const struct api_call *call, struct engine_request *request,
			int64_t answers[ANSWERS_MAX], struct err *err)
{
	const json_t *array = call->body[BODY_ANSWERS].object;

	if (!call->body[BODY_ANSWERS].given)
		return 0;
	if (json_array_size(array) == 0 || json_array_size(array) > ANSWERS_MAX)
		return err_field(err, ERR_UNPROCESSABLE, "answers", "must be 1 to %d numbers",
				 ANSWERS_MAX);
	for (size_t i = 0; i < json_array_size(array); i++) {
		if (!json_is_integer(json_array_get(array, i)))
			return err_field(err, ERR_UNPROCESSABLE, "answers", "must be integers");
		answers[i] = json_integer_value(json_array_get(array, i));
	}
	request->answers = answers;
	request->answer_count = json_array_size(array);
	return 0;
}

int lab_run_create_handler(struct api_call *call, struct http_reply *reply, struct err *err)
{
	struct json json = JSON_INIT(http_reply_body(reply));
	struct engine_request request = {.id = 0};
	int64_t answers[ANSWERS_MAX];
	struct engine_job job;
	struct engine *engine;

	if (labs_engine(call, &engine, err) < 0 || read_request(call, &request, err) < 0 ||
	    read_answers(call, &request, answers, err) < 0 ||
	    history_reserve(&call->db, &request.id, err) < 0 ||
	    engine_submit(engine, &request, err) < 0 ||
	    engine_read(engine, request.id, &job, err) < 0)
		return -1;
	http_reply_status(reply, 202);
	http_reply_header(reply, "Location", "/api/v1/labs/%s/runs/%" PRId64, job.slug, job.id);
	labs_put_job(&json, &job);
	return 0;
}

int lab_run_get_handler(struct api_call *call, struct http_reply *reply, struct err *err)
{
	struct err why = ERR_INIT;
	struct engine_job job;
	struct engine *engine;
	int64_t id;

	if (find_job(call, &engine, &job, &why) == 0)
		return reply_job(call, reply, engine, &job, err);
	if (why.code != ERR_NOT_FOUND || http_path_id(call->request, "id", &id, &why) < 0)
		return err_pass(err, &why);
	return reply_run(call, reply, http_path_text(call->request, "slug"), id, err);
}

int lab_run_cancel_handler(struct api_call *call, struct http_reply *reply, struct err *err)
{
	struct engine_job job;
	struct engine *engine;

	if (find_job(call, &engine, &job, err) < 0 || engine_cancel(engine, job.id, err) < 0)
		return -1;
	return reply_no_content(reply);
}
