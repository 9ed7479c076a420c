/* lab_reset.c - tasklab lab status and reset: lists the databases of labs, clears them away. */
#include <stdio.h>

#include <tasklab/base/term.h>
#include <tasklab/lab/reset.h>

#include "lab_words.h"

static int print_databases(const struct cmd *cmd, const struct reset_database *databases, size_t n,
			   bool dropped_only)
{
	AUTO(buf_release) struct buf out = BUF_INIT(LAB_JSON_MAX);
	struct json json = JSON_INIT(&out);

	json_begin_array(&json);
	for (size_t i = 0; i < n; i++) {
		const struct reset_database *one = &databases[i];

		if (dropped_only && !one->dropped && one->state != RESET_IN_USE)
			continue;
		json_begin_object(&json);
		json_kv_string(&json, "name", one->name);
		json_kv_string(&json, "kind", one->kind == RESET_LAB ? "lab" : "template");
		json_kv_string(&json, "state", reset_state_name(one->state));
		json_kv_i64(&json, "bytes", one->bytes);
		json_kv_string(&json, "about", one->about);
		json_kv_bool(&json, "dropped", one->dropped);
		json_end_object(&json);
	}
	json_end_array(&json);
	return lab_print_json(cmd, &out, "cannot list the databases");
}

int lab_word_status(struct cmd *cmd)
{
	AUTO(catalogue_freep) struct catalogue *catalogue = NULL;
	AUTO(freep) struct reset_database *databases = NULL;
	struct term_table *table;
	struct err err = ERR_INIT;
	size_t n = 0;

	if (cmd_options(cmd, NULL, 0) < 0)
		return CMD_USAGE;
	if (cmd->argc > 2)
		return cmd_usage(cmd, "unexpected argument \"%s\"", cmd->argv[2]);
	if (lab_catalogue(cmd, &catalogue, &err) < 0 ||
	    reset_list(cmd->config->database_url, catalogue, &databases, &n, &err) < 0)
		return cmd_fail(cmd, "cannot list the databases of the labs", &err);
	if (cmd->json)
		return print_databases(cmd, databases, n, false);
	if (n == 0) {
		puts("no databases of labs: the first run makes its template");
		return CMD_OK;
	}
	table = term_table_new((const char *const[]){"DATABASE", "STATE", ">SIZE", "ABOUT"}, 4);
	for (size_t i = 0; table && i < n; i++) {
		const struct reset_database *one = &databases[i];
		char bytes[32] = "-";

		if (one->bytes >= 0)
			(void)term_bytes((uint64_t)one->bytes, bytes);
		term_table_row(table, (const char *const[]){one->name, reset_state_name(one->state),
							    bytes, one->about});
	}
	if (table)
		term_table_print(table, stdout);
	return CMD_OK;
}

static void reset_text(const struct reset_database *databases, size_t n)
{
	size_t dropped = 0;

	for (size_t i = 0; i < n; i++) {
		const struct reset_database *one = &databases[i];

		if (one->dropped)
			(void)printf("%s %s\n", one->exists ? "dropped" : "ended the sessions of",
				     one->name);
		else if (one->state == RESET_IN_USE)
			(void)printf("left %s alone: a run uses it now\n", one->name);
		dropped += one->dropped;
	}
	if (dropped == 0)
		(void)puts("nothing was left behind");
}

int lab_word_reset(struct cmd *cmd)
{
	bool all = false;
	const struct cmd_option options[] = {{"all", CMD_OPTION_FLAG, &all}};
	AUTO(catalogue_freep) struct catalogue *catalogue = NULL;
	AUTO(freep) struct reset_database *databases = NULL;
	const char *slug;
	struct err err = ERR_INIT;
	size_t n = 0;

	if (cmd_options(cmd, options, ARRAY_LEN(options)) < 0)
		return CMD_USAGE;
	if (cmd->argc > 3 || (cmd->argc == 3 && all))
		return cmd_usage(cmd, "unexpected argument \"%s\"", cmd->argv[cmd->argc - 1]);
	slug = cmd->argc == 3 ? cmd->argv[2] : NULL;
	if (slug && !lab_slug_valid(slug))
		return cmd_usage(cmd, "\"%s\" is no name of a lab", slug);
	if (lab_catalogue(cmd, &catalogue, &err) < 0 ||
	    reset_run(cmd->config->database_url, catalogue, slug, all, &databases, &n, &err) < 0)
		return cmd_fail(cmd, "cannot reset", &err);
	if (cmd->json)
		return print_databases(cmd, databases, n, true);
	reset_text(databases, n);
	return CMD_OK;
}
