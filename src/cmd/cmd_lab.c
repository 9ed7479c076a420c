/* cmd_lab.c - tasklab lab: the table of its words, and its refusal outside the sandbox. */
#include <string.h>

#include <tasklab/base/text.h>

#include "lab_words.h"

#define WORDS_TEXT_MAX 1024

/* Adding a word is a row here (by name), its declaration in lab_words.h, lab_<word>.c, and a line
 * in main.c's help. */
static const struct {
	const char *name;
	int (*run)(struct cmd *cmd);
} WORDS[] = {
	{"check", lab_word_check},     {"compare", lab_word_compare},
	{"explain", lab_word_explain}, {"hint", lab_word_hint},
	{"list", lab_word_list},       {"new", lab_word_new},
	{"reset", lab_word_reset},     {"run", lab_word_run},
	{"show", lab_word_show},       {"solution", lab_word_solution},
	{"start", lab_word_start},     {"status", lab_word_status},
	{"verify", lab_word_verify},
};

static int no_word(const struct cmd *cmd, const char *word)
{
	AUTO(buf_release) struct buf expected = BUF_INIT(WORDS_TEXT_MAX);
	const char *names[ARRAY_LEN(WORDS)];
	const char *nearest;

	for (size_t i = 0; i < ARRAY_LEN(WORDS); i++) {
		names[i] = WORDS[i].name;
		buf_puts(&expected, i == 0 ? "" : i + 1 < ARRAY_LEN(WORDS) ? ", " : " or ");
		buf_puts(&expected, names[i]);
	}
	if (!word)
		return cmd_usage(cmd, "expected %s", buf_str(&expected));
	nearest = text_nearest(word, names, ARRAY_LEN(WORDS));
	if (nearest)
		return cmd_usage(cmd, "unknown word \"%s\"; did you mean \"%s\"?", word, nearest);
	return cmd_usage(cmd, "unknown word \"%s\": expected %s", word, buf_str(&expected));
}

int cmd_lab(struct cmd *cmd)
{
	struct err err = ERR_INIT;

	if (cmd->argc < 2)
		return no_word(cmd, NULL);
	for (size_t i = 0; i < ARRAY_LEN(WORDS); i++) {
		if (strcmp(cmd->argv[1], WORDS[i].name) != 0)
			continue;
		if (cmd->config->sandbox)
			return WORDS[i].run(cmd);
		(void)err_set(&err, ERR_FORBIDDEN,
			      "labs are part of the sandbox: set TASKLAB_SANDBOX=on (or pass "
			      "--sandbox)",
			      "%s", "");
		return cmd_fail(cmd, "refused", &err);
	}
	return no_word(cmd, cmd->argv[1]);
}
