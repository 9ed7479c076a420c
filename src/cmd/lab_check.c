/* lab_check.c - tasklab lab check: grades what was done to the active lab. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <tasklab/base/term.h>
#include <tasklab/base/text.h>
#include <tasklab/lab/check.h>

#include "lab_words.h"

#define STATEMENT_MAX ((size_t)64 * 1024)

static int read_stdin(struct buf *into, struct err *err)
{
	char part[4096];
	size_t n;

	while ((n = fread(part, 1, sizeof(part), stdin)) > 0)
		buf_append(into, part, n);
	if (ferror(stdin))
		return err_set(err, ERR_INVALID, "standard input cannot be read", "%s", "");
	return buf_check(into, err);
}

static int read_statement(const char *path, struct buf *into, struct err *err)
{
	if (strcmp(path, "-") == 0)
		return read_stdin(into, err);
	return text_read_file(path, STATEMENT_MAX, into, err);
}

static int print_check(const struct cmd *cmd, const struct check_result *result)
{
	AUTO(buf_release) struct buf out = BUF_INIT(CHECK_JSON_MAX);
	struct err err = ERR_INIT;

	if (!cmd->json) {
		check_text(result, stdout);
	} else {
		if (check_json(result, &out, &err) < 0)
			return cmd_fail(cmd, "cannot write the result", &err);
		puts(buf_str(&out));
		if (*check_note(result))
			(void)fprintf(stderr, "tasklab lab: %s\n", check_note(result));
	}
	return check_grade(result)->passed ? CMD_OK : CMD_NOT_ACCEPTED;
}

static int check_alone(const struct cmd *cmd, struct check_options *check)
{
	AUTO(check_result_freep) struct check_result *result = NULL;
	struct err err = ERR_INIT;
	int rc;

	check->progress = progress_new(check->lab->slug, 0);
	rc = lab_check(check, &result, &err);
	progress_end(check->progress, rc == 0);
	if (rc < 0)
		return cmd_fail(cmd, "the check failed", &err);
	return print_check(cmd, result);
}

int lab_word_check(struct cmd *cmd)
{
	const char *answer = NULL, *path = NULL;
	const struct cmd_option options[] = {{"answer", CMD_OPTION_STR, &answer},
					     {"statement", CMD_OPTION_STR, &path}};
	AUTO(catalogue_freep) struct catalogue *catalogue = NULL;
	AUTO(buf_release) struct buf statement = BUF_INIT(STATEMENT_MAX);
	AUTO(lab_stop_closep) int stop_fd = -1;
	struct check_options check = {.conninfo = cmd->config->database_url};
	struct quiz_answers answers;
	struct err err = ERR_INIT;
	int rc;

	if (cmd_options(cmd, options, ARRAY_LEN(options)) < 0)
		return CMD_USAGE;
	rc = lab_active_operand(cmd, &catalogue, &check.lab);
	if (rc != CMD_OK)
		return rc;
	if (answer && quiz_parse(check.lab, answer, &answers, &err) < 0)
		return cmd_usage(cmd, "--answer: %s", err.message);
	if (path && read_statement(path, &statement, &err) < 0)
		return cmd_fail(cmd, "cannot read the statement", &err);
	if (lab_stop_catch(&stop_fd, &err) < 0)
		return cmd_fail(cmd, "cannot check this lab", &err);
	check.stop_fd = stop_fd;
	check.answers = answer ? &answers : NULL;
	check.statement = path ? buf_str(&statement) : NULL;
	return check_alone(cmd, &check);
}
