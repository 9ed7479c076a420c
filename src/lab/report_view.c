/* report_view.c - makes a run's result ready to be reported; questions about a report's plans. */
#include "report_view.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "plan_text.h"
#include "result.h"

static void view_sides(const struct run_result *result, struct report_view *view)
{
	const struct lab *lab = result->lab;

	view->side[0] = (struct report_side){.label = "before",
					     .requests = report_requests(lab),
					     .title = "Before the fix",
					     .script = lab->slow_sql,
					     .change_name = "break.sql",
					     .change = lab->break_sql,
					     .record = result->before};
	view->side[1] =
		(struct report_side){.label = "after",
				     .requests = report_requests(lab),
				     .title = "After the fix",
				     .script = lab->fast_sql ? lab->fast_sql : lab->slow_sql,
				     .change_name = "fix.sql",
				     .change = lab->fix_sql,
				     .record = result->after};
}

void report_view_of_run(const struct run_result *result, struct report_view *ret)
{
	size_t notes = 0;

	*ret = (struct report_view){
		.kind = "run",
		.slug = result->lab->slug,
		.title = result->lab->title,
		.summary = result->lab->summary,
		.scale = seed_scale_name(result->scale),
		.database = result->kept ? result->database : NULL,
		.kept = result->kept,
		.psql = result->psql,
		.server_version = result->server_version,
		.started_us = result->started_us,
		.finished_us = result->finished_us,
		.parameters = result->parameters,
		.clients = result->clients,
		.verdicts = result->verdicts,
		.verdict_count = result->verdict_count,
		.verdict = result->passed ? "passed" : "failed",
		.sentence = result->passed ? "the evidence holds" : "the evidence does not hold",
		.tone = result->passed ? REPORT_GOOD : REPORT_BAD,
	};
	if (*result->skipped) {
		ret->skipped = ret->empty = true;
		ret->verdict = "skipped";
		ret->sentence = result->skipped;
		ret->tone = REPORT_WARN;
		ret->notes[0] = result->skipped;
		return;
	}
	view_sides(result, ret);
	if (*result->note)
		ret->notes[notes++] = result->note;
}

/* Plans ---------------------------------------------------------------------------------------- */

/* Reads all its input before it returns its first row. */
static bool takes_all(const struct plan_node *node)
{
	static const char *const types[] = {"Sort", "Hash", "HashAggregate", "Aggregate"};

	for (size_t i = 0; i < ARRAY_LEN(types); i++)
		if (strcmp(node->type, types[i]) == 0)
			return true;
	return false;
}

static bool may_be_stopped(const struct plan *plan, size_t node)
{
	for (int i = plan->nodes[node].parent; i >= 0; i = plan->nodes[i].parent) {
		if (strcmp(plan->nodes[i].type, "Limit") == 0)
			return true;
		if (takes_all(&plan->nodes[i]))
			return false;
	}
	return false;
}

double report_misestimate(const struct plan *plan, size_t node)
{
	const struct plan_node *one = &plan->nodes[node];
	double estimated = one->estimated_rows < 1 ? 1 : one->estimated_rows;
	double actual = one->actual_rows < 1 ? 1 : one->actual_rows;

	if (one->loops <= 0 || (actual < estimated && may_be_stopped(plan, node)))
		return 1;
	return estimated > actual ? estimated / actual : actual / estimated;
}

const struct plan *report_plan(const struct report_view *view, size_t side,
			       const struct report_place *place)
{
	return record_plan(view->side[side].record, place->sample, place->step);
}

static bool before(const struct plan *plan, const struct report_place *place)
{
	return plan->sample < place->sample ||
	       (plan->sample == place->sample && plan->step < place->step);
}

/* Both sides' plans are in order, so they are merged. */
size_t report_places(const struct report_view *view, struct report_place ret[REPORT_PLACES])
{
	size_t at[2] = {0, 0}, n = 0;

	while (n < REPORT_PLACES) {
		const struct report_place end = {SIZE_MAX, SIZE_MAX};
		struct report_place next = end;

		for (size_t i = 0; i < ARRAY_LEN(at); i++) {
			const struct record *record = view->side[i].record;
			const struct plan *plan =
				at[i] < record->plan_count ? record->plans[at[i]] : NULL;

			if (plan && before(plan, &next))
				next = (struct report_place){plan->sample, plan->step};
		}
		if (next.sample == end.sample)
			break;
		for (size_t i = 0; i < ARRAY_LEN(at); i++)
			at[i] += report_plan(view, i, &next) != NULL;
		ret[n++] = next;
	}
	return n;
}

