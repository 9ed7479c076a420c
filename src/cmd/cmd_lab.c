/* cmd_lab.c - tasklab lab: lists, shows and runs labs, and clears away what they left. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <tasklab/base/clock.h>
#include <tasklab/base/json.h>
#include <tasklab/base/term.h>
#include <tasklab/base/text.h>
#include <tasklab/cmd/cmd.h>
#include <tasklab/lab/catalogue.h>
#include <tasklab/lab/history.h>
#include <tasklab/lab/report.h>
#include <tasklab/lab/reset.h>
#include <tasklab/lab/run.h>

#include "labs_dir.h"
#include "markdown.h"

#define LAB_JSON_MAX ((size_t)4 * 1024 * 1024)

/* The catalogue ------------------------------------------------------------------------------- */

static int load_catalogue(const struct cmd *cmd, struct catalogue **ret, struct err *err)
{
	AUTO(freep) char *shipped = NULL;
	const char *own = cmd->config->labs_dir;
	const char *folders[2];
	size_t n = 0;

	if (labs_dir_shipped(&shipped, err) < 0)
		return -1;
	folders[n++] = shipped;
	if (own && *own)
		folders[n++] = own;
	return catalogue_load(folders, n, ret, err);
}

/* Bad labs do not hide the others, but are never silent. */
static int print_problems(const struct catalogue *catalogue)
{
	for (size_t i = 0; i < catalogue->problem_count; i++)
		(void)fprintf(stderr, "tasklab lab: %s%s%s\n", catalogue->problems[i].err.message,
			      *catalogue->problems[i].err.detail ? ": " : "",
			      catalogue->problems[i].err.detail);
	return catalogue->problem_count > 0 ? CMD_FAILED : CMD_OK;
}

static const struct history_run *last_run(const struct history_run *runs, size_t n,
					  const char *slug)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(runs[i].slug, slug) == 0)
			return &runs[i];
	return NULL;
}

static void join_topics(const struct lab *lab, char *out, size_t size)
{
	size_t at = 0;

	out[0] = '\0';
	for (size_t i = 0; i < lab->topics.count && at < size; i++)
		at += (size_t)snprintf(out + at, size - at, "%s%s", i ? ", " : "",
				       lab->topics.items[i]);
}

static void write_lab(struct json *json, const struct lab *lab)
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

/* list ---------------------------------------------------------------------------------------- */

static int list_json(const struct cmd *cmd, const struct catalogue *catalogue,
		     const struct history_run *runs, size_t n)
{
	AUTO(buf_release) struct buf out = BUF_INIT(LAB_JSON_MAX);
	struct json json = JSON_INIT(&out);
	struct err err = ERR_INIT;

	json_begin_array(&json);
	for (size_t i = 0; i < catalogue->count; i++) {
		const struct lab *lab = &catalogue->labs[i];
		const struct history_run *run = last_run(runs, n, lab->slug);

		json_begin_object(&json);
		write_lab(&json, lab);
		json_kv_string(&json, "last_verdict", run ? run->verdict : NULL);
		json_kv_string(&json, "last_scale", run ? run->scale : NULL);
		json_name(&json, "last_run_at");
		if (run)
			json_time_us(&json, run->started_us);
		else
			json_nil(&json);
		json_end_object(&json);
	}
	json_end_array(&json);
	if (buf_check(&out, &err) < 0)
		return cmd_fail(cmd, "cannot list the labs", &err);
	puts(buf_str(&out));
	return CMD_OK;
}

static void list_text(const struct catalogue *catalogue, const struct history_run *runs, size_t n)
{
	struct term_table *table = term_table_new(
		(const char *const[]){"LAB", "TITLE", "LEVEL", ">MINUTES", "TOPICS", "LAST RUN"},
		6);

	for (size_t i = 0; table && i < catalogue->count; i++) {
		const struct lab *lab = &catalogue->labs[i];
		const struct history_run *run = last_run(runs, n, lab->slug);
		char topics[120], minutes[16], last[64] = "-";

		join_topics(lab, topics, sizeof(topics));
		(void)snprintf(minutes, sizeof(minutes), "%lld", (long long)lab->minutes);
		if (run)
			(void)snprintf(last, sizeof(last), "%s (%s)", run->verdict, run->scale);
		term_table_row(table, (const char *const[]){lab->slug, lab->title,
							    lab_level_name(lab->level), minutes,
							    topics, last});
	}
	if (table)
		term_table_print(table, stdout);
}

