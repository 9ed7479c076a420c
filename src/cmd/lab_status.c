/* lab_status.c - tasklab lab status: the active labs, how far they are, and the labs' databases. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <tasklab/base/clock.h>
#include <tasklab/base/term.h>
#include <tasklab/db/conn.h>
#include <tasklab/lab/learner.h>
#include <tasklab/lab/reset.h>

#include "lab_words.h"

struct status {
	struct learner_session *sessions;
	size_t session_count;
	struct learner_progress *progress;
	size_t progress_count;
	struct reset_database *databases;
	size_t database_count;
};

static void status_release(struct status *status)
{
	free(status->sessions);
	free(status->progress);
	free(status->databases);
}

static int load(const struct cmd *cmd, const struct catalogue *catalogue, struct status *status,
		struct err *err)
{
	const char *conninfo = cmd->config->database_url;

	if (learner_sessions(conninfo, &status->sessions, &status->session_count, err) < 0 ||
	    learner_progress(conninfo, &status->progress, &status->progress_count, err) < 0)
		return -1;
	return reset_list(conninfo, catalogue, &status->databases, &status->database_count, err);
}

/* JSON ----------------------------------------------------------------------------------------- */

static void write_session(struct json *json, const char *conninfo,
			  const struct learner_session *session,
			  const struct learner_progress *progress)
{
	AUTO(freep) char *psql = db_conninfo_psql(conninfo, session->database);

	json_begin_object(json);
	json_kv_string(json, "lab", session->slug);
	json_kv_string(json, "scale", session->scale);
	json_kv_string(json, "database", session->database);
	json_kv_string(json, "psql", psql);
	json_kv_time_us(json, "started_at", session->started_us);
	json_kv_bool(json, "beside", session->beside);
	json_kv_i64(json, "hints", progress ? progress->hints : 0);
	json_name(json, "best_score");
	if (progress && progress->best_score >= 0)
		json_i64(json, progress->best_score);
	else
		json_nil(json);
	json_end_object(json);
}

static int status_json(const struct cmd *cmd, const struct status *status)
{
	AUTO(buf_release) struct buf out = BUF_INIT(LAB_JSON_MAX);
	struct json json = JSON_INIT(&out);

	json_begin_object(&json);
	json_name(&json, "active");
	json_begin_array(&json);
	for (size_t i = 0; i < status->session_count; i++)
		write_session(&json, cmd->config->database_url, &status->sessions[i],
			      lab_progress_of(status->progress, status->progress_count,
					      status->sessions[i].slug));
	json_end_array(&json);
	json_name(&json, "databases");
	reset_json(status->databases, status->database_count, false, &json);
	json_end_object(&json);
	return lab_print_json(cmd, &out, "cannot write the status");
}

/* Text ----------------------------------------------------------------------------------------- */

static void print_session(const char *conninfo, const struct learner_session *session,
			  const struct learner_progress *progress)
{
	AUTO(freep) char *psql = db_conninfo_psql(conninfo, session->database);
	int64_t ago_us = clock_real_us() - session->started_us;

	(void)printf("%s%s%s is active%s: scale %s, for %lld min", term_on(stdout, TERM_BOLD),
		     session->slug, term_off(stdout), session->beside ? " beside" : "",
		     session->scale, (long long)(ago_us / 60000000));
	if (progress && progress->hints > 0)
		(void)printf(", %d hint%s taken", progress->hints, progress->hints == 1 ? "" : "s");
	if (progress && progress->best_score >= 0)
		(void)printf(", best score %d", progress->best_score);
	(void)printf("\n  %s\n", psql ? psql : session->database);
}

static void print_databases(const struct status *status)
{
	struct term_table *table =
		term_table_new((const char *const[]){"DATABASE", "STATE", ">SIZE", "ABOUT"}, 4);

	for (size_t i = 0; table && i < status->database_count; i++) {
		const struct reset_database *one = &status->databases[i];
		char bytes[32] = "-";

		if (one->bytes >= 0)
			(void)term_bytes((uint64_t)one->bytes, bytes);
		term_table_row(table, (const char *const[]){one->name, reset_state_name(one->state),
							    bytes, one->about});
	}
	if (table)
		term_table_print(table, stdout);
}

static void status_text(const struct cmd *cmd, const struct status *status)
{
	if (status->session_count == 0)
		(void)puts("no lab is active");
	for (size_t i = 0; i < status->session_count; i++)
		print_session(cmd->config->database_url, &status->sessions[i],
			      lab_progress_of(status->progress, status->progress_count,
					      status->sessions[i].slug));
	(void)putchar('\n');
	if (status->database_count == 0)
		(void)puts("no databases of labs: the first run makes its template");
	else
		print_databases(status);
}

int lab_word_status(struct cmd *cmd)
{
	AUTO(catalogue_freep) struct catalogue *catalogue = NULL;
	AUTO(status_release) struct status status = {.sessions = NULL};
	struct err err = ERR_INIT;

	if (cmd_options(cmd, NULL, 0) < 0)
		return CMD_USAGE;
	if (cmd->argc > 2)
		return cmd_usage(cmd, "unexpected argument \"%s\"", cmd->argv[2]);
	if (lab_catalogue(cmd, &catalogue, &err) < 0 || load(cmd, catalogue, &status, &err) < 0)
		return cmd_fail(cmd, "cannot tell the status", &err);
	if (cmd->json)
		return status_json(cmd, &status);
	status_text(cmd, &status);
	return CMD_OK;
}
