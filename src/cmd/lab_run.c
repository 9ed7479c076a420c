/* lab_run.c - tasklab lab run: a whole run and its report, in the service or stand-alone. */
#include <stdio.h>

#include <tasklab/base/term.h>
#include <tasklab/lab/report.h>
#include <tasklab/lab/run.h>

#include "lab_web.h"
#include "lab_words.h"
#include "serve.h"

static int print_run(const struct cmd *cmd, const struct run_result *result, const char *folder)
{
	AUTO(buf_release) struct buf out = BUF_INIT(REPORT_JSON_MAX);
	struct err err = ERR_INIT;

	if (!cmd->json) {
		report_text(result, stdout);
	} else {
		if (report_json(result, &out, &err) < 0)
			return cmd_fail(cmd, "cannot write the report", &err);
		puts(buf_str(&out));
		if (*run_note(result))
			(void)fprintf(stderr, "tasklab lab: %s\n", run_note(result));
	}
	if (folder && report_save(result, folder, &err) < 0)
		return cmd_fail(cmd, "cannot save the report", &err);
	return run_passed(result) || run_skipped(result) ? CMD_OK : CMD_NOT_ACCEPTED;
}

static int run_alone(const struct cmd *cmd, struct run_options *run, const char *folder)
{
	AUTO(run_result_freep) struct run_result *result = NULL;
	AUTO(serve_endp) struct serve *serve = NULL;
	struct err err = ERR_INIT;
	int rc;

	if (lab_web_begin(cmd, run->lab, 1, &serve, &err) < 0)
		return cmd_fail(cmd, "the service that this lab asks cannot be started", &err);
	run->progress = progress_new(run->lab->slug, 0);
	rc = run_lab(run, &result, &err);
	progress_end(run->progress, rc == 0);
	if (rc < 0)
		return cmd_fail(cmd, "the run failed", &err);
	return print_run(cmd, result, folder);
}

static int run_in_service(const struct cmd *cmd, const struct lab_work *work,
			  const struct run_options *run)
{
	char body[128];

	(void)snprintf(body, sizeof(body),
		       "{\"action\":\"run\",\"scale\":\"%s\",\"keep\":%s,\"beside\":%s}",
		       seed_scale_name(run->scale), run->keep ? "true" : "false",
		       run->beside ? "true" : "false");
	return lab_work_in_service(cmd, work, body, "the run failed", "cannot fetch the report");
}

int lab_word_run(struct cmd *cmd)
{
	AUTO(lab_work_release) struct lab_work work = {.scale_name = "small", .stop_fd = -1};
	struct run_options run = {.conninfo = cmd->config->database_url};
	const struct cmd_option options[] = {{"scale", CMD_OPTION_STR, &work.scale_name},
					     {"report", CMD_OPTION_STR, &work.folder},
					     {"keep", CMD_OPTION_FLAG, &run.keep},
					     {"beside", CMD_OPTION_FLAG, &run.beside},
					     {"local", CMD_OPTION_FLAG, &work.local}};
	int rc = lab_begin(cmd, options, ARRAY_LEN(options), lab_operand, &work);

	if (rc == CMD_OK)
		rc = lab_begin_work(cmd, &work);
	if (rc != CMD_OK)
		return rc;
	run.lab = work.lab;
	run.scale = work.scale;
	run.stop_fd = work.stop_fd;
	return work.service ? run_in_service(cmd, &work, &run) : run_alone(cmd, &run, work.folder);
}
