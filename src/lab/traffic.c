/* traffic.c - a thread that keeps a lab's workload going, slowly, while nobody works on the lab. */
#include "traffic.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <tasklab/base/clock.h>
#include <tasklab/base/log.h>
#include <tasklab/base/thread.h>
#include <tasklab/db/monitor.h>
#include <tasklab/lab/labels.h>

#include "runner.h"
#include "script.h"
#include "web_phase.h"
#include "web_runner.h"

#define PACE_NS    (50 * CLOCK_NS_PER_MS)
#define BURST_MS   1000           /* least time from burst to burst */
#define AGAIN_NS   CLOCK_NS_PER_S /* after an end that nobody asked for */
#define LOOK_MS    INT64_C(10000) /* longest statement beside the workload's */
#define FOREVER_S  INT64_C(1000000000)
#define REASON_MAX sizeof(((struct err *)0)->message)

static const char SQL_THERE[] = "SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)";

struct traffic {
	const struct engine *engine;
	char *conninfo;
	char slug[LAB_SLUG_MAX + 1];
	size_t label;
	pthread_t thread;
	int stop_fd;           /* eventfd: readable while no call may be made */
	pthread_mutex_t mutex; /* guards the rest */
	pthread_cond_t changed;
	bool ending, paused, going;
	char *statement; /* instead of slow.sql; NULL: slow.sql */
};

/* One stretch of it, from its connections to whatever ends it. */
struct stretch {
	struct traffic *traffic;
	struct catalogue *catalogue;
	char *statement;
	struct site site; /* without the lock: only what connections need */
	struct params params;
};

/* What to do --------------------------------------------------------------------------------- */

static int find_lab(struct stretch *stretch, struct err *err)
{
	struct traffic *traffic = stretch->traffic;
	struct site *site = &stretch->site;
	const char *statement;

	if (engine_catalogue(traffic->engine, &stretch->catalogue, err) < 0 ||
	    catalogue_find(stretch->catalogue, traffic->slug, &site->lab, err) < 0)
		return -1;
	site->options.conninfo = traffic->conninfo;
	site->options.lab = site->lab;
	guard_lab_database(traffic->slug, site->database);
	guard_reference_database(traffic->slug, site->reference);
	LOCK(&traffic->mutex);
	statement = traffic->statement ? traffic->statement : site->lab->slow_sql;
	stretch->statement = statement ? strdup(statement) : NULL;
	return statement && !stretch->statement ? err_no_memory(err) : 0;
}

/* The rows as the broken data give them: fewer than the workload asks for will do. */
static int read_params(struct stretch *stretch, struct err *err)
{
	const struct lab *lab = stretch->site.lab;
	AUTO(db_conn_closep) struct db_conn *conn = NULL;

	if (site_connect(&stretch->site, stretch->site.database, NULL, &conn, err) < 0)
		return -1;
	db_conn_set_deadline(conn, clock_mono_ns() + LOOK_MS * CLOCK_NS_PER_MS);
	if (params_read(conn, lab->params_sql, (size_t)lab->workload.parameters, &stretch->params,
			err) == 0)
		return 0;
	return params_read(conn, lab->params_sql, 1, &stretch->params, err);
}

static int open_guard(struct stretch *stretch, struct err *err)
{
	struct site *site = &stretch->site;

	db_conn_closep(&site->guard);
	if (guard_open(stretch->traffic->conninfo, site->database, &site->guard, err) < 0)
		return -1;
	db_conn_set_limit(site->guard, &site->interrupt.limit_ns);
	site->server_version = db_conn_server_version(site->guard);
	return 0;
}

/* False when somebody works on the lab, or its database is gone. Asked again after connecting:
 * whoever takes the lock ends the sessions that it finds, so either it finds ours or we find it. */
static int check_free(struct stretch *stretch, bool *free_now, struct err *err)
{
	AUTO(db_result_freep) struct db_result *there = NULL;
	struct site *site = &stretch->site;
	bool locked;

	db_conn_set_deadline(site->guard, clock_mono_ns() + LOOK_MS * CLOCK_NS_PER_MS);
	if (guard_locked(site->guard, site->database, &locked, err) < 0 ||
	    db_conn_query(site->guard, SQL_THERE, DB_ARGS(db_text(site->database)), &there, err) <
		    0)
		return -1;
	*free_now = !locked && db_get_bool(there, 0, 0);
	return 0;
}

/* Statements' identifiers ---------------------------------------------------------------------- */

static int add_id(struct db_conn *conn, const struct script_step *step, const struct params *params,
		  int64_t *ids, size_t *n, struct err *err)
{
	size_t count = params->columns + (step->repeat > 0);
	bool found = false;

	if (db_conn_prepare_types(conn, "tasklab_follow", step->sql, params->types, count, err) <
		    0 ||
	    db_conn_query_id(conn, "tasklab_follow", count, &found, &ids[*n], err) < 0)
		return -1;
	*n += found;
	return db_conn_script(conn, "DEALLOCATE tasklab_follow", err);
}

