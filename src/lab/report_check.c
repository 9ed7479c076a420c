/* report_check.c - what a check found, for people and as JSON. */
#include <math.h>
#include <stdio.h>

#include <tasklab/base/json.h>
#include <tasklab/base/term.h>
#include <tasklab/lab/lesson.h>

#include "checked.h"

#define BAR_CELLS 40
#define CELL      64

/* Text ------------------------------------------------------------------------------------------
 */

static void print_bar(const char *name, int points, int of, enum term_style style, FILE *stream)
{
	int cells = of > 0 ? (points * BAR_CELLS + of / 2) / of : 0;

	(void)fprintf(stream, "  %-7s %s", name, term_on(stream, style));
	for (int i = 0; i < BAR_CELLS; i++)
		(void)fputs(i < cells ? "\u2588" : "\u00b7", stream);
	(void)fprintf(stream, "%s %3d of %d\n", term_off(stream), points, of);
}

static enum term_style style_of(int points, int of)
{
	return points == of ? TERM_GREEN : points > 0 ? TERM_YELLOW : TERM_RED;
}

static void print_points(const struct grade *grade, FILE *stream)
{
	(void)fputc('\n', stream);
	for (enum grade_part part = 0; part < GRADE_PARTS; part++)
		print_bar(grade_part_name(part), grade->points[part], grade_part_points(part),
			  style_of(grade->points[part], grade_part_points(part)), stream);
	print_bar("Score", grade->score, 100, grade->passed ? TERM_GREEN : TERM_RED, stream);
}

static void print_losses(const struct grade *grade, FILE *stream)
{
	if (grade->loss_count > 0)
		(void)fprintf(stream, "\n%sLost%s\n", term_on(stream, TERM_BOLD), term_off(stream));
	for (size_t i = 0; i < grade->loss_count; i++) {
		const struct grade_loss *loss = &grade->losses[i];
		char points[16] = "";

		if (loss->points > 0)
			(void)snprintf(points, sizeof(points), "-%d", loss->points);
		(void)fprintf(stream, "  %-6s %s%4s%s", grade_part_name(loss->part),
			      term_on(stream, TERM_RED), points, term_off(stream));
		lesson_wrap(loss->reason, 13, 15, stream);
	}
}

static const char *figure(double value, char out[CELL])
{
	if (isnan(value))
		return "-";
	(void)snprintf(out, CELL, "%.6g", value);
	return out;
}

static void print_evidence(const struct appraisal *appraisal, FILE *stream)
{
	struct term_table *table;

	if (appraisal->verdict_count == 0)
		return;
	(void)fputc('\n', stream);
	table = term_table_new((const char *const[]){"EVIDENCE", ">REFERENCE", ">YOURS", ""}, 4);
	for (size_t i = 0; table && i < appraisal->verdict_count; i++) {
		const struct evidence_verdict *verdict = &appraisal->verdicts[i];
		char before[CELL], after[CELL];

		term_table_row(table, (const char *const[]){
					      verdict->claim, figure(verdict->before, before),
					      figure(verdict->after, after),
					      evidence_outcome_name(verdict->outcome)});
	}
	if (table)
		term_table_print(table, stream);
}

static void print_next(const struct check_result *result, FILE *stream)
{
	const struct grade *grade = result->appraisal->grade;
	const char *slug = result->lab->slug;

	(void)fprintf(stream, "\n%s%s%s", term_on(stream, grade->passed ? TERM_GREEN : TERM_RED),
		      grade->passed ? "solved" : "not solved yet", term_off(stream));
	(void)fprintf(stream, ": %d of 100, %d are needed", grade->score, GRADE_PASS);
	if (result->best_score > grade->score)
		(void)fprintf(stream, ", the best so far is %d", result->best_score);
	(void)fputc('\n', stream);
	if (grade->passed)
		(void)fprintf(
			stream,
			"`tasklab lab solution %s` explains it, `tasklab lab reset %s` clears "
			"it away.\n",
			slug, slug);
	else
		(void)fprintf(stream, "`tasklab lab hint %s` helps on.\n", slug);
}

