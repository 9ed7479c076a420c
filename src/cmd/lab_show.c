/* lab_show.c - tasklab lab show: a lab's README, or what it is about as JSON. */
#include <stdio.h>

#include <tasklab/lab/lesson.h>

#include "lab_words.h"
#include "markdown.h"

int lab_word_show(struct cmd *cmd)
{
	AUTO(lab_work_release) struct lab_work work = {.stop_fd = -1};
	AUTO(buf_release) struct buf out = BUF_INIT(LAB_JSON_MAX);
	struct json json = JSON_INIT(&out);
	int rc = lab_begin(cmd, NULL, 0, lab_operand, &work);

	if (rc != CMD_OK)
		return rc;
	if (!cmd->json) {
		markdown_print(work.lab->readme, stdout);
		return CMD_OK;
	}
	json_begin_object(&json);
	lesson_about_json(&json, work.lab);
	json_kv_string(&json, "readme", work.lab->readme);
	json_end_object(&json);
	return lab_print_json(cmd, &out, "cannot show this lab");
}
