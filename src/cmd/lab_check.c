/* lab_check.c - tasklab lab check: grades what was done to the active lab, in the service or here.
 */
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

static int print_check(const struct cmd *cmd, const struct check_result *result, const char *folder)
{
	AUTO(buf_release) struct buf out = BUF_INIT(REPORT_MAX);
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
	if (folder && check_save(result, folder, &err) < 0)
		return cmd_fail(cmd, "cannot save the report", &err);
	return check_grade(result)->passed ? CMD_OK : CMD_NOT_ACCEPTED;
}

static int check_alone(const struct cmd *cmd, struct check_options *check, const char *folder)
{
	AUTO(check_result_freep) struct check_result *result = NULL;
	struct err err = ERR_INIT;
	int rc;

	check->progress = progress_new(check->lab->slug, 0);
	rc = lab_check(check, &result, &err);
	progress_end(check->progress, rc == 0);
	if (rc < 0)
		return cmd_fail(cmd, "the check failed", &err);
	return print_check(cmd, result, folder);
}

static int write_request(const struct check_options *check, struct buf *body, struct err *err)
{
	struct json json = JSON_INIT(body);

	json_begin_object(&json);
	json_kv_string(&json, "action", "check");
	if (check->statement)
		json_kv_string(&json, "statement", check->statement);
	if (check->answers) {
		json_name(&json, "answers");
		json_begin_array(&json);
		for (size_t i = 0; i < check->lab->quiz_count; i++)
			json_i64(&json, check->answers->chosen[i]);
		json_end_array(&json);
	}
	json_end_object(&json);
	return buf_check(body, err);
}

static int check_in_service(const struct cmd *cmd, const struct lab_work *work,
			    const struct check_options *check)
{
	AUTO(buf_release) struct buf body = BUF_INIT(2 * STATEMENT_MAX);
	struct err err = ERR_INIT;

	if (write_request(check, &body, &err) < 0)
		return cmd_fail(cmd, "the check failed", &err);
	return lab_work_in_service(cmd, work, buf_str(&body), "the check failed",
				   "cannot fetch the result");
}

int lab_word_check(struct cmd *cmd)
{
	AUTO(lab_work_release) struct lab_work work = {.stop_fd = -1};
	AUTO(buf_release) struct buf statement = BUF_INIT(STATEMENT_MAX);
	const char *answer = NULL, *path = NULL;
	const struct cmd_option options[] = {{"answer", CMD_OPTION_STR, &answer},
					     {"statement", CMD_OPTION_STR, &path},
					     {"report", CMD_OPTION_STR, &work.folder},
					     {"local", CMD_OPTION_FLAG, &work.local}};
	struct check_options check = {.conninfo = cmd->config->database_url};
	struct quiz_answers answers;
	struct err err = ERR_INIT;
	int rc = lab_begin(cmd, options, ARRAY_LEN(options), lab_active_operand, &work);

	if (rc != CMD_OK)
		return rc;
	if (answer && quiz_parse(work.lab, answer, &answers, &err) < 0)
		return cmd_usage(cmd, "--answer: %s", err.message);
	if (path && read_statement(path, &statement, &err) < 0)
		return cmd_fail(cmd, "cannot read the statement", &err);
	rc = lab_begin_work(cmd, &work);
	if (rc != CMD_OK)
		return rc;
	check.lab = work.lab;
	check.stop_fd = work.stop_fd;
	check.answers = answer ? &answers : NULL;
	check.statement = path ? buf_str(&statement) : NULL;
	return work.service ? check_in_service(cmd, &work, &check)
			    : check_alone(cmd, &check, work.folder);
}
