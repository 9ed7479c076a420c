/* web_runner.c - runs a workload of requests: clients with a connection each, alone or in bursts.
 */
#include "web_runner.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <tasklab/base/clock.h>
#include <tasklab/base/text.h>
#include <tasklab/base/thread.h>

#include "pace.h"

#define PATH_MAX_BYTES 4096
#define BODY_MAX_BYTES ((size_t)16 * 1024 * 1024)

/* Requests --------------------------------------------------------------------------------------
 */

/* "{2}" -> column 2 of the row, percent-encoded. The catalogue has checked the form. */
static int write_path(const char *template, const struct params *params, size_t row,
		      struct buf *out, struct err *err)
{
	const char *const *values = params_row(params, row);

	for (const char *at = template; *at; at++) {
		char *end;
		unsigned long column;

		if (*at != '{') {
			buf_putc(out, *at);
			continue;
		}
		column = strtoul(at + 1, &end, 10);
		if (column < 1 || column > params->columns)
			return err_set(err, ERR_INVALID,
				       "a request asks for a column that params.sql does not give",
				       "%s: {%lu} of %zu", template, column, params->columns);
		text_percent_encode(values[column - 1] ? values[column - 1] : "", out);
		at = end;
	}
	return buf_check(out, err);
}

static int check_status(const char *method, const char *path, int status, const struct buf *body,
			struct err *err)
{
	if (status < 400 || status >= 500)
		return 0;
	return err_set(err, ERR_UNPROCESSABLE, "a request of the lab was refused",
		       "%s %s: %d %.200s", method, path, status, body->len > 0 ? body->data : "");
}

static int send_one(const struct web_job *job, void *client, const char *request, size_t row,
		    uint64_t *hash, uint64_t *failed, struct err *err)
{
	AUTO(buf_release) struct buf path = BUF_INIT(PATH_MAX_BYTES);
	AUTO(buf_release) struct buf body = BUF_INIT(BODY_MAX_BYTES);
	size_t method_len = strcspn(request, " ");
	uint64_t parts[3] = {*hash};
	char method[16];
	int status = 0;

	(void)snprintf(method, sizeof(method), "%.*s", (int)method_len, request);
	if (write_path(request + method_len + 1, job->params, row, &path, err) < 0 ||
	    job->web->send(client, method, buf_str(&path), &body, &status, err) < 0 ||
	    check_status(method, buf_str(&path), status, &body, err) < 0)
		return -1;
	if (status >= 500)
		++*failed;
	parts[1] = (uint64_t)status;
	parts[2] = text_hash64(buf_str(&body), body.len);
	*hash = text_hash64(parts, sizeof(parts));
	return 0;
}

int web_call(const struct web_job *job, void *client, size_t row, struct record_answer *answer,
	     uint64_t *failed, struct err *err)
{
	uint64_t hash = 0;

	for (size_t i = 0; i < job->workload->requests.count; i++)
		if (send_one(job, client, job->workload->requests.items[i], row, &hash, failed,
			     err) < 0)
			return -1;
	if (answer)
		*answer =
			(struct record_answer){.rows = job->workload->requests.count, .hash = hash};
	return 0;
}

/* The crowd -------------------------------------------------------------------------------------
 */

/* What the clients share: when to begin, the bursts, and whether to go on. */
struct crowd {
	const struct web_job *job;
	pthread_mutex_t mutex; /* of all that follows */
	pthread_cond_t changed;
	size_t members; /* clients at work */
	size_t waiting; /* of them, those that are ready for the next burst */
	uint64_t burst;
	int64_t burst_ns; /* when it begins */
	bool go;
	bool ended; /* given up, by a failure or by a stop */
	int64_t start_ns;
	size_t label; /* of the lab, for metrics; needs no mutex */
};

static void give_up(struct crowd *crowd)
{
	LOCK(&crowd->mutex);
	crowd->ended = true;
	pthread_cond_broadcast(&crowd->changed);
}

static bool given_up(struct crowd *crowd)
{
	LOCK(&crowd->mutex);
	return crowd->ended;
}

static bool wait_for_start(struct crowd *crowd)
{
	LOCK(&crowd->mutex);
	while (!crowd->go && !crowd->ended)
		pthread_cond_wait(&crowd->changed, &crowd->mutex);
	return !crowd->ended;
}

static void begin_burst(struct crowd *crowd)
{
	crowd->waiting = 0;
	crowd->burst++;
	crowd->burst_ns = clock_mono_ns() + crowd->job->workload->burst_ms * CLOCK_NS_PER_MS;
	pthread_cond_broadcast(&crowd->changed);
}

/* Waits until all have answered those of the last burst, then for its time. False: it is over. */
static bool wait_for_burst(struct crowd *crowd)
{
	int64_t begin_ns;

	{
		LOCK(&crowd->mutex);
		uint64_t burst = crowd->burst;

		if (++crowd->waiting == crowd->members)
			begin_burst(crowd);
		while (crowd->burst == burst && !crowd->ended)
			pthread_cond_wait(&crowd->changed, &crowd->mutex);
		if (crowd->ended)
			return false;
		begin_ns = crowd->burst_ns;
	}
	clock_sleep_until(begin_ns);
	return true;
}

