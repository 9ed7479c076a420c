/* report_lesson.c - writes a lab's quiz, hints and solution. */
#include <string.h>

#include <tasklab/base/term.h>
#include <tasklab/base/text.h>
#include <tasklab/lab/lesson.h>
#include <tasklab/lab/quiz.h>

#define WIDTH_MAX 100

/* Text ----------------------------------------------------------------------------------------- */

void lesson_wrap(const char *text, int at, int indent, FILE *stream)
{
	int width = term_width(stream) < WIDTH_MAX ? term_width(stream) : WIDTH_MAX;
	int column = at;
	bool first = true; /* word of its line */

	while (*(text += strspn(text, " \n"))) {
		size_t len = strcspn(text, " \n");
		int shown = (int)text_utf8_length(text, len);

		if (!first && column + 1 + shown > width) {
			(void)fputc('\n', stream);
			column = 0;
			first = true;
		}
		if (first && column < indent) {
			(void)fprintf(stream, "%*s", indent - column, "");
			column = indent;
		}
		(void)fprintf(stream, "%s%.*s", first ? "" : " ", (int)len, text);
		column += shown + !first;
		first = false;
		text += len;
	}
	(void)fputc('\n', stream);
}

static void heading(const char *text, FILE *stream)
{
	(void)fprintf(stream, "\n%s%s%s\n", term_on(stream, TERM_BOLD), text, term_off(stream));
}

/* A script or a list of requests, indented. */
static void print_block(const char *text, FILE *stream)
{
	while (*text) {
		size_t len = strcspn(text, "\n");

		(void)fprintf(stream, "%s    %.*s%s\n", term_on(stream, TERM_CYAN), (int)len, text,
			      term_off(stream));
		text += len;
		text += *text == '\n';
	}
}

void lesson_statement_text(const struct lab *lab, FILE *stream)
{
	heading(lab->slow_sql ? "Statement under test" : "Requests under test", stream);
	if (lab->slow_sql)
		print_block(lab->slow_sql, stream);
	for (size_t i = 0; i < lab->workload.requests.count; i++)
		print_block(lab->workload.requests.items[i], stream);
}

static void print_question(const struct lab *lab, size_t question, FILE *stream)
{
	(void)fprintf(stream, "  Question %zu\n", question + 1);
	lesson_wrap(lab->quiz[question].question, 0, 4, stream);
	for (int number = 1; number <= LAB_CHOICES; number++) {
		(void)fprintf(stream, "    %s%d%s", term_on(stream, TERM_BOLD), number,
			      term_off(stream));
		lesson_wrap(quiz_choice(lab, question, number)->text, 5, 7, stream);
	}
}

void lesson_quiz_text(const struct lab *lab, FILE *stream)
{
	heading("Quiz", stream);
	for (size_t i = 0; i < lab->quiz_count && i < QUIZ_MAX; i++)
		print_question(lab, i, stream);
}

void lesson_hints_text(const struct lab *lab, int n, FILE *stream)
{
	for (int i = 0; i < n && (size_t)i < lab->hints.count; i++) {
		(void)fprintf(stream, "%sHint %d of %zu%s\n", term_on(stream, TERM_BOLD), i + 1,
			      lab->hints.count, term_off(stream));
		lesson_wrap(lab->hints.items[i], 0, 2, stream);
	}
}

static void print_attempts(const char *title, const struct lab_attempt *list, size_t n,
			   FILE *stream)
{
	if (n > 0)
		heading(title, stream);
	for (size_t i = 0; i < n; i++) {
		if (list[i].sql)
			print_block(list[i].sql, stream);
		if (list[i].statement)
			print_block(list[i].statement, stream);
		lesson_wrap(list[i].why, 0, 2, stream);
	}
}

