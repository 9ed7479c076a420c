/* lab_common.c - what the words of `tasklab lab` share: the catalogue, the beginning, JSON,
 * work in the service. */
#include <stdio.h>
#include <string.h>

#include <tasklab/lab/report.h>

#include "lab_service.h"
#include "lab_words.h"
#include "labs_dir.h"

int lab_catalogue(const struct cmd *cmd, struct catalogue **ret, struct err *err)
{
	AUTO(labs_folders_release) struct labs_folders folders = {.count = 0};

	if (labs_folders(cmd->config, &folders, err) < 0)
		return -1;
	return catalogue_load(folders.items, folders.count, ret, err);
}

int lab_print_problems(const struct catalogue *catalogue)
{
	for (size_t i = 0; i < catalogue->problem_count; i++)
		(void)fprintf(stderr, "tasklab lab: %s%s%s\n", catalogue->problems[i].err.message,
			      *catalogue->problems[i].err.detail ? ": " : "",
			      catalogue->problems[i].err.detail);
	return catalogue->problem_count > 0 ? CMD_FAILED : CMD_OK;
}

int lab_operand(struct cmd *cmd, struct catalogue **catalogue, const struct lab **ret)
{
	struct err err = ERR_INIT;

	if (cmd->argc < 3)
		return cmd_usage(cmd, "%s: which lab? Try \"tasklab lab list\"", cmd->argv[1]);
	if (cmd->argc > 3)
		return cmd_usage(cmd, "unexpected argument \"%s\"", cmd->argv[3]);
	if (lab_catalogue(cmd, catalogue, &err) < 0)
		return cmd_fail(cmd, "cannot read the labs", &err);
	if (catalogue_find(*catalogue, cmd->argv[2], ret, &err) < 0)
		return cmd_fail(cmd, "cannot use this lab", &err);
	return CMD_OK;
}

int lab_active_operand(struct cmd *cmd, struct catalogue **catalogue, const struct lab **ret)
{
	AUTO(freep) struct learner_session *sessions = NULL;
	struct err err = ERR_INIT;
	size_t n = 0;

	if (cmd->argc > 2)
		return lab_operand(cmd, catalogue, ret);
	if (learner_sessions(cmd->config->database_url, &sessions, &n, &err) < 0)
		return cmd_fail(cmd, "cannot find the active lab", &err);
	if (n == 0)
		return cmd_usage(cmd, "%s: no lab is active; \"tasklab lab start LAB\" begins one",
				 cmd->argv[1]);
	if (lab_catalogue(cmd, catalogue, &err) < 0)
		return cmd_fail(cmd, "cannot read the labs", &err);
	if (catalogue_find(*catalogue, sessions[0].slug, ret, &err) < 0)
		return cmd_fail(cmd, "cannot use the active lab", &err);
	return CMD_OK;
}

int lab_scale(const struct cmd *cmd, const char *name, enum seed_scale *ret)
{
	if (seed_scale_parse(name, ret))
		return CMD_OK;
	return cmd_usage(cmd, "--scale %s: expected small, medium or large", name);
}

void lab_work_release(struct lab_work *work)
{
	lab_service_freep(&work->service);
	lab_stop_closep(&work->stop_fd);
	catalogue_freep(&work->catalogue);
}

int lab_begin(struct cmd *cmd, const struct cmd_option *options, size_t n,
	      int (*operand)(struct cmd *, struct catalogue **, const struct lab **),
	      struct lab_work *work)
{
	if (cmd_options(cmd, options, n) < 0 ||
	    (work->scale_name && lab_scale(cmd, work->scale_name, &work->scale) != CMD_OK))
		return CMD_USAGE;
	return operand(cmd, &work->catalogue, &work->lab);
}

int lab_begin_work(const struct cmd *cmd, struct lab_work *work)
{
	struct err err = ERR_INIT;
	char what[64];

	if (lab_stop_catch(&work->stop_fd, &err) < 0) {
		(void)snprintf(what, sizeof(what), "cannot %s this lab", cmd->argv[1]);
		return cmd_fail(cmd, what, &err);
	}
	lab_service_find(cmd, work->lab->slug, work->local, &work->service);
	return CMD_OK;
}

int lab_work_in_service(const struct cmd *cmd, const struct lab_work *work, const char *body,
			const char *failed, const char *fetch)
{
	AUTO(buf_release) struct buf out = BUF_INIT(REPORT_MAX);
	struct lab_service_job job;
	struct err err = ERR_INIT;

	if (lab_service_work(work->service, body, work->stop_fd, &job, &err) < 0)
		return cmd_fail(cmd, failed, &err);
	if (lab_service_print(cmd, work->service, &job, &out, &err) < 0)
		return cmd_fail(cmd, fetch, &err);
	if (work->folder && lab_service_save(work->service, &job, work->folder, &err) < 0)
		return cmd_fail(cmd, "cannot save the report", &err);
	return job.accepted ? CMD_OK : CMD_NOT_ACCEPTED;
}

int lab_print_json(const struct cmd *cmd, const struct buf *out, const char *what)
{
	struct err err = ERR_INIT;

	if (buf_check(out, &err) < 0)
		return cmd_fail(cmd, what, &err);
	puts(buf_str(out));
	return CMD_OK;
}

const struct learner_progress *lab_progress_of(const struct learner_progress *all, size_t n,
					       const char *slug)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(all[i].slug, slug) == 0)
			return &all[i];
	return NULL;
}
