/* test_catalogue.c - labs are read into structures, and mistakes named by file and line. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include <tasklab/base/buf.h>
#include <tasklab/base/text.h>
#include <tasklab/lab/catalogue.h>

/* A sound lab; the cases below change one place of it. */
static const char SOUND[] = "title: A title\n"                                     /* 1 */
			    "summary: A summary\n"                                 /* 2 */
			    "topics: [one, two]\n"                                 /* 3 */
			    "level: beginner\n"                                    /* 4 */
			    "minutes: 20\n"                                        /* 5 */
			    "postgresql: {min: 15, max: 17}\n"                     /* 6 */
			    "settings:\n"                                          /* 7 */
			    "  - {name: work_mem, value: 64kB}\n"                  /* 8 */
			    "workload:\n"                                          /* 9 */
			    "  kind: sql\n"                                        /* 10 */
			    "  rows: ordered\n"                                    /* 11 */
			    "  parameters: 10\n"                                   /* 12 */
			    "  calls: 100\n"                                       /* 13 */
			    "evidence:\n"                                          /* 14 */
			    "  - kind: plan-node-forbidden\n"                      /* 15 */
			    "    node: Seq Scan\n"                                 /* 16 */
			    "  - kind: shared-blocks-per-call\n"                   /* 17 */
			    "    down_by: 50\n"                                    /* 18 */
			    "    scales: [small, medium]\n"                        /* 19 */
			    "hints: [a, b, c]\n"                                   /* 20 */
			    "quiz:\n"                                              /* 21 */
			    "  - question: Why?\n"                                 /* 22 */
			    "    choices:\n"                                       /* 23 */
			    "      - {text: a, why: x}\n"                          /* 24 */
			    "      - {text: b, why: x, right: true}\n"             /* 25 */
			    "      - {text: c, why: x}\n"                          /* 26 */
			    "      - {text: d, why: x}\n"                          /* 27 */
			    "traps:\n"                                             /* 28 */
			    "  - {sql: ANALYZE, why: it is not the statistics}\n"; /* 29 */

static char folder[] = "/tmp/test_catalogue_XXXXXX";

static void path_of(char out[256], const char *slug, const char *file)
{
	(void)snprintf(out, 256, "%s/%s%s%s", folder, slug, *file ? "/" : "", file);
}

static void put(const char *slug, const char *file, const char *text)
{
	struct err err = ERR_INIT;
	char path[256];

	path_of(path, slug, file);
	if (text_write_file(path, text, strlen(text), &err) < 0)
		fail_msg("%s (%s)", err.message, err.detail);
}

static void put_lab(const char *slug, const char *yaml)
{
	char path[256];

	path_of(path, slug, "");
	assert_int_equal(mkdir(path, 0700), 0);
	put(slug, "lab.yaml", yaml);
	put(slug, "README.md", "# Title\n");
	put(slug, "params.sql", "SELECT 1\n");
	put(slug, "slow.sql", "SELECT $1\n");
	put(slug, "fix.sql", "SELECT 1\n");
}

static void remove_file(const char *slug, const char *file)
{
	char path[256];

	path_of(path, slug, file);
	(void)unlink(path);
}

static void remove_lab(const char *slug)
{
	static const char *const files[] = {"lab.yaml",  "README.md",   "params.sql",
					    "slow.sql",  "fix.sql",     "fast.sql",
					    "break.sql", "cleanup.sql", "writes.sql"};
	char path[256];

	for (size_t i = 0; i < ARRAY_LEN(files); i++)
		remove_file(slug, files[i]);
	path_of(path, slug, "");
	assert_int_equal(rmdir(path), 0);
}

static struct catalogue *load(void)
{
	const char *const folders[] = {folder, "/nonexistent"};
	struct catalogue *catalogue = NULL;
	struct err err = ERR_INIT;

	if (catalogue_load(folders, ARRAY_LEN(folders), &catalogue, &err) < 0)
		fail_msg("%s (%s)", err.message, err.detail);
	return catalogue;
}

