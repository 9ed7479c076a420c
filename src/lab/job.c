/* job.c - what the engine's actions do, and the reports that they leave. */
#include "job.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <tasklab/base/clock.h>
#include <tasklab/lab/report.h>
#include <tasklab/lab/reset.h>

/* The actions ---------------------------------------------------------------------------------- */

typedef int job_action(struct job *job, bool *accepted, struct err *err);

static int work_run(struct job *job, bool *accepted, struct err *err)
{
	const struct run_options options = {.conninfo = job->conninfo,
					    .lab = job->lab,
					    .scale = job->view.scale,
					    .keep = job->keep,
					    .progress = job->progress,
					    .stop_fd = job->stop_fd,
					    .run_id = job->view.id};

	if (run_lab(&options, &job->run, err) < 0)
		return -1;
	*accepted = run_passed(job->run) || run_skipped(job->run);
	return 0;
}

static int work_reset(struct job *job, bool *accepted, struct err *err)
{
	AUTO(freep) struct reset_database *databases = NULL;
	size_t n;

	if (reset_run(job->conninfo, job->catalogue, job->lab->slug, false, &databases, &n, err) <
	    0)
		return -1;
	*accepted = true;
	return 0;
}

static job_action *const ACTIONS[] = {
	[ENGINE_RESET] = work_reset,
	[ENGINE_RUN] = work_run,
};

int job_work(struct job *job, bool *accepted, struct err *err)
{
	return ACTIONS[job->view.action](job, accepted, err);
}

/* Reports -------------------------------------------------------------------------------------- */

int job_report(const struct job *job, const struct engine_look *look, struct buf *out,
	       struct err *err)
{
	static const enum report_format formats[ENGINE_FORMAT_COUNT] = {
		[ENGINE_JSON] = REPORT_JSON,
		[ENGINE_TEXT] = REPORT_TEXT,
		[ENGINE_MARKDOWN] = REPORT_MARKDOWN,
		[ENGINE_HTML] = REPORT_HTML,
	};
	const struct report_look text = {.colour = look->colour, .width = look->width};

	if (!job->run)
		return err_set(err, ERR_NOT_FOUND, "this job has no report", "%s of %s",
			       engine_action_name(job->view.action), job->view.slug);
	return report_write(job->run, formats[look->format], &text, out, err);
}

/* Life ----------------------------------------------------------------------------------------- */

int job_new(const char *conninfo, const struct engine_request *request,
	    struct catalogue **catalogue, const struct lab *lab, struct job **ret, struct err *err)
{
	AUTO(job_freep) struct job *job = calloc(1, sizeof(*job));

	if (!job)
		return err_no_memory(err);
	job->conninfo = conninfo;
	job->stop_fd = eventfd(0, EFD_CLOEXEC);
	if (job->stop_fd < 0)
		return err_errno(err, errno, "the job cannot be started", "eventfd");
	job->view = (struct engine_job){.id = request->id,
					.action = request->action,
					.scale = request->scale,
					.state = ENGINE_RUNNING,
					.started_us = clock_real_us()};
	job->keep = request->keep;
	(void)snprintf(job->view.slug, sizeof(job->view.slug), "%s", lab->slug);
	job->progress = progress_new_hidden(engine_action_name(request->action));
	if (!job->progress)
		return err_no_memory(err);
	job->catalogue = TAKE(*catalogue);
	job->lab = lab;
	*ret = TAKE(job);
	return 0;
}

void job_freep(struct job **pointer)
{
	struct job *job = *pointer;

	if (!job)
		return;
	run_result_freep(&job->run);
	catalogue_freep(&job->catalogue);
	progress_end(job->progress, true);
	if (job->stop_fd >= 0)
		(void)close(job->stop_fd);
	free(job);
	*pointer = NULL;
}

void job_give_up(struct job *job)
{
	const uint64_t one = 1;

	/* The counter of an eventfd takes one without fail. */
	while (write(job->stop_fd, &one, sizeof(one)) < 0 && errno == EINTR)
		;
	job->given_up = true;
}
