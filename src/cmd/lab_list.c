/* lab_list.c - tasklab lab list: the labs that are there, and how their last run ended. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <tasklab/base/term.h>
#include <tasklab/lab/history.h>
#include <tasklab/lab/learner.h>
#include <tasklab/lab/lesson.h>

#include "lab_words.h"

/* What the service's database remembers; all of it may be missing. */
struct memory {
	struct history_run *runs;
	size_t run_count;
	struct learner_progress *progress;
	size_t progress_count;
};

static void memory_release(struct memory *memory)
{
	free(memory->runs);
	free(memory->progress);
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

static void write_progress(struct json *json, const struct learner_progress *progress)
{
	json_kv_bool(json, "solved", progress && progress->solved_us > 0);
	json_name(json, "solved_at");
	if (progress && progress->solved_us > 0)
		json_time_us(json, progress->solved_us);
	else
		json_nil(json);
	json_name(json, "best_score");
	if (progress && progress->best_score >= 0)
		json_i64(json, progress->best_score);
	else
		json_nil(json);
}

static int list_json(const struct cmd *cmd, const struct catalogue *catalogue,
		     const struct memory *memory)
{
	AUTO(buf_release) struct buf out = BUF_INIT(LAB_JSON_MAX);
	struct json json = JSON_INIT(&out);

	json_begin_array(&json);
	for (size_t i = 0; i < catalogue->count; i++) {
		const struct lab *lab = &catalogue->labs[i];
		const struct history_run *run =
			last_run(memory->runs, memory->run_count, lab->slug);

		json_begin_object(&json);
		lesson_about_json(&json, lab);
		write_progress(&json, lab_progress_of(memory->progress, memory->progress_count,
						      lab->slug));
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
	return lab_print_json(cmd, &out, "cannot list the labs");
}

/* "solved (95)", "best 40", "-" */
static void done_text(const struct learner_progress *progress, char *out, size_t size)
{
	if (!progress || progress->best_score < 0)
		(void)snprintf(out, size, "%s", progress ? "started" : "-");
	else if (progress->solved_us > 0)
		(void)snprintf(out, size, "solved (%d)", progress->best_score);
	else
		(void)snprintf(out, size, "best %d", progress->best_score);
}

static void list_text(const struct catalogue *catalogue, const struct memory *memory)
{
	struct term_table *table =
		term_table_new((const char *const[]){"LAB", "~TITLE", "LEVEL", ">MINUTES", "DONE",
						     "?LAST RUN", "?TOPICS"},
			       7);

	for (size_t i = 0; table && i < catalogue->count; i++) {
		const struct lab *lab = &catalogue->labs[i];
		const struct history_run *run =
			last_run(memory->runs, memory->run_count, lab->slug);
		char topics[120], minutes[16], done[32], last[64] = "-";

		join_topics(lab, topics, sizeof(topics));
		(void)snprintf(minutes, sizeof(minutes), "%lld", (long long)lab->minutes);
		done_text(lab_progress_of(memory->progress, memory->progress_count, lab->slug),
			  done, sizeof(done));
		if (run)
			(void)snprintf(last, sizeof(last), "%s (%s)", run->verdict, run->scale);
		term_table_row(table, (const char *const[]){lab->slug, lab->title,
							    lab_level_name(lab->level), minutes,
							    done, last, topics});
	}
	if (table)
		term_table_print(table, stdout);
}

int lab_word_list(struct cmd *cmd)
{
	AUTO(catalogue_freep) struct catalogue *catalogue = NULL;
	AUTO(memory_release) struct memory memory = {.runs = NULL};
	const char *conninfo = cmd->config->database_url;
	struct err err = ERR_INIT;
	int rc = CMD_OK;

	if (cmd_options(cmd, NULL, 0) < 0)
		return CMD_USAGE;
	if (cmd->argc > 2)
		return cmd_usage(cmd, "unexpected argument \"%s\"", cmd->argv[2]);
	if (lab_catalogue(cmd, &catalogue, &err) < 0)
		return cmd_fail(cmd, "cannot read the labs", &err);
	if (history_last(conninfo, &memory.runs, &memory.run_count, &err) < 0 ||
	    learner_progress(conninfo, &memory.progress, &memory.progress_count, &err) < 0)
		(void)fprintf(stderr, "tasklab lab: earlier runs are not known: %s\n", err.message);
	if (cmd->json)
		rc = list_json(cmd, catalogue, &memory);
	else
		list_text(catalogue, &memory);
	return lab_print_problems(catalogue) == CMD_OK ? rc : CMD_FAILED;
}