static void sound_lab(void **state)
{
	AUTO(catalogue_freep) struct catalogue *catalogue = NULL;
	const struct lab *lab = NULL;
	struct err err = ERR_INIT;

	(void)state;
	put_lab("some-lab", SOUND);
	catalogue = load();
	assert_int_equal(catalogue->problem_count, 0);
	assert_int_equal(catalogue->count, 1);
	assert_int_equal(catalogue_find(catalogue, "some-lab", &lab, &err), 0);
	assert_string_equal(lab->title, "A title");
	assert_int_equal(lab->topics.count, 2);
	assert_string_equal(lab->topics.items[1], "two");
	assert_int_equal(lab->level, LAB_BEGINNER);
	assert_int_equal(lab->versions.max, 17);
	assert_string_equal(lab->settings[0].value, "64kB");
	assert_int_equal(lab->workload.calls, 100);
	assert_int_equal(lab->workload.clients, 1);
	assert_int_equal(lab->workload.samples, 3);
	assert_int_equal(lab->workload.transaction, LAB_AUTOCOMMIT);
	assert_int_equal(lab->workload.answer.count, 0);
	assert_true(lab->trap.writes_slower_by > 1.9 && lab->trap.writes_slower_by < 2.1);
	assert_int_equal(lab->evidence_count, 2);
	assert_int_equal(lab->evidence[1].line, 17);
	assert_true(lab->evidence[1].down_by > 49 && lab->evidence[1].down_by < 51);
	assert_true(lab->evidence[1].up_by != lab->evidence[1].up_by); /* NaN: not asked */
	assert_int_equal(lab->evidence[1].scales.count, 2);
	assert_int_equal(lab->evidence[1].versions.min, 15);
	assert_true(lab->quiz[0].choices[1].right);
	assert_string_equal(lab->traps[0].sql, "ANALYZE");
	assert_string_equal(lab->slow_sql, "SELECT $1\n");
	assert_null(lab->break_sql);
	assert_null(lab->fast_sql);
	remove_lab("some-lab");
}

static void expect_problem(const char *label, const char *expected)
{
	AUTO(catalogue_freep) struct catalogue *catalogue = load();

	if (catalogue->problem_count != 1 || !strstr(catalogue->problems[0].err.message, expected))
		fail_msg("%s: %zu problems, \"%s\"", label, catalogue->problem_count,
			 catalogue->problem_count ? catalogue->problems[0].err.message : "");
}

/* SOUND with the first occurrence of find replaced. */
static void changed(const char *find, const char *replace, struct buf *out)
{
	const char *at = strstr(SOUND, find);

	assert_non_null(at);
	buf_append(out, SOUND, (size_t)(at - SOUND));
	buf_puts(out, replace);
	buf_puts(out, at + strlen(find));
	assert_int_equal(buf_check(out, NULL), 0);
}

/* Every key and file that a lab may do without. */
static const char EXTRAS[] = "minutes: 20\n"
			     "requires: [jit, pg_trgm, uuid-ossp]\n"
			     "sessions:\n"
			     "  - {name: forgotten-report, sql: BEGIN; SELECT 1}\n"
			     "  - {name: other, sql: SELECT 2}\n"
			     "trap: {allow_settings: [work_mem, jit], writes_slower_by: 3.5}\n"
			     "alternatives:\n"
			     "  - {sql: VACUUM, why: a}\n"
			     "  - {statement: SELECT 3, why: b}\n"
			     "  - {sql: VACUUM, statement: SELECT 4, why: c}\n";

static void all_keys(void **state)
{
	AUTO(catalogue_freep) struct catalogue *catalogue = NULL;
	AUTO(buf_release) struct buf yaml = BUF_INIT(65536);
	const struct lab *lab;

	(void)state;
	changed("minutes: 20\n", EXTRAS, &yaml);
	put_lab("full", buf_str(&yaml));
	put("full", "fast.sql", "SELECT 5");
	put("full", "cleanup.sql", "SELECT 6");
	put("full", "writes.sql", "SELECT 7");
	catalogue = load();
	if (catalogue->problem_count > 0)
		fail_msg("%s", catalogue->problems[0].err.message);
	lab = &catalogue->labs[0];
	assert_int_equal(lab->requires.count, 3);
	assert_string_equal(lab->requires.items[2], "uuid-ossp");
	assert_int_equal(lab->session_count, 2);
	assert_string_equal(lab->sessions[0].name, "forgotten-report");
	assert_string_equal(lab->sessions[1].sql, "SELECT 2");
	assert_int_equal(lab->trap.allow_settings.count, 2);
	assert_true(lab->trap.writes_slower_by > 3.4 && lab->trap.writes_slower_by < 3.6);
	assert_int_equal(lab->alternative_count, 3);
	assert_string_equal(lab->alternatives[0].sql, "VACUUM");
	assert_null(lab->alternatives[0].statement);
	assert_null(lab->alternatives[1].sql);
	assert_string_equal(lab->alternatives[2].statement, "SELECT 4");
	assert_non_null(lab->fix_sql);
	assert_string_equal(lab->fast_sql, "SELECT 5");
	assert_string_equal(lab->cleanup_sql, "SELECT 6");
	assert_string_equal(lab->writes_sql, "SELECT 7");
	remove_lab("full");
}

