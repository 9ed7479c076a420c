/* test_report.c - reports from made-up records: structure, escaping, empty and odd figures. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <jansson.h>

#include "lab/paint.h"
#include "lab/report_text.h"
#include "lab/report_write.h"

#define NASTY     "<script>alert(1)</script> & \"x\" 'y' `z` | \\ *b* [l](http://e.example)"
#define NASTY_CTL NASTY " \033[31mred\a\xC2\x9B\xFF\n| second"

static const char SEQ[] =
	"[{\"Plan\": {\"Node Type\": \"Sort\", \"Plan Rows\": 4, \"Actual Rows\": 12,"
	"  \"Actual Loops\": 1, \"Actual Total Time\": 9.5, \"Shared Hit Blocks\": 3604,"
	"  \"Sort Key\": [\"created_at\", \"id\"], \"Sort Method\": \"external merge\","
	"  \"Sort Space Used\": 2048, \"Sort Space Type\": \"Disk\", \"Temp Read Blocks\": 256,"
	"  \"Plans\": [{\"Node Type\": \"Seq Scan\", \"Relation Name\": \"tasks\","
	"   \"Plan Rows\": 1, \"Actual Rows\": 1200, \"Actual Loops\": 1,"
	"   \"Rows Removed by Filter\": 99988, \"Filter\": \"(assignee_id = 7)\","
	"   \"Shared Hit Blocks\": 3604}]}, \"Planning Time\": 0.1, \"Execution Time\": 9.7}]";
static const char INDEX[] =
	"[{\"Plan\": {\"Node Type\": \"Index Scan\", \"Relation Name\": \"tasks\","
	"  \"Index Name\": \"tasks_assignee_id_idx\", \"Plan Rows\": 14, \"Actual Rows\": 12,"
	"  \"Actual Loops\": 1, \"Index Cond\": \"(assignee_id = 7)\", \"Shared Hit Blocks\": 15},"
	"  \"Planning Time\": 0.1, \"Execution Time\": 0.2}]";
/* The second of two inner sides never runs. */
static const char NESTED[] =
	"[{\"Plan\": {\"Node Type\": \"Append\", \"Plan Rows\": 4, \"Actual Rows\": 12,"
	"  \"Actual Loops\": 1, \"Plans\": ["
	"  {\"Node Type\": \"Nested Loop\", \"Plan Rows\": 1, \"Actual Rows\": 2,"
	"   \"Actual Loops\": 1, \"Plans\": [{\"Node Type\": \"Seq Scan\","
	"    \"Relation Name\": \"a\", \"Plan Rows\": 1, \"Actual Rows\": 1, \"Actual Loops\": 1},"
	"    {\"Node Type\": \"Seq Scan\", \"Relation Name\": \"b\", \"Plan Rows\": 5,"
	"     \"Actual Rows\": 0, \"Actual Loops\": 0}]},"
	"  {\"Node Type\": \"Seq Scan\", \"Relation Name\": \"c\", \"Plan Rows\": 1,"
	"   \"Actual Rows\": 1, \"Actual Loops\": 1}]}}]";

/* A report ------------------------------------------------------------------------------------- */

struct scene {
	struct report_view view;
	struct record *record[2];
	struct evidence_verdict verdicts[3];
	struct lab_evidence items[3];
};

static struct record *new_record(const char *plan)
{
	struct record *record = NULL;

	assert_int_equal(record_new(&record, NULL), 0);
	if (plan) {
		record->plans = calloc(1, sizeof(struct plan *));
		assert_non_null(record->plans);
		assert_int_equal(plan_parse(plan, &record->plans[0], NULL), 0);
		record->plan_count = 1;
	}
	return record;
}

