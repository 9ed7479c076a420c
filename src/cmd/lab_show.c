/* lab_show.c - tasklab lab show: a lab's README, or what it is about as JSON. */
#include <stdio.h>

#include "lab_words.h"
#include "markdown.h"

int lab_word_show(struct cmd *cmd)
{
	AUTO(catalogue_freep) struct catalogue *catalogue = NULL;
	AUTO(buf_release) struct buf out = BUF_INIT(LAB_JSON_MAX);
	struct json json = JSON_INIT(&out);
	const struct lab *lab = NULL;
	int rc;

	if (cmd_options(cmd, NULL, 0) < 0)
		return CMD_USAGE;
	rc = lab_operand(cmd, &catalogue, &lab);
	if (rc != CMD_OK || !lab)
		return rc;
	if (!cmd->json) {
		markdown_print(lab->readme, stdout);
		return CMD_OK;
	}
	json_begin_object(&json);
	lab_write_about(&json, lab);
	json_kv_string(&json, "readme", lab->readme);
	json_end_object(&json);
	return lab_print_json(cmd, &out, "cannot show this lab");
}