static void workload_keys(void **state)
{
	AUTO(catalogue_freep) struct catalogue *catalogue = NULL;
	AUTO(buf_release) struct buf yaml = BUF_INIT(65536);
	const struct lab_workload *workload;

	(void)state;
	changed("  calls: 100\n",
		"  calls: 100\n  transaction: rollback\n  checkpoint: true\n  samples: 0\n"
		"  answer: [id, title]\n  may_fail: [\"40P01\", \"55P03\"]\n",
		&yaml);
	put_lab("keys", buf_str(&yaml));
	catalogue = load();
	if (catalogue->problem_count > 0)
		fail_msg("%s", catalogue->problems[0].err.message);
	workload = &catalogue->labs[0].workload;
	assert_int_equal(workload->transaction, LAB_ROLLBACK);
	assert_true(workload->checkpoint);
	assert_int_equal(workload->samples, 0);
	assert_int_equal(workload->answer.count, 2);
	assert_string_equal(workload->answer.items[1], "title");
	assert_int_equal(workload->may_fail.count, 2);
	assert_string_equal(workload->may_fail.items[0], "40P01");
	remove_lab("keys");
}

static void http_lab(void **state)
{
	AUTO(catalogue_freep) struct catalogue *catalogue = NULL;
	AUTO(buf_release) struct buf yaml = BUF_INIT(65536);
	const struct lab_workload *workload;

	(void)state;
	changed("  kind: sql\n",
		"  kind: http\n  requests: [\"GET /api/v1/tasks?project_id={1}&limit=100\",\n"
		"    \"DELETE /api/v1/tasks/{12}\"]\n",
		&yaml);
	put_lab("web", buf_str(&yaml));
	remove_file("web", "slow.sql");
	remove_file("web", "fix.sql");
	catalogue = load();
	if (catalogue->problem_count > 0)
		fail_msg("%s", catalogue->problems[0].err.message);
	workload = &catalogue->labs[0].workload;
	assert_int_equal(workload->kind, LAB_WORKLOAD_HTTP);
	assert_int_equal(workload->samples, 0);
	assert_int_equal(workload->requests.count, 2);
	remove_lab("web");
}