static void fill(struct record *record, int64_t blocks, int64_t ns)
{
	record->top.calls = 10;
	record->workload.calls = 10;
	record->top.rows = 120;
	record->top.shared_blks_hit = 10 * blocks;
	record->wall_ns = 10 * ns;
	for (int64_t i = 0; i < 10; i++)
		hist_record(record->latency, ns + ns * i / 5);
	record->tables = calloc(1, sizeof(*record->tables));
	record->indexes = calloc(1, sizeof(*record->indexes));
	record->answers = calloc(1, sizeof(*record->answers));
	assert_true(record->tables && record->indexes && record->answers);
	(void)snprintf(record->tables[0].name, sizeof(record->tables[0].name), "tasks");
	record->tables[0].seq_scan = 10;
	record->tables[0].size_bytes = 8192;
	record->table_count = 1;
	(void)snprintf(record->indexes[0].name, sizeof(record->indexes[0].name), "tasks_idx");
	(void)snprintf(record->indexes[0].table, sizeof(record->indexes[0].table), "tasks");
	record->indexes[0].idx_scan = 10;
	record->index_count = 1;
	record->answers[0].rows = 12;
	record->answer_count = 1;
}

static char SHARED[] = "shared-blocks-per-call";

static void setup_scene(struct scene *scene, const char *before, const char *after)
{
	memset(scene, 0, sizeof(*scene));
	scene->record[0] = new_record(before);
	scene->record[1] = new_record(after);
	fill(scene->record[0], 3604, 20000000);
	fill(scene->record[1], 15, 100000);
	scene->record[1]->differing = 0;
	for (size_t i = 0; i < 3; i++) {
		scene->items[i].kind = SHARED;
		scene->verdicts[i] = (struct evidence_verdict){.item = &scene->items[i],
							       .outcome = (enum evidence_outcome)i,
							       .before = 3604,
							       .after = i ? NAN : 15};
		(void)snprintf(scene->verdicts[i].claim, sizeof(scene->verdicts[i].claim),
			       "claim %zu", i);
		if (i)
			(void)snprintf(scene->verdicts[i].reason, sizeof(scene->verdicts[i].reason),
				       "reason %zu", i);
	}
	scene->view = (struct report_view){
		.kind = "run",
		.slug = "missing-index",
		.title = "A missing index",
		.summary = "Reads it all.",
		.scale = "small",
		.server_version = 150018,
		.finished_us = 1500000,
		.parameters = 1,
		.clients = 2,
		.side = {{.label = "before",
			  .title = "Before the fix",
			  .script = "SELECT 1",
			  .change_name = "break.sql",
			  .change = "DROP INDEX a",
			  .record = scene->record[0]},
			 {.label = "after",
			  .title = "After the fix",
			  .script = "SELECT 2",
			  .record = scene->record[1]}},
		.verdicts = scene->verdicts,
		.verdict_count = 3,
		.verdict = "passed",
		.sentence = "the evidence holds",
		.tone = REPORT_GOOD,
	};
}

static void release_scene(struct scene *scene)
{
	record_freep(&scene->record[0]);
	record_freep(&scene->record[1]);
}

static void write_report(const struct report_view *view, enum report_format format,
			 const struct report_look *look, struct buf *out)
{
	struct err err = ERR_INIT;

	buf_reset(out);
	if (report_view_write(view, format, look, out, &err) < 0)
		fail_msg("format %d: %s (%s)", (int)format, err.message, err.detail);
}

static size_t count(const char *text, const char *what)
{
	size_t n = 0;

	for (const char *at = strstr(text, what); at; at = strstr(at + 1, what))
		n++;
	return n;
}

static void has(const struct buf *out, const char *what)
{
	if (!strstr(buf_str(out), what))
		fail_msg("no \"%s\" in:\n%s", what, buf_str(out));
}

static void has_not(const struct buf *out, const char *what)
{
	if (strstr(buf_str(out), what))
		fail_msg("\"%s\" is in:\n%s", what, buf_str(out));
}

/* Structure ------------------------------------------------------------------------------------ */

