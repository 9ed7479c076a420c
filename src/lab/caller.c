/* caller.c - the sessions of a client, and the threads that play them. */
#include "caller.h"

#include <stdlib.h>

#include <tasklab/base/thread.h>

struct part {
	struct caller *caller;
	size_t number;
	pthread_t thread;
	bool started;
	int result;
	struct err err;
};

struct caller {
	const struct runner_job *job;
	struct actor *actors;
	size_t count; /* of the script's sessions */
	size_t open;  /* of them, for caller_closep */
	/* With several sessions: */
	struct meeting_server server;
	struct meeting meeting; /* its mutex guards what follows */
	struct part *parts;
	struct actor_call call;
	uint64_t calls; /* made so far: a part plays when it changes */
	bool closing;
};

/* Several sessions ----------------------------------------------------------------------------- */

/* The next call; NULL: there is none any more. */
static const struct actor_call *await_call(struct part *part, uint64_t *calls)
{
	struct caller *caller = part->caller;
	LOCK(&caller->meeting.mutex);

	while (caller->calls == *calls && !caller->closing)
		pthread_cond_wait(&caller->meeting.changed, &caller->meeting.mutex);
	*calls = caller->calls;
	return caller->closing ? NULL : &caller->call;
}

static void *part_main(void *arg)
{
	struct part *part = arg;
	struct caller *caller = part->caller;
	const struct actor_call *call;
	uint64_t calls = 0;

	while ((call = await_call(part, &calls)) != NULL) {
		part->result = actor_play(&caller->actors[part->number], call, &part->err);
		meeting_end(&caller->meeting, part->number, part->result < 0);
	}
	return NULL;
}

static bool is_stopped(void *arg)
{
	const struct caller *caller = arg;

	return site_stopped(caller->job->site);
}

/* In the service's database: its own statements are none of the lab's. */
static int connect_monitor(void *arg, struct db_conn **ret, struct err *err)
{
	const struct caller *caller = arg;

	return site_connect(caller->job->site, NULL, NULL, ret, err);
}

/* All parts have ended. */
static int take_result(const struct caller *caller, struct err *err)
{
	size_t first = caller->meeting.first;

	if (first < caller->count && caller->parts[first].result < 0) {
		if (err)
			*err = caller->parts[first].err;
		return -1;
	}
	return site_check_stop(caller->job->site, err);
}

static int call_all(struct caller *caller, const struct actor_call *call, struct err *err)
{
	meeting_begin(&caller->meeting);
	{
		LOCK(&caller->meeting.mutex);
		caller->call = *call;
		caller->call.meeting = &caller->meeting;
		caller->calls++;
		pthread_cond_broadcast(&caller->meeting.changed);
	}
	if (meeting_conduct(&caller->meeting, &caller->server, err) < 0)
		return -1;
	return take_result(caller, err);
}

static int start_parts(struct caller *caller, struct err *err)
{
	caller->parts = calloc(caller->count, sizeof(*caller->parts));
	if (!caller->parts)
		return err_no_memory(err);
	caller->server = (struct meeting_server){
		.connect = connect_monitor, .stopped = is_stopped, .arg = caller};
	if (connect_monitor(caller, &caller->server.monitor, err) < 0)
		return -1;
	for (size_t i = 0; i < caller->count; i++) {
		struct part *part = &caller->parts[i];

		part->caller = caller;
		part->number = i;
		caller->meeting.parts[i].conn = caller->actors[i].conn;
		caller->meeting.parts[i].waits = &caller->actors[i].waits;
		caller->meeting.count = i + 1;
		if (thread_start(&part->thread, "lab-session", part_main, part, err) < 0)
			return -1;
		part->started = true;
	}
	return 0;
}

static void end_parts(struct caller *caller)
{
	if (caller->parts) {
		LOCK(&caller->meeting.mutex);
		caller->closing = true;
		pthread_cond_broadcast(&caller->meeting.changed);
	}
	for (size_t i = 0; caller->parts && i < caller->count; i++)
		if (caller->parts[i].started)
			pthread_join(caller->parts[i].thread, NULL);
	free(caller->parts);
	db_conn_closep(&caller->server.monitor);
}

/* The caller ----------------------------------------------------------------------------------- */

static int open_actors(struct caller *caller, struct err *err)
{
	caller->actors = calloc(caller->count, sizeof(*caller->actors));
	if (!caller->actors)
		return err_no_memory(err);
	for (size_t i = 0; i < caller->count; i++) {
		caller->open = i + 1;
		if (actor_open(&caller->actors[i], caller->job, i, err) < 0)
			return -1;
	}
	return 0;
}

int caller_open(const struct runner_job *job, struct caller **ret, struct err *err)
{
	struct caller *caller = calloc(1, sizeof(*caller));

	if (!caller)
		return err_no_memory(err);
	if (meeting_init(&caller->meeting, err) < 0) {
		free(caller);
		return -1;
	}
	caller->job = job;
	caller->count = job->script->count;
	if (open_actors(caller, err) < 0 || (caller->count > 1 && start_parts(caller, err) < 0)) {
		caller_closep(&caller);
		return -1;
	}
	*ret = caller;
	return 0;
}

void caller_closep(struct caller **caller)
{
	if (!*caller)
		return;
	end_parts(*caller);
	for (size_t i = 0; i < (*caller)->open; i++)
		actor_close(&(*caller)->actors[i]);
	free((*caller)->actors);
	meeting_release(&(*caller)->meeting);
	free(*caller);
	*caller = NULL;
}

int caller_call(struct caller *caller, const struct actor_call *call, struct err *err)
{
	if (site_check_stop(caller->job->site, err) < 0)
		return -1;
	return caller->count == 1 ? actor_play(&caller->actors[0], call, err)
				  : call_all(caller, call, err);
}

int caller_flush(struct caller *caller, struct err *err)
{
	for (size_t i = 0; i < caller->count; i++)
		if (actor_flush(&caller->actors[i], err) < 0)
			return -1;
	return 0;
}

void caller_add_counts(const struct caller *caller, struct record_workload *into)
{
	for (size_t i = 0; i < caller->open; i++)
		actor_add_counts(&caller->actors[i], into);
}

size_t caller_sessions(const struct caller *caller)
{
	return caller->count;
}

struct actor *caller_session(struct caller *caller, size_t i)
{
	return &caller->actors[i];
}