/* The others do not wait for who has made all its calls. */
static void leave(struct crowd *crowd)
{
	LOCK(&crowd->mutex);
	crowd->members--;
	if (crowd->waiting > 0 && crowd->waiting == crowd->members)
		begin_burst(crowd);
}

/* Clients ---------------------------------------------------------------------------------------
 */

struct user {
	struct crowd *crowd;
	pthread_t thread;
	bool started;
	size_t number;
	void *client;
	struct hist *latency;
	int64_t end_ns;
	uint64_t calls, errors;
	struct err err;
	int result;
};

static int call_once(struct user *user, uint64_t number)
{
	const struct web_job *job = user->crowd->job;
	int64_t begin_ns = clock_mono_ns(), took_ns;

	if (site_check_stop(job->site, &user->err) < 0 ||
	    web_call(job, user->client, number % job->params->rows, NULL, &user->errors,
		     &user->err) < 0)
		return -1;
	took_ns = clock_mono_ns() - begin_ns;
	hist_record(user->latency, took_ns);
	lab_label_observe(user->crowd->label, job->phase, took_ns);
	user->calls++;
	progress_add(job->site->progress, 1);
	if (job->workload->burst_ms == 0)
		pace_rest(job->site, begin_ns, job->pace_ns);
	return 0;
}

static int work(struct user *user)
{
	struct crowd *crowd = user->crowd;
	const struct lab_workload *workload = crowd->job->workload;
	uint64_t calls = workload->calls > 0 ? (uint64_t)workload->calls : UINT64_MAX;
	int64_t end_ns = CLOCK_NEVER;

	if (workload->seconds > 0)
		end_ns = crowd->start_ns + workload->seconds * CLOCK_NS_PER_S;
	for (uint64_t i = user->number; i < calls && !given_up(crowd);
	     i += (uint64_t)workload->clients) {
		if (end_ns != CLOCK_NEVER && clock_mono_ns() >= end_ns)
			break;
		if (workload->burst_ms > 0 && !wait_for_burst(crowd))
			break;
		if (call_once(user, i) < 0)
			return -1;
	}
	return 0;
}

static void *user_main(void *arg)
{
	struct user *user = arg;

	if (!wait_for_start(user->crowd))
		return NULL;
	user->result = work(user);
	user->end_ns = clock_mono_ns();
	if (user->result < 0)
		give_up(user->crowd);
	leave(user->crowd);
	return NULL;
}

static int start_user(struct user *user, struct err *err)
{
	const struct web_job *job = user->crowd->job;

	user->latency = hist_new();
	if (!user->latency)
		return err_no_memory(err);
	if (job->web->open(job->web->arg, job->name, &user->client, err) < 0 ||
	    thread_start(&user->thread, "lab-user", user_main, user, err) < 0)
		return -1;
	user->started = true;
	return 0;
}

static int start_users(struct crowd *crowd, struct user *users, size_t n, struct err *err)
{
	crowd->members = n;
	for (size_t i = 0; i < n; i++) {
		users[i].crowd = crowd;
		users[i].number = i;
		if (start_user(&users[i], err) < 0)
			return -1;
	}
	return 0;
}

static void go(struct crowd *crowd)
{
	LOCK(&crowd->mutex);
	crowd->start_ns = clock_mono_ns();
	crowd->go = true;
	pthread_cond_broadcast(&crowd->changed);
}

/* Joins all; the first failure is the job's. */
static int end_users(struct crowd *crowd, struct user *users, size_t n, struct record *record,
		     struct err *err)
{
	int64_t end_ns = crowd->start_ns;
	int result = 0;

	for (size_t i = 0; i < n; i++) {
		if (users[i].started)
			(void)pthread_join(users[i].thread, NULL);
		if (users[i].result < 0 && result == 0) {
			result = -1;
			if (err)
				*err = users[i].err;
		}
		if (users[i].latency)
			hist_merge(record->latency, users[i].latency);
		record->workload.calls += users[i].calls;
		record->workload.http_errors += users[i].errors;
		if (users[i].end_ns > end_ns)
			end_ns = users[i].end_ns;
		if (users[i].client)
			crowd->job->web->close(users[i].client);
		hist_freep(&users[i].latency);
	}
	record->wall_ns = end_ns - crowd->start_ns;
	return result;
}

int web_run(const struct web_job *job, int (*ready)(void *arg, struct err *err), void *arg,
	    struct record *record, struct err *err)
{
	size_t n = (size_t)job->workload->clients;
	struct crowd crowd = {.job = job,
			      .label = lab_label(job->site->lab->slug),
			      .mutex = PTHREAD_MUTEX_INITIALIZER,
			      .changed = PTHREAD_COND_INITIALIZER};
	AUTO(freep) struct user *users = calloc(n, sizeof(*users));
	int result;

	if (!users)
		return err_no_memory(err);
	result = start_users(&crowd, users, n, err);
	if (result == 0)
		result = ready(arg, err);
	if (result == 0)
		go(&crowd);
	else
		give_up(&crowd);
	if (end_users(&crowd, users, n, record, result == 0 ? err : NULL) < 0)
		result = -1;
	return result;
}
