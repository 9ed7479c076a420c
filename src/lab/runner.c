/* runner.c - clients, each a thread with a connection of its own, that start together. */
#include "runner.h"

#include <pthread.h>
#include <stdlib.h>
#include <tasklab/base/clock.h>
#include <tasklab/base/thread.h>

#include "guard.h"
#include "pace.h"

#define CALL_MAX_NS (INT64_C(600) * CLOCK_NS_PER_S)

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
	struct db_conn *conn;
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

/* The session's table statistics would arrive up to a second late (PostgreSQL 15 and later): those
 * of the session's start in the middle of the workload, and the last ones after it. */
static int flush_statistics(struct client *client)
{
	return db_conn_query(client->conn, "SELECT pg_stat_force_next_flush()::text", DB_NO_ARGS,
			     NULL, &client->err);
}

static int open_client(struct client *client)
{
	const struct runner_job *job = client->crew->job;

	if (site_connect(job->site, job->database, NULL, &client->conn, &client->err) < 0)
		return -1;
	db_conn_set_deadline(client->conn, clock_mono_ns() + CALL_MAX_NS);
	if (db_conn_prepare_types(client->conn, RUNNER_STATEMENT, job->sql, job->params->types,
				  job->params->columns, &client->err) < 0)
		return -1;
	return flush_statistics(client);
}

static int call_once(struct client *client, uint64_t number)
{
	const struct params *params = client->crew->job->params;
	const char *const *row = params_row(params, number % params->rows);
	int64_t begin_ns = clock_mono_ns(), took_ns;

	db_conn_set_deadline(client->conn, begin_ns + CALL_MAX_NS);
	if (db_conn_exec_prepared_text(client->conn, RUNNER_STATEMENT, row, params->columns, NULL,
				       &client->err) < 0)
		return -1;
	took_ns = clock_mono_ns() - begin_ns;
	hist_record(client->latency, took_ns);
	lab_label_observe(client->crew->label, client->crew->job->phase, took_ns);
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
	return flush_statistics(client);
}

static void *client_main(void *arg)
{
	struct client *client = arg;
	int64_t start_ns;

	client->result = open_client(client);
	if (client->result < 0)
		atomic_store(&client->crew->failed, true);
	start_ns = wait_for_start(client->crew);
	if (client->result == 0 && !stopped(client->crew)) {
		client->result = work(client, start_ns);
		if (client->result < 0)
			atomic_store(&client->crew->failed, true);
	}
	db_conn_closep(&client->conn);
	return NULL;
}

/* When nobody is left to be waited for; a start that cannot be made fails the job. */
static int start_together(struct crew *crew, unsigned clients, struct err *err)
{
	const struct runner_job *job = crew->job;
	int result = 0;
	LOCK(&crew->mutex);

	while (crew->waiting < clients)
		pthread_cond_wait(&crew->changed, &crew->mutex);
	if (job->ready && !stopped(crew))
		result = job->ready(job->ready_arg, err);
	if (result < 0)
		atomic_store(&crew->failed, true);
	crew->start_ns = clock_mono_ns();
	crew->go = true;
	pthread_cond_broadcast(&crew->changed);
	return result;
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

/* Joins all; the first failure is the job's. */
static int end_clients(struct client *clients, size_t n, const struct crew *crew,
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
			if (err)
				*err = client->err;
		}
		if (client->latency)
			hist_merge(record->latency, client->latency);
		if (client->end_ns > end_ns)
			end_ns = client->end_ns;
		hist_freep(&client->latency);
	}
	record->wall_ns = end_ns - crew->start_ns;
	record->workload.calls = record->workload.statements = record->latency->count;
	return result;
}

int runner_run(const struct runner_job *job, struct record *record, struct err *err)
{
	size_t n = (size_t)job->workload->clients;
	struct crew crew = {.job = job,
			    .label = lab_label(job->site->lab->slug),
			    .mutex = PTHREAD_MUTEX_INITIALIZER,
			    .changed = PTHREAD_COND_INITIALIZER};
	struct client *clients = calloc(n, sizeof(*clients));
	struct err why = ERR_INIT;
	int started, result;

	if (!clients)
		return err_no_memory(err);
	started = start_together(&crew, start_clients(&crew, clients, n), &why);
	result = end_clients(clients, n, &crew, record, err);
	if (started < 0 && result == 0) {
		*err = why;
		result = -1;
	}
	free(clients);
	return result == 0 ? site_check_stop(job->site, err) : result;
}
