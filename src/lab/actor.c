/* actor.c - sends the steps of one session, and counts what becomes of them. */
#include "actor.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <tasklab/base/clock.h>

#define CALL_MAX_NS (INT64_C(600) * CLOCK_NS_PER_S)

/* Commits are only sent along with counts of some table, so it reads one. */
static const char SQL_FLUSH[] = "SELECT pg_stat_force_next_flush()::text FROM pg_am LIMIT 1";

/* Failures that pass --------------------------------------------------------------------------- */

static bool may_pass(const struct runner_job *job, const char *sqlstate)
{
	const struct lab *lab = job->site->lab;

	for (size_t i = 0; i < job->workload->may_fail.count; i++)
		if (strcmp(job->workload->may_fail.items[i], sqlstate) == 0)
			return true;
	for (size_t i = 0; i < lab->evidence_count; i++)
		if (lab->evidence[i].sqlstate && strcmp(lab->evidence[i].sqlstate, sqlstate) == 0)
			return true;
	return false;
}

static void count_sqlstate(struct record_workload *seen, const char *state, uint64_t n)
{
	size_t i = 0;

	while (i < seen->sqlstate_count && strcmp(seen->sqlstates[i].state, state) != 0)
		i++;
	if (i == RECORD_SQLSTATES_MAX)
		return;
	if (i == seen->sqlstate_count) {
		seen->sqlstate_count++;
		(void)snprintf(seen->sqlstates[i].state, sizeof(seen->sqlstates[i].state), "%s",
			       state);
	}
	seen->sqlstates[i].count += n;
}

void actor_add_counts(const struct actor *actor, struct record_workload *into)
{
	const struct record_workload *from = &actor->seen;

	into->statements += from->statements;
	into->failed += from->failed;
	into->lock_waits += atomic_load(&actor->waits.count);
	into->commits += from->commits;
	into->own_commits += from->own_commits;
	for (size_t i = 0; i < from->sqlstate_count; i++)
		count_sqlstate(into, from->sqlstates[i].state, from->sqlstates[i].count);
}

/* After a failed statement: 0 to go on. */
static int take_failure(struct actor *actor, const struct script_step *step, const struct err *why,
			struct err *err)
{
	const char *state = db_conn_sqlstate(actor->conn);
	char message[sizeof(why->message)];

	if (*state && !site_stopped(actor->job->site) && may_pass(actor->job, state)) {
		actor->seen.failed++;
		count_sqlstate(&actor->seen, state, 1);
		if (!db_conn_in_transaction(actor->conn))
			return 0;
		actor->skipping = true;
		return db_conn_script(actor->conn, "ROLLBACK", err);
	}
	(void)snprintf(message, sizeof(message), "%s of %s, line %zu: %.150s", actor->job->name,
		       actor->job->site->lab->slug, step->line, why->message);
	return err_set(err, why->code, message, "%s", why->detail);
}

/* Opening -------------------------------------------------------------------------------------- */

/* A utility statement is parsed anew each time: pg_stat_statements counts one that is prepared the
 * first time only (PostgreSQL 15 clears the query identifier in the plan that it keeps). */
static bool keeps_prepared(const struct script_step *step)
{
	return step->kind != SCRIPT_UTILITY;
}

static int name_statements(struct actor *actor, struct err *err)
{
	const struct script_session *script = actor->script;

	actor->statements = calloc(script->count, sizeof(*actor->statements));
	if (!actor->statements)
		return err_no_memory(err);
	for (size_t i = 0; i < script->count; i++)
		if (keeps_prepared(&script->steps[i]))
			(void)snprintf(actor->statements[i].name, sizeof(actor->statements[i].name),
				       "lab%zu", i);
	return 0;
}

static size_t parameters_of(const struct actor *actor, const struct script_step *step)
{
	return actor->job->params->columns + (step->repeat > 0);
}

static bool is_control(const struct script_step *step)
{
	return step->kind == SCRIPT_BEGIN || step->kind == SCRIPT_END;
}

/* ROLLBACK or ABORT. */
static bool is_rollback(const struct script_step *step)
{
	return step->kind == SCRIPT_END && strchr("rRaA", step->sql[0]);
}

static int prepare(struct actor *actor, size_t i, struct err *err)
{
	const struct runner_job *job = actor->job;
	const struct script_step *step = &actor->script->steps[i];
	struct actor_statement *statement = &actor->statements[i];

	actor->seen.own_commits += !db_conn_in_transaction(actor->conn);
	if (db_conn_prepare_types(actor->conn, statement->name, step->sql, job->params->types,
				  parameters_of(actor, step), err) < 0)
		return -1;
	statement->prepared = keeps_prepared(step);
	return 0;
}

/* What a utility statement makes may be what a later one needs to be prepared: then each is
 * prepared when its turn comes. */
static bool prepares_first(const struct script_session *script)
{
	for (size_t i = 0; i < script->count; i++)
		if (script->steps[i].kind == SCRIPT_UTILITY)
			return false;
	return true;
}