/* What has a plan has an identifier that can be asked for. */
static int follow_script(struct stretch *stretch, const struct script *script, struct err *err)
{
	AUTO(db_conn_closep) struct db_conn *conn = NULL;
	int64_t ids[DB_FOLLOW_IDS_MAX];
	size_t n = 0;

	if (site_connect(&stretch->site, stretch->site.database, NULL, &conn, err) < 0)
		return -1;
	db_conn_set_deadline(conn, clock_mono_ns() + LOOK_MS * CLOCK_NS_PER_MS);
	for (size_t i = 0; i < script->count; i++) {
		for (size_t k = 0; k < script->sessions[i].count; k++) {
			const struct script_step *step = &script->sessions[i].steps[k];

			if (step->kind == SCRIPT_PLANNED && n < DB_FOLLOW_IDS_MAX &&
			    add_id(conn, step, &stretch->params, ids, &n, err) < 0)
				return -1;
		}
	}
	db_follow(stretch->traffic->label, stretch->site.database, ids, n);
	return 0;
}

static int follow(struct stretch *stretch, struct err *err)
{
	AUTO(script_freep) struct script *script = NULL;

	if (!stretch->statement)
		return 0;
	if (script_parse(stretch->statement, stretch->params.columns, &script, err) < 0)
		return -1;
	return follow_script(stretch, script, err);
}

/* A stretch ------------------------------------------------------------------------------------ */

static int run_statements(struct stretch *stretch, struct lab_workload *workload,
			  struct record *record, struct err *err)
{
	AUTO(script_freep) struct script *script = NULL;
	struct runner_job job = {.site = &stretch->site,
				 .database = stretch->site.database,
				 .name = "the statement",
				 .params = &stretch->params,
				 .workload = workload,
				 .phase = LABELS_BACKGROUND,
				 .pace_ns = PACE_NS};

	if (script_parse(stretch->statement, stretch->params.columns, &script, err) < 0)
		return -1;
	job.script = script;
	workload->clients = 1;
	return runner_run(&job, record, err);
}

static int at_once(void *arg, struct err *err)
{
	(void)arg;
	(void)err;
	return 0;
}

/* With as many clients as the lab has, since what they do to each other may be its subject. */
static int run_requests(struct stretch *stretch, struct lab_workload *workload,
			struct record *record, struct err *err)
{
	const struct web_job job = {.web = web_lent(),
				    .name = stretch->traffic->slug,
				    .site = &stretch->site,
				    .params = &stretch->params,
				    .workload = workload,
				    .phase = LABELS_BACKGROUND,
				    .pace_ns = workload->clients * PACE_NS};

	if (!job.web)
		return err_set(err, ERR_UNAVAILABLE, "the service does not listen yet", "%s", "");
	if (workload->burst_ms > 0 && workload->burst_ms < BURST_MS)
		workload->burst_ms = BURST_MS;
	return web_run(&job, at_once, NULL, record, err);
}

static int make_calls(struct stretch *stretch, struct err *err)
{
	struct lab_workload workload = stretch->site.lab->workload;
	AUTO(record_freep) struct record *record = NULL;

	workload.calls = 0;
	workload.seconds = FOREVER_S;
	workload.checkpoint = false;
	if (record_new(&record, err) < 0)
		return -1;
	if (workload.kind == LAB_WORKLOAD_HTTP)
		return run_requests(stretch, &workload, record, err);
	return run_statements(stretch, &workload, record, err);
}

static int work(struct stretch *stretch, struct err *err)
{
	bool free_now = false;

	if (open_guard(stretch, err) < 0 || check_free(stretch, &free_now, err) < 0)
		return -1;
	if (!free_now)
		return 0;
	if (read_params(stretch, err) < 0 || follow(stretch, err) < 0 ||
	    check_free(stretch, &free_now, err) < 0)
		return -1;
	return free_now ? make_calls(stretch, err) : 0;
}

/* Sessions that were ended, or a database that went, are how others take over: no failure. */
static bool was_taken_over(struct stretch *stretch)
{
	bool free_now = true;

	return open_guard(stretch, NULL) == 0 && check_free(stretch, &free_now, NULL) == 0 &&
	       !free_now;
}

static int run_stretch(struct traffic *traffic, struct err *err)
{
	struct stretch stretch = {.traffic = traffic};
	struct site *site = &stretch.site;
	int result = find_lab(&stretch, err);

	if (result == 0) {
		interrupt_init(&site->interrupt, traffic->conninfo, site->lab, traffic->stop_fd);
		result = interrupt_start(&site->interrupt, err);
	}
	if (result == 0) {
		result = work(&stretch, err);
		if (result < 0 && (site_stopped(site) || was_taken_over(&stretch)))
			result = 0;
		interrupt_end(&site->interrupt);
	}
	db_conn_closep(&site->guard);
	params_release(&stretch.params);
	free(stretch.statement);
	catalogue_freep(&stretch.catalogue);
	return result;
}