static void text_marks_changed_nodes(void **state)
{
	AUTO(buf_release) struct buf out = BUF_INIT(REPORT_MAX);
	struct scene scene;

	(void)state;
	setup_scene(&scene, SEQ, INDEX);
	write_report(&scene.view, REPORT_TEXT, NULL, &out);
	has(&out, "-  Sort ");
	has(&out, "-  \u2514 Seq Scan on tasks ");
	has(&out, "+  Index Scan on tasks using tasks_assignee_id_idx ");
	has(&out, "Rows Removed by Filter: 99,988");
	has(&out, "Sort Method: external merge, 2048 kB on disk");
	has(&out, "\u00d71,200"); /* 1 row was expected, 1,200 came */
	has(&out, "240\u00d7 less");
	has(&out, "both sides return the same rows: 1 answer, 12 rows");
	has(&out, "not held");
	has(&out, "reason 1");
	has(&out, "passed: the evidence holds");
	has_not(&out, "nan");
	release_scene(&scene);
	setup_scene(&scene, SEQ, SEQ);
	write_report(&scene.view, REPORT_TEXT, NULL, &out);
	has_not(&out, "-  Sort");
	has_not(&out, "+  Sort");
	release_scene(&scene);
	setup_scene(&scene, NESTED, NULL);
	scene.record[1]->differing = 1;
	write_report(&scene.view, REPORT_TEXT, NULL, &out);
	has(&out, "\u251c Nested Loop");
	has(&out, "\u2502 \u251c Seq Scan on a");
	has(&out, "\u2502 \u2514 Seq Scan on b");
	has(&out, "never ran");
	has(&out, "no such statement");
	has(&out, "the rows are not the same: 1 of 1 answers differ");
	release_scene(&scene);
}

/* Escape sequences are all that colour adds. */
static void colour_only_where_asked(void **state)
{
	const struct report_look plain = {false, 120}, coloured = {true, 120};
	AUTO(buf_release) struct buf without = BUF_INIT(REPORT_MAX);
	AUTO(buf_release) struct buf with = BUF_INIT(REPORT_MAX);
	AUTO(buf_release) struct buf stripped = BUF_INIT(REPORT_MAX);
	struct scene scene;

	(void)state;
	setup_scene(&scene, SEQ, INDEX);
	write_report(&scene.view, REPORT_TEXT, &plain, &without);
	write_report(&scene.view, REPORT_TEXT, &coloured, &with);
	assert_null(strchr(buf_str(&without), '\033'));
	assert_true(count(buf_str(&with), "\033[") > 20);
	for (const char *at = buf_str(&with); *at; at++) {
		if (*at == '\033')
			at = strchr(at, 'm');
		else
			buf_putc(&stripped, *at);
		assert_non_null(at);
	}
	assert_string_equal(buf_str(&stripped), buf_str(&without));
	release_scene(&scene);
}

static void text_fits_its_width(void **state)
{
	static const int widths[] = {80, 100, 132, 169, 170, 240};
	AUTO(buf_release) struct buf out = BUF_INIT(REPORT_MAX);
	struct scene scene;

	(void)state;
	setup_scene(&scene, SEQ, INDEX);
	for (size_t i = 0; i < ARRAY_LEN(widths); i++) {
		const struct report_look look = {false, widths[i]};

		write_report(&scene.view, REPORT_TEXT, &look, &out);
		for (const char *line = buf_str(&out); *line;) {
			size_t len = strcspn(line, "\n");
			AUTO(freep) char *one = strndup(line, len);

			if (paint_columns(one) > (size_t)widths[i])
				fail_msg("wider than %d: %s", widths[i], one);
			if (len > 0 && one[len - 1] == ' ')
				fail_msg("blanks at the end: \"%s\"", one);
			line += len + (line[len] == '\n');
		}
	}
	has(&out, "Before the fix                                "); /* abreast when wide */
	assert_true(count(buf_str(&out), "After the fix\n") == 1);
	release_scene(&scene);
}

