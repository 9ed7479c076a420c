/* rehearsal.c - runs a script's steps in one session, and takes it all back. */
#include "rehearsal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <tasklab/base/buf.h>

#include "equivalence.h"

#define NAME_SIZE          48
#define ACTIVE_TRANSACTION "25001" /* VACUUM "cannot run inside a transaction block" */

static const char SQL_EXPLAIN[] =
	"EXPLAIN (ANALYZE, BUFFERS, WAL, SETTINGS, VERBOSE, FORMAT JSON) EXECUTE ";

/* number: of the step, from 0; name: of its prepared statement. */
typedef int step_visit(struct rehearsal *rehearsal, const struct script_step *step, size_t number,
		       const char *name, void *arg, struct err *err);

static bool rehearsed(const struct script_step *step)
{
	return step->kind == SCRIPT_PLANNED || step->kind == SCRIPT_UTILITY;
}

/* In order. */
static int each_step(struct rehearsal *rehearsal, step_visit *visit, void *arg, struct err *err)
{
	size_t number = 0;

	for (size_t i = 0; i < rehearsal->script->count; i++) {
		const struct script_session *session = &rehearsal->script->sessions[i];

		for (size_t j = 0; j < session->count; j++) {
			char name[NAME_SIZE];

			if (!rehearsed(&session->steps[j]))
				continue;
			(void)snprintf(name, sizeof(name), "rehearsal_%zu", number);
			if (visit(rehearsal, &session->steps[j], number++, name, arg, err) < 0)
				return -1;
		}
	}
	return 0;
}

/* Parameters: the columns, and the count of a repeated step. */
static size_t parameter_count(const struct rehearsal *rehearsal, const struct script_step *step)
{
	return rehearsal->params->columns + (step->repeat > 0);
}

static int64_t times(const struct script_step *step)
{
	return step->repeat > 0 ? step->repeat : 1;
}

/* The error names the script and the line. */
static int fail(const struct rehearsal *rehearsal, const struct script_step *step,
		const struct err *why, struct err *err)
{
	char message[sizeof(why->message)];

	(void)snprintf(message, sizeof(message), "%s of %s, line %zu: %.150s", rehearsal->name,
		       rehearsal->lab->slug, step->line, why->message);
	return err_set(err, why->code, message, "%s", why->detail);
}

/* Preparing -------------------------------------------------------------------------------------
 */

static int prepare(struct rehearsal *rehearsal, const struct script_step *step, size_t number,
		   const char *name, struct err *err)
{
	if (number < rehearsal->prepared)
		return 0;
	if (db_conn_prepare_types(rehearsal->conn, name, step->sql, rehearsal->params->types,
				  parameter_count(rehearsal, step), err) < 0)
		return -1;
	rehearsal->prepared = number + 1;
	return rehearsal->counters ? counters_add_prepared(rehearsal->counters, err) : 0;
}

static int prepare_first(struct rehearsal *rehearsal, const struct script_step *step, size_t number,
			 const char *name, void *arg, struct err *err)
{
	bool *wait = arg;
	struct err why = ERR_INIT;

	*wait = *wait || step->kind == SCRIPT_UTILITY;
	if (*wait || prepare(rehearsal, step, number, name, &why) == 0)
		return 0;
	return fail(rehearsal, step, &why, err);
}

int rehearsal_prepare(struct rehearsal *rehearsal, struct err *err)
{
	bool wait = false;

	return each_step(rehearsal, prepare_first, &wait, err);
}

/* One call --------------------------------------------------------------------------------------
 */

struct call {
	const char **values; /* the parameter row, and one more for the count */
	char count[24];
	const struct script_step *answering; /* the last step with columns */
	struct record_answer answer;
	struct record *record; /* where plans go */
	size_t sample, step;
	bool refused; /* a statement ended with an SQLSTATE that the lab lets pass */
};

static bool listed(const struct lab_texts *texts, const char *text)
{
	for (size_t i = 0; i < texts->count; i++)
		if (strcmp(texts->items[i], text) == 0)
			return true;
	return false;
}

static bool may_fail(const struct lab *lab, const char *sqlstate)
{
	for (size_t i = 0; i < lab->evidence_count; i++)
		if (lab->evidence[i].sqlstate && strcmp(lab->evidence[i].sqlstate, sqlstate) == 0)
			return true;
	return listed(&lab->workload.may_fail, sqlstate);
}

/* A failure that the lab lets pass makes the rest of the call idle, not the rehearsal; and so does
 * that of a statement which cannot stand in a transaction. */
static int forgive(const struct rehearsal *rehearsal, const struct script_step *step,
		   struct call *call, const struct err *why, struct err *err)
{
	const char *sqlstate = db_conn_sqlstate(rehearsal->conn);

	if (strcmp(sqlstate, ACTIVE_TRANSACTION) == 0 ||
	    (*sqlstate && may_fail(rehearsal->lab, sqlstate))) {
		call->refused = true;
		return 0;
	}
	return fail(rehearsal, step, why, err);
}

static const char *const *values_of(const struct rehearsal *rehearsal, struct call *call,
				    int64_t round)
{
	(void)snprintf(call->count, sizeof(call->count), "%lld", (long long)round);
	call->values[rehearsal->params->columns] = call->count;
	return call->values;
}