void lesson_solution_text(const struct lab *lab, FILE *stream)
{
	(void)fprintf(stream, "%s%s: %s%s\n", term_on(stream, TERM_BOLD), lab->slug, lab->title,
		      term_off(stream));
	for (size_t i = 0; i < lab->quiz_count && i < QUIZ_MAX; i++) {
		const struct lab_choice *right = quiz_choice(lab, i, quiz_right(lab, i));

		heading(lab->quiz[i].question, stream);
		(void)fprintf(stream, "  %d:", quiz_right(lab, i));
		lesson_wrap(right->text, 4, 5, stream);
		lesson_wrap(right->why, 0, 5, stream);
	}
	if (lab->fix_sql) {
		heading("The fix", stream);
		print_block(lab->fix_sql, stream);
	}
	if (lab->fast_sql) {
		heading("The statement as it should be", stream);
		print_block(lab->fast_sql, stream);
	}
	print_attempts("These do as well", lab->alternatives, lab->alternative_count, stream);
	print_attempts("These do not", lab->traps, lab->trap_count, stream);
	(void)fprintf(stream, "\n`tasklab lab show %s` has the whole story.\n", lab->slug);
}

/* JSON ----------------------------------------------------------------------------------------- */

void lesson_about_json(struct json *json, const struct lab *lab)
{
	json_kv_string(json, "slug", lab->slug);
	json_kv_string(json, "title", lab->title);
	json_kv_string(json, "summary", lab->summary);
	json_kv_string(json, "level", lab_level_name(lab->level));
	json_kv_i64(json, "minutes", lab->minutes);
	json_name(json, "topics");
	json_begin_array(json);
	for (size_t i = 0; i < lab->topics.count; i++)
		json_str(json, lab->topics.items[i]);
	json_end_array(json);
}

void lesson_quiz_json(struct json *json, const struct lab *lab)
{
	json_name(json, "quiz");
	json_begin_array(json);
	for (size_t i = 0; i < lab->quiz_count && i < QUIZ_MAX; i++) {
		json_begin_object(json);
		json_kv_string(json, "question", lab->quiz[i].question);
		json_name(json, "choices");
		json_begin_array(json);
		for (int number = 1; number <= LAB_CHOICES; number++)
			json_str(json, quiz_choice(lab, i, number)->text);
		json_end_array(json);
		json_end_object(json);
	}
	json_end_array(json);
}

static void write_attempts(struct json *json, const char *name, const struct lab_attempt *list,
			   size_t n)
{
	json_name(json, name);
	json_begin_array(json);
	for (size_t i = 0; i < n; i++) {
		json_begin_object(json);
		json_kv_string(json, "sql", list[i].sql);
		json_kv_string(json, "statement", list[i].statement);
		json_kv_string(json, "why", list[i].why);
		json_end_object(json);
	}
	json_end_array(json);
}

int lesson_solution_json(const struct lab *lab, struct buf *out, struct err *err)
{
	struct json json = JSON_INIT(out);

	json_begin_object(&json);
	json_kv_string(&json, "lab", lab->slug);
	json_kv_string(&json, "title", lab->title);
	json_name(&json, "quiz");
	json_begin_array(&json);
	for (size_t i = 0; i < lab->quiz_count && i < QUIZ_MAX; i++) {
		const struct lab_choice *right = quiz_choice(lab, i, quiz_right(lab, i));

		json_begin_object(&json);
		json_kv_string(&json, "question", lab->quiz[i].question);
		json_kv_i64(&json, "answer", quiz_right(lab, i));
		json_kv_string(&json, "text", right->text);
		json_kv_string(&json, "why", right->why);
		json_end_object(&json);
	}
	json_end_array(&json);
	json_kv_string(&json, "fix_sql", lab->fix_sql);
	json_kv_string(&json, "fast_sql", lab->fast_sql);
	write_attempts(&json, "alternatives", lab->alternatives, lab->alternative_count);
	write_attempts(&json, "traps", lab->traps, lab->trap_count);
	json_end_object(&json);
	return buf_check(out, err);
}
