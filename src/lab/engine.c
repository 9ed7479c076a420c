/* engine.c - takes jobs one at a time, works on them in a thread of its own, remembers the last. */
#include <tasklab/lab/engine.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <tasklab/base/clock.h>
#include <tasklab/base/text.h>
#include <tasklab/base/thread.h>

#include "active.h"
#include "job.h"

struct engine {
	char *conninfo, *grafana_url;
	char *folders[ENGINE_FOLDERS_MAX];
	size_t folder_count;
	pthread_t thread;
	pthread_mutex_t mutex; /* guards what follows, and the jobs' views */
	pthread_cond_t changed;
	struct active *active;
	struct job *current;           /* under way; NULL: none */
	struct job *kept[ENGINE_KEPT]; /* finished, the latest last */
	size_t kept_count;
	bool draining; /* takes no more jobs; the thread ends */
	bool ended;    /* the thread touches nothing any more */
};

/* Names ---------------------------------------------------------------------------------------- */

static const char *const ACTION_NAMES[] = {
#define X(id, name) [id] = (name),
	ENGINE_ACTIONS(X)
#undef X
};

static const struct {
	const char *name, *type;
} FORMATS[] = {
#define X(id, name, type) [id] = {name, type},
	ENGINE_FORMATS(X)
#undef X
};

const char *engine_action_name(enum engine_action action)
{
	return ACTION_NAMES[action];
}

bool engine_action_parse(const char *name, enum engine_action *ret)
{
	for (size_t i = 0; i < ENGINE_ACTION_COUNT; i++) {
		if (strcmp(name, ACTION_NAMES[i]) == 0) {
			*ret = (enum engine_action)i;
			return true;
		}
	}
	return false;
}

const char *engine_state_name(enum engine_state state)
{
	static const char *const names[] = {"running", "done", "failed", "cancelled"};

	return names[state];
}

const char *engine_format_type(enum engine_format format)
{
	return FORMATS[format].type;
}

bool engine_format_parse(const char *name, enum engine_format *ret)
{
	for (size_t i = 0; i < ENGINE_FORMAT_COUNT; i++) {
		if (strcmp(name, FORMATS[i].name) == 0) {
			*ret = (enum engine_format)i;
			return true;
		}
	}
	return false;
}

/* The thread ----------------------------------------------------------------------------------- */

static struct job *wait_for_job(struct engine *engine)
{
	LOCK(&engine->mutex);

	while (!engine->current && !engine->draining)
		pthread_cond_wait(&engine->changed, &engine->mutex);
	return engine->current;
}

/* Makes room among the finished jobs; one that is being read stays, and the next older goes. */
static void forget_oldest(struct engine *engine)
{
	size_t i = 0;

	if (engine->kept_count < ENGINE_KEPT)
		return;
	while (i + 1 < ENGINE_KEPT && engine->kept[i]->readers > 0)
		i++;
	while (engine->kept[i]->readers > 0) /* all are being read */
		pthread_cond_wait(&engine->changed, &engine->mutex);
	job_freep(&engine->kept[i]);
	memmove(&engine->kept[i], &engine->kept[i + 1],
		(ENGINE_KEPT - i - 1) * sizeof(struct job *));
	engine->kept_count--;
}

static void finish(struct engine *engine, int result, bool accepted, const struct err *err)
{
	LOCK(&engine->mutex);
	struct job *job = engine->current;

	forget_oldest(engine);
	job->view.state = result == 0     ? ENGINE_DONE
			  : job->given_up ? ENGINE_CANCELLED
					  : ENGINE_FAILED;
	job->view.accepted = result == 0 && accepted;
	job->view.err = *err;
	job->view.finished_us = clock_real_us();
	engine->kept[engine->kept_count++] = job;
	engine->current = NULL;
	pthread_cond_broadcast(&engine->changed);
}

/* What the job leaves to the active lab: its sessions, or a statement that serves. */
static void go_on(struct engine *engine, struct job *job, bool accepted)
{
	struct held *held = job->start ? TAKE(job->start->held) : NULL;

	if (accepted && job->view.action == ENGINE_CHECK && job->statement)
		active_use(engine->active, job->lab->slug, job->statement);
	active_go_on(engine->active, job->lab->slug, held);
}