static const struct {
	const char *label, *find, *replace, *expected;
} CASES[] = {
	{"unknown key", "minutes: 20", "minutes: 20\nminuets: 3",
	 "lab.yaml:6: unknown key \"minuets\" in the lab: expected title, summary"},
	{"missing key", "title: A title\n", "", "the lab has no \"title\": expected a text"},
	{"repeated key", "minutes: 20", "minutes: 20\nminutes: 21",
	 "lab.yaml:6: minutes: given twice"},
	{"no number", "minutes: 20", "minutes: soon",
	 "lab.yaml:5: minutes: expected an integer from 1 to 240, found \"soon\""},
	{"out of range", "minutes: 20", "minutes: 0",
	 "expected an integer from 1 to 240, found \"0\""},
	{"choice", "level: beginner", "level: guru",
	 "lab.yaml:4: level: expected one of beginner, intermediate, advanced, found \"guru\""},
	{"list for a text", "title: A title", "title: [a]",
	 "lab.yaml:1: title: expected a text of 1 to 80 bytes, found a list of 1 items"},
	{"text for a list", "topics: [one, two]", "topics: one",
	 "lab.yaml:3: topics: expected a list of 1 to 8 items, found \"one\""},
	{"empty value", "summary: A summary",
	 "summary:", "expected a text of 1 to 400 bytes, found nothing"},
	{"too few hints", "hints: [a, b, c]", "hints: [a, b]",
	 "lab.yaml:20: hints: expected a list of 3 items, found a list of 2 items"},
	{"mapping in a list", "topics: [one, two]", "topics: [one, {a: b}]",
	 "lab.yaml:3: topics[2]: expected a text of 1 to 4000 bytes, found a mapping"},
	{"nested key", "  kind: sql", "  kind: smtp",
	 "workload.kind: expected one of sql, http, found \"smtp\""},
	{"bad bound", "down_by: 50", "down_by: fifty",
	 "lab.yaml:18: evidence[2].down_by: expected a number from 1 to 1e+09, found \"fifty\""},
	{"NaN is no number", "down_by: 50", "down_by: nan", "expected a number"},
	{"bad boolean", "right: true", "right: yes",
	 "quiz[1].choices[2].right: expected true or false"},
	{"not YAML", "topics: [one, two]", "topics: [one, two", "lab.yaml:4: not YAML: "},
	{"a list at the top", "title: A title\n", "- title\n", "not YAML"},
	{"unknown kind", "kind: shared-blocks-per-call", "kind: magic",
	 "lab.yaml:17: evidence[2]: kind: expected one of "},
	{"kind without its node", "    node: Seq Scan\n", "",
	 "lab.yaml:15: evidence[1]: plan-node-forbidden: expected a \"node\""},
	{"key that a kind does not read", "    down_by: 50\n", "    down_by: 50\n    node: Sort\n",
	 "evidence[2]: node: shared-blocks-per-call does not read it"},
	{"kind without a bound", "    down_by: 50\n", "",
	 "expected a bound: before, after, down_by or up_by"},
	{"bad scale", "[small, medium]", "[small, tiny]",
	 "scales: expected small, medium or large, found \"tiny\""},
	{"versions", "min: 15, max: 17", "min: 17, max: 16", "postgresql: expected min <= max"},
	{"setting's name", "name: work_mem", "name: work mem; DROP",
	 "lab.yaml:8: settings: expected the name of a PostgreSQL setting"},
	{"calls and seconds", "  calls: 100\n", "  calls: 100\n  seconds: 5\n",
	 "lab.yaml:10: workload: expected one of \"calls\" and \"seconds\""},
	{"neither of them", "  calls: 100\n", "",
	 "workload: expected one of \"calls\" and \"seconds\""},
	{"samples", "  calls: 100\n", "  calls: 100\n  samples: 11\n",
	 "no more samples than parameters"},
	{"two right answers", "{text: a, why: x}", "{text: a, why: x, right: true}",
	 "lab.yaml:22: quiz[1]: expected one choice with \"right: true\", found 2"},
	{"no right answer", ", right: true", "",
	 "expected one choice with \"right: true\", found 0"},
	{"required word", "minutes: 20", "minutes: 20\nrequires: [jit, pg trgm]",
	 "lab.yaml:1: requires[2]: expected jit or an extension's name, found \"pg trgm\""},
	{"session's name", "minutes: 20", "minutes: 20\nsessions:\n- {name: A b, sql: BEGIN}",
	 "lab.yaml:7: sessions[1].name: expected a-z, 0-9 and -, found \"A b\""},
	{"session without sql", "minutes: 20", "minutes: 20\nsessions:\n- {name: a}",
	 "lab.yaml:7: a session has no \"sql\": expected a text of 1 to 4000 bytes"},
	{"two sessions of a name", "minutes: 20",
	 "minutes: 20\nsessions:\n- {name: a, sql: x}\n- {name: a, sql: x}",
	 "lab.yaml:8: sessions[2].name: \"a\" is the name of sessions[1] already"},
	{"transaction", "  calls: 100\n", "  calls: 100\n  transaction: commit\n",
	 "workload.transaction: expected one of autocommit, rollback, found \"commit\""},
	{"checkpoint", "  calls: 100\n", "  calls: 100\n  checkpoint: 1\n",
	 "workload.checkpoint: expected true or false, found \"1\""},
	{"answer", "  calls: 100\n", "  calls: 100\n  answer: []\n",
	 "workload.answer: expected a list of 1 to 32 items, found a list of 0 items"},
	{"may_fail", "  calls: 100\n", "  calls: 100\n  may_fail: [deadlock]\n",
	 "lab.yaml:10: workload.may_fail[1]: expected an SQLSTATE such as \"40P01\", found"},
	{"requests of an sql lab", "  calls: 100\n", "  calls: 100\n  requests: [GET /a]\n",
	 "lab.yaml:10: workload.requests: expected none with \"kind: sql\""},
	{"http without requests", "  kind: sql", "  kind: http",
	 "lab.yaml:10: workload has no \"requests\": expected a list of 1 to 20 items"},
	{"key of sql with http", "  kind: sql",
	 "  kind: http\n  requests: [GET /a]\n  checkpoint: true",
	 "lab.yaml:10: workload.checkpoint: expected none with \"kind: http\""},
	{"samples with http", "  kind: sql", "  kind: http\n  requests: [GET /a]\n  samples: 3",
	 "workload.samples: expected none with \"kind: http\""},
	{"request without a method", "  kind: sql", "  kind: http\n  requests: [/a/b]",
	 "workload.requests[1]: expected a method and a path with {n}"},
	{"request with an open brace", "  kind: sql", "  kind: http\n  requests: ['GET /{1']",
	 "such as \"GET /api/v1/tasks/{1}\", found \"GET /{1\""},
	{"request with column 0", "  kind: sql", "  kind: http\n  requests: ['GET /{0}']",
	 "found \"GET /{0}\""},
	{"http with slow.sql", "  kind: sql", "  kind: http\n  requests: ['GET /{1}']",
	 "lab.yaml:1: expected no slow.sql and no fast.sql beside it: the workload is http"},
	{"sqlstate", "    node: Seq Scan\n", "    node: Seq Scan\n    sqlstate: 4o!01\n",
	 "evidence[1].sqlstate: expected an SQLSTATE such as \"40P01\", found \"4o!01\""},
	{"trap's settings", "minutes: 20", "minutes: 20\ntrap: {allow_settings: work_mem}",
	 "lab.yaml:6: trap.allow_settings: expected a list of 1 to 20 items, found \"work_mem\""},
	{"trap's factor", "minutes: 20", "minutes: 20\ntrap: {writes_slower_by: 0.5}",
	 "trap.writes_slower_by: expected a number from 1 to 1e+06, found \"0.5\""},
	{"trap without a change", "{sql: ANALYZE, why", "{why",
	 "lab.yaml:29: traps[1]: expected \"sql\", \"statement\" or both"},
	{"trap's statement", "{sql: ANALYZE, why", "{statement: \"SELECT '\", why",
	 "lab.yaml:29: traps[1].statement: line 1: this string is never closed"},
	{"trap's sql", "{sql: ANALYZE, why", "{sql: \"DO $$\", why",
	 "lab.yaml:29: traps[1].sql: line 1: this dollar-quoted string is never closed"},
	{"session's sql", "minutes: 20", "minutes: 20\nsessions:\n- {name: a, sql: \"/*\"}",
	 "lab.yaml:7: sessions[1].sql: line 1: this comment is never closed"},
	{"alternative with transactions", "  calls: 100\n",
	 "  calls: 100\n  transaction: rollback\nalternatives:\n- {statement: BEGIN, why: a}\n",
	 "lab.yaml:16: alternatives[1].statement: line 1: expected no BEGIN, COMMIT or ROLLBACK"},
	{"alternative without a change", "minutes: 20", "minutes: 20\nalternatives: [{why: a}]",
	 "lab.yaml:6: alternatives[1]: expected \"sql\", \"statement\" or both"},
	{"alternative without a why", "minutes: 20", "minutes: 20\nalternatives: [{sql: a}]",
	 "lab.yaml:6: an alternative has no \"why\": expected a text of 1 to 1000 bytes"},
};