static int lab_list(struct cmd *cmd)
{
	AUTO(catalogue_freep) struct catalogue *catalogue = NULL;
	AUTO(freep) struct history_run *runs = NULL;
	struct err err = ERR_INIT;
	size_t n = 0;
	int rc = CMD_OK;

	if (cmd_options(cmd, NULL, 0) < 0)
		return CMD_USAGE;
	if (cmd->argc > 2)
		return cmd_usage(cmd, "unexpected argument \"%s\"", cmd->argv[2]);
	if (load_catalogue(cmd, &catalogue, &err) < 0)
		return cmd_fail(cmd, "cannot read the labs", &err);
	if (history_last(cmd->config->database_url, &runs, &n, &err) < 0)
		(void)fprintf(stderr, "tasklab lab: earlier runs are not known: %s\n", err.message);
	if (cmd->json)
		rc = list_json(cmd, catalogue, runs, n);
	else
		list_text(catalogue, runs, n);
	return print_problems(catalogue) == CMD_OK ? rc : CMD_FAILED;
}

/* show ---------------------------------------------------------------------------------------- */

static int find_lab(struct cmd *cmd, struct catalogue **catalogue, const struct lab **ret)
{
	struct err err = ERR_INIT;

	if (cmd->argc < 3)
		return cmd_usage(cmd, "%s: which lab? Try \"tasklab lab list\"", cmd->argv[1]);
	if (cmd->argc > 3)
		return cmd_usage(cmd, "unexpected argument \"%s\"", cmd->argv[3]);
	if (load_catalogue(cmd, catalogue, &err) < 0)
		return cmd_fail(cmd, "cannot read the labs", &err);
	if (catalogue_find(*catalogue, cmd->argv[2], ret, &err) < 0)
		return cmd_fail(cmd, "cannot use this lab", &err);
	return CMD_OK;
}

static int lab_show(struct cmd *cmd)
{
	AUTO(catalogue_freep) struct catalogue *catalogue = NULL;
	AUTO(buf_release) struct buf out = BUF_INIT(LAB_JSON_MAX);
	struct json json = JSON_INIT(&out);
	const struct lab *lab = NULL;
	struct err err = ERR_INIT;
	int rc;

	if (cmd_options(cmd, NULL, 0) < 0)
		return CMD_USAGE;
	rc = find_lab(cmd, &catalogue, &lab);
	if (rc != CMD_OK || !lab)
		return rc;
	if (!cmd->json) {
		markdown_print(lab->readme, stdout);
		return CMD_OK;
	}
	json_begin_object(&json);
	write_lab(&json, lab);
	json_kv_string(&json, "readme", lab->readme);
	json_end_object(&json);
	if (buf_check(&out, &err) < 0)
		return cmd_fail(cmd, "cannot show this lab", &err);
	puts(buf_str(&out));
	return CMD_OK;
}

/* run ----------------------------------------------------------------------------------------- */

static void close_fdp(int *fd)
{
	if (*fd >= 0)
		(void)close(*fd);
}

static volatile sig_atomic_t stop_write_fd = -1;

static void on_stop(int signal_number)
{
	static const char said[] = "\nstopping; a second time ends at once, and leaves it to "
				   "\"tasklab lab reset\" to clear up\n";
	const uint64_t one = 1;
	int saved = errno;

	(void)signal_number;
	if (write(stop_write_fd, &one, sizeof(one)) < 0 ||
	    write(STDERR_FILENO, said, sizeof(said) - 1) < 0)
		errno = saved; /* nothing that a handler could do about it */
	errno = saved;
}

/* The first Ctrl-C, SIGTERM or closed terminal makes a descriptor readable, which ends the run in
 * order; the second ends the program. */
static int catch_stop(int *ret, struct err *err)
{
	static const int signals[] = {SIGINT, SIGTERM, SIGHUP};
	struct sigaction action = {.sa_handler = on_stop,
				   .sa_flags = (int)SA_RESETHAND | SA_RESTART};
	int fd = eventfd(0, EFD_CLOEXEC);

	if (fd < 0)
		return err_errno(err, errno, "signals cannot be caught", "eventfd");
	stop_write_fd = fd;
	(void)sigemptyset(&action.sa_mask);
	for (size_t i = 0; i < ARRAY_LEN(signals); i++)
		(void)sigaction(signals[i], &action, NULL);
	*ret = fd;
	return 0;
}