/* The thread ----------------------------------------------------------------------------------- */

/* False: it is over. */
static bool wait_for_leave(struct traffic *traffic, int64_t not_before_ns)
{
	LOCK(&traffic->mutex);

	traffic->going = false;
	pthread_cond_broadcast(&traffic->changed);
	while (!traffic->ending && (traffic->paused || clock_mono_ns() < not_before_ns)) {
		if (traffic->paused)
			pthread_cond_wait(&traffic->changed, &traffic->mutex);
		else
			(void)thread_cond_wait_until(&traffic->changed, &traffic->mutex,
						     not_before_ns);
	}
	traffic->going = !traffic->ending;
	return traffic->going;
}

/* Once for each reason; it is tried again. */
static void tell(const struct traffic *traffic, int result, const struct err *err,
		 char last[REASON_MAX])
{
	if (result == 0) {
		*last = '\0';
		return;
	}
	if (strcmp(last, err->message) == 0)
		return;
	(void)snprintf(last, REASON_MAX, "%s", err->message);
	log_event(LOG_WARN, "background traffic of a lab was interrupted",
		  LOG_FIELDS(LOG_STR("lab", traffic->slug), LOG_STR("message", err->message),
			     LOG_STR("detail", err->detail)));
}

static void *traffic_main(void *arg)
{
	struct traffic *traffic = arg;
	char last[REASON_MAX] = "";
	int64_t not_before_ns = 0;

	while (wait_for_leave(traffic, not_before_ns)) {
		struct err err = ERR_INIT;

		tell(traffic, run_stretch(traffic, &err), &err, last);
		not_before_ns = clock_mono_ns() + AGAIN_NS;
	}
	return NULL;
}

/* Life ----------------------------------------------------------------------------------------- */

static void stop_calls(struct traffic *traffic)
{
	const uint64_t one = 1;

	while (write(traffic->stop_fd, &one, sizeof(one)) < 0 && errno == EINTR)
		;
}

static void allow_calls(struct traffic *traffic)
{
	uint64_t count;

	while (read(traffic->stop_fd, &count, sizeof(count)) < 0 && errno == EINTR)
		;
}

static void traffic_free(struct traffic *traffic)
{
	if (traffic->stop_fd >= 0)
		(void)close(traffic->stop_fd);
	pthread_cond_destroy(&traffic->changed);
	pthread_mutex_destroy(&traffic->mutex);
	free(traffic->statement);
	free(traffic->conninfo);
	free(traffic);
}

int traffic_new(const struct engine *engine, const char *conninfo, const char *slug,
		struct traffic **ret, struct err *err)
{
	struct traffic *traffic = calloc(1, sizeof(*traffic));

	if (!traffic)
		return err_no_memory(err);
	if (thread_cond_init(&traffic->changed, err) < 0) {
		free(traffic);
		return -1;
	}
	pthread_mutex_init(&traffic->mutex, NULL);
	traffic->engine = engine;
	traffic->label = lab_label(slug);
	(void)snprintf(traffic->slug, sizeof(traffic->slug), "%s", slug);
	traffic->conninfo = strdup(conninfo);
	traffic->stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (!traffic->conninfo || traffic->stop_fd < 0 ||
	    thread_start(&traffic->thread, "lab-traffic", traffic_main, traffic, err) < 0) {
		traffic_free(traffic);
		return err_no_memory(err);
	}
	*ret = traffic;
	return 0;
}

void traffic_pause(struct traffic *traffic)
{
	LOCK(&traffic->mutex);

	if (!traffic->paused)
		stop_calls(traffic);
	traffic->paused = true;
	while (traffic->going)
		pthread_cond_wait(&traffic->changed, &traffic->mutex);
}

void traffic_go_on(struct traffic *traffic)
{
	LOCK(&traffic->mutex);

	if (traffic->paused)
		allow_calls(traffic);
	traffic->paused = false;
	pthread_cond_broadcast(&traffic->changed);
}

int traffic_use(struct traffic *traffic, const char *statement, struct err *err)
{
	char *copy = strdup(statement);

	if (!copy)
		return err_no_memory(err);
	LOCK(&traffic->mutex);
	free(traffic->statement);
	traffic->statement = copy;
	return 0;
}

void traffic_freep(struct traffic **pointer)
{
	struct traffic *traffic = *pointer;

	if (!traffic)
		return;
	{
		LOCK(&traffic->mutex);
		if (!traffic->paused)
			stop_calls(traffic);
		traffic->ending = true;
		pthread_cond_broadcast(&traffic->changed);
	}
	pthread_join(traffic->thread, NULL);
	db_unfollow(traffic->label);
	traffic_free(traffic);
	*pointer = NULL;
}