static void html_is_a_page_of_its_own(void **state)
{
	static const char *const outside[] = {"http:", "https:",  "//",   "<script", "<link",
					      "<img",  "@import", "url(", "<iframe"};
	AUTO(buf_release) struct buf out = BUF_INIT(REPORT_MAX);
	struct scene scene;

	(void)state;
	setup_scene(&scene, SEQ, INDEX);
	write_report(&scene.view, REPORT_HTML, NULL, &out);
	assert_int_equal(strncmp(buf_str(&out), "<!DOCTYPE html>\n<html lang=\"en\">", 32), 0);
	for (size_t i = 0; i < ARRAY_LEN(outside); i++)
		has_not(&out, outside[i]);
	has(&out, "Content-Security-Policy");
	has(&out, "prefers-color-scheme: dark");
	has(&out, "@media print");
	assert_int_equal(count(buf_str(&out), "<tr class=\"changed\">"), 3);
	assert_int_equal(count(buf_str(&out), "class=\"card plan "), 2);
	assert_int_equal(count(buf_str(&out), "<line class=\"mark "), 6); /* 3 of each side */
	assert_int_equal(count(buf_str(&out), "<h1>"), 1);
	has(&out, "<td class=\"n\" data-label=\"loops\">1</td>");
	has(&out, "1,200\u00d7 too few");
	has(&out, "\u2717</span> not held");
	has(&out, "<b>SELECT</b> <i>1</i>");
	has(&out, "</span> same rows</span>");
	release_scene(&scene);
}

static void json_is_whole(void **state)
{
	AUTO(buf_release) struct buf out = BUF_INIT(REPORT_MAX);
	struct scene scene;
	json_t *report, *nodes;

	(void)state;
	setup_scene(&scene, SEQ, INDEX);
	write_report(&scene.view, REPORT_JSON, NULL, &out);
	report = json_loads(buf_str(&out), JSON_REJECT_DUPLICATES, NULL);
	assert_non_null(report);
	nodes = json_object_get(
		json_array_get(json_object_get(json_object_get(report, "before"), "plans"), 0),
		"nodes");
	assert_int_equal(json_array_size(nodes), 2);
	assert_true(json_is_true(json_object_get(json_array_get(nodes, 1), "changed")));
	assert_true(json_is_null(json_object_get(
		json_array_get(json_object_get(report, "evidence"), 1), "after"))); /* NaN */
	assert_string_equal(
		json_string_value(json_object_get(json_object_get(report, "before"), "change")),
		"DROP INDEX a");
	json_decref(report);
	release_scene(&scene);
}

/* Cells of a Markdown table's row: bars that no backslash escapes. */
static size_t bars(const char *line, size_t len)
{
	size_t n = 0;

	for (size_t i = 0; i < len; i++) {
		if (line[i] == '\\')
			i++;
		else
			n += line[i] == '|';
	}
	return n;
}

/* Outside of code no tag begins. */
static void check_tags(const char *line, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		size_t ticks = strspn(line + i, "`");

		if (line[i] == '\\') {
			i++;
		} else if (ticks > 0) {
			size_t end = i + ticks;

			while (end < len && strspn(line + end, "`") != ticks)
				end += line[end] == '`' ? strspn(line + end, "`") : 1;
			assert_true(end < len);
			i = end + ticks - 1;
		} else if (line[i] == '<') {
			fail_msg("a tag: %.*s", (int)len, line);
		}
	}
}

/* Every row of a table has as many cells as its first; fenced code is left out. */
static void check_markdown(const char *text)
{
	size_t columns = 0, fence = 0;

	while (*text) {
		size_t len = strcspn(text, "\n"), ticks = strspn(text, "`");

		if (ticks >= 3 && (fence == 0 || ticks >= fence))
			fence = fence ? 0 : ticks;
		else if (fence == 0)
			check_tags(text, len);
		if (fence == 0 && *text == '|') {
			if (columns == 0)
				columns = bars(text, len);
			if (bars(text, len) != columns)
				fail_msg("%zu cells, not %zu: %.*s", bars(text, len), columns,
					 (int)len, text);
		} else {
			columns = 0;
		}
		text += len + (text[len] == '\n');
	}
	assert_int_equal(fence, 0);
}

