/* compare.c - measures two statements where somebody wants them tried, and reports both. */
#include <tasklab/lab/compare.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <tasklab/base/clock.h>
#include <tasklab/base/term.h>
#include <tasklab/base/text.h>

#include "bench.h"
#include "compare_place.h"
#include "equivalence.h"
#include "phase.h"
#include "report_write.h"

static const char *const LABELS[] = {"A", "B"};
static const char *const NAMES[] = {"statement A", "statement B"};
static const char *const TITLES[] = {"Statement A", "Statement B"};

struct compare_result {
	char *sql[2], *params_sql;
	struct record *record[2];
	struct bench_place place;
	int server_version;
	int64_t started_us, finished_us;
	size_t parameters, clients;
	char where[200], sentence[200];
};

struct comparison {
	const struct compare_options *options;
	struct lab lab;
	struct site *site;
	struct compare_result *result;
};

/* Measuring ------------------------------------------------------------------------------------ */

/* A call that writes is rolled back, so that B finds what A found. */
static void choose_transaction(struct comparison *work)
{
	struct lab_workload *workload = &work->lab.workload;
	bool writes = bench_writes(work->options->sql[0]) || bench_writes(work->options->sql[1]);

	workload->transaction = writes ? LAB_ROLLBACK : LAB_AUTOCOMMIT;
	workload->checkpoint = writes;
	workload->rows = work->options->ordered ? LAB_ROWS_ORDERED : LAB_ROWS_UNORDERED;
	workload->clients = work->options->clients;
	workload->calls = work->options->calls;
	workload->seconds = workload->calls > 0 ? 0 : COMPARE_SECONDS;
}

/* Both, before either is measured: a mistake in B is not to be found after A's time. */
static int check_statements(struct comparison *work, const struct params *params, struct err *err)
{
	struct compare_result *result = work->result;

	for (size_t i = 0; i < ARRAY_LEN(LABELS); i++)
		if (compare_check(work->site, &result->place, &work->lab, NAMES[i], result->sql[i],
				  params, err) < 0)
			return -1;
	compare_workload(&work->lab, params);
	result->parameters = params->rows;
	return 0;
}

static int measure_clone(struct comparison *work, struct err *err)
{
	struct compare_result *result = work->result;
	struct site *site = work->site;
	AUTO(stand_closep) struct stand *stand = NULL;

	if (stand_prepare(site, err) < 0 ||
	    stand_build(site, site->database, STAND_WHOLE, &stand, err) < 0 ||
	    check_statements(work, &stand->params, err) < 0)
		return -1;
	if (work->lab.workload.calls > 0)
		progress_total(site->progress, STAND_STEPS + 2 * phase_steps(&work->lab));
	for (size_t i = 0; i < ARRAY_LEN(LABELS); i++)
		if (phase_record(stand, LABELS[i], NAMES[i], result->sql[i], &stand->params,
				 &result->record[i], err) < 0)
			return bench_failed(NAMES[i], NULL, &result->place, err);
	return 0;
}

static int measure_both(struct comparison *work, const struct params *params, struct err *err)
{
	struct compare_result *result = work->result;

	if (check_statements(work, params, err) < 0)
		return -1;
	for (size_t i = 0; i < ARRAY_LEN(LABELS); i++) {
		progress_label(work->site->progress, LABELS[i]);
		if (compare_in_place(work->site, &result->place, &work->lab, NAMES[i],
				     result->sql[i], params, &result->record[i], err) < 0)
			return -1;
	}
	return 0;
}

static int measure_in_place(struct comparison *work, struct err *err)
{
	struct params params = {.result = NULL};
	int code = compare_params(work->site, &work->result->place, &work->lab, &params, err);

	if (code == 0)
		code = measure_both(work, &params, err);
	params_release(&params);
	return code;
}

/* A checkpoint before each side makes full-page images fair; where the role may not ask for one
 * (site->skipped says so) it is done without. */
static int open_site(struct comparison *work, struct err *err)
{
	const struct compare_options *options = work->options;
	const struct site_options where = {.conninfo = options->conninfo,
					   .lab = &work->lab,
					   .scale = work->result->place.scale,
					   .progress = options->progress,
					   .stop_fd = options->stop_fd};

	if (site_open(&where, &work->site, err) < 0)
		return -1;
	if (!*work->site->skipped)
		return 0;
	work->lab.workload.checkpoint = false;
	if (site_close(&work->site, 0, err) < 0)
		return -1;
	return site_open(&where, &work->site, err);
}

static int measure(struct comparison *work, struct err *err)
{
	int code;

	if (open_site(work, err) < 0)
		return -1;
	work->result->server_version = work->site->server_version;
	code = work->result->place.kind == BENCH_CLONE ? measure_clone(work, err)
						       : measure_in_place(work, err);
	return site_close(&work->site, code, err);
}

/* The result ----------------------------------------------------------------------------------- */

