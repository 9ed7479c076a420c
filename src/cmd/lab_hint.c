/* lab_hint.c - tasklab lab hint and solution: help on the way, and the end of it. */
#include <stdio.h>

#include <tasklab/lab/learner.h>
#include <tasklab/lab/lesson.h>

#include "lab_words.h"

static int hint_json(const struct cmd *cmd, const struct lab *lab, int n)
{
	AUTO(buf_release) struct buf out = BUF_INIT(LAB_JSON_MAX);
	struct json json = JSON_INIT(&out);

	json_begin_object(&json);
	json_kv_string(&json, "lab", lab->slug);
	json_kv_i64(&json, "taken", n);
	json_kv_i64(&json, "of", (int64_t)lab->hints.count);
	json_name(&json, "hints");
	json_begin_array(&json);
	for (int i = 0; i < n; i++)
		json_str(&json, lab->hints.items[i]);
	json_end_array(&json);
	json_end_object(&json);
	return lab_print_json(cmd, &out, "cannot write the hints");
}

int lab_word_hint(struct cmd *cmd)
{
	AUTO(lab_work_release) struct lab_work work = {.stop_fd = -1};
	int n = 0, rc = lab_begin(cmd, NULL, 0, lab_active_operand, &work);
	struct err err = ERR_INIT;

	if (rc != CMD_OK)
		return rc;
	if (learner_hint(cmd->config->database_url, work.lab->slug, &n, &err) < 0)
		return cmd_fail(cmd, "cannot count the hint", &err);
	if (cmd->json)
		return hint_json(cmd, work.lab, n);
	lesson_hints_text(work.lab, n, stdout);
	if ((size_t)n == work.lab->hints.count)
		(void)printf("That is all; `tasklab lab solution %s` explains.\n", work.lab->slug);
	return CMD_OK;
}

int lab_word_solution(struct cmd *cmd)
{
	AUTO(lab_work_release) struct lab_work work = {.stop_fd = -1};
	AUTO(buf_release) struct buf out = BUF_INIT(LAB_JSON_MAX);
	int rc = lab_begin(cmd, NULL, 0, lab_active_operand, &work);
	struct err err = ERR_INIT;

	if (rc != CMD_OK)
		return rc;
	if (!cmd->json) {
		lesson_solution_text(work.lab, stdout);
		return CMD_OK;
	}
	if (lesson_solution_json(work.lab, &out, &err) < 0)
		return cmd_fail(cmd, "cannot write the solution", &err);
	return lab_print_json(cmd, &out, "cannot write the solution");
}
