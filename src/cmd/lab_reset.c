/* lab_reset.c - tasklab lab reset: ends labs and clears their databases away. */
#include <stdio.h>

#include <tasklab/lab/reset.h>

#include "lab_words.h"

static int reset_json(const struct cmd *cmd, const struct reset_database *databases, size_t n)
{
	AUTO(buf_release) struct buf out = BUF_INIT(LAB_JSON_MAX);
	struct json json = JSON_INIT(&out);

	lab_write_databases(&json, databases, n, true);
	return lab_print_json(cmd, &out, "cannot list the databases");
}

static void reset_text(const struct reset_database *databases, size_t n)
{
	size_t dropped = 0;

	for (size_t i = 0; i < n; i++) {
		const struct reset_database *one = &databases[i];

		if (one->dropped)
			(void)printf("%s %s\n", one->exists ? "dropped" : "ended the sessions of",
				     one->name);
		else if (one->state == RESET_IN_USE)
			(void)printf("left %s alone: a run uses it now\n", one->name);
		dropped += one->dropped;
	}
	if (dropped == 0)
		(void)puts("nothing was left behind");
}

int lab_word_reset(struct cmd *cmd)
{
	bool all = false;
	const struct cmd_option options[] = {{"all", CMD_OPTION_FLAG, &all}};
	AUTO(catalogue_freep) struct catalogue *catalogue = NULL;
	AUTO(freep) struct reset_database *databases = NULL;
	const char *slug;
	struct err err = ERR_INIT;
	size_t n = 0;

	if (cmd_options(cmd, options, ARRAY_LEN(options)) < 0)
		return CMD_USAGE;
	if (cmd->argc > 3 || (cmd->argc == 3 && all))
		return cmd_usage(cmd, "unexpected argument \"%s\"", cmd->argv[cmd->argc - 1]);
	slug = cmd->argc == 3 ? cmd->argv[2] : NULL;
	if (slug && !lab_slug_valid(slug))
		return cmd_usage(cmd, "\"%s\" is no name of a lab", slug);
	if (lab_catalogue(cmd, &catalogue, &err) < 0 ||
	    reset_run(cmd->config->database_url, catalogue, slug, all, &databases, &n, &err) < 0)
		return cmd_fail(cmd, "cannot reset", &err);
	if (cmd->json)
		return reset_json(cmd, databases, n);
	reset_text(databases, n);
	return CMD_OK;
}
