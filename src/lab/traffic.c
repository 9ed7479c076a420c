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
#include <tasklab/base/text.h>
#include <tasklab/base/thread.h>
#include <tasklab/db/monitor.h>
#include <tasklab/lab/labels.h>

#include "stretch.h"

#define AGAIN_NS   CLOCK_NS_PER_S /* after an end that nobody asked for */
#define REASON_MAX sizeof(((struct err *)0)->message)

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

/* The thread ----------------------------------------------------------------------------------- */

static int run_stretch(struct traffic *traffic, struct err *err)
{
	AUTO(freep) char *statement = NULL;
	struct stretch_options options = {.engine = traffic->engine,
					  .conninfo = traffic->conninfo,
					  .slug = traffic->slug,
					  .label = traffic->label,
					  .stop_fd = traffic->stop_fd};

	{
		LOCK(&traffic->mutex);
		if (traffic->statement) {
			statement = strdup(traffic->statement);
			if (!statement)
				return err_no_memory(err);
		}
	}
	options.statement = statement;
	return stretch_run(&options, err);
}

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
	int result;

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
	traffic->stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (traffic->stop_fd < 0)
		result = err_errno(err, errno, "the traffic of a lab cannot be stopped", "eventfd");
	else
		result = text_copy(conninfo, &traffic->conninfo, err);
	if (result < 0 ||
	    thread_start(&traffic->thread, "lab-traffic", traffic_main, traffic, err) < 0) {
		traffic_free(traffic);
		return -1;
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
