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

/* One lab; -1 when the others need not be tried. */
static int verify_one(const struct cmd *cmd, const struct lab *lab, enum seed_scale scale,
		      int stop_fd, struct json *json, struct tally *tally)
{
	AUTO(verify_result_freep) struct verify_result *result = NULL;
	struct verify_options options = {.conninfo = cmd->config->database_url,
					 .lab = lab,
					 .scale = scale,
					 .stop_fd = stop_fd};
	struct err err = ERR_INIT;
	int code;

	options.progress = progress_new(lab->slug, 0);
	code = lab_verify(&options, &result, &err);
	progress_end(options.progress, code == 0);
	if (code < 0) {
		tally->failed++;
		(void)cmd_fail(cmd, lab->slug, &err);
		return err.code == ERR_CONFLICT ? 0 : -1;
	}
	if (*result->skipped)
		tally->skipped++;
	else if (result->sound)
		tally->sound++;
	else
		tally->unsound++;
	if (cmd->json)
		write_lab(json, result);
	else
		print_lab(result);
	return 0;
}

static int verify_labs(const struct cmd *cmd, const struct lab *labs, size_t n,
		       enum seed_scale scale, struct tally *tally)
{
	AUTO(buf_release) struct buf out = BUF_INIT(LAB_JSON_MAX);
	struct json json = JSON_INIT(&out);
	AUTO(serve_endp) struct serve *serve = NULL;
	AUTO(lab_stop_closep) int stop_fd = -1;
	struct err err = ERR_INIT;

	if (lab_web_begin(cmd, labs, n, &serve, &err) < 0 || lab_stop_catch(&stop_fd, &err) < 0)
		return cmd_fail(cmd, "cannot verify", &err);
	json_begin_array(&json);
	for (size_t i = 0; i < n; i++)
		if (verify_one(cmd, &labs[i], scale, stop_fd, &json, tally) < 0)
			break;
	json_end_array(&json);
	if (cmd->json && lab_print_json(cmd, &out, "cannot write the result") != CMD_OK)
		return CMD_FAILED;
	if (tally->failed > 0)
		return CMD_FAILED;
	return tally->unsound > 0 ? CMD_NOT_ACCEPTED : CMD_OK;
}

int lab_word_verify(struct cmd *cmd)
{
	const char *scale_name = "small";
	bool all = false;
	const struct cmd_option options[] = {{"all", CMD_OPTION_FLAG, &all},
					     {"scale", CMD_OPTION_STR, &scale_name}};
	AUTO(catalogue_freep) struct catalogue *catalogue = NULL;
	struct tally tally = {.sound = 0};
	const struct lab *lab = NULL;
	enum seed_scale scale;
	int64_t begin_ns = clock_mono_ns();
	struct err err = ERR_INIT;
	int rc;

	if (cmd_options(cmd, options, ARRAY_LEN(options)) < 0)
		return CMD_USAGE;
	if (!seed_scale_parse(scale_name, &scale))
		return cmd_usage(cmd, "--scale %s: expected small, medium or large", scale_name);
	if (all && cmd->argc > 2)
		return cmd_usage(cmd, "a lab or --all, not both");
	if (!all) {
		rc = lab_operand(cmd, &catalogue, &lab);
		return rc != CMD_OK || !lab ? rc : verify_labs(cmd, lab, 1, scale, &tally);
	}
	if (lab_catalogue(cmd, &catalogue, &err) < 0)
		return cmd_fail(cmd, "cannot read the labs", &err);
	rc = verify_labs(cmd, catalogue->labs, catalogue->count, scale, &tally);
	if (!cmd->json)
		print_tally(&tally, clock_mono_ns() - begin_ns);
	return lab_print_problems(catalogue) == CMD_OK ? rc : CMD_FAILED;
}
