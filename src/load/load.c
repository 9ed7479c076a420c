/* load.c - one run: waits for the service, learns what is there, lets the workers go, sums up. */
#include <tasklab/load/load.h>

#include <curl/curl.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include <tasklab/base/clock.h>
#include <tasklab/base/thread.h>

#include "operations.h"
#include "worker.h"

#define WORKERS_MAX      4
#define SLOTS_PER_WORKER 64 /* where there are more connections, there are more workers */
#define READY_PATH       "/readyz"
#define READY_POLL_NS    (100 * CLOCK_NS_PER_MS)
#define READY_TIMEOUT_MS 2000
#define PRIME_TIMEOUT_MS 10000
#define URL_BYTES_MAX    1024

static const char *const PROFILE_NAMES[] = {
#define X(id, name, help) [id] = (name),
	LOAD_PROFILES(X)
#undef X
};

static atomic_bool stopping;

/* The run that /metrics tells about. */
static pthread_mutex_t active_mutex = PTHREAD_MUTEX_INITIALIZER;
static struct run *active;

void load_stop(void)
{
	atomic_store(&stopping, true);
}

bool load_profile_parse(const char *name, enum load_profile *ret)
{
	for (size_t i = 0; i < LOAD_PROFILE_COUNT; i++) {
		if (strcmp(name, PROFILE_NAMES[i]) == 0) {
			*ret = (enum load_profile)i;
			return true;
		}
	}
	return false;
}

static int check(const struct load_options *options, struct err *err)
{
	size_t len = strlen(options->url);

	if (len > URL_BYTES_MAX ||
	    (strncmp(options->url, "http://", 7) != 0 && strncmp(options->url, "https://", 8) != 0))
		return err_field(err, ERR_INVALID, "url", "must begin with http:// or https://");
	if (options->connections < 1 || options->connections > LOAD_CONNECTIONS_MAX)
		return err_field(err, ERR_INVALID, "connections", "must be 1 to %d",
				 LOAD_CONNECTIONS_MAX);
	return 0;
}

static int wait_for_service(const struct run *run, int64_t wait_ns, struct err *err)
{
	int64_t deadline = clock_mono_ns() + wait_ns;
	int status;

	for (;;) {
		if (worker_fetch(run->url, READY_PATH, READY_TIMEOUT_MS, &status, NULL, err) < 0)
			return -1;
		if (status == 200 || atomic_load(&stopping))
			return 0;
		if (clock_mono_ns() >= deadline)
			break;
		clock_sleep_until(clock_mono_ns() + READY_POLL_NS);
	}
	return err_set(err, ERR_UNAVAILABLE, "the service did not become ready",
		       status ? "%s%s answers %d" : "%s%s does not answer", run->url, READY_PATH,
		       status);
}

/* A list that cannot be read now is learnt during the run. */
static int prime(const struct run *run, struct err *err)
{
	AUTO(buf_release) struct buf body = BUF_INIT(WORKER_ANSWER_MAX);
	int status;

	for (const struct operation_primer *p = OPERATION_PRIMERS; p->path; p++) {
		if (atomic_load(&stopping))
			break;
		buf_reset(&body);
		if (worker_fetch(run->url, p->path, PRIME_TIMEOUT_MS, &status, &body, err) < 0)
			return -1;
		if (status == 200)
			operation_learn_list(run->known, p->lesson, buf_str(&body));
	}
	return 0;
}

/* Starts the workers and waits until all are done. */
static int work(struct run *run, unsigned connections, struct err *err)
{
	unsigned n = (connections + SLOTS_PER_WORKER - 1) / SLOTS_PER_WORKER;
	struct worker *workers[WORKERS_MAX] = {NULL};
	int result = 0;

	if (n > WORKERS_MAX)
		n = WORKERS_MAX;
	run->start_ns = clock_mono_ns();
	for (unsigned i = 0; i < n && result == 0; i++) {
		unsigned slots = connections / n + (i < connections % n ? 1 : 0);

		result = worker_start(run, slots, &workers[i], err);
	}
	if (result < 0)
		load_stop();
	for (unsigned i = 0; i < n; i++)
		worker_joinp(&workers[i]);
	return result;
}

