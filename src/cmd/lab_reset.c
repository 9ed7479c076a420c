/* lab_reset.c - tasklab lab reset: ends labs and clears their databases away. */
#include <stdio.h>

#include <tasklab/lab/reset.h>

#include "lab_service.h"
#include "lab_words.h"

static int print_reset(const struct cmd *cmd, const struct reset_database *databases, size_t n)
{
	AUTO(buf_release) struct buf out = BUF_INIT(LAB_JSON_MAX);
	struct json json = JSON_INIT(&out);
	struct err err = ERR_INIT;

	if (cmd->json) {
		reset_json(databases, n, true, &json);
		return lab_print_json(cmd, &out, "cannot list the databases");
	}
	reset_text(databases, n, &out);
	if (buf_check(&out, &err) < 0)
		return cmd_fail(cmd, "cannot list the databases", &err);
	(void)fputs(buf_str(&out), stdout);
	return CMD_OK;
}

static int reset_alone(const struct cmd *cmd, const char *slug, bool all)
{
	AUTO(catalogue_freep) struct catalogue *catalogue = NULL;
	AUTO(freep) struct reset_database *databases = NULL;
	struct err err = ERR_INIT;
	size_t n = 0;

	if (lab_catalogue(cmd, &catalogue, &err) < 0 ||
	    reset_run(cmd->config->database_url, catalogue, slug, all, &databases, &n, &err) < 0)
		return cmd_fail(cmd, "cannot reset", &err);
	return print_reset(cmd, databases, n);
}

/* A service that is busy does not keep anybody from resetting another lab. */
static int reset_in_service(const struct cmd *cmd, struct lab_service *service, const char *slug)
{
	AUTO(buf_release) struct buf out = BUF_INIT(LAB_JSON_MAX);
	struct lab_service_job job;
	struct err err = ERR_INIT;

	if (lab_service_work(service, "{\"action\":\"reset\"}", -1, &job, &err) < 0) {
		if (err.code != ERR_CONFLICT)
			return cmd_fail(cmd, "cannot reset", &err);
		(void)fprintf(stderr, "stand-alone: %s\n", err.message);
		return reset_alone(cmd, slug, false);
	}
	if (lab_service_print(cmd, service, &job, &out, &err) < 0)
		return cmd_fail(cmd, "cannot fetch the result", &err);
	return CMD_OK;
}

int lab_word_reset(struct cmd *cmd)
{
	bool all = false, local = false;
	const struct cmd_option options[] = {{"all", CMD_OPTION_FLAG, &all},
					     {"local", CMD_OPTION_FLAG, &local}};
	AUTO(lab_service_freep) struct lab_service *service = NULL;
	const char *slug;

	if (cmd_options(cmd, options, ARRAY_LEN(options)) < 0)
		return CMD_USAGE;
	if (cmd->argc > 3 || (cmd->argc == 3 && all))
		return cmd_usage(cmd, "unexpected argument \"%s\"", cmd->argv[cmd->argc - 1]);
	slug = cmd->argc == 3 ? cmd->argv[2] : NULL;
	if (slug && !lab_slug_valid(slug))
		return cmd_usage(cmd, "\"%s\" is no name of a lab", slug);
	if (slug)
		lab_service_find(cmd, slug, local, &service);
	return service ? reset_in_service(cmd, service, slug) : reset_alone(cmd, slug, all);
}
