/* lab_common.c - what the words of `tasklab lab` share: the catalogue, the operand, JSON. */
#include <stdio.h>
#include <string.h>

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

void lab_write_about(struct json *json, const struct lab *lab)
{
	json_kv_string(json, "slug", lab->slug);
	json_kv_string(json, "title", lab->title);
	json_kv_string(json, "summary", lab->summary);
	json_kv_string(json, "level", lab_level_name(lab->level));
	json_kv_i64(json, "minutes", lab->minutes);
	json_name(json, "topics");
	json_begin_array(json);
	for (size_t i = 0; i < lab->topics.count; i++)
		json_str(json, lab->topics.items[i]);
	json_end_array(json);
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
