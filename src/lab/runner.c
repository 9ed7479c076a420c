/* runner.c - clients, each a thread with sessions of its own, that start together. */
#include "runner.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include <tasklab/base/clock.h>
#include <tasklab/base/thread.h>

#include "caller.h"
#include "lock_watch.h"
#include "pace.h"

/* What the clients share: the start, and whether to go on. */
struct crew {
	const struct runner_job *job;
	pthread_mutex_t mutex;
	pthread_cond_t changed;
	unsigned waiting; /* clients that are ready */
	bool go;
	int64_t start_ns;
	size_t label; /* of the lab, for metrics */
	atomic_bool failed;
};

struct client {
	struct crew *crew;
	pthread_t thread;
	bool started;
	size_t number;
	struct caller *caller;
	struct hist *latency;
	int64_t end_ns;
	struct err err;
	int result;
};

static bool stopped(const struct crew *crew)
{
	return site_stopped(crew->job->site) || atomic_load(&crew->failed);
}

/* Says that the client is ready and waits until all are; the time they start at, -1: do not. */
static int64_t wait_for_start(struct crew *crew)
{
	LOCK(&crew->mutex);
	crew->waiting++;
	pthread_cond_broadcast(&crew->changed);
	while (!crew->go)
		pthread_cond_wait(&crew->changed, &crew->mutex);
	return crew->start_ns;
}

static int call_once(struct client *client, uint64_t number)
{
	const struct runner_job *job = client->crew->job;
	const struct actor_call call = {.row = number % job->params->rows,
					.undo = job->workload->transaction == LAB_ROLLBACK};
	int64_t begin_ns = clock_mono_ns(), took_ns;

	if (caller_call(client->caller, &call, &client->err) < 0)
		return -1;
	took_ns = clock_mono_ns() - begin_ns;
	hist_record(client->latency, took_ns);
	lab_label_observe(client->crew->label, job->phase, took_ns);
	return 0;
}

static int work(struct client *client, int64_t start_ns)
{
	const struct runner_job *job = client->crew->job;
	int64_t end_ns = job->workload->seconds > 0
				 ? start_ns + job->workload->seconds * CLOCK_NS_PER_S
				 : CLOCK_NEVER;
	uint64_t calls = job->workload->calls > 0 ? (uint64_t)job->workload->calls : UINT64_MAX;

	for (uint64_t i = client->number; i < calls && !stopped(client->crew);
	     i += (uint64_t)job->workload->clients) {
		int64_t begin_ns = clock_mono_ns();

		if (end_ns != CLOCK_NEVER && begin_ns >= end_ns)
			break;
		if (call_once(client, i) < 0)
			return -1;
		progress_add(job->site->progress, 1);
		pace_rest(job->site, begin_ns, job->pace_ns);
	}
	client->end_ns = clock_mono_ns();
	return caller_flush(client->caller, &client->err);
}

static void *client_main(void *arg)
{
	struct client *client = arg;
	int64_t start_ns;

	client->result = caller_open(client->crew->job, &client->caller, &client->err);
	if (client->result < 0)
		atomic_store(&client->crew->failed, true);
	start_ns = wait_for_start(client->crew);
	if (client->result == 0 && !stopped(client->crew)) {
		client->result = work(client, start_ns);
		if (client->result < 0)
			atomic_store(&client->crew->failed, true);
	}
	return NULL;
}

/* Until everybody who was started is ready, or has failed. */
static void wait_until_ready(struct crew *crew, unsigned clients)
{
	LOCK(&crew->mutex);
	while (crew->waiting < clients)
		pthread_cond_wait(&crew->changed, &crew->mutex);
}

static void go(struct crew *crew)
{
	LOCK(&crew->mutex);
	crew->start_ns = clock_mono_ns();
	crew->go = true;
	pthread_cond_broadcast(&crew->changed);
}

/* Starts what can be started; a client that could not be has its error set. A client that runs is
 * its thread's alone until it is joined. */
static unsigned start_clients(struct crew *crew, struct client *clients, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct client *client = &clients[i];

		client->crew = crew;
		client->number = i;
		client->latency = hist_new();
		if (!client->latency)
			(void)err_no_memory(&client->err);
		else
			client->started = thread_start(&client->thread, "lab-client", client_main,
						       client, &client->err) == 0;
		if (!client->started) {
			client->result = -1;
			atomic_store(&crew->failed, true);
			return (unsigned)i;
		}
	}
	return (unsigned)n;
}

