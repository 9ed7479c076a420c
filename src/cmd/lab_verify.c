/* lab_verify.c - tasklab lab verify: proves that a lab, or every lab, is sound. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <tasklab/base/clock.h>
#include <tasklab/base/term.h>
#include <tasklab/lab/verify.h>

#include "lab_service.h"
#include "lab_web.h"
#include "lab_words.h"
#include "serve.h"

struct tally {
	size_t sound, unsound, skipped, failed; /* failed: no proof could be made */
};

static void print_tally(const struct tally *tally, int64_t ns)
{
	char time[32];

	(void)printf("\n%zu sound, %zu not sound, %zu skipped, %zu not verified, in %s\n",
		     tally->sound, tally->unsound, tally->skipped, tally->failed,
		     term_duration_ns((uint64_t)ns, time));
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
		verify_write(&verification->json, result);
	else
		verify_text(result, stdout);
	(void)fflush(stdout);
}

/* In the service, which is what a lab over HTTP is about. */
static void verify_there(struct verification *verification, struct lab_service *service,
			 const struct lab *lab, enum seed_scale scale, int stop_fd)
{
	const struct cmd *cmd = verification->cmd;
	AUTO(buf_release) struct buf out = BUF_INIT(LAB_JSON_MAX);
	struct lab_service_job job;
	struct err err = ERR_INIT;
	char body[128];

	(void)snprintf(body, sizeof(body), "{\"action\":\"verify\",\"scale\":\"%s\"}",
		       seed_scale_name(scale));
	if (lab_service_work(service, body, stop_fd, &job, &err) < 0 ||
	    lab_service_report(service, &job, cmd->json ? "json" : "text", &out, &err) < 0) {
		verification->tally.failed++;
		(void)cmd_fail(cmd, lab->slug, &err);
		return;
	}
	if (job.accepted)
		verification->tally.sound++;
	else
		verification->tally.unsound++;
	if (cmd->json)
		json_raw(&verification->json, buf_str(&out), out.len);
	else
		(void)fwrite(out.data, 1, out.len, stdout);
	(void)fflush(stdout);
}

/* Labs over HTTP go to the service, one after the other; where none runs, to one of the command's
 * own. */
static int verify_http(struct verification *verification, const struct verify_many *all,
		       struct verify_many *rest, struct err *err)
{
	AUTO(serve_endp) struct serve *serve = NULL;

	for (size_t i = 0; i < all->lab_count; i++) {
		const struct lab *lab = &all->labs[i];
		AUTO(lab_service_freep) struct lab_service *service = NULL;

		if (lab->workload.kind != LAB_WORKLOAD_HTTP)
			continue;
		lab_service_find(verification->cmd, lab->slug, false, &service);
		rest->labs = lab;
		rest->lab_count = 1;
		rest->jobs = 1;
		if (service)
			verify_there(verification, service, lab, all->scale, all->stop_fd);
		else if ((!serve && lab_web_begin(verification->cmd, lab, 1, &serve, err) < 0) ||
			 lab_verify_many(rest, err) < 0)
			return -1;
	}
	return 0;
}

static int verify_here(const struct verify_many *all, struct verify_many *some, struct err *err)
{
	AUTO(freep) struct lab *labs = calloc(all->lab_count + 1, sizeof(*labs));

	if (!labs)
		return err_no_memory(err);
	some->lab_count = 0;
	for (size_t i = 0; i < all->lab_count; i++)
		if (all->labs[i].workload.kind != LAB_WORKLOAD_HTTP)
			labs[some->lab_count++] = all->labs[i]; /* what it points to is shared */
	some->labs = labs;
	return lab_verify_many(some, err);
}

static int verify_labs(const struct cmd *cmd, const struct verify_many *asked, struct tally *tally)
{
	AUTO(buf_release) struct buf out = BUF_INIT(LAB_JSON_MAX);
	struct verification verification = {.cmd = cmd, .json = JSON_INIT(&out)};
	AUTO(lab_stop_closep) int stop_fd = -1;
	struct verify_many all = *asked, some;
	struct err err = ERR_INIT;
	int code;

	if (lab_stop_catch(&stop_fd, &err) < 0)
		return cmd_fail(cmd, "cannot verify", &err);
	all.stop_fd = stop_fd;
	all.done = take_result;
	all.arg = &verification;
	some = all;
	json_begin_array(&verification.json);
	some.progress = progress_new("verifying", 0);
	code = verify_here(&all, &some, &err);
	progress_end(some.progress, code == 0);
	some.progress = NULL;
	if (code == 0 && verification.tally.failed == 0)
		code = verify_http(&verification, &all, &some, &err);
	json_end_array(&verification.json);
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
	if (lab_scale(cmd, scale, &many.scale) != CMD_OK)
		return CMD_USAGE;
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