static int summarise(struct run *run, struct load_report **ret, struct err *err)
{
	AUTO(load_report_freep) struct load_report *report = calloc(1, sizeof(*report));
	double elapsed = (double)(clock_mono_ns() - run->start_ns) / (double)CLOCK_NS_PER_S;
	double planned = elapsed < run->schedule.duration_s ? elapsed : run->schedule.duration_s;

	if (!report)
		return err_no_memory(err);
	if (stats_report(run->stats, report, err) < 0)
		return -1;
	/* The last arrival comes a moment before the duration's end. */
	if (!atomic_load(&stopping) && elapsed < run->schedule.duration_s)
		elapsed = planned = run->schedule.duration_s;
	report->seconds = elapsed;
	report->rate_target = schedule_due(&run->schedule, planned) / planned;
	report->rate_achieved = (double)report->requests / elapsed;
	*ret = TAKE(report);
	return 0;
}

static int run_init(struct run *run, const struct load_options *options, char *url, struct err *err)
{
	size_t len = strlen(options->url);

	while (len > 0 && options->url[len - 1] == '/')
		len--;
	memcpy(url, options->url, len);
	url[len] = '\0';
	run->url = url;
	run->seed = options->seed;
	run->stop = &stopping;
	run->late_max_ns = LOAD_LATE_MAX_NS;
	run->count = schedule_count(&run->schedule);
	run->known = known_new();
	run->stats = stats_new(OPERATION_COUNT);
	if (!run->known || !run->stats)
		return err_no_memory(err);
	return 0;
}

static void run_release(struct run *run)
{
	pthread_mutex_lock(&active_mutex);
	if (active == run)
		active = NULL;
	pthread_mutex_unlock(&active_mutex);
	progress_end(run->progress, false);
	known_freep(&run->known);
	stats_freep(&run->stats);
	atomic_store(&stopping, false);
}

static void publish(struct run *run)
{
	pthread_mutex_lock(&active_mutex);
	active = run;
	pthread_mutex_unlock(&active_mutex);
}

int load_run(const struct load_options *options, struct load_report **ret, struct err *err)
{
	AUTO(run_release) struct run run = {.start_ns = 0};
	char url[URL_BYTES_MAX + 1];

	if (check(options, err) < 0 ||
	    schedule_init(&run.schedule, options->profile, options->rate, options->duration_ns,
			  err) < 0 ||
	    run_init(&run, options, url, err) < 0)
		return -1;
	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
		return err_set(err, ERR_INTERNAL, "libcurl does not start", "curl_global_init");
	publish(&run);
	if (wait_for_service(&run, options->wait_ns, err) < 0 || prime(&run, err) < 0)
		return -1;
	if (options->progress && run.count != UINT64_MAX) {
		run.progress = progress_new("load", run.count);
		if (!run.progress)
			return err_no_memory(err);
	}
	if (work(&run, options->connections, err) < 0)
		return -1;
	progress_end(TAKE(run.progress), true);
	return summarise(&run, ret, err);
}

void load_report_freep(struct load_report **report)
{
	if (!*report)
		return;
	for (size_t i = 0; i < (*report)->operation_count; i++)
		hist_freep(&(*report)->operations[i].hist);
	hist_freep(&(*report)->hist);
	free((*report)->operations);
	free((*report)->codes);
	free(*report);
	*report = NULL;
}

int load_render_metrics(struct buf *out, struct err *err)
{
	LOCK(&active_mutex);
	double rate = 0;

	if (active) {
		double t = (double)(clock_mono_ns() - active->start_ns) / (double)CLOCK_NS_PER_S;

		if (active->start_ns > 0 && t < active->schedule.duration_s)
			rate = schedule_rate(&active->schedule, t);
		stats_render(active->stats, out);
	}
	buf_printf(
		out,
		"# HELP tasklab_load_rate_target Requests a second that the profile asks for now.\n"
		"# TYPE tasklab_load_rate_target gauge\n"
		"tasklab_load_rate_target %.6g\n"
		"# HELP tasklab_load_in_flight Requests sent and not answered yet.\n"
		"# TYPE tasklab_load_in_flight gauge\n"
		"tasklab_load_in_flight %d\n",
		rate, active ? atomic_load(&active->in_flight) : 0);
	return buf_check(out, err);
}
