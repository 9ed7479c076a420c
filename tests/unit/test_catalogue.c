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
	static const char *const files[] = {"lab.yaml", "README.md", "params.sql", "slow.sql",
					    "fix.sql",  "fast.sql",  "break.sql"};
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
	{"nested key", "  kind: sql", "  kind: http",
	 "workload.kind: expected one of sql, found \"http\""},
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

static void expect_problem(const char *label, const char *expected)
{
	AUTO(catalogue_freep) struct catalogue *catalogue = load();

	if (catalogue->problem_count != 1 || !strstr(catalogue->problems[0].err.message, expected))
		fail_msg("%s: %zu problems, \"%s\"", label, catalogue->problem_count,
			 catalogue->problem_count ? catalogue->problems[0].err.message : "");
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
	put("bad", "slow.sql", "SELECT $1");
	put("bad", "fast.sql", "SELECT $1");
	expect_problem("two fixes", "expected one of fix.sql and fast.sql beside it, found both");
	remove_file("bad", "fast.sql");
	remove_file("bad", "fix.sql");
	expect_problem("no fix", "expected one of fix.sql and fast.sql beside it, found neither");
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
		cmocka_unit_test(sound_lab),       cmocka_unit_test(mistakes),
		cmocka_unit_test(files),           cmocka_unit_test(names),
		cmocka_unit_test(same_name_twice), cmocka_unit_test(shipped),
	};
	int failed;

	if (!mkdtemp(folder))
		return 1;
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	(void)rmdir(folder);
	return failed;
}
