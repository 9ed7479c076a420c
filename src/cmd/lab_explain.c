/* lab_explain.c - tasklab lab explain: a statement's plan, and what an index would make of it. */
#include <stdio.h>

#include <tasklab/base/term.h>
#include <tasklab/lab/explain.h>

#include "lab_bench.h"
#include "lab_words.h"

static int print_plan(const struct cmd *cmd, const struct explain_result *result)
{
	AUTO(buf_release) struct buf out = BUF_INIT(EXPLAIN_MAX);
	struct err err = ERR_INIT;

	if (!cmd->json) {
		explain_text(result, stdout);
		return CMD_OK;
	}
	if (explain_json(result, &out, &err) < 0)
		return cmd_fail(cmd, "cannot write the plan", &err);
	puts(buf_str(&out));
	return CMD_OK;
}

static int explain(const struct cmd *cmd, struct explain_options *options)
{
	AUTO(explain_result_freep) struct explain_result *result = NULL;
	AUTO(lab_stop_closep) int stop_fd = -1;
	struct err err = ERR_INIT;
	int rc;

	if (lab_stop_catch(&stop_fd, &err) < 0)
		return cmd_fail(cmd, "cannot explain", &err);
	options->stop_fd = stop_fd;
	if (options->where.clone)
		options->progress = progress_new("explaining", 0);
	rc = explain_run(options, &result, &err);
	if (options->progress)
		progress_end(options->progress, rc == 0);
	return rc < 0 ? cmd_fail(cmd, "cannot explain", &err) : print_plan(cmd, result);
}

int lab_word_explain(struct cmd *cmd)
{
	struct lab_bench bench = {.scale = NULL};
	struct cmd_texts hypothetical = {.count = 0};
	struct explain_options explained = {.conninfo = cmd->config->database_url};
	const struct cmd_option options[] = {{"scale", CMD_OPTION_STR, &bench.scale},
					     {"in", CMD_OPTION_STR, &bench.where.database},
					     {"app-data", CMD_OPTION_FLAG, &bench.where.app_data},
					     {"params", CMD_OPTION_STR, &explained.params_sql},
					     {"hypothetical", CMD_OPTION_TEXTS, &hypothetical},
					     {"analyze", CMD_OPTION_FLAG, &explained.analyze}};

	if (cmd_options(cmd, options, ARRAY_LEN(options)) < 0)
		return CMD_USAGE;
	if (cmd->argc != 3)
		return cmd_usage(cmd, "explain: expected one statement, in quotes");
	if (explained.analyze && hypothetical.count > 0)
		return cmd_usage(cmd, "--analyze executes the statement, and hypothetical indexes "
				      "exist for the planner only: choose one");
	if (lab_bench_where(cmd, &bench) < 0)
		return CMD_USAGE;
	explained.where = bench.where;
	explained.sql = cmd->argv[2];
	explained.hypothetical = hypothetical.items;
	explained.hypothetical_count = hypothetical.count;
	return explain(cmd, &explained);
}
