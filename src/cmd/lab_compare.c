/* lab_compare.c - tasklab lab compare: two statements side by side. */
#include <stdio.h>
#include <string.h>

#include <tasklab/base/term.h>
#include <tasklab/lab/compare.h>

#include "lab_bench.h"
#include "lab_words.h"

#define CALLS_MAX 1000000

static int print_comparison(const struct cmd *cmd, const struct compare_result *result,
			    const char *folder)
{
	AUTO(buf_release) struct buf out = BUF_INIT(REPORT_MAX);
	struct err err = ERR_INIT;

	if (!cmd->json) {
		compare_text(result, stdout);
	} else {
		if (compare_write(result, REPORT_JSON, NULL, &out, &err) < 0)
			return cmd_fail(cmd, "cannot write the report", &err);
		puts(buf_str(&out));
	}
	if (folder && compare_save(result, folder, &err) < 0)
		return cmd_fail(cmd, "cannot save the report", &err);
	return compare_same_rows(result) ? CMD_OK : CMD_NOT_ACCEPTED;
}

static int compare(const struct cmd *cmd, struct compare_options *options, const char *folder)
{
	AUTO(compare_result_freep) struct compare_result *result = NULL;
	AUTO(lab_stop_closep) int stop_fd = -1;
	struct err err = ERR_INIT;
	int rc;

	if (lab_stop_catch(&stop_fd, &err) < 0)
		return cmd_fail(cmd, "cannot compare", &err);
	options->stop_fd = stop_fd;
	options->progress = progress_new("comparing", 0);
	rc = compare_run(options, &result, &err);
	progress_end(options->progress, rc == 0);
	if (rc < 0)
		return cmd_fail(cmd, "cannot compare", &err);
	return print_comparison(cmd, result, folder);
}

int lab_word_compare(struct cmd *cmd)
{
	struct lab_bench bench = {.scale = NULL};
	struct compare_options compared = {.conninfo = cmd->config->database_url, .clients = 1};
	const char *folder = NULL;
	const struct cmd_option options[] = {{"scale", CMD_OPTION_STR, &bench.scale},
					     {"in", CMD_OPTION_STR, &bench.where.database},
					     {"app-data", CMD_OPTION_FLAG, &bench.where.app_data},
					     {"params", CMD_OPTION_STR, &compared.params_sql},
					     {"calls", CMD_OPTION_I64, &compared.calls},
					     {"clients", CMD_OPTION_I64, &compared.clients},
					     {"ordered", CMD_OPTION_FLAG, &compared.ordered},
					     {"report", CMD_OPTION_STR, &folder}};

	if (cmd_options(cmd, options, ARRAY_LEN(options)) < 0)
		return CMD_USAGE;
	if (cmd->argc != 4)
		return cmd_usage(cmd, "compare: expected two statements, each in quotes");
	if (compared.calls < 0 || compared.calls > CALLS_MAX)
		return cmd_usage(cmd, "--calls: expected 1 to %d", CALLS_MAX);
	if (compared.clients < 1 || compared.clients > COMPARE_CLIENTS_MAX)
		return cmd_usage(cmd, "--clients: expected 1 to %d", COMPARE_CLIENTS_MAX);
	if (lab_bench_where(cmd, &bench) < 0)
		return CMD_USAGE;
	compared.where = bench.where;
	compared.sql[0] = cmd->argv[2];
	compared.sql[1] = cmd->argv[3];
	return compare(cmd, &compared, folder);
}
