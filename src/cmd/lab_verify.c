/* lab_verify.c - tasklab lab verify: proves that a lab, or every lab, is sound. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <tasklab/base/clock.h>
#include <tasklab/base/term.h>
#include <tasklab/lab/verify.h>

#include "lab_web.h"
#include "lab_words.h"
#include "serve.h"

struct tally {
	size_t sound, unsound, skipped, failed; /* failed: no proof could be made */
};

/* Text ----------------------------------------------------------------------------------------- */

static void print_row(const struct verify_row *row)
{
	char score[16] = "", time[32];

	if (row->score >= 0)
		(void)snprintf(score, sizeof(score), "%d", row->score);
	(void)printf("  %s%-4s%s %-14s %5s %9s  %s\n",
		     term_on(stdout, row->holds ? TERM_GREEN : TERM_RED), row->holds ? "ok" : "NOT",
		     term_off(stdout), row->what, score,
		     row->ns > 0 ? term_duration_ns((uint64_t)row->ns, time) : "", row->reason);
}

static void print_lab(const struct verify_result *result)
{
	char time[32];

	if (*result->skipped) {
		(void)printf("%s%s%s: skipped: %s\n", term_on(stdout, TERM_BOLD), result->lab->slug,
			     term_off(stdout), result->skipped);
		return;
	}
	(void)printf("%s%s%s: %s, %s\n", term_on(stdout, TERM_BOLD), result->lab->slug,
		     term_off(stdout), result->sound ? "sound" : "NOT sound",
		     term_duration_ns((uint64_t)result->ns, time));
	for (size_t i = 0; i < result->row_count; i++)
		print_row(&result->rows[i]);
	(void)fflush(stdout);
}

static void print_tally(const struct tally *tally, int64_t ns)
{
	char time[32];

	(void)printf("\n%zu sound, %zu not sound, %zu skipped, %zu not verified, in %s\n",
		     tally->sound, tally->unsound, tally->skipped, tally->failed,
		     term_duration_ns((uint64_t)ns, time));
}

/* JSON ----------------------------------------------------------------------------------------- */

static void write_lab(struct json *json, const struct verify_result *result)
{
	json_begin_object(json);
	json_kv_string(json, "lab", result->lab->slug);
	json_kv_string(json, "scale", seed_scale_name(result->scale));
	json_kv_string(json, "skipped", *result->skipped ? result->skipped : NULL);
	json_kv_bool(json, "sound", result->sound);
	json_kv_i64(json, "ns", result->ns);
	json_name(json, "claims");
	json_begin_array(json);
	for (size_t i = 0; i < result->row_count; i++) {
		const struct verify_row *row = &result->rows[i];

		json_begin_object(json);
		json_kv_string(json, "claim", row->what);
		json_kv_bool(json, "holds", row->holds);
		json_name(json, "score");
		if (row->score >= 0)
			json_i64(json, row->score);
		else
			json_nil(json);
		json_kv_i64(json, "ns", row->ns);
		json_kv_string(json, "reason", *row->reason ? row->reason : NULL);
		json_end_object(json);
	}
	json_end_array(json);
	json_end_object(json);
}

/* The work ------------------------------------------------------------------------------------- */

struct verification {
	const struct cmd *cmd;
	struct json json;
	struct tally tally;
};

static void take_result(void *arg, const struct lab *lab, const struct verify_result *result,
			const struct err *err)
{
	struct verification *verification = arg;
	struct tally *tally = &verification->tally;

	if (!result) {
		tally->failed++;
		(void)cmd_fail(verification->cmd, lab->slug, err);
		return;
	}
	if (*result->skipped)
		tally->skipped++;
	else if (result->sound)
		tally->sound++;
	else
		tally->unsound++;
	if (verification->cmd->json)
		write_lab(&verification->json, result);
	else
		print_lab(result);
}

static int verify_labs(const struct cmd *cmd, struct verify_many *many, struct tally *tally)
{
	AUTO(buf_release) struct buf out = BUF_INIT(LAB_JSON_MAX);
	struct verification verification = {.cmd = cmd, .json = JSON_INIT(&out)};
	AUTO(lab_stop_closep) int stop_fd = -1;
	struct err err = ERR_INIT;
	int code;

	if (lab_stop_catch(&stop_fd, &err) < 0)
		return cmd_fail(cmd, "cannot verify", &err);
	many->stop_fd = stop_fd;
	many->done = take_result;
	many->arg = &verification;
	many->progress = progress_new("verifying", 0);
	json_begin_array(&verification.json);
	code = lab_verify_many(many, &err);
	json_end_array(&verification.json);
	progress_end(many->progress, code == 0);
	*tally = verification.tally;
	if (code < 0)
		return cmd_fail(cmd, "cannot verify", &err);
	if (cmd->json && lab_print_json(cmd, &out, "cannot write the result") != CMD_OK)
		return CMD_FAILED;
	if (tally->failed > 0)
		return CMD_FAILED;
	return tally->unsound > 0 ? CMD_NOT_ACCEPTED : CMD_OK;
}

static int verify_all(struct cmd *cmd, struct verify_many *many)
{
	AUTO(catalogue_freep) struct catalogue *catalogue = NULL;
	int64_t begin_ns = clock_mono_ns();
	struct tally tally = {.sound = 0};
	struct err err = ERR_INIT;
	int rc;

	if (lab_catalogue(cmd, &catalogue, &err) < 0)
		return cmd_fail(cmd, "cannot read the labs", &err);
	many->labs = catalogue->labs;
	many->lab_count = catalogue->count;
	rc = verify_labs(cmd, many, &tally);
	if (!cmd->json)
		print_tally(&tally, clock_mono_ns() - begin_ns);
	return lab_print_problems(catalogue) == CMD_OK ? rc : CMD_FAILED;
}

int lab_word_verify(struct cmd *cmd)
{
	const char *scale = "small";
	bool all = false;
	int64_t jobs = 2;
	const struct cmd_option options[] = {{"all", CMD_OPTION_FLAG, &all},
					     {"jobs", CMD_OPTION_I64, &jobs},
					     {"scale", CMD_OPTION_STR, &scale}};
	struct verify_many many = {.conninfo = cmd->config->database_url, .lab_count = 1};
	AUTO(catalogue_freep) struct catalogue *catalogue = NULL;
	struct tally tally = {.sound = 0};
	int rc;

	if (cmd_options(cmd, options, ARRAY_LEN(options)) < 0)
		return CMD_USAGE;
	if (!seed_scale_parse(scale, &many.scale))
		return cmd_usage(cmd, "--scale %s: expected small, medium or large", scale);
	if (jobs < 1 || jobs > VERIFY_JOBS_MAX)
		return cmd_usage(cmd, "--jobs: expected 1 to %d", VERIFY_JOBS_MAX);
	if (all && cmd->argc > 2)
		return cmd_usage(cmd, "a lab or --all, not both");
	many.jobs = all ? (int)jobs : 1;
	if (all)
		return verify_all(cmd, &many);
	rc = lab_operand(cmd, &catalogue, &many.labs);
	return rc != CMD_OK || !many.labs ? rc : verify_labs(cmd, &many, &tally);
}