static void markdown_has_sound_tables(void **state)
{
	AUTO(buf_release) struct buf out = BUF_INIT(REPORT_MAX);
	struct scene scene;

	(void)state;
	setup_scene(&scene, SEQ, INDEX);
	write_report(&scene.view, REPORT_MARKDOWN, NULL, &out);
	check_markdown(buf_str(&out));
	has(&out, "# missing\\-index: A missing index\n");
	has(&out, "```diff\n");
	has(&out, "\n-  Sort ");
	has(&out, "```sql\nSELECT 2\n```");
	has(&out, "| shared blocks per call | 3,604 | 15 | 240\u00d7 less |");
	release_scene(&scene);
}

/* Escaping ------------------------------------------------------------------------------------- */

static const char NASTY_PLAN[] =
	"[{\"Plan\": {\"Node Type\": \"Seq Scan\", \"Relation Name\": \"<script>r\\u001b[31m|\","
	"  \"Index Name\": \"`i`|\\n\", \"Plan Rows\": 1, \"Actual Rows\": 1, \"Actual Loops\": 1,"
	"  \"Filter\": \"(a = '<script>f&' || \\\"`\\\")\", \"Subplan Name\": \"<b>\"}}]";

static void setup_nasty(struct scene *scene)
{
	setup_scene(scene, NASTY_PLAN, INDEX);
	scene->view.title = NASTY_CTL;
	scene->view.summary = NASTY_CTL;
	scene->view.sentence = NASTY_CTL;
	scene->view.notes[0] = NASTY_CTL;
	scene->view.kept = true;
	scene->view.database = NASTY;
	scene->view.psql = NASTY_CTL;
	scene->view.side[0].title = NASTY_CTL;
	scene->view.side[0].script = "SELECT '" NASTY_CTL "' -- </pre>\n /* ``` open";
	scene->view.side[1].change = NASTY_CTL;
	scene->view.side[1].change_name = NASTY_CTL;
	(void)snprintf(scene->verdicts[0].claim, sizeof(scene->verdicts[0].claim), "%s", NASTY_CTL);
	(void)snprintf(scene->verdicts[1].reason, sizeof(scene->verdicts[1].reason), "%s",
		       NASTY_CTL);
	(void)snprintf(scene->record[0]->tables[0].name, sizeof(scene->record[0]->tables[0].name),
		       "<script>|`t`\033");
	(void)snprintf(scene->record[0]->indexes[0].name, sizeof(scene->record[0]->indexes[0].name),
		       "<script>|``i\033");
}

static void nothing_becomes_markup(void **state)
{
	AUTO(buf_release) struct buf out = BUF_INIT(REPORT_MAX);
	struct scene scene;
	json_t *report;

	(void)state;
	setup_nasty(&scene);
	write_report(&scene.view, REPORT_HTML, NULL, &out);
	has_not(&out, "<script");
	has_not(&out, "\033");
	has_not(&out, "\a");
	has_not(&out, "\xFF");
	has(&out, "&lt;script&gt;alert(1)");
	has(&out, "&quot;x&quot;");
	has(&out, "<code>&lt;script&gt;r\uFFFD[31m|</code>");
	write_report(&scene.view, REPORT_TEXT, NULL, &out);
	has_not(&out, "\033");
	has_not(&out, "\a");
	has_not(&out, "\xC2\x9B");
	write_report(&scene.view, REPORT_MARKDOWN, NULL, &out);
	check_markdown(buf_str(&out));
	has_not(&out, "\033");
	has(&out, "\\<script\\>alert");
	write_report(&scene.view, REPORT_JSON, NULL, &out);
	report = json_loads(buf_str(&out), 0, NULL);
	assert_non_null(report);
	json_decref(report);
	release_scene(&scene);
}

/* Odd records ---------------------------------------------------------------------------------- */