double report_plan_most(const struct report_view *view, const struct report_place *place)
{
	double most = 0;

	for (size_t i = 0; i < ARRAY_LEN(view->side); i++)
		if (report_plan(view, i, place))
			most = fmax(most, plan_text_most(report_plan(view, i, place)));
	return most;
}

bool *report_changed(const struct report_view *view, size_t side, const struct report_place *place)
{
	const struct plan *plan = report_plan(view, side, place);
	const struct plan *other = report_plan(view, 1 - side, place);
	bool *changed = calloc(plan ? plan->count + 1 : 1, sizeof(*changed));

	if (changed && plan)
		plan_mark_changed(plan, other, changed);
	return changed;
}

char *report_place_name(const struct report_view *view, const struct report_place *place,
			char out[REPORT_CELL])
{
	size_t samples = 0, steps = 0, used = 0;

	for (size_t i = 0; i < ARRAY_LEN(view->side); i++) {
		const struct record *record = view->side[i].record;

		for (size_t j = 0; j < record->plan_count; j++) {
			const struct plan *plan = record->plans[j];

			samples = plan->sample >= samples ? plan->sample + 1 : samples;
			steps = plan->step >= steps ? plan->step + 1 : steps;
		}
	}
	out[0] = '\0';
	if (samples > 1)
		used = (size_t)snprintf(out, REPORT_CELL, "sample %zu of %zu", place->sample + 1,
					samples);
	if (steps > 1 && used < REPORT_CELL)
		(void)snprintf(out + used, REPORT_CELL - used, "%sstatement %zu", used ? ", " : "",
			       place->step + 1);
	return out;
}

/* Words -----------------------------------------------------------------------------------------
 */

void report_script(const struct report_side *side, struct buf *out)
{
	if (side->script)
		buf_puts(out, side->script);
	for (size_t i = 0; side->requests && i < side->requests->count; i++)
		buf_printf(out, "%s\n", side->requests->items[i]);
}

const struct lab_texts *report_requests(const struct lab *lab)
{
	return lab->workload.kind == LAB_WORKLOAD_HTTP ? &lab->workload.requests : NULL;
}

const char *report_said(const struct report_view *view)
{
	return view->said ? view->said : view->verdict;
}

void report_equivalence(const struct report_view *view, char *out, size_t size)
{
	const struct record *first = view->side[0].record, *second = view->side[1].record;
	char rows[REPORT_CELL], count[REPORT_CELL];
	double sum = 0;

	for (size_t i = 0; i < first->answer_count; i++)
		sum += (double)first->answers[i].rows;
	report_value((double)view->parameters, REPORT_COUNT, count);
	report_value(sum, REPORT_COUNT, rows);
	if (second->differing < 0)
		(void)snprintf(out, size, "the answers were not compared");
	else if (second->differing == 0)
		(void)snprintf(
			out, size,
			"both sides return the same rows: %s answer%s, %s row%s, compared by "
			"every value",
			count, view->parameters == 1 ? "" : "s", rows, sum == 1 ? "" : "s");
	else
		(void)snprintf(out, size, "the rows are not the same: %lld of %s answers differ",
			       (long long)second->differing, count);
}

enum report_tone report_outcome_tone(enum evidence_outcome outcome)
{
	switch (outcome) {
	case EVIDENCE_HELD:
		return REPORT_GOOD;
	case EVIDENCE_NOT_HELD:
		return REPORT_BAD;
	case EVIDENCE_SKIPPED:
		break;
	}
	return REPORT_WARN;
}

void report_file_name(const struct report_view *view, char *out, size_t size)
{
	(void)snprintf(out, size, "%s%s%s%s", view->slug ? view->slug : view->kind,
		       view->scale ? "-" : "", view->scale ? view->scale : "",
		       view->grade ? "-check" : "");
}
