/* report_verify.c - what a proof found, for people and as JSON. */
#include <stdio.h>

#include <tasklab/base/term.h>
#include <tasklab/lab/verify.h>

/* Text ----------------------------------------------------------------------------------------- */

static void print_row(const struct verify_row *row, FILE *stream)
{
	char score[16] = "", time[32];

	if (row->score >= 0)
		(void)snprintf(score, sizeof(score), "%d", row->score);
	(void)fprintf(stream, "  %s%-4s%s %-14s %5s %9s  %s\n",
		      term_on(stream, row->holds ? TERM_GREEN : TERM_RED),
		      row->holds ? "ok" : "NOT", term_off(stream), row->what, score,
		      row->ns > 0 ? term_duration_ns((uint64_t)row->ns, time) : "", row->reason);
}

void verify_text(const struct verify_result *result, FILE *stream)
{
	char time[32];

	if (*result->skipped) {
		(void)fprintf(stream, "%s%s%s: skipped: %s\n", term_on(stream, TERM_BOLD),
			      result->lab->slug, term_off(stream), result->skipped);
		return;
	}
	(void)fprintf(stream, "%s%s%s: %s, %s\n", term_on(stream, TERM_BOLD), result->lab->slug,
		      term_off(stream), result->sound ? "sound" : "NOT sound",
		      term_duration_ns((uint64_t)result->ns, time));
	for (size_t i = 0; i < result->row_count; i++)
		print_row(&result->rows[i], stream);
}

/* JSON ----------------------------------------------------------------------------------------- */

void verify_write(struct json *json, const struct verify_result *result)
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

int verify_json(const struct verify_result *result, struct buf *out, struct err *err)
{
	struct json json = JSON_INIT(out);

	verify_write(&json, result);
	return buf_check(out, err);
}