static void nothing_measured(void **state)
{
	static const enum report_format formats[] = {REPORT_TEXT, REPORT_JSON, REPORT_MARKDOWN,
						     REPORT_HTML};
	AUTO(record_freep) struct record *record = new_record(NULL);
	const struct report_view view = {.kind = "compare",
					 .title = "Nothing",
					 .side = {{.label = "A", .title = "A", .record = record},
						  {.label = "B", .title = "B", .record = record}},
					 .verdict = "not compared"};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(formats); i++) {
		AUTO(buf_release) struct buf out = BUF_INIT(REPORT_MAX);

		write_report(&view, formats[i], NULL, &out);
		has_not(&out, "nan");
		has_not(&out, "(null)");
		has_not(&out, "inf");
		if (formats[i] == REPORT_HTML) {
			has(&out, "No call was measured.");
			has_not(&out, "href=\"#plans\"");
			has_not(&out, "id=\"plans\"");
		}
	}
}

static void skipped(void **state)
{
	static const enum report_format formats[] = {REPORT_TEXT, REPORT_JSON, REPORT_MARKDOWN,
						     REPORT_HTML};
	const struct report_view view = {.kind = "run",
					 .slug = "jit-overhead",
					 .title = "Compiling",
					 .scale = "small",
					 .verdict = "skipped",
					 .sentence = "no <jit> here",
					 .notes = {"no <jit> here"},
					 .skipped = true,
					 .empty = true};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(formats); i++) {
		AUTO(buf_release) struct buf out = BUF_INIT(REPORT_MAX);

		write_report(&view, formats[i], NULL, &out);
		has(&out, "skipped");
		has(&out, "jit");
		has_not(&out, "(null)");
		if (formats[i] == REPORT_HTML)
			has(&out, "no &lt;jit&gt; here");
	}
}

/* A check: its points, and the reason for each that is lost. */
static void grades(void **state)
{
	static struct grade_loss losses[] = {
		{.part = GRADE_TRAP, .points = 5, .reason = "the index <a> is | redundant"},
		{.part = GRADE_TRAP, .points = 0, .reason = "it costs writes"}};
	static const struct grade grade = {.points = {30, 50, 15},
					   .score = 95,
					   .passed = true,
					   .losses = losses,
					   .loss_count = ARRAY_LEN(losses)};
	AUTO(buf_release) struct buf out = BUF_INIT(REPORT_MAX);
	struct scene scene;
	json_t *report;

	(void)state;
	setup_scene(&scene, SEQ, INDEX);
	scene.view.kind = "check";
	scene.view.grade = &grade;
	scene.view.best_score = 97;
	scene.view.said = "solved";
	scene.view.next = "reset clears it away";
	write_report(&scene.view, REPORT_TEXT, NULL, &out);
	has(&out, "15 of 20");
	has(&out, "Trap  -5");
	has(&out, "the index <a> is | redundant");
	has(&out, "it costs writes");
	has(&out, "solved: the evidence holds\nreset clears it away\n");
	write_report(&scene.view, REPORT_MARKDOWN, NULL, &out);
	check_markdown(buf_str(&out));
	has(&out, "| Trap | 15 | 20 |");
	has(&out, "* **Trap -5**: the index \\<a\\> is \\| redundant");
	write_report(&scene.view, REPORT_HTML, NULL, &out);
	has(&out, "<td class=\"n bad\">-5</td><td>the index &lt;a&gt; is | redundant</td>");
	has(&out, "<tr class=\"more\"><td></td><td></td><td>it costs writes</td>");
	has(&out, "<p class=\"now\">95 <small>of 100</small></p>");
	write_report(&scene.view, REPORT_JSON, NULL, &out);
	report = json_loads(buf_str(&out), JSON_REJECT_DUPLICATES, NULL);
	assert_non_null(report);
	assert_int_equal(json_integer_value(json_object_get(report, "score")), 95);
	assert_int_equal(json_integer_value(json_object_get(report, "best_score")), 97);
	assert_int_equal(json_array_size(json_object_get(report, "losses")), 2);
	assert_int_equal(json_array_size(json_object_get(report, "evidence")), 3);
	json_decref(report);
	/* The workload no longer ran: a grade, and nothing beside it. */
	scene.view.empty = true;
	scene.view.side[1].record = NULL;
	write_report(&scene.view, REPORT_JSON, NULL, &out);
	has(&out, "\"losses\"");
	has_not(&out, "\"before\":{");
	write_report(&scene.view, REPORT_HTML, NULL, &out);
	has_not(&out, "<nav");
	has(&out, "id=\"grade\"");
	release_scene(&scene);
}