static void mistakes(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(CASES); i++) {
		AUTO(catalogue_freep) struct catalogue *catalogue = NULL;
		AUTO(buf_release) struct buf yaml = BUF_INIT(65536);
		const struct lab *lab = NULL;
		struct err err = ERR_INIT;

		changed(CASES[i].find, CASES[i].replace, &yaml);
		put_lab("bad", buf_str(&yaml));
		put_lab("good", SOUND);
		catalogue = load();
		if (catalogue->count != 1 || catalogue->problem_count != 1)
			fail_msg("%s: %zu labs, %zu problems", CASES[i].label, catalogue->count,
				 catalogue->problem_count);
		if (!strstr(catalogue->problems[0].err.message, CASES[i].expected))
			fail_msg("%s: \"%s\"", CASES[i].label, catalogue->problems[0].err.message);
		assert_non_null(strstr(catalogue->problems[0].err.message, "/bad/lab.yaml:"));
		assert_int_equal(catalogue_find(catalogue, "bad", &lab, &err), -1);
		assert_int_equal(err.code, ERR_INVALID);
		assert_int_equal(catalogue_find(catalogue, "good", &lab, &err), 0);
		remove_lab("bad");
		remove_lab("good");
	}
}

static void files(void **state)
{
	(void)state;
	put_lab("bad", SOUND);
	remove_file("bad", "slow.sql");
	expect_problem("missing", "/bad/slow.sql:1: expected this file, found none");
	put("bad", "slow.sql", " \n");
	expect_problem("empty", "/bad/slow.sql:1: the file is empty");
	put("bad", "slow.sql", "SELECT '\xff'");
	expect_problem("not UTF-8", "/bad/slow.sql:1: expected UTF-8 text");
	put("bad", "slow.sql", "SELECT $1;\n-- repeat\nSELECT 2");
	expect_problem("directive", "/bad/slow.sql:2: expected \"-- repeat N\" with a number");
	put("bad", "slow.sql", "SELECT $1");
	put("bad", "break.sql", "SELECT 1;\n\n'");
	expect_problem("script", "/bad/break.sql:3: this string is never closed");
	remove_file("bad", "break.sql");
	put("bad", "cleanup.sql", "");
	expect_problem("empty, not required", "/bad/cleanup.sql:1: the file is empty");
	remove_file("bad", "cleanup.sql");
	remove_file("bad", "fix.sql");
	expect_problem("no fix", "expected fix.sql, fast.sql or both beside it, found neither");
	put("bad", "fix.sql", "SELECT 1");
	put("bad", "lab.yaml", "");
	expect_problem("nothing", "/bad/lab.yaml:1: the file is empty");
	put("bad", "lab.yaml", "- a\n- b\n");
	expect_problem("list", "expected a mapping, found a list of 2 items");
	remove_lab("bad");
}

