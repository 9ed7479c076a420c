/* report_start.c - what a learner has to know when a lab has been started. */
#include <tasklab/base/json.h>
#include <tasklab/base/term.h>
#include <tasklab/lab/lesson.h>
#include <tasklab/lab/start.h>

static void print_next(const struct start_result *result, FILE *stream)
{
	const struct lab *lab = result->lab;

	(void)fprintf(stream, "\n%sWhat to do%s\n", term_on(stream, TERM_BOLD), term_off(stream));
	lesson_wrap(
		"Find out what is wrong, and mend it in the lab's database: nothing that you do "
		"there reaches the service's own data. The check looks at what the workload costs "
		"then, whatever you did, and at what you changed besides.",
		0, 2, stream);
	(void)fprintf(stream, "\n    tasklab lab check --answer %-9sgrades it\n",
		      lab->quiz_count == 1   ? "N"
		      : lab->quiz_count == 2 ? "N,N"
					     : "N,N,N");
	if (lab->slow_sql)
		(void)fputs("    tasklab lab check --statement FILE  grades it with your own "
			    "statement\n",
			    stream);
	(void)fputs(
		"    tasklab lab check --report DIR      grades it, and saves plans and figures\n"
		"    tasklab lab hint                    helps on, up to three times\n"
		"    tasklab lab reset                   gives up, and clears it away\n",
		stream);
}

void start_text(const struct start_result *result, FILE *stream)
{
	const struct lab *lab = result->lab;

	(void)fprintf(stream, "%s%s: %s%s (%s, %lld minutes, scale %s)\n",
		      term_on(stream, TERM_BOLD), lab->slug, lab->title, term_off(stream),
		      lab_level_name(lab->level), (long long)lab->minutes,
		      seed_scale_name(result->scale));
	lesson_wrap(lab->summary, 0, 2, stream);
	(void)fprintf(stream, "\n  %-10s %s\n", "Database", result->psql);
	if (*result->dashboard)
		(void)fprintf(stream, "  %-10s %s\n", "Dashboard", result->dashboard);
	lesson_statement_text(lab, stream);
	lesson_quiz_text(lab, stream);
	print_next(result, stream);
}

int start_json(const struct start_result *result, struct buf *out, struct err *err)
{
	const struct lab *lab = result->lab;
	struct json json = JSON_INIT(out);

	json_begin_object(&json);
	json_kv_string(&json, "lab", lab->slug);
	json_kv_string(&json, "title", lab->title);
	json_kv_string(&json, "summary", lab->summary);
	json_kv_string(&json, "scale", seed_scale_name(result->scale));
	json_kv_string(&json, "database", result->database);
	json_kv_string(&json, "psql", result->psql);
	json_kv_string(&json, "dashboard", *result->dashboard ? result->dashboard : NULL);
	json_kv_string(&json, "statement", lab->slow_sql);
	json_name(&json, "requests");
	json_begin_array(&json);
	for (size_t i = 0; i < lab->workload.requests.count; i++)
		json_str(&json, lab->workload.requests.items[i]);
	json_end_array(&json);
	lesson_quiz_json(&json, lab);
	json_kv_bool(&json, "holds_sessions", lab->session_count > 0);
	json_end_object(&json);
	return buf_check(out, err);
}