static int print_run(const struct cmd *cmd, const struct run_result *result, const char *folder)
{
	AUTO(buf_release) struct buf out = BUF_INIT(REPORT_JSON_MAX);
	struct err err = ERR_INIT;

	if (!cmd->json) {
		report_text(result, stdout);
	} else {
		if (report_json(result, &out, &err) < 0)
			return cmd_fail(cmd, "cannot write the report", &err);
		puts(buf_str(&out));
		if (*run_note(result))
			(void)fprintf(stderr, "tasklab lab: %s\n", run_note(result));
	}
	if (folder && report_save(result, folder, &err) < 0)
		return cmd_fail(cmd, "cannot save the report", &err);
	return run_passed(result) ? CMD_OK : CMD_NOT_ACCEPTED;
}

static int lab_run(struct cmd *cmd)
{
	const char *scale = "small", *folder = NULL;
	bool keep = false;
	const struct cmd_option options[] = {{"scale", CMD_OPTION_STR, &scale},
					     {"report", CMD_OPTION_STR, &folder},
					     {"keep", CMD_OPTION_FLAG, &keep}};
	AUTO(catalogue_freep) struct catalogue *catalogue = NULL;
	AUTO(run_result_freep) struct run_result *result = NULL;
	AUTO(close_fdp) int stop_fd = -1;
	struct run_options run = {.conninfo = cmd->config->database_url, .progress = true};
	struct err err = ERR_INIT;
	int rc;

	if (cmd_options(cmd, options, ARRAY_LEN(options)) < 0)
		return CMD_USAGE;
	if (!seed_scale_parse(scale, &run.scale))
		return cmd_usage(cmd, "--scale %s: expected small, medium or large", scale);
	rc = find_lab(cmd, &catalogue, &run.lab);
	if (rc != CMD_OK)
		return rc;
	run.keep = keep;
	if (catch_stop(&stop_fd, &err) < 0)
		return cmd_fail(cmd, "cannot run this lab", &err);
	run.stop_fd = stop_fd;
	if (run_lab(&run, &result, &err) < 0)
		return cmd_fail(cmd, "the run failed", &err);
	return print_run(cmd, result, folder);
}

/* status and reset ---------------------------------------------------------------------------- */

static int print_databases(const struct cmd *cmd, const struct reset_database *databases, size_t n,
			   bool dropped_only)
{
	AUTO(buf_release) struct buf out = BUF_INIT(LAB_JSON_MAX);
	struct json json = JSON_INIT(&out);
	struct err err = ERR_INIT;

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
	if (buf_check(&out, &err) < 0)
		return cmd_fail(cmd, "cannot list the databases", &err);
	puts(buf_str(&out));
	return CMD_OK;
}

static int lab_status(struct cmd *cmd)
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
	if (load_catalogue(cmd, &catalogue, &err) < 0 ||
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

static int lab_reset(struct cmd *cmd)
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
	if (load_catalogue(cmd, &catalogue, &err) < 0 ||
	    reset_run(cmd->config->database_url, catalogue, slug, all, &databases, &n, &err) < 0)
		return cmd_fail(cmd, "cannot reset", &err);
	if (cmd->json)
		return print_databases(cmd, databases, n, true);
	reset_text(databases, n);
	return CMD_OK;
}

/* The words of `tasklab lab`: adding one is a row here and a line in main.c's help. -------------
 */

static const struct {
	const char *name;
	int (*run)(struct cmd *cmd);
} WORDS[] = {
	{"list", lab_list}, {"reset", lab_reset},   {"run", lab_run},
	{"show", lab_show}, {"status", lab_status},
};

static int unknown_word(const struct cmd *cmd, const char *word)
{
	const char *names[ARRAY_LEN(WORDS)];
	const char *nearest;

	for (size_t i = 0; i < ARRAY_LEN(WORDS); i++)
		names[i] = WORDS[i].name;
	nearest = text_nearest(word, names, ARRAY_LEN(WORDS));
	if (nearest)
		return cmd_usage(cmd, "unknown word \"%s\"; did you mean \"%s\"?", word, nearest);
	return cmd_usage(cmd, "unknown word \"%s\": expected list, show, run, status or reset",
			 word);
}

int cmd_lab(struct cmd *cmd)
{
	struct err err = ERR_INIT;

	if (cmd->argc < 2)
		return cmd_usage(cmd, "expected list, show, run, status or reset");
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
	return unknown_word(cmd, cmd->argv[1]);
}
