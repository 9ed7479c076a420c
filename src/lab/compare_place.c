/* compare_place.c - measures a statement in a database that others use too, by one session. */
#include "compare_place.h"

#include <tasklab/base/clock.h>

#include "rehearsal.h"
#include "script.h"

#define CALL_MAX_NS (INT64_C(600) * CLOCK_NS_PER_S)

struct place {
	struct site *site;
	const struct lab *lab;
	struct rehearsal rehearsal;
	struct record *record;
};

static int answer(struct place *place, size_t row, struct record_answer *ret, struct err *err)
{
	if (site_check_stop(place->site, err) < 0)
		return -1;
	db_conn_set_deadline(place->rehearsal.conn, clock_mono_ns() + CALL_MAX_NS);
	return rehearsal_answer(&place->rehearsal, row, ret, err);
}

static int record_answers(struct place *place, struct err *err)
{
	struct record *record = place->record;
	size_t rows = place->rehearsal.params->rows;

	if (record_make_answers(record, rows, err) < 0)
		return -1;
	for (size_t i = 0; i < rows; i++) {
		if (answer(place, i, &record->answers[i], err) < 0)
			return -1;
		record->answer_count = i + 1;
		progress_add(place->site->progress, 1);
	}
	return 0;
}

static int record_plans(struct place *place, struct err *err)
{
	size_t n = (size_t)place->lab->workload.samples;

	for (size_t i = 0; i < n; i++) {
		size_t row = i * place->rehearsal.params->rows / n;

		db_conn_set_deadline(place->rehearsal.conn, clock_mono_ns() + CALL_MAX_NS);
		if (site_check_stop(place->site, err) < 0 ||
		    rehearsal_explain(&place->rehearsal, row, i, place->record, err) < 0)
			return -1;
		progress_add(place->site->progress, 1);
	}
	return 0;
}

/* BEGIN, ROLLBACK and the answer's hash are within each latency, on both sides alike. */
static int record_calls_made(struct place *place, struct err *err)
{
	const struct lab_workload *workload = &place->lab->workload;
	struct record *record = place->record;
	int64_t start_ns = clock_mono_ns(), now_ns = start_ns;
	int64_t end_ns =
		workload->calls > 0 ? CLOCK_NEVER : start_ns + workload->seconds * CLOCK_NS_PER_S;
	uint64_t calls = workload->calls > 0 ? (uint64_t)workload->calls : UINT64_MAX;

	for (uint64_t i = 0; i < calls && now_ns < end_ns; i++) {
		struct record_answer ignored;
		int64_t begin_ns = clock_mono_ns();

		if (answer(place, i % place->rehearsal.params->rows, &ignored, err) < 0)
			return -1;
		now_ns = clock_mono_ns();
		hist_record(record->latency, now_ns - begin_ns);
		record->workload.calls++;
		progress_add(place->site->progress, 1);
	}
	record->wall_ns = now_ns - start_ns;
	return 0;
}

static int measure(struct place *place, struct err *err)
{
	if (rehearsal_prepare(&place->rehearsal, err) < 0 || record_answers(place, err) < 0 ||
	    record_plans(place, err) < 0)
		return -1;
	return record_calls_made(place, err);
}

/* What a call sends, transaction control left out. */
static uint64_t statements_of(const struct script *script)
{
	uint64_t n = 0;

	for (size_t i = 0; i < script->count; i++) {
		for (size_t j = 0; j < script->sessions[i].count; j++) {
			const struct script_step *step = &script->sessions[i].steps[j];

			if (step->kind == SCRIPT_PLANNED || step->kind == SCRIPT_UTILITY)
				n += step->repeat > 0 ? (uint64_t)step->repeat : 1;
		}
	}
	return n;
}

void compare_workload(struct lab *lab, const struct params *params)
{
	lab->workload.parameters = (int64_t)params->rows;
	lab->workload.samples =
		params->rows < BENCH_SAMPLES ? (int64_t)params->rows : BENCH_SAMPLES;
}

static int open_session(struct site *site, const struct bench_place *place, struct db_conn **ret,
			struct err *err)
{
	AUTO(db_conn_closep) struct db_conn *conn = NULL;

	if (site_connect(site, place->database, BENCH_SESSION, &conn, err) < 0)
		return -1;
	db_conn_set_deadline(conn, clock_mono_ns() + CALL_MAX_NS);
	if (bench_session(conn, place, err) < 0)
		return -1;
	*ret = TAKE(conn);
	return 0;
}

int compare_params(struct site *site, const struct bench_place *place, const struct lab *lab,
		   struct params *ret, struct err *err)
{
	AUTO(db_conn_closep) struct db_conn *conn = NULL;

	if (open_session(site, place, &conn, err) < 0)
		return -1;
	if (params_read(conn, lab->params_sql, PARAMS_ALL, ret, err) < 0)
		return bench_failed("--params", conn, place, err);
	return 0;
}

int compare_check(struct site *site, const struct bench_place *place, const struct lab *lab,
		  const char *label, const char *sql, const struct params *params, struct err *err)
{
	AUTO(db_conn_closep) struct db_conn *conn = NULL;
	AUTO(script_freep) struct script *script = NULL;
	struct rehearsal rehearsal = {.lab = lab, .name = label, .params = params};

	if (open_session(site, place, &conn, err) < 0)
		return -1;
	if (script_parse(sql, params->columns, &script, err) < 0)
		return bench_failed(label, NULL, place, err);
	rehearsal.conn = conn;
	rehearsal.script = script;
	if (rehearsal_prepare(&rehearsal, err) < 0)
		return bench_failed(label, conn, place, err);
	return 0;
}

int compare_in_place(struct site *site, const struct bench_place *place, const struct lab *lab,
		     const char *label, const char *sql, const struct params *params,
		     struct record **ret, struct err *err)
{
	AUTO(db_conn_closep) struct db_conn *conn = NULL;
	AUTO(record_freep) struct record *record = NULL;
	AUTO(script_freep) struct script *script = NULL;
	struct place work = {.site = site, .lab = lab};

	if (record_new(&record, err) < 0 || open_session(site, place, &conn, err) < 0 ||
	    script_parse(sql, params->columns, &script, err) < 0)
		return -1;
	work.record = record;
	work.rehearsal = (struct rehearsal){
		.conn = conn, .lab = lab, .name = label, .script = script, .params = params};
	if (measure(&work, err) < 0)
		return bench_failed(label, conn, place, err);
	record->workload.statements = record->workload.calls * statements_of(script);
	*ret = TAKE(record);
	return 0;
}