int actor_flush(struct actor *actor, struct err *err)
{
	actor->seen.own_commits++;
	return db_conn_query(actor->conn, SQL_FLUSH, DB_NO_ARGS, NULL, err);
}

int actor_open(struct actor *actor, const struct runner_job *job, size_t session, struct err *err)
{
	const struct script_session *script = &job->script->sessions[session];
	struct err why = ERR_INIT;

	*actor = (struct actor){.job = job, .script = script, .number = session};
	if (name_statements(actor, err) < 0 ||
	    site_connect(job->site, job->database, NULL, &actor->conn, err) < 0)
		return -1;
	db_conn_set_deadline(actor->conn, clock_mono_ns() + CALL_MAX_NS);
	for (size_t i = 0; i < script->count && prepares_first(script); i++)
		if (script->steps[i].sql && prepare(actor, i, &why) < 0 &&
		    take_failure(actor, &script->steps[i], &why, err) < 0)
			return -1;
	if (actor_flush(actor, err) < 0)
		return -1;
	actor->seen =
		(struct record_workload){.calls = 0}; /* nothing counts before the first call */
	return 0;
}

void actor_close(struct actor *actor)
{
	db_conn_closep(&actor->conn);
	free(actor->statements);
	actor->statements = NULL;
}

/* Steps ---------------------------------------------------------------------------------------- */

/* Values of a repeated step: those of the row, and the count behind them. */
static const char *const *with_count(struct actor *actor, const char *const *row, const char *count)
{
	size_t columns = actor->job->params->columns;

	memcpy(actor->values, row, columns * sizeof(*row));
	actor->values[columns] = count;
	return actor->values;
}

/* Once, or the repeat-th time. */
static int send_once(struct actor *actor, const struct actor_call *call, size_t i, int64_t repeat,
		     struct err *err)
{
	const struct script_step *step = &actor->script->steps[i];
	const struct actor_statement *statement = &actor->statements[i];
	const char *const *values = params_row(actor->job->params, call->row);
	size_t n = parameters_of(actor, step);
	struct err why = ERR_INIT;
	char count[24];
	int result = 0;

	if (step->repeat > 0) {
		(void)snprintf(count, sizeof(count), "%lld", (long long)repeat);
		values = with_count(actor, values, count);
	}
	actor->seen.statements += !is_control(step);
	waits_next(&actor->waits);
	if (!statement->prepared)
		result = prepare(actor, i, &why);
	if (result == 0)
		result = db_conn_exec_prepared_text(actor->conn, statement->name, values, n, NULL,
						    &why);
	if (result < 0)
		return take_failure(actor, step, &why, err);
	actor->seen.commits += !is_rollback(step) && !db_conn_in_transaction(actor->conn);
	return 0;
}

static int play_statement(struct actor *actor, const struct actor_call *call, size_t i,
			  struct err *err)
{
	const struct script_step *step = &actor->script->steps[i];

	if (step->repeat == 0)
		return send_once(actor, call, i, 0, err);
	for (int64_t k = 1; k <= step->repeat && !actor->skipping; k++)
		if (site_check_stop(actor->job->site, err) < 0 ||
		    send_once(actor, call, i, k, err) < 0)
			return -1;
	return 0;
}

static int play_step(struct actor *actor, const struct actor_call *call, size_t i, struct err *err)
{
	const struct script_step *step = &actor->script->steps[i];

	if (step->kind == SCRIPT_BARRIER)
		return meeting_wait(call->meeting, actor->number, !actor->skipping, err);
	if (!actor->skipping)
		return play_statement(actor, call, i, err);
	if (step->kind == SCRIPT_END)
		actor->skipping = false;
	return 0;
}

static int check_closed(struct actor *actor, struct err *err)
{
	if (!db_conn_in_transaction(actor->conn))
		return 0;
	return err_set(err, ERR_UNPROCESSABLE,
		       "the script leaves its transaction open: end it with COMMIT or ROLLBACK",
		       "%s of %s", actor->job->name, actor->job->site->lab->slug);
}

static int play(struct actor *actor, const struct actor_call *call, struct err *err)
{
	if (call->undo && db_conn_script(actor->conn, "BEGIN", err) < 0)
		return -1;
	for (size_t i = 0; i < actor->script->count; i++)
		if (play_step(actor, call, i, err) < 0)
			return -1;
	if (call->undo && db_conn_in_transaction(actor->conn))
		return db_conn_script(actor->conn, "ROLLBACK", err);
	return check_closed(actor, err);
}

int actor_play(struct actor *actor, const struct actor_call *call, struct err *err)
{
	int result;

	actor->skipping = false;
	db_conn_set_deadline(actor->conn, clock_mono_ns() + CALL_MAX_NS);
	result = play(actor, call, err);
	/* The others must not wait for locks of a session that goes no further. */
	if (result < 0 && db_conn_in_transaction(actor->conn))
		(void)db_conn_script(actor->conn, "ROLLBACK", NULL);
	return result;
}
