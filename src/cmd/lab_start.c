/* lab_start.c - tasklab lab start: makes a lab active and says what is asked. */
#include <errno.h>
#include <poll.h>
#include <stdio.h>

#include <tasklab/base/term.h>
#include <tasklab/lab/start.h>

#include "lab_service.h"
#include "lab_words.h"

/* The lab's sessions live as long as this process. */
static void hold(int stop_fd)
{
	struct pollfd fd = {.fd = stop_fd, .events = POLLIN};

	(void)fprintf(stderr, "tasklab lab: this lab holds sessions open, and they end with this "
			      "command: go on in another terminal; Ctrl-C ends them\n");
	while (poll(&fd, 1, -1) < 0 && errno == EINTR)
		;
}

static int print_start(const struct cmd *cmd, const struct start_result *result)
{
	AUTO(buf_release) struct buf out = BUF_INIT(LAB_JSON_MAX);
	struct err err = ERR_INIT;

	if (!cmd->json) {
		start_text(result, stdout);
		return CMD_OK;
	}
	if (start_json(result, &out, &err) < 0)
		return cmd_fail(cmd, "cannot write the result", &err);
	return lab_print_json(cmd, &out, "cannot write the result");
}

static int start_alone(const struct cmd *cmd, struct start_options *start)
{
	AUTO(start_result_freep) struct start_result *result = NULL;
	struct err err = ERR_INIT;
	int rc;

	start->progress = progress_new(start->lab->slug, 0);
	rc = lab_start(start, &result, &err);
	progress_end(start->progress, rc == 0);
	if (rc < 0)
		return cmd_fail(cmd, "the lab was not started", &err);
	rc = print_start(cmd, result);
	if (!cmd->json)
		(void)puts("\nWithout the service there is no traffic on it in the background.");
	(void)fflush(stdout);
	if (rc == CMD_OK && result->held)
		hold(start->stop_fd);
	return rc;
}

static int start_in_service(const struct cmd *cmd, struct lab_service *service,
			    const struct start_options *start)
{
	AUTO(start_result_freep) struct start_result *result = NULL;
	struct lab_service_job job;
	struct err err = ERR_INIT;
	char body[128];

	(void)snprintf(body, sizeof(body), "{\"action\":\"start\",\"scale\":\"%s\",\"beside\":%s}",
		       seed_scale_name(start->scale), start->beside ? "true" : "false");
	if (lab_service_work(service, body, start->stop_fd, &job, &err) < 0 ||
	    lab_started(start, &result, &err) < 0)
		return cmd_fail(cmd, "the lab was not started", &err);
	return print_start(cmd, result);
}

int lab_word_start(struct cmd *cmd)
{
	AUTO(lab_work_release) struct lab_work work = {.scale_name = "small", .stop_fd = -1};
	struct start_options start = {.conninfo = cmd->config->database_url,
				      .grafana_url = cmd->config->grafana_url};
	const struct cmd_option options[] = {{"scale", CMD_OPTION_STR, &work.scale_name},
					     {"beside", CMD_OPTION_FLAG, &start.beside},
					     {"local", CMD_OPTION_FLAG, &work.local}};
	int rc = lab_begin(cmd, options, ARRAY_LEN(options), lab_operand, &work);

	if (rc == CMD_OK)
		rc = lab_begin_work(cmd, &work);
	if (rc != CMD_OK)
		return rc;
	start.lab = work.lab;
	start.scale = work.scale;
	start.stop_fd = work.stop_fd;
	return work.service ? start_in_service(cmd, work.service, &start)
			    : start_alone(cmd, &start);
}
