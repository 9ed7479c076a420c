/* report_check.c - what a check found: the reference and the learner's state, side by side. */
#include <stdio.h>

#include "checked.h"
#include "report_write.h"

#define TEXT_SIZE 400

struct checked_text {
	char sentence[TEXT_SIZE], next[TEXT_SIZE];
};

static void put_texts(const struct check_result *result, struct checked_text *texts)
{
	const struct grade *grade = result->appraisal->grade;
	const char *slug = result->lab->slug;
	char best[64] = "";

	if (result->best_score > grade->score)
		(void)snprintf(best, sizeof(best), ", the best so far is %d", result->best_score);
	(void)snprintf(texts->sentence, sizeof(texts->sentence), "%d of 100, %d are needed%s",
		       grade->score, GRADE_PASS, best);
	if (grade->passed)
		(void)snprintf(
			texts->next, sizeof(texts->next),
			"`tasklab lab solution %s` explains it, `tasklab lab reset %s` clears "
			"it away.",
			slug, slug);
	else
		(void)snprintf(texts->next, sizeof(texts->next), "`tasklab lab hint %s` helps on.",
			       slug);
}

static void put_sides(const struct check_result *result, struct report_view *view)
{
	const struct lab *lab = result->lab;

	view->side[0] = (struct report_side){.label = "reference",
					     .requests = report_requests(lab),
					     .title = "The broken reference",
					     .script = lab->slow_sql,
					     .change_name = "break.sql",
					     .change = lab->break_sql,
					     .record = result->before};
	view->side[1] = (struct report_side){.label = "yours",
					     .requests = report_requests(lab),
					     .title = "Your database",
					     .script = result->statement ? result->statement
									 : lab->slow_sql,
					     .record = result->appraisal->after};
}

/* Points into result and texts. */
static void make_view(const struct check_result *result, struct checked_text *texts,
		      struct report_view *ret)
{
	const struct appraisal *appraisal = result->appraisal;
	bool passed = appraisal->grade->passed;

	put_texts(result, texts);
	*ret = (struct report_view){
		.kind = "check",
		.slug = result->lab->slug,
		.title = result->lab->title,
		.summary = result->lab->summary,
		.scale = seed_scale_name(result->scale),
		.server_version = result->server_version,
		.started_us = result->started_us,
		.finished_us = result->finished_us,
		.parameters = result->parameters,
		.clients = (size_t)result->lab->workload.clients,
		.verdicts = appraisal->verdicts,
		.verdict_count = appraisal->verdict_count,
		.verdict = passed ? "passed" : "failed",
		.said = passed ? "solved" : "not solved yet",
		.sentence = texts->sentence,
		.tone = passed ? REPORT_GOOD : REPORT_BAD,
		.grade = appraisal->grade,
		.best_score = result->best_score,
		.own_statement = result->statement != NULL,
		.next = texts->next,
		.empty = !appraisal->after || !result->before,
	};
	put_sides(result, ret);
	if (*result->note)
		ret->notes[0] = result->note;
}

int check_write(const struct check_result *result, enum report_format format,
		const struct report_look *look, struct buf *out, struct err *err)
{
	struct checked_text texts;
	struct report_view view;

	make_view(result, &texts, &view);
	return report_view_write(&view, format, look, out, err);
}

void check_text(const struct check_result *result, FILE *stream)
{
	struct checked_text texts;
	struct report_view view;

	make_view(result, &texts, &view);
	report_view_print(&view, stream);
}

int check_json(const struct check_result *result, struct buf *out, struct err *err)
{
	return check_write(result, REPORT_JSON, NULL, out, err);
}

int check_save(const struct check_result *result, const char *folder, struct err *err)
{
	struct checked_text texts;
	struct report_view view;

	make_view(result, &texts, &view);
	return report_view_save(&view, folder, err);
}