void check_text(const struct check_result *result, FILE *stream)
{
	const struct appraisal *appraisal = result->appraisal;

	(void)fprintf(stream, "%s%s: %s%s\n", term_on(stream, TERM_BOLD), result->lab->slug,
		      result->lab->title, term_off(stream));
	(void)fprintf(stream, "PostgreSQL %d.%d, scale %s, %zu parameter rows, %s\n",
		      result->server_version / 10000, result->server_version % 10000,
		      seed_scale_name(result->scale), result->parameters,
		      result->own_statement ? "your statement" : "the lab's statement");
	print_points(appraisal->grade, stream);
	print_losses(appraisal->grade, stream);
	print_evidence(appraisal, stream);
	print_next(result, stream);
	if (*result->note)
		(void)fprintf(stream, "note: %s\n", result->note);
}

/* JSON ------------------------------------------------------------------------------------------
 */

static void write_grade(struct json *json, const struct grade *grade)
{
	json_kv_i64(json, "score", grade->score);
	json_kv_i64(json, "pass_mark", GRADE_PASS);
	json_kv_bool(json, "passed", grade->passed);
	json_name(json, "parts");
	json_begin_array(json);
	for (enum grade_part part = 0; part < GRADE_PARTS; part++) {
		json_begin_object(json);
		json_kv_string(json, "part", grade_part_name(part));
		json_kv_i64(json, "points", grade->points[part]);
		json_kv_i64(json, "of", grade_part_points(part));
		json_end_object(json);
	}
	json_end_array(json);
	json_name(json, "losses");
	json_begin_array(json);
	for (size_t i = 0; i < grade->loss_count; i++) {
		json_begin_object(json);
		json_kv_string(json, "part", grade_part_name(grade->losses[i].part));
		json_kv_i64(json, "points", grade->losses[i].points);
		json_kv_string(json, "reason", grade->losses[i].reason);
		json_end_object(json);
	}
	json_end_array(json);
}

static void write_evidence(struct json *json, const struct appraisal *appraisal)
{
	json_name(json, "evidence");
	json_begin_array(json);
	for (size_t i = 0; i < appraisal->verdict_count; i++) {
		const struct evidence_verdict *verdict = &appraisal->verdicts[i];

		json_begin_object(json);
		json_kv_string(json, "kind", verdict->item->kind);
		json_kv_string(json, "claim", verdict->claim);
		json_kv_string(json, "outcome", evidence_outcome_name(verdict->outcome));
		json_kv_string(json, "reason", *verdict->reason ? verdict->reason : NULL);
		json_kv_f64(json, "before", verdict->before);
		json_kv_f64(json, "after", verdict->after);
		json_end_object(json);
	}
	json_end_array(json);
}

int check_json(const struct check_result *result, struct buf *out, struct err *err)
{
	struct json json = JSON_INIT(out);

	json_begin_object(&json);
	json_kv_i64(&json, "report_version", 1);
	json_kv_string(&json, "kind", "check");
	json_kv_string(&json, "lab", result->lab->slug);
	json_kv_string(&json, "title", result->lab->title);
	json_kv_string(&json, "scale", seed_scale_name(result->scale));
	json_kv_i64(&json, "server_version", result->server_version);
	json_kv_time_us(&json, "started_at", result->started_us);
	json_kv_time_us(&json, "finished_at", result->finished_us);
	json_kv_bool(&json, "own_statement", result->own_statement);
	json_kv_i64(&json, "best_score", result->best_score);
	write_grade(&json, result->appraisal->grade);
	write_evidence(&json, result->appraisal);
	json_kv_string(&json, "note", *result->note ? result->note : NULL);
	json_end_object(&json);
	return buf_check(out, err);
}