static void names(void **state)
{
	AUTO(catalogue_freep) struct catalogue *catalogue = NULL;
	const struct lab *lab = NULL;
	struct err err = ERR_INIT;

	(void)state;
	assert_true(lab_slug_valid("missing-index"));
	assert_true(lab_slug_valid("n1"));
	assert_false(lab_slug_valid(""));
	assert_false(lab_slug_valid("1n"));
	assert_false(lab_slug_valid("lock-ref")); /* its database would be that of lab "lock" */
	assert_true(lab_slug_valid("ref"));
	assert_false(lab_slug_valid("-a"));
	assert_false(lab_slug_valid("Upper"));
	assert_false(lab_slug_valid("a_b"));
	assert_false(lab_slug_valid("a;drop"));
	assert_false(lab_slug_valid("a-name-that-is-longer-than-forty-eight-characters-by-far"));
	put_lab("Bad_Name", SOUND);
	expect_problem("folder", "expected a folder name of a-z, 0-9 and -");
	remove_lab("Bad_Name");
	put_lab("missing-index", SOUND);
	catalogue = load();
	assert_int_equal(catalogue_find(catalogue, "mising-index", &lab, &err), -1);
	assert_int_equal(err.code, ERR_NOT_FOUND);
	assert_non_null(strstr(err.message, "did you mean \"missing-index\"?"));
	assert_int_equal(catalogue_find(catalogue, "zzz", &lab, &err), -1);
	assert_non_null(strstr(err.message, "`tasklab lab list` shows them"));
	remove_lab("missing-index");
}

static void same_name_twice(void **state)
{
	const char *const folders[] = {folder, folder};
	AUTO(catalogue_freep) struct catalogue *catalogue = NULL;

	(void)state;
	put_lab("twice", SOUND);
	assert_int_equal(catalogue_load(folders, 2, &catalogue, NULL), 0);
	assert_int_equal(catalogue->count, 1);
	assert_int_equal(catalogue->problem_count, 1);
	assert_non_null(strstr(catalogue->problems[0].err.message, "lab \"twice\" stands in"));
	remove_lab("twice");
}

/* The labs that are shipped must be sound. */
static void shipped(void **state)
{
	const char *const folders[] = {TEST_LABS_DIR};
	AUTO(catalogue_freep) struct catalogue *catalogue = NULL;

	(void)state;
	assert_int_equal(catalogue_load(folders, 1, &catalogue, NULL), 0);
	for (size_t i = 0; i < catalogue->problem_count; i++)
		print_error("%s\n", catalogue->problems[i].err.message);
	assert_int_equal(catalogue->problem_count, 0);
	assert_true(catalogue->count >= 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sound_lab),     cmocka_unit_test(all_keys),
		cmocka_unit_test(workload_keys), cmocka_unit_test(http_lab),
		cmocka_unit_test(mistakes),      cmocka_unit_test(files),
		cmocka_unit_test(names),         cmocka_unit_test(same_name_twice),
		cmocka_unit_test(shipped),
	};
	int failed;

	if (!mkdtemp(folder))
		return 1;
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	(void)rmdir(folder);
	return failed;
}
