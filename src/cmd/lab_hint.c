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
	AUTO(catalogue_freep) struct catalogue *catalogue = NULL;
	const struct lab *lab = NULL;
	struct err err = ERR_INIT;
	int n = 0, rc;

	if (cmd_options(cmd, NULL, 0) < 0)
		return CMD_USAGE;
	rc = lab_active_operand(cmd, &catalogue, &lab);
	if (rc != CMD_OK || !lab)
		return rc;
	if (learner_hint(cmd->config->database_url, lab->slug, &n, &err) < 0)
		return cmd_fail(cmd, "cannot count the hint", &err);
	if (cmd->json)
		return hint_json(cmd, lab, n);
	lesson_hints_text(lab, n, stdout);
	if ((size_t)n == lab->hints.count)
		(void)printf("That is all; `tasklab lab solution %s` explains.\n", lab->slug);
	return CMD_OK;
}

int lab_word_solution(struct cmd *cmd)
{
	AUTO(catalogue_freep) struct catalogue *catalogue = NULL;
	AUTO(buf_release) struct buf out = BUF_INIT(LAB_JSON_MAX);
	const struct lab *lab = NULL;
	struct err err = ERR_INIT;
	int rc;

	if (cmd_options(cmd, NULL, 0) < 0)
		return CMD_USAGE;
	rc = lab_active_operand(cmd, &catalogue, &lab);
	if (rc != CMD_OK || !lab)
		return rc;
	if (!cmd->json) {
		lesson_solution_text(lab, stdout);
		return CMD_OK;
	}
	if (lesson_solution_json(lab, &out, &err) < 0)
		return cmd_fail(cmd, "cannot write the solution", &err);
	return lab_print_json(cmd, &out, "cannot write the solution");
}