static int take_result(const struct rehearsal *rehearsal, const struct script_step *step,
		       const struct db_result *result, struct call *call, struct err *err)
{
	if (db_columns(result) == 0)
		return 0;
	if (call->answering != step)
		call->answer = (struct record_answer){.rows = 0};
	call->answering = step;
	return equivalence_answer(result, &rehearsal->lab->workload, &call->answer, err);
}

/* The rounds of a step from the given one on. */
static int run_rounds(const struct rehearsal *rehearsal, const struct script_step *step,
		      const char *name, int64_t round, struct call *call, struct err *err)
{
	for (; round <= times(step) && !call->refused; round++) {
		AUTO(db_result_freep) struct db_result *result = NULL;
		struct err why = ERR_INIT;

		if (db_conn_exec_prepared_text(rehearsal->conn, name,
					       values_of(rehearsal, call, round),
					       parameter_count(rehearsal, step), &result, &why) < 0)
			return forgive(rehearsal, step, call, &why, err);
		if (take_result(rehearsal, step, result, call, err) < 0)
			return -1;
	}
	return 0;
}

static int run_step(struct rehearsal *rehearsal, const struct script_step *step, size_t number,
		    const char *name, void *arg, struct err *err)
{
	struct call *call = arg;
	struct err why = ERR_INIT;

	if (call->refused)
		return 0;
	if (prepare(rehearsal, step, number, name, &why) < 0)
		return forgive(rehearsal, step, call, &why, err);
	return run_rounds(rehearsal, step, name, 1, call, err);
}

static int explain_sql(const struct rehearsal *rehearsal, const struct script_step *step,
		       const char *name, struct call *call, struct buf *sql, struct err *err)
{
	const char *const *values = values_of(rehearsal, call, 1);
	size_t n = parameter_count(rehearsal, step);

	buf_puts(sql, SQL_EXPLAIN);
	buf_puts(sql, name);
	for (size_t i = 0; i < n; i++) {
		buf_puts(sql, i ? ", " : "(");
		if (!values[i])
			buf_puts(sql, "NULL");
		else if (db_quote_literal(rehearsal->conn, values[i], sql, err) < 0)
			return -1;
	}
	if (n > 0)
		buf_putc(sql, ')');
	return buf_check(sql, err);
}

static int add_plan(struct call *call, const struct db_result *result, struct err *err)
{
	AUTO(plan_freep) struct plan *plan = NULL;

	if (plan_parse(db_get_text(result, 0, 0), &plan, err) < 0)
		return -1;
	plan->sample = call->sample;
	plan->step = call->step;
	return record_add_plan(call->record, &plan, err);
}

static int explain_planned(struct rehearsal *rehearsal, const struct script_step *step,
			   size_t number, const char *name, struct call *call, struct err *err)
{
	AUTO(buf_release) struct buf sql = BUF_INIT(PLAN_JSON_MAX);
	AUTO(db_result_freep) struct db_result *result = NULL;
	struct err why = ERR_INIT;

	if (prepare(rehearsal, step, number, name, &why) < 0)
		return forgive(rehearsal, step, call, &why, err);
	if (explain_sql(rehearsal, step, name, call, &sql, err) < 0)
		return -1;
	if (db_conn_query_text(rehearsal->conn, buf_str(&sql), DB_NO_ARGS, &result, &why) < 0)
		return forgive(rehearsal, step, call, &why, err);
	if (add_plan(call, result, err) < 0)
		return -1;
	return run_rounds(rehearsal, step, name, 2, call, err);
}

static int explain_step(struct rehearsal *rehearsal, const struct script_step *step, size_t number,
			const char *name, void *arg, struct err *err)
{
	struct call *call = arg;
	int result;

	if (call->refused)
		return 0;
	if (step->kind != SCRIPT_PLANNED)
		result = run_step(rehearsal, step, number, name, arg, err);
	else
		result = explain_planned(rehearsal, step, number, name, call, err);
	call->step++;
	return result;
}

/* All steps between BEGIN and ROLLBACK. */
static int make_call(struct rehearsal *rehearsal, size_t row, step_visit *visit, struct call *call,
		     struct err *err)
{
	const char *const *values = params_row(rehearsal->params, row);
	size_t n = rehearsal->params->columns;
	AUTO(freep) const char **with_count = calloc(n + 1, sizeof(*with_count));

	if (!with_count)
		return err_no_memory(err);
	for (size_t i = 0; i < n; i++)
		with_count[i] = values[i];
	call->values = with_count;
	if (db_conn_script(rehearsal->conn, "BEGIN", err) < 0 ||
	    each_step(rehearsal, visit, call, err) < 0)
		return -1;
	call->values = NULL;
	return db_conn_script(rehearsal->conn, "ROLLBACK", err);
}

int rehearsal_answer(struct rehearsal *rehearsal, size_t row, struct record_answer *ret,
		     struct err *err)
{
	struct call call = {.values = NULL};

	if (make_call(rehearsal, row, run_step, &call, err) < 0)
		return -1;
	*ret = call.answer;
	return 0;
}

int rehearsal_explain(struct rehearsal *rehearsal, size_t row, size_t sample, struct record *record,
		      struct err *err)
{
	struct call call = {.record = record, .sample = sample};

	return make_call(rehearsal, row, explain_step, &call, err);
}