/* Locks that are waited for ---------------------------------------------------------------------
 */

static unsigned watch_interval_ms(const struct runner_job *job)
{
	const struct lab *lab = job->site->lab;

	for (size_t i = 0; i < lab->evidence_count; i++)
		if (strcmp(lab->evidence[i].kind, "lock-waits-per-call") == 0)
			return LOCK_WATCH_CLOSE_MS;
	return job->script->count > 1 ? LOCK_WATCH_CLOSE_MS : LOCK_WATCH_CASUAL_MS;
}

/* All clients are ready. */
static int start_watch(const struct runner_job *job, struct client *clients, size_t n,
		       struct lock_watch **ret, struct err *err)
{
	size_t sessions = job->script->count;
	AUTO(freep) struct actor **actors = calloc(n * sessions, sizeof(*actors));

	if (!actors)
		return err_no_memory(err);
	if (job->pace_ns > 0) /* nobody asks what waits in the background */
		return 0;
	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < sessions; k++)
			actors[i * sessions + k] = caller_session(clients[i].caller, k);
	return lock_watch_start(job->site, job->database, actors, n * sessions,
				watch_interval_ms(job), ret, err);
}

/* The whole -------------------------------------------------------------------------------------
 */

/* What comes between the last client's being ready and the first call; a failure is the job's. */
static void begin(struct crew *crew, struct client *clients, size_t n, struct lock_watch **watch,
		  struct err *err)
{
	const struct runner_job *job = crew->job;

	if (!stopped(crew) && (start_watch(job, clients, n, watch, err) < 0 ||
			       (job->ready && job->ready(job->counting, err) < 0)))
		atomic_store(&crew->failed, true);
	go(crew);
}

/* Joins all; the first failure is the job's. */
static int join_clients(struct client *clients, size_t n, const struct crew *crew,
			struct record *record, struct err *err)
{
	int64_t end_ns = crew->start_ns;
	int result = 0;

	for (size_t i = 0; i < n; i++) {
		struct client *client = &clients[i];

		if (client->started)
			pthread_join(client->thread, NULL);
		if (client->result < 0 && result == 0) {
			result = -1;
			*err = client->err;
		}
		if (client->latency)
			hist_merge(record->latency, client->latency);
		if (client->end_ns > end_ns)
			end_ns = client->end_ns;
	}
	record->wall_ns = end_ns - crew->start_ns;
	record->workload.calls = record->latency->count;
	return result;
}

static void free_clients(struct client *clients, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		hist_freep(&clients[i].latency);
		caller_closep(&clients[i].caller);
	}
	free(clients);
}

/* The failure that came first; no more than one thread is left. */
static int first_of(const struct err *const *whys, size_t n, struct err *err)
{
	for (size_t i = 0; i < n; i++) {
		if (whys[i]->code == ERR_NONE)
			continue;
		if (err)
			*err = *whys[i];
		return -1;
	}
	return 0;
}

int runner_run(const struct runner_job *job, struct record *record, struct err *err)
{
	size_t n = (size_t)job->workload->clients;
	struct crew crew = {.job = job,
			    .label = lab_label(job->site->lab->slug),
			    .mutex = PTHREAD_MUTEX_INITIALIZER,
			    .changed = PTHREAD_COND_INITIALIZER};
	struct client *clients = calloc(n, sizeof(*clients));
	struct lock_watch *watch = NULL;
	struct err begun = ERR_INIT, worked = ERR_INIT, watched = ERR_INIT;
	const struct err *const whys[] = {&begun, &worked, &watched};
	int result;

	if (!clients)
		return err_no_memory(err);
	wait_until_ready(&crew, start_clients(&crew, clients, n));
	begin(&crew, clients, n, &watch, &begun);
	(void)join_clients(clients, n, &crew, record, &worked);
	(void)lock_watch_stop(&watch, &watched);
	for (size_t i = 0; i < n; i++)
		if (clients[i].caller)
			caller_add_counts(clients[i].caller, &record->workload);
	result = site_check_stop(job->site, err);
	if (result == 0)
		result = first_of(whys, ARRAY_LEN(whys), err);
	if (result == 0 && job->done)
		result = job->done(job->counting, err);
	free_clients(clients, n);
	return result;
}