/* A lab over HTTP has requests where others have a statement. */
static void requests(void **state)
{
	static char first[] = "GET /api/v1/tasks?limit=<1>", second[] = "GET /readyz";
	static char *items[] = {first, second};
	const struct lab_texts texts = {.items = items, .count = ARRAY_LEN(items)};
	AUTO(buf_release) struct buf out = BUF_INIT(REPORT_MAX);
	struct scene scene;

	(void)state;
	setup_scene(&scene, NULL, NULL);
	for (size_t i = 0; i < 2; i++) {
		scene.view.side[i].script = NULL;
		scene.view.side[i].requests = &texts;
	}
	write_report(&scene.view, REPORT_TEXT, NULL, &out);
	has_not(&out, "GET /api");
	write_report(&scene.view, REPORT_HTML, NULL, &out);
	has(&out, "GET /api/v1/tasks?");
	has(&out, "&lt;");
	has(&out, "<h4>the requests</h4>");
	write_report(&scene.view, REPORT_MARKDOWN, NULL, &out);
	check_markdown(buf_str(&out));
	has(&out, "```\nGET /api/v1/tasks?limit=<1>\nGET /readyz\n```");
	write_report(&scene.view, REPORT_JSON, NULL, &out);
	has(&out, "\"script\":null,\"requests\":[\"GET /api");
	release_scene(&scene);
}

/* One call: everything falls on one point. */
static void one_call(void **state)
{
	AUTO(buf_release) struct buf out = BUF_INIT(REPORT_MAX);
	struct scene scene;

	(void)state;
	setup_scene(&scene, SEQ, INDEX);
	for (size_t i = 0; i < 2; i++) {
		hist_reset(scene.record[i]->latency);
		hist_record(scene.record[i]->latency, i ? 0 : INT64_MAX);
	}
	write_report(&scene.view, REPORT_HTML, NULL, &out);
	has_not(&out, "nan");
	has_not(&out, "inf%");
	assert_int_equal(count(buf_str(&out), "<rect class=\"slot\""), 2);
	hist_reset(scene.record[0]->latency);
	write_report(&scene.view, REPORT_HTML, NULL, &out);
	has_not(&out, "nan");
	assert_int_equal(count(buf_str(&out), "<rect class=\"slot\""), 1);
	release_scene(&scene);
}

/* Figures -------------------------------------------------------------------------------------- */

static void latency_slots(void **state)
{
	static const size_t most[] = {1, 18, 120, REPORT_SLOTS, 100000};
	struct scene scene;
	struct report_latency latency;

	(void)state;
	setup_scene(&scene, SEQ, INDEX);
	hist_record(scene.record[0]->latency, 1);
	for (size_t i = 0; i < ARRAY_LEN(most); i++) {
		uint64_t sum[2] = {0};
		bool full = false;

		assert_true(report_latency_read(&scene.view, most[i], &latency));
		assert_true(latency.slots >= 1 && latency.slots <= REPORT_SLOTS);
		/* From 1 ns to 56 ms there are eight factors of ten, however few were asked for. */
		assert_true(latency.slots <= most[i] || latency.slots == 8);
		for (size_t j = 0; j < latency.slots; j++) {
			assert_true(j == 0 || latency.upper_ns[j] > latency.upper_ns[j - 1]);
			sum[0] += latency.count[0][j];
			sum[1] += latency.count[1][j];
			assert_true(report_latency_bar(&latency, 0, j) <= 1);
			full |= report_latency_bar(&latency, 0, j) > 0.999 ||
				report_latency_bar(&latency, 1, j) > 0.999;
		}
		assert_true(sum[0] == 11 && sum[1] == 10 && full);
		assert_true(latency.upper_ns[latency.slots - 1] >= 56e6);
	}
	release_scene(&scene);
}

