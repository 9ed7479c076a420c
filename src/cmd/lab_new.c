/* lab_new.c - tasklab lab new: a folder with a lab that works, to be changed into one's own. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include <tasklab/base/text.h>

#include "lab_words.h"

#define FILE_MAX       ((size_t)256 * 1024)
#define PATH_MAX_BYTES 4096

/* src/cmd/new_lab/, embedded. */
extern const char NEW_LAB_YAML[], NEW_LAB_README[], NEW_LAB_BREAK[], NEW_LAB_FIX[],
	NEW_LAB_PARAMS[], NEW_LAB_SLOW[];

static const struct {
	const char *name;
	const char *text;
	const char *what; /* to edit */
} FILES[] = {
	{"lab.yaml", NEW_LAB_YAML, "title, evidence, hints, quiz, traps"},
	{"params.sql", NEW_LAB_PARAMS, "the parameter rows"},
	{"slow.sql", NEW_LAB_SLOW, "the statement under test"},
	{"break.sql", NEW_LAB_BREAK, "what breaks the data set"},
	{"fix.sql", NEW_LAB_FIX, "what mends it (or fast.sql: the statement as it should be)"},
	{"README.md", NEW_LAB_README, "the lesson"},
};

static int join(const char *folder, const char *name, char out[PATH_MAX_BYTES], struct err *err)
{
	int len = snprintf(out, PATH_MAX_BYTES, "%s/%s", folder, name);

	if (len < 0 || len >= PATH_MAX_BYTES)
		return err_set(err, ERR_INVALID, "the path of the lab is too long", "%s", folder);
	return 0;
}

/* The text with the lab's name in place of @SLUG@. */
static int write_file(const char *folder, const char *name, const char *text, const char *slug,
		      struct err *err)
{
	static const char mark[] = "@SLUG@";
	AUTO(buf_release) struct buf out = BUF_INIT(FILE_MAX);
	char path[PATH_MAX_BYTES];

	for (const char *found; (found = strstr(text, mark)) != NULL;
	     text = found + sizeof(mark) - 1) {
		buf_append(&out, text, (size_t)(found - text));
		buf_puts(&out, slug);
	}
	buf_puts(&out, text);
	if (buf_check(&out, err) < 0 || join(folder, name, path, err) < 0)
		return -1;
	return text_write_file(path, buf_str(&out), out.len, err);
}

static int make_folder(const char *path, bool may_exist, struct err *err)
{
	if (mkdir(path, 0777) == 0 || (may_exist && errno == EEXIST))
		return 0;
	if (errno == EEXIST)
		return err_set(err, ERR_CONFLICT, "this folder exists already", "%s", path);
	return err_errno(err, errno, "the folder cannot be made", path);
}

static int make_lab(const char *labs_dir, const char *slug, char folder[PATH_MAX_BYTES],
		    struct err *err)
{
	if (join(labs_dir, slug, folder, err) < 0 || make_folder(labs_dir, true, err) < 0 ||
	    make_folder(folder, false, err) < 0)
		return -1;
	for (size_t i = 0; i < ARRAY_LEN(FILES); i++)
		if (write_file(folder, FILES[i].name, FILES[i].text, slug, err) < 0)
			return -1;
	return 0;
}

static int print_made(const struct cmd *cmd, const char *slug, const char *folder)
{
	AUTO(buf_release) struct buf out = BUF_INIT(LAB_JSON_MAX);
	struct json json = JSON_INIT(&out);

	if (cmd->json) {
		json_begin_object(&json);
		json_kv_string(&json, "lab", slug);
		json_kv_string(&json, "folder", folder);
		json_end_object(&json);
		return lab_print_json(cmd, &out, "cannot write the result");
	}
	(void)printf("made %s, a lab that works; now make it yours:\n", folder);
	for (size_t i = 0; i < ARRAY_LEN(FILES); i++)
		(void)printf("  %-10s  %s\n", FILES[i].name, FILES[i].what);
	(void)printf("\n  tasklab lab verify %s   proves it; docs/labs.md describes every key\n",
		     slug);
	return CMD_OK;
}

int lab_word_new(struct cmd *cmd)
{
	AUTO(catalogue_freep) struct catalogue *catalogue = NULL;
	const char *labs_dir = cmd->config->labs_dir, *slug;
	const struct lab *lab = NULL;
	char folder[PATH_MAX_BYTES];
	struct err err = ERR_INIT;

	if (cmd_options(cmd, NULL, 0) < 0)
		return CMD_USAGE;
	if (cmd->argc != 3)
		return cmd_usage(cmd, "new: expected a name for the lab");
	slug = cmd->argv[2];
	if (!lab_slug_valid(slug))
		return cmd_usage(cmd,
				 "\"%s\" is no name for a lab: a-z, 0-9 and -, beginning with a "
				 "letter, at most %d",
				 slug, LAB_SLUG_MAX);
	if (!labs_dir || !*labs_dir)
		return cmd_usage(cmd, "new: where? Set TASKLAB_LABS_DIR, or pass --labs-dir DIR");
	if (lab_catalogue(cmd, &catalogue, &err) < 0)
		return cmd_fail(cmd, "cannot read the labs", &err);
	if (catalogue_find(catalogue, slug, &lab, NULL) == 0)
		(void)err_set(&err, ERR_CONFLICT, "there is a lab of this name already", "%s",
			      lab->folder);
	else if (make_lab(labs_dir, slug, folder, &err) == 0)
		return print_made(cmd, slug, folder);
	return cmd_fail(cmd, "cannot make the lab", &err);
}