static void *engine_main(void *arg)
{
	struct engine *engine = arg;
	struct job *job;

	while ((job = wait_for_job(engine)) != NULL) {
		struct err err = ERR_INIT;
		bool accepted = false;
		int result;

		active_pause(engine->active, job->lab->slug, job->view.action == ENGINE_RESET);
		result = job_work(job, &accepted, &err);
		go_on(engine, job, result == 0 && accepted);
		finish(engine, result, accepted, &err);
	}
	LOCK(&engine->mutex);
	engine->ended = true;
	pthread_cond_broadcast(&engine->changed);
	return NULL;
}

/* Jobs ----------------------------------------------------------------------------------------- */

static void look_at(const struct job *job, struct engine_job *ret)
{
	*ret = job->view;
	progress_read(job->progress, ret->label, sizeof(ret->label), &ret->done, &ret->total);
}

static struct job *find(const struct engine *engine, int64_t id)
{
	if (engine->current && engine->current->view.id == id)
		return engine->current;
	for (size_t i = engine->kept_count; i-- > 0;) {
		if (engine->kept[i]->view.id == id)
			return engine->kept[i];
	}
	return NULL;
}

static int no_such_job(int64_t id, struct err *err)
{
	return err_set(err, ERR_NOT_FOUND, "there is no such job", "job %lld", (long long)id);
}

int engine_catalogue(const struct engine *engine, struct catalogue **ret, struct err *err)
{
	return catalogue_load((const char *const *)engine->folders, engine->folder_count, ret, err);
}

/* With the mutex held. */
static int check_free(const struct engine *engine, struct err *err)
{
	char message[sizeof(err->message)];
	const struct job *job = engine->current;

	if (engine->draining)
		return err_set(err, ERR_UNAVAILABLE, "the service is stopping", "%s", "");
	if (!job)
		return 0;
	(void)snprintf(message, sizeof(message),
		       "the engine is busy with %s of the lab %s: wait until it ends, or cancel "
		       "/api/v1/labs/%s/runs/%lld",
		       engine_action_name(job->view.action), job->view.slug, job->view.slug,
		       (long long)job->view.id);
	return err_set(err, ERR_CONFLICT, message, "job %lld", (long long)job->view.id);
}

static int make_job(const struct engine *engine, const struct engine_request *request,
		    struct job **ret, struct err *err)
{
	AUTO(catalogue_freep) struct catalogue *catalogue = NULL;
	const struct lab *lab;

	if (engine_catalogue(engine, &catalogue, err) < 0 ||
	    catalogue_find(catalogue, request->slug, &lab, err) < 0)
		return -1;
	return job_new(&(struct engine_options){.conninfo = engine->conninfo,
						.grafana_url = engine->grafana_url},
		       request, &catalogue, lab, ret, err);
}

int engine_submit(struct engine *engine, const struct engine_request *request, struct err *err)
{
	AUTO(job_freep) struct job *job = NULL;

	if (make_job(engine, request, &job, err) < 0)
		return -1;
	LOCK(&engine->mutex);
	if (check_free(engine, err) < 0)
		return -1;
	engine->current = TAKE(job);
	pthread_cond_broadcast(&engine->changed);
	return 0;
}

int engine_cancel(struct engine *engine, int64_t id, struct err *err)
{
	LOCK(&engine->mutex);
	struct job *job = find(engine, id);

	if (!job)
		return no_such_job(id, err);
	if (job->view.state == ENGINE_RUNNING)
		job_give_up(job);
	return 0;
}

int engine_read(struct engine *engine, int64_t id, struct engine_job *ret, struct err *err)
{
	LOCK(&engine->mutex);
	const struct job *job = find(engine, id);

	if (!job)
		return no_such_job(id, err);
	look_at(job, ret);
	return 0;
}

bool engine_current(struct engine *engine, struct engine_job *ret)
{
	LOCK(&engine->mutex);

	if (engine->current)
		look_at(engine->current, ret);
	return engine->current != NULL;
}

size_t engine_active(struct engine *engine, struct learner_session ret[ENGINE_ACTIVE_MAX])
{
	return active_list(engine->active, ret);
}