static void changes(void **state)
{
	static const struct {
		double before, after;
		const char *text;
		enum report_tone tone; /* where less is better */
	} cases[] = {
		{3604, 15, "240\u00d7 less", REPORT_GOOD},
		{15, 3604, "240\u00d7 more", REPORT_BAD},
		{100, 30, "3.3\u00d7 less", REPORT_GOOD},
		{100, 95, "1.05\u00d7 less", REPORT_GOOD},
		{100, 99, "same", REPORT_NEUTRAL},
		{5, 0, "gone", REPORT_GOOD},
		{0, 5, "new", REPORT_BAD},
		{0, 0, "", REPORT_NEUTRAL},
		{NAN, 5, "", REPORT_NEUTRAL},
		{5, NAN, "", REPORT_NEUTRAL},
		{1e300, 1e-300, "inf", REPORT_GOOD},
	};
	char text[REPORT_CELL];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		report_change(cases[i].before, cases[i].after, text);
		if (i + 1 < ARRAY_LEN(cases))
			assert_string_equal(text, cases[i].text);
		assert_int_equal(report_change_tone(cases[i].before, cases[i].after, REPORT_LESS),
				 cases[i].tone);
	}
	assert_int_equal(report_change_tone(1, 2, REPORT_MORE), REPORT_GOOD);
	assert_int_equal(report_change_tone(1, 2, REPORT_EITHER), REPORT_NEUTRAL);
}

static void values(void **state)
{
	static const struct {
		double value;
		enum report_unit unit;
		const char *text;
	} cases[] = {
		{NAN, REPORT_COUNT, "-"},
		{0, REPORT_COUNT, "0"},
		{0.25, REPORT_COUNT, "0.2"},
		{0.004, REPORT_COUNT, "0.004"},
		{22.96, REPORT_COUNT, "23.0"},
		{3604.4, REPORT_COUNT, "3,604"},
		{-1234567, REPORT_COUNT, "-1,234,567"},
		{1e300, REPORT_COUNT, "1e+300"},
		{INFINITY, REPORT_BYTES, "inf"},
		{1536, REPORT_BYTES, "1.5 kB"},
		{1.5e6, REPORT_NS, "1.50 ms"},
	};
	char text[REPORT_CELL];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		assert_string_equal(report_value(cases[i].value, cases[i].unit, text),
				    cases[i].text);
}

static void figures_are_sound(void **state)
{
	(void)state;
	for (size_t i = 0; i < REPORT_FIGURE_COUNT; i++) {
		const struct report_figure *one = &REPORT_FIGURES[i];

		assert_true(one->name && one->meaning && one->read);
		assert_int_equal(one->meaning[strlen(one->meaning) - 1], '.');
		for (size_t j = 0; j < i; j++)
			assert_string_not_equal(one->name, REPORT_FIGURES[j].name);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(text_marks_changed_nodes),
		cmocka_unit_test(colour_only_where_asked),
		cmocka_unit_test(text_fits_its_width),
		cmocka_unit_test(html_is_a_page_of_its_own),
		cmocka_unit_test(json_is_whole),
		cmocka_unit_test(markdown_has_sound_tables),
		cmocka_unit_test(nothing_becomes_markup),
		cmocka_unit_test(nothing_measured),
		cmocka_unit_test(skipped),
		cmocka_unit_test(grades),
		cmocka_unit_test(requests),
		cmocka_unit_test(one_call),
		cmocka_unit_test(latency_slots),
		cmocka_unit_test(changes),
		cmocka_unit_test(values),
		cmocka_unit_test(figures_are_sound),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
