/* verify_many.c - proves many labs, some at a time. */
#include <stdio.h>
#include <stdlib.h>

#include <tasklab/base/clock.h>
#include <tasklab/base/term.h>
#include <tasklab/base/thread.h>
#include <tasklab/lab/verify.h>

#define UNITS   1000 /* of progress a lab */
#define LOOK_NS (200 * CLOCK_NS_PER_MS)

struct many;

struct worker {
	struct many *many;
	pthread_t thread;
	struct progress *progress; /* of its lab; guarded by the mutex */
	char label[64];
};

struct many {
	const struct verify_many *options;
	pthread_mutex_t mutex; /* guards what follows, and the workers' progress */
	pthread_cond_t changed;
	size_t next;     /* lab that nobody has taken yet */
	bool *exclusive; /* one a lab: stands alone */
	size_t finished; /* labs */
	int working;     /* workers */
	bool ended;      /* no more labs are taken */
	uint64_t drawn;  /* units of progress */
	struct worker workers[VERIFY_JOBS_MAX];
};

/* One lab -------------------------------------------------------------------------------------- */

/* In the order of the list; NULL: none is left. */
static const struct lab *take(struct many *many, bool exclusive)
{
	LOCK(&many->mutex);

	while (!many->ended && many->next < many->options->lab_count) {
		size_t i = many->next++;

		if (many->exclusive[i] == exclusive)
			return &many->options->labs[i];
	}
	return NULL;
}

static void begin(struct worker *worker, const struct lab *lab)
{
	LOCK(&worker->many->mutex);

	worker->progress = progress_new_hidden(lab->slug);
	(void)snprintf(worker->label, sizeof(worker->label), "%s", lab->slug);
}

static void end(struct worker *worker, const struct lab *lab, const struct verify_result *result,
		const struct err *err)
{
	struct many *many = worker->many;
	LOCK(&many->mutex);

	progress_end(worker->progress, result != NULL);
	worker->progress = NULL;
	many->finished++;
	if (!result && err->code != ERR_CONFLICT)
		many->ended = true;
	many->options->done(many->options->arg, lab, result, err);
}

static void work(struct worker *worker, bool exclusive)
{
	const struct verify_many *options = worker->many->options;
	const struct lab *lab;

	while ((lab = take(worker->many, exclusive)) != NULL) {
		AUTO(verify_result_freep) struct verify_result *result = NULL;
		struct verify_options one = {.conninfo = options->conninfo,
					     .lab = lab,
					     .scale = options->scale,
					     .stop_fd = options->stop_fd};
		struct err err = ERR_INIT;

		begin(worker, lab);
		one.progress = worker->progress;
		(void)lab_verify(&one, &result, &err);
		end(worker, lab, result, &err);
	}
}

static void leave(struct many *many)
{
	LOCK(&many->mutex);

	many->working--;
	pthread_cond_broadcast(&many->changed);
}

static void *common_main(void *arg)
{
	struct worker *worker = arg;

	work(worker, false);
	leave(worker->many);
	return NULL;
}

static void *exclusive_main(void *arg)
{
	struct worker *worker = arg;

	work(worker, true);
	leave(worker->many);
	return NULL;
}

/* All of them ---------------------------------------------------------------------------------- */

/* Whether the work of other labs would show: the clones of others bring checkpoints, and with a
 * transaction of theirs under way a snapshot is as old as that, whatever is vacuumed by then. */
static bool stands_alone(const struct lab *lab)
{
	return lab->workload.checkpoint || lab->session_count > 0;
}

/* With the mutex held. */
static void draw(struct many *many)
{
	uint64_t units = (uint64_t)many->finished * UNITS;
	const char *label = "verifying";

	for (int i = 0; i < many->options->jobs; i++) {
		uint64_t done = 0, total = 0;

		if (!many->workers[i].progress)
			continue;
		label = many->workers[i].label;
		progress_read(many->workers[i].progress, NULL, 0, &done, &total);
		if (total > 0)
			units += (done < total ? done : total) * UNITS / total;
	}
	progress_label(many->options->progress, label);
	if (units > many->drawn)
		progress_add(many->options->progress, units - many->drawn);
	many->drawn = units > many->drawn ? units : many->drawn;
}

static void watch(struct many *many)
{
	LOCK(&many->mutex);

	while (many->working > 0) {
		(void)thread_cond_wait_until(&many->changed, &many->mutex,
					     clock_mono_ns() + LOOK_NS);
		draw(many);
	}
}

/* Runs so many workers and waits for them. */
static int run(struct many *many, int workers, void *(*body)(void *), struct err *err)
{
	int started = 0, result = 0;

	many->next = 0;
	many->working = workers;
	for (; started < workers; started++) {
		many->workers[started].many = many;
		if (thread_start(&many->workers[started].thread, "lab-verify", body,
				 &many->workers[started], err) < 0) {
			result = -1;
			break;
		}
	}
	if (result < 0) {
		LOCK(&many->mutex);
		many->ended = true;
		many->working -= workers - started;
	}
	watch(many);
	for (int i = 0; i < started; i++)
		pthread_join(many->workers[i].thread, NULL);
	return result;
}

int lab_verify_many(const struct verify_many *options, struct err *err)
{
	struct many many = {.options = options, .mutex = PTHREAD_MUTEX_INITIALIZER};
	AUTO(freep) bool *exclusive = calloc(options->lab_count + 1, sizeof(*exclusive));
	int result;

	if (!exclusive)
		return err_no_memory(err);
	if (thread_cond_init(&many.changed, err) < 0)
		return -1;
	many.exclusive = exclusive;
	for (size_t i = 0; i < options->lab_count; i++)
		exclusive[i] = stands_alone(&options->labs[i]);
	progress_total(options->progress, options->lab_count * UNITS);
	result = run(&many, options->jobs, common_main, err);
	if (result == 0)
		result = run(&many, 1, exclusive_main, err);
	pthread_cond_destroy(&many.changed);
	return result;
}