/* Reports -------------------------------------------------------------------------------------- */

static struct job *hold(struct engine *engine, int64_t id, struct err *err)
{
	LOCK(&engine->mutex);
	struct job *job = find(engine, id);

	if (!job) {
		(void)no_such_job(id, err);
		return NULL;
	}
	if (job->view.state == ENGINE_RUNNING) {
		(void)err_set(err, ERR_CONFLICT, "the job is not finished yet", "job %lld",
			      (long long)id);
		return NULL;
	}
	job->readers++;
	return job;
}

static void let_go(struct engine *engine, struct job *job)
{
	LOCK(&engine->mutex);

	job->readers--;
	pthread_cond_broadcast(&engine->changed);
}

int engine_report(struct engine *engine, int64_t id, const struct engine_look *look,
		  struct buf *out, struct err *err)
{
	struct job *job = hold(engine, id, err);
	int result;

	if (!job)
		return -1;
	result = job_report(job, look, out, err);
	let_go(engine, job);
	return result;
}

/* Life ----------------------------------------------------------------------------------------- */

static void engine_free(struct engine *engine)
{
	active_freep(&engine->active);
	for (size_t i = 0; i < engine->kept_count; i++)
		job_freep(&engine->kept[i]);
	for (size_t i = 0; i < engine->folder_count; i++)
		free(engine->folders[i]);
	free(engine->conninfo);
	free(engine->grafana_url);
	pthread_cond_destroy(&engine->changed);
	pthread_mutex_destroy(&engine->mutex);
	free(engine);
}

static int copy_options(struct engine *engine, const struct engine_options *options,
			struct err *err)
{
	if (text_copy(options->conninfo, &engine->conninfo, err) < 0 ||
	    text_copy(options->grafana_url ? options->grafana_url : "", &engine->grafana_url, err) <
		    0)
		return -1;
	for (size_t i = 0; i < options->folder_count && i < ENGINE_FOLDERS_MAX; i++) {
		if (text_copy(options->folders[i], &engine->folders[i], err) < 0)
			return -1;
		engine->folder_count = i + 1;
	}
	return 0;
}

int engine_new(const struct engine_options *options, struct engine **ret, struct err *err)
{
	struct engine *engine = calloc(1, sizeof(*engine));

	if (!engine)
		return err_no_memory(err);
	if (thread_cond_init(&engine->changed, err) < 0) {
		free(engine);
		return -1;
	}
	pthread_mutex_init(&engine->mutex, NULL);
	if (copy_options(engine, options, err) < 0 ||
	    active_new(engine, engine->conninfo, options->gate, &engine->active, err) < 0 ||
	    thread_start(&engine->thread, "lab-engine", engine_main, engine, err) < 0) {
		engine_free(engine);
		return -1;
	}
	*ret = engine;
	return 0;
}

int engine_begin(struct engine *engine, struct err *err)
{
	return active_begin(engine->active, err);
}

void engine_drain(struct engine *engine)
{
	LOCK(&engine->mutex);

	engine->draining = true;
	active_drain(engine->active);
	if (engine->current)
		job_give_up(engine->current);
	pthread_cond_broadcast(&engine->changed);
}

static bool wait_for_end(struct engine *engine)
{
	int64_t deadline_ns = clock_mono_ns() + ENGINE_STOP_MS * CLOCK_NS_PER_MS;
	LOCK(&engine->mutex);

	while (!engine->ended) {
		if (!thread_cond_wait_until(&engine->changed, &engine->mutex, deadline_ns))
			break;
	}
	return engine->ended;
}

int engine_stop(struct engine **pointer, struct err *err)
{
	struct engine *engine = *pointer;

	if (!engine)
		return 0;
	engine_drain(engine);
	if (!wait_for_end(engine))
		return err_set(err, ERR_TIMEOUT,
			       "a job of the labs did not end: `tasklab lab reset` clears up what "
			       "it leaves",
			       "waited %d ms", ENGINE_STOP_MS);
	pthread_join(engine->thread, NULL);
	engine_free(engine);
	*pointer = NULL;
	return 0;
}
