/* job.c - what the engine's actions do, and the reports that they leave. */
#include "job.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <tasklab/base/clock.h>
#include <tasklab/base/text.h>
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
					    .beside = job->beside,
					    .progress = job->progress,
					    .stop_fd = job->stop_fd,
					    .run_id = job->view.id};

	if (run_lab(&options, &job->run, err) < 0)
		return -1;
	*accepted = run_passed(job->run) || run_skipped(job->run);
	return 0;
}

static int work_start(struct job *job, bool *accepted, struct err *err)
{
	const struct start_options options = {.conninfo = job->conninfo,
					      .lab = job->lab,
					      .scale = job->view.scale,
					      .beside = job->beside,
					      .grafana_url = job->grafana_url,
					      .progress = job->progress,
					      .stop_fd = job->stop_fd};

	*accepted = true;
	return lab_start(&options, &job->start, err);
}

static int work_check(struct job *job, bool *accepted, struct err *err)
{
	const struct check_options options = {.conninfo = job->conninfo,
					      .lab = job->lab,
					      .answers = job->answered ? &job->answers : NULL,
					      .statement = job->statement,
					      .progress = job->progress,
					      .run_id = job->view.id,
					      .stop_fd = job->stop_fd};

	if (lab_check(&options, &job->check, err) < 0)
		return -1;
	*accepted = check_grade(job->check)->passed;
	return 0;
}

static int work_verify(struct job *job, bool *accepted, struct err *err)
{
	const struct verify_options options = {.conninfo = job->conninfo,
					       .lab = job->lab,
					       .scale = job->view.scale,
					       .progress = job->progress,
					       .run_id = job->view.id,
					       .stop_fd = job->stop_fd};

	if (lab_verify(&options, &job->verify, err) < 0)
		return -1;
	*accepted = job->verify->sound || *job->verify->skipped;
	return 0;
}

static int work_reset(struct job *job, bool *accepted, struct err *err)
{
	*accepted = true;
	return reset_run(job->conninfo, job->catalogue, job->lab->slug, false, &job->databases,
			 &job->database_count, err);
}

static job_action *const ACTIONS[] = {
	[ENGINE_CHECK] = work_check, [ENGINE_RESET] = work_reset,   [ENGINE_RUN] = work_run,
	[ENGINE_START] = work_start, [ENGINE_VERIFY] = work_verify,
};

int job_work(struct job *job, bool *accepted, struct err *err)
{
	return ACTIONS[job->view.action](job, accepted, err);
}

/* Reports -------------------------------------------------------------------------------------- */

/* On a stream in memory that has the colour and the width of the reader's terminal. */
static int report_stream(const struct job *job, const struct engine_look *look, struct buf *out,
			 struct err *err)
{
	AUTO(freep) char *text = NULL;
	size_t len = 0;
	FILE *stream = open_memstream(&text, &len);

	if (!stream)
		return err_no_memory(err);
	term_pretend(stream, look->colour, look->width);
	if (job->verify)
		verify_text(job->verify, stream);
	else
		start_text(job->start, stream);
	term_pretend(NULL, false, 0);
	if (fclose(stream) != 0)
		return err_errno(err, errno, "the report cannot be written", "memory stream");
	buf_append(out, text, len);
	return 0;
}

static int report_text_of(const struct job *job, const struct engine_look *look, struct buf *out,
			  struct err *err)
{
	if (job->verify || job->start)
		return report_stream(job, look, out, err);
	reset_text(job->databases, job->database_count, out);
	return buf_check(out, err);
}

static int report_json_of(const struct job *job, struct buf *out, struct err *err)
{
	struct json json = JSON_INIT(out);

	if (job->verify)
		return verify_json(job->verify, out, err);
	if (job->start)
		return start_json(job->start, out, err);
	reset_json(job->databases, job->database_count, true, &json);
	return buf_check(out, err);
}

/* What measures has a report in every form; the rest has text and JSON. */
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

	if (job->run)
		return report_write(job->run, formats[look->format], &text, out, err);
	if (job->check)
		return check_write(job->check, formats[look->format], &text, out, err);
	if (!job->verify && !job->start && !job->databases)
		return err_set(err, ERR_NOT_FOUND, "this job has no report", "%s of %s",
			       engine_action_name(job->view.action), job->view.slug);
	if (look->format == ENGINE_JSON)
		return report_json_of(job, out, err);
	if (look->format == ENGINE_TEXT)
		return report_text_of(job, look, out, err);
	return err_set(err, ERR_NOT_FOUND,
		       "only runs and checks have a report in that form: json and text", "%s of %s",
		       engine_action_name(job->view.action), job->view.slug);
}

/* Life ----------------------------------------------------------------------------------------- */

/* One answer a question, as learners see the choices numbered; or none at all. */
static int read_answers(struct job *job, const struct engine_request *request, struct err *err)
{
	const struct lab *lab = job->lab;

	if (request->answer_count == 0)
		return 0;
	if (request->answer_count != lab->quiz_count)
		return err_field(err, ERR_UNPROCESSABLE, "answers",
				 "the quiz of %s has %zu questions: one number for each", lab->slug,
				 lab->quiz_count);
	for (size_t i = 0; i < request->answer_count; i++) {
		if (request->answers[i] < 1 || request->answers[i] > LAB_CHOICES)
			return err_field(err, ERR_UNPROCESSABLE, "answers",
					 "each is the number of a choice, 1 to %d", LAB_CHOICES);
		job->answers.chosen[i] = (int)request->answers[i];
	}
	job->answered = true;
	return 0;
}

static int read_statement(struct job *job, const struct engine_request *request, struct err *err)
{
	if (!request->statement)
		return 0;
	if (strlen(request->statement) > ENGINE_SQL_MAX)
		return err_field(err, ERR_UNPROCESSABLE, "statement", "may have %d bytes",
				 ENGINE_SQL_MAX);
	return text_copy(request->statement, &job->statement, err);
}

int job_new(const struct engine_options *options, const struct engine_request *request,
	    struct catalogue **catalogue, const struct lab *lab, struct job **ret, struct err *err)
{
	AUTO(job_freep) struct job *job = calloc(1, sizeof(*job));

	if (!job)
		return err_no_memory(err);
	job->conninfo = options->conninfo;
	job->grafana_url = options->grafana_url;
	job->stop_fd = eventfd(0, EFD_CLOEXEC);
	if (job->stop_fd < 0)
		return err_errno(err, errno, "the job cannot be started", "eventfd");
	job->view = (struct engine_job){.id = request->id,
					.action = request->action,
					.scale = request->scale,
					.state = ENGINE_RUNNING,
					.started_us = clock_real_us()};
	job->keep = request->keep;
	job->beside = request->beside;
	job->lab = lab;
	(void)snprintf(job->view.slug, sizeof(job->view.slug), "%s", lab->slug);
	job->progress = progress_new_hidden(engine_action_name(request->action));
	if (!job->progress)
		return err_no_memory(err);
	if (read_answers(job, request, err) < 0 || read_statement(job, request, err) < 0)
		return -1;
	job->catalogue = TAKE(*catalogue);
	*ret = TAKE(job);
	return 0;
}

void job_freep(struct job **pointer)
{
	struct job *job = *pointer;

	if (!job)
		return;
	run_result_freep(&job->run);
	check_result_freep(&job->check);
	start_result_freep(&job->start);
	verify_result_freep(&job->verify);
	free(job->databases);
	free(job->statement);
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