/* "3.3x fewer blocks than A", "as many blocks as A"; "" where it cannot be said. */
static void say(const struct compare_result *result, const char *figure, const char *less,
		const char *more, const char *same, char *out, size_t size)
{
	const struct report_figure *one = report_figure_named(figure);
	double a = one->read(result->record[0]), b = one->read(result->record[1]);
	char text[REPORT_CELL];

	report_change(a, b, text);
	text[strcspn(text, " ")] = '\0'; /* the factor alone */
	out[0] = '\0';
	if (isnan(a) || isnan(b))
		return;
	if (report_change_tone(a, b, REPORT_LESS) == REPORT_NEUTRAL)
		(void)snprintf(out, size, "%s", same);
	else if (a > 0 && b > 0)
		(void)snprintf(out, size, "%.24s %s", text, b < a ? less : more);
	else
		(void)snprintf(out, size, "%s", b <= 0 ? less : more);
}

/* What to read first: whether the answers are the same, then which is less work. */
static void conclude(struct compare_result *result)
{
	char blocks[REPORT_CELL], time[REPORT_CELL];

	say(result, REPORT_SHARED_BLOCKS, "fewer blocks", "more blocks", "as many blocks", blocks,
	    sizeof(blocks));
	say(result, REPORT_MEDIAN, "less time", "more time", "the same time", time, sizeof(time));
	if (result->record[1]->differing != 0)
		(void)snprintf(result->sentence, sizeof(result->sentence),
			       "the answers are not the same, so their costs cannot be compared");
	else
		(void)snprintf(result->sentence, sizeof(result->sentence),
			       "against A, B touches %s and its median call takes %s", blocks,
			       time);
}

static int take_statements(const struct compare_options *options, struct compare_result *result,
			   struct err *err)
{
	for (size_t i = 0; i < ARRAY_LEN(LABELS); i++) {
		if (bench_check(NAMES[i], options->sql[i], options->params_sql != NULL, err) < 0)
			return -1;
		if (text_copy(options->sql[i], &result->sql[i], err) < 0)
			return -1;
	}
	if (options->params_sql)
		return text_copy(options->params_sql, &result->params_sql, err);
	return 0;
}

int compare_run(const struct compare_options *options, struct compare_result **ret, struct err *err)
{
	AUTO(compare_result_freep) struct compare_result *result = calloc(1, sizeof(*result));
	struct comparison work = {.options = options, .result = result};

	if (!result)
		return err_no_memory(err);
	result->started_us = clock_real_us();
	result->clients = (size_t)options->clients;
	if (take_statements(options, result, err) < 0)
		return -1;
	bench_lab(result->params_sql, &work.lab);
	choose_transaction(&work);
	if (bench_find(options->conninfo, &options->where, BENCH_UNASKED_CLONE, &result->place,
		       err) < 0)
		return -1;
	if (result->place.kind != BENCH_CLONE && options->clients > 1)
		return err_set(err, ERR_INVALID,
			       "more than one client works only in a clone of the data set", "%s",
			       "");
	if (measure(&work, err) < 0)
		return -1;
	result->finished_us = clock_real_us();
	equivalence_compare(result->record[0], result->record[1]);
	bench_place_text(&result->place, result->where, sizeof(result->where));
	conclude(result);
	*ret = TAKE(result);
	return 0;
}

void compare_result_freep(struct compare_result **result)
{
	if (!*result)
		return;
	for (size_t i = 0; i < ARRAY_LEN(LABELS); i++) {
		free((*result)->sql[i]);
		record_freep(&(*result)->record[i]);
	}
	free((*result)->params_sql);
	free(*result);
	*result = NULL;
}

bool compare_same_rows(const struct compare_result *result)
{
	return result->record[1]->differing == 0;
}

/* Reports -------------------------------------------------------------------------------------- */

static void make_view(const struct compare_result *result, struct report_view *ret)
{
	bool clone = result->place.kind == BENCH_CLONE, same = compare_same_rows(result);

	*ret = (struct report_view){.kind = "compare",
				    .title = "Two statements compared",
				    .scale = clone ? seed_scale_name(result->place.scale) : NULL,
				    .database = clone ? NULL : result->place.database,
				    .where = result->where,
				    .server_version = result->server_version,
				    .started_us = result->started_us,
				    .finished_us = result->finished_us,
				    .parameters = result->parameters,
				    .clients = result->clients,
				    .verdict = same ? "same rows" : "different rows",
				    .sentence = result->sentence,
				    .tone = same ? REPORT_GOOD : REPORT_BAD};
	for (size_t i = 0; i < ARRAY_LEN(LABELS); i++)
		ret->side[i] = (struct report_side){.label = LABELS[i],
						    .title = TITLES[i],
						    .script = result->sql[i],
						    .record = result->record[i]};
	if (!clone)
		ret->notes[0] =
			"Measured by one session in a database that others use too: the "
			"server's counters are left out, blocks are those of the plans, and each "
			"latency holds a BEGIN and a ROLLBACK.";
}

int compare_write(const struct compare_result *result, enum report_format format,
		  const struct report_look *look, struct buf *out, struct err *err)
{
	struct report_view view;

	make_view(result, &view);
	return report_view_write(&view, format, look, out, err);
}

void compare_text(const struct compare_result *result, FILE *stream)
{
	struct report_view view;

	make_view(result, &view);
	report_view_print(&view, stream);
}

int compare_save(const struct compare_result *result, const char *folder, struct err *err)
{
	struct report_view view;

	make_view(result, &view);
	return report_view_save(&view, folder, err);
}
