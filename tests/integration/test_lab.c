/* test_lab.c - `tasklab lab` on a private PostgreSQL: a whole run, its evidence, and everything
 * that can end a run early. The program under test is argv[1]. */
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include <jansson.h>

#include <tasklab/base/buf.h>
#include <tasklab/base/clock.h>
#include <tasklab/base/rand.h>
#include <tasklab/base/text.h>
#include <tasklab/db/conn.h>
#include <tasklab/lab/catalogue.h>
#include <tasklab/lab/run.h>

#include "pg_fixture.h"

#define OUTPUT_MAX (64 * 1024 * 1024)
#define WAIT_NS    (120 * CLOCK_NS_PER_S)
#define KILLS      6

static const char *const SETTINGS[] = {"shared_preload_libraries=pg_stat_statements", NULL};
static const char *program;
static struct pg *pg;
static char folder[] = "/tmp/test_lab_XXXXXX";
static struct buf out, complaint; /* of the last program */
static char *checksum;            /* of the service's tables at the start */

/* SQL ----------------------------------------------------------------------------------------- */

static char *ask(const char *sql)
{
	AUTO(db_conn_closep) struct db_conn *conn = NULL;
	AUTO(db_result_freep) struct db_result *result = NULL;
	struct err err = ERR_INIT;
	const char *text;

	if (db_conn_open(pg_superuser(pg), NULL, "test_lab", 10000, &conn, &err) < 0 ||
	    db_conn_query_text(conn, sql, DB_NO_ARGS, &result, &err) < 0)
		fail_msg("%s: %s (%s)", sql, err.message, err.detail);
	text = db_rows(result) > 0 ? db_get_text(result, 0, 0) : NULL;
	return strdup(text ? text : "");
}

static void expect(const char *sql, const char *wanted)
{
	AUTO(freep) char *found = ask(sql);

	if (strcmp(found, wanted) != 0)
		fail_msg("%s: \"%s\", expected \"%s\"", sql, found, wanted);
}

/* Waits until the query answers wanted. */
static void await(const char *sql, const char *wanted)
{
	int64_t deadline_ns = clock_mono_ns() + WAIT_NS;

	for (;;) {
		AUTO(freep) char *found = ask(sql);

		if (strcmp(found, wanted) == 0)
			return;
		if (clock_mono_ns() > deadline_ns)
			fail_msg("%s: still \"%s\"", sql, found);
		clock_sleep_until(clock_mono_ns() + 5 * CLOCK_NS_PER_MS);
	}
}

static const char LAB_DATABASES[] = "SELECT count(*) FROM pg_database WHERE datname LIKE 'lab\\_%'";
static const char LAB_SESSIONS[] = "SELECT count(*) FROM pg_stat_activity"
				   " WHERE application_name LIKE 'tasklab %'";
static const char HALF_MADE[] = "SELECT count(*) FROM pg_database"
				" WHERE datname LIKE 'tasklab\\_template%' AND NOT datistemplate";

/* Every table of the service but those of the labs, row by row. */
static char *checksum_now(void)
{
	return ask("SELECT string_agg(c.relname || ':' || md5(query_to_xml('SELECT * FROM ' ||"
		   " quote_ident(c.relname) || ' ORDER BY 1, 2', true, false, '')::text), ' '"
		   " ORDER BY c.relname) || (SELECT string_agg(indexdef, ';' ORDER BY indexname)"
		   " FROM pg_indexes WHERE schemaname = 'public')"
		   " FROM pg_class c WHERE c.relkind = 'r' AND c.relname NOT LIKE 'lab\\_%'"
		   " AND c.relnamespace = 'public'::regnamespace");
}

static void expect_untouched(void)
{
	AUTO(freep) char *now = checksum_now();

	assert_string_equal(now, checksum);
}

static void expect_clean(void)
{
	await(LAB_SESSIONS, "0"); /* a session ends a moment after its client */
	expect(LAB_DATABASES, "0");
	expect(HALF_MADE, "0");
	expect_untouched();
}

/* The program -----------------------------------------------------------------------------------
 */

static void redirect(int fd, const char *name)
{
	char path[256];
	int file;

	(void)snprintf(path, sizeof(path), "%s/%s", folder, name);
	file = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	if (file < 0 || dup2(file, fd) < 0)
		_exit(98);
}

static pid_t start(const char *conninfo, const char *const *args)
{
	const char *argv[16] = {program};
	pid_t pid;

	for (size_t i = 0; args[i]; i++)
		argv[i + 1] = args[i];
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		(void)setenv("TASKLAB_DATABASE_URL", conninfo, 1);
		redirect(STDOUT_FILENO, "out");
		redirect(STDERR_FILENO, "err");
		execv(program, (char *const *)(uintptr_t)argv);
		_exit(97);
	}
	return pid;
}

static void read_output(const char *name, struct buf *into)
{
	char path[256];

	(void)snprintf(path, sizeof(path), "%s/%s", folder, name);
	buf_reset(into);
	assert_int_equal(text_read_file(path, OUTPUT_MAX, into, NULL), 0);
}

/* The exit status; -1 when a signal ended it. */
static int finish(pid_t pid)
{
	int status = 0;

	assert_int_equal(waitpid(pid, &status, 0), pid);
	read_output("out", &out);
	read_output("err", &complaint);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

#define ARGS(...) ((const char *const[]){__VA_ARGS__, NULL})

static void expect_exit(const char *conninfo, const char *const *args, int wanted)
{
	int status = finish(start(conninfo, args));

	if (status != wanted)
		fail_msg("%s %s: exit %d, expected %d: %s", args[0], args[1], status, wanted,
			 buf_str(&complaint));
}

static void expect_said(const char *text)
{
	if (!strstr(buf_str(&complaint), text))
		fail_msg("\"%s\" is not said in \"%s\"", text, buf_str(&complaint));
}

static pid_t start_run(void)
{
	return start(pg_conninfo(pg), ARGS("lab", "run", "missing-index", "--json"));
}

/* A sanitizer's report would be lost in the noise of an expected failure. */
static void expect_no_sanitizer(void)
{
	assert_null(strstr(buf_str(&complaint), "Sanitizer"));
	assert_null(strstr(buf_str(&complaint), "runtime error"));
}

/* Tests -----------------------------------------------------------------------------------------
 */

static double member(const json_t *object, const char *name)
{
	assert_non_null(json_object_get(object, name));
	return json_number_value(json_object_get(object, name));
}

static void check_report(const json_t *report)
{
	const json_t *evidence = json_object_get(report, "evidence");
	const json_t *before = json_object_get(json_object_get(report, "before"), "statement");
	const json_t *after = json_object_get(json_object_get(report, "after"), "statement");

	assert_string_equal(json_string_value(json_object_get(report, "verdict")), "passed");
	assert_int_equal(json_array_size(evidence), 4);
	for (size_t i = 0; i < json_array_size(evidence); i++)
		assert_string_equal(
			json_string_value(json_object_get(json_array_get(evidence, i), "outcome")),
			"held");
	assert_true(member(before, "calls") == 200 && member(after, "calls") == 200);
	assert_true(member(before, "rows") > 0 && member(before, "rows") == member(after, "rows"));
	assert_true(member(before, "shared_blks_hit") + member(before, "shared_blks_read") >=
		    50 * (member(after, "shared_blks_hit") + member(after, "shared_blks_read")));
	assert_true(member(json_object_get(report, "equivalence"), "rows_compared") >= 200);
	assert_true(member(json_object_get(report, "equivalence"), "differing_parameter_rows") ==
		    0);
}

/* The first run makes the template; the extension is in the service's database only. */
static void whole_run(void **state)
{
	static const char *const extensions[] = {"html", "json", "md", "txt"};
	char path[256];
	json_t *report;

	(void)state;
	(void)snprintf(path, sizeof(path), "%s/reports", folder);
	expect_exit(pg_conninfo(pg),
		    ARGS("lab", "run", "missing-index", "--json", "--report", path), 0);
	report = json_loads(buf_str(&out), 0, NULL);
	assert_non_null(report);
	check_report(report);
	json_decref(report);
	expect_clean();
	expect("SELECT datistemplate AND NOT datallowconn FROM pg_database"
	       " WHERE datname = 'tasklab_template_small'",
	       "t");
	expect("SELECT verdict || scale || (report->>'verdict') FROM lab_runs ORDER BY id DESC",
	       "passedsmallpassed");
	(void)snprintf(path, sizeof(path), "%s/reports/missing-index-small.txt", folder);
	buf_reset(&out);
	assert_int_equal(text_read_file(path, OUTPUT_MAX, &out, NULL), 0);
	assert_non_null(strstr(buf_str(&out), "Seq Scan on tasks"));
	assert_non_null(strstr(buf_str(&out), "passed: the evidence holds"));
	for (size_t i = 0; i < ARRAY_LEN(extensions); i++) {
		(void)snprintf(path, sizeof(path), "%s/reports/missing-index-small.%s", folder,
			       extensions[i]);
		assert_int_equal(unlink(path), 0);
	}
	(void)snprintf(path, sizeof(path), "%s/reports", folder);
	assert_int_equal(rmdir(path), 0);
}

static void other_words(void **state)
{
	(void)state;
	expect_exit(pg_conninfo(pg), ARGS("lab", "list", "--json"), 0);
	assert_non_null(strstr(buf_str(&out), "\"last_verdict\":\"passed\""));
	expect_exit(pg_conninfo(pg), ARGS("lab", "show", "missing-index"), 0);
	assert_non_null(strstr(buf_str(&out), "B-tree"));
	assert_null(strstr(buf_str(&out), "```"));
	expect_exit(pg_conninfo(pg), ARGS("lab", "status", "--json"), 0);
	assert_non_null(strstr(buf_str(&out), "\"state\":\"ready\""));
	expect_exit(pg_conninfo(pg), ARGS("lab", "reset"), 0);
	assert_string_equal(buf_str(&out), "nothing was left behind\n");
	expect_exit(pg_conninfo(pg), ARGS("lab", "run", "missing-index", "--keep"), 0);
	assert_non_null(strstr(buf_str(&out), "lab_missing_index is kept"));
	expect(LAB_DATABASES, "1");
	expect_exit(pg_conninfo(pg), ARGS("lab", "reset", "missing-index"), 0);
	assert_string_equal(buf_str(&out), "dropped lab_missing_index\n");
	expect_clean();
}

static void usage(void **state)
{
	static const char BAD[] = "title: a\nlevel: guru\n";
	char path[256];

	(void)state;
	expect_exit(pg_conninfo(pg), ARGS("lab", "strat", "missing-index"), 2);
	expect_exit(pg_conninfo(pg), ARGS("lab", "run"), 2);
	expect_exit(pg_conninfo(pg), ARGS("lab", "run", "missing-index", "--scale", "huge"), 2);
	expect_exit(pg_conninfo(pg), ARGS("lab", "run", "mising-index"), 1);
	expect_said("did you mean \"missing-index\"?");
	expect_exit(pg_conninfo(pg), ARGS("lab", "list", "--sandbox=off"), 1);
	expect_said("TASKLAB_SANDBOX=on");
	(void)snprintf(path, sizeof(path), "%s/bad", folder);
	assert_int_equal(mkdir(path, 0700), 0);
	(void)snprintf(path, sizeof(path), "%s/bad/lab.yaml", folder);
	assert_int_equal(text_write_file(path, BAD, strlen(BAD), NULL), 0);
	expect_exit(pg_conninfo(pg), ARGS("lab", "list", "--labs-dir", folder), 1);
	expect_said("/bad/lab.yaml:2: level: expected one of beginner");
	assert_non_null(strstr(buf_str(&out), "missing-index"));
	expect_exit(pg_conninfo(pg), ARGS("lab", "run", "bad", "--labs-dir", folder), 1);
	expect_said("/bad/lab.yaml:2: level: expected one of beginner");
	assert_int_equal(unlink(path), 0);
	(void)snprintf(path, sizeof(path), "%s/bad", folder);
	assert_int_equal(rmdir(path), 0);
	expect_clean();
}

/* The library itself, with a fix in place of the lab's. */
static bool passes_with(const struct lab *lab, const char *fix)
{
	const struct run_options options = {.conninfo = pg_conninfo(pg),
					    .lab = lab,
					    .scale = SEED_SMALL,
					    .fix_sql = fix,
					    .stop_fd = -1};
	AUTO(run_result_freep) struct run_result *result = NULL;
	struct err err = ERR_INIT;

	if (run_lab(&options, &result, &err) < 0)
		fail_msg("%s: %s (%s)", fix, err.message, err.detail);
	assert_string_equal(run_note(result), "");
	return run_passed(result);
}

static void other_fixes(void **state)
{
	static const char *const right[] = {
		"CREATE INDEX ON tasks (assignee_id)",
		"CREATE INDEX ON tasks USING hash (assignee_id)",
	};
	const char *const folders[] = {TEST_LABS_DIR};
	AUTO(catalogue_freep) struct catalogue *catalogue = NULL;
	const struct lab *lab = NULL;
	struct lab quick;

	(void)state;
	assert_int_equal(catalogue_load(folders, 1, &catalogue, NULL), 0);
	assert_int_equal(catalogue_find(catalogue, "missing-index", &lab, NULL), 0);
	quick = *lab; /* its figures are per call, so few calls show the same */
	quick.workload.calls = quick.workload.parameters = 10;
	for (size_t i = 0; i < ARRAY_LEN(right); i++)
		if (!passes_with(&quick, right[i]))
			fail_msg("a right fix did not pass: %s", right[i]);
	for (size_t i = 0; i < lab->trap_count; i++)
		if (lab->traps[i].sql && passes_with(&quick, lab->traps[i].sql))
			fail_msg("a trap passed: %s", lab->traps[i].sql);
	/* Rows that are gone are cheap to read: the proof of same rows is there for this. */
	if (passes_with(&quick, "DELETE FROM tasks WHERE id % 2 = 0;"
				"CREATE INDEX ON tasks (assignee_id)"))
		fail_msg("deleting rows passed");
	expect_clean();
}

static void second_run_is_refused(void **state)
{
	pid_t first;

	(void)state;
	first = start_run();
	await(LAB_DATABASES, "1");
	{
		/* Its files would be overwritten, so the second goes elsewhere. */
		const char *const folders[] = {TEST_LABS_DIR};
		AUTO(catalogue_freep) struct catalogue *catalogue = NULL;
		AUTO(run_result_freep) struct run_result *result = NULL;
		struct run_options options = {.conninfo = pg_conninfo(pg), .stop_fd = -1};
		struct err err = ERR_INIT;

		assert_int_equal(catalogue_load(folders, 1, &catalogue, NULL), 0);
		assert_int_equal(catalogue_find(catalogue, "missing-index", &options.lab, NULL), 0);
		assert_int_equal(run_lab(&options, &result, &err), -1);
		assert_int_equal(err.code, ERR_CONFLICT);
		assert_string_equal(err.message, "lab_missing_index is in use by another run: wait "
						 "until it ends, or stop it");
	}
	assert_int_equal(finish(first), 0);
	expect_clean();
}

static void interrupted(void **state)
{
	static const int signals[] = {SIGINT, SIGTERM};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(signals); i++) {
		pid_t pid = start_run();

		await(LAB_DATABASES, "1");
		assert_int_equal(kill(pid, signals[i]), 0);
		assert_int_equal(finish(pid), 1);
		expect_said("the run was stopped");
		expect_no_sanitizer();
		expect_clean();
		expect("SELECT verdict FROM lab_runs ORDER BY id DESC", "aborted");
	}
}

/* Kills the run at moments spread over its whole length. */
static void killed(void **state)
{
	int64_t begin_ns = clock_mono_ns(), length_ns;
	struct rand rand;

	(void)state;
	assert_int_equal(finish(start_run()), 0);
	length_ns = clock_mono_ns() - begin_ns;
	rand_init(&rand, (uint64_t)clock_real_us());
	for (int i = 0; i < KILLS; i++) {
		int64_t after_ns = (int64_t)rand_below(&rand, (uint64_t)length_ns);
		pid_t pid = start_run();

		clock_sleep_until(clock_mono_ns() + after_ns);
		(void)kill(pid, SIGKILL);
		(void)finish(pid);
		expect_exit(pg_conninfo(pg), ARGS("lab", "reset"), 0);
		print_message("killed after %lld ms: %s", (long long)(after_ns / 1000000),
			      buf_str(&out));
		expect_clean();
	}
	expect_exit(pg_conninfo(pg), ARGS("lab", "run", "missing-index"), 0);
	expect_clean();
}

static const char FILLING[] =
	"SELECT count(*) FROM pg_stat_activity WHERE datname = 'tasklab_template_small'";

/* In the middle of making the template: by SIGKILL, then by Ctrl-C, then not at all. */
static void killed_while_filling(void **state)
{
	pid_t pid;

	(void)state;
	expect_exit(pg_conninfo(pg), ARGS("lab", "reset", "--all"), 0);
	assert_string_equal(buf_str(&out), "dropped tasklab_template_small\n");
	pid = start_run();
	await(FILLING, "1");
	assert_int_equal(kill(pid, SIGKILL), 0);
	assert_int_equal(finish(pid), -1);
	expect_exit(pg_conninfo(pg), ARGS("lab", "reset"), 0);
	expect_clean();
	pid = start_run();
	await(FILLING, "1");
	assert_int_equal(kill(pid, SIGINT), 0);
	assert_int_equal(finish(pid), 1);
	expect_said("the run was stopped");
	expect_no_sanitizer();
	expect_clean();
	expect_exit(pg_conninfo(pg), ARGS("lab", "run", "missing-index"), 0);
	expect_clean();
}

static void server_crashes(void **state)
{
	pid_t pid;

	(void)state;
	pid = start_run();
	await(LAB_DATABASES, "1");
	pg_kill(pg);
	pg_restart(pg);
	assert_int_equal(finish(pid), 1);
	expect_said("the database is not available");
	expect_no_sanitizer();
	expect_clean(); /* the run waited for its return to drop what it had made */
	expect_exit(pg_conninfo(pg), ARGS("lab", "run", "missing-index"), 0);
	expect_clean();
}

/* The first Ctrl-C ends the run, though the server does not answer and nothing can be dropped. */
static void hang_when_one(const char *question)
{
	int64_t begin_ns;
	pid_t pid = start_run();

	await(question, "1");
	pg_pause(pg);
	begin_ns = clock_mono_ns();
	assert_int_equal(kill(pid, SIGINT), 0);
	assert_int_equal(finish(pid), 1);
	pg_resume(pg);
	assert_true(clock_mono_ns() - begin_ns < 90 * CLOCK_NS_PER_S);
	expect_said("the run was stopped");
	expect_said("`tasklab lab reset` drops it");
	expect_no_sanitizer();
	expect_exit(pg_conninfo(pg), ARGS("lab", "reset"), 0);
	expect_clean();
}

static void server_hangs(void **state)
{
	(void)state;
	hang_when_one(LAB_DATABASES);
	expect_exit(pg_conninfo(pg), ARGS("lab", "reset", "--all"), 0);
	hang_when_one(FILLING);
}

static void server_gone(void **state)
{
	(void)state;
	pg_stop(pg);
	expect_exit(pg_conninfo(pg), ARGS("lab", "run", "missing-index"), 1);
	expect_said("the database is not available");
	expect_exit(pg_conninfo(pg), ARGS("lab", "reset"), 1);
	expect_exit(pg_conninfo(pg), ARGS("lab", "list"), 0); /* without earlier runs */
	expect_said("earlier runs are not known");
	pg_restart(pg);
	expect_clean();
}

static void wrong_password(void **state)
{
	char conninfo[256];

	(void)state;
	(void)snprintf(conninfo, sizeof(conninfo),
		       "host=127.0.0.1 port=%d user=locked password=wrong dbname=tasklab",
		       pg_port(pg));
	expect_exit(conninfo, ARGS("lab", "run", "missing-index"), 1);
	expect_said("does not accept this role or its password");
	assert_null(strstr(buf_str(&complaint), "wrong"));
	expect_clean();
}

static void may_not_create(void **state)
{
	(void)state;
	pg_sql(pg, "ALTER ROLE tasklab NOCREATEDB");
	expect_exit(pg_conninfo(pg), ARGS("lab", "run", "missing-index"), 1);
	expect_said("CREATEDB");
	pg_sql(pg, "ALTER ROLE tasklab CREATEDB");
	expect_clean();
}

static void extension_missing(void **state)
{
	struct pg *other = pg_start(NULL);

	(void)state;
	expect_exit(pg_conninfo(other), ARGS("migrate", "up"), 0);
	expect_exit(pg_conninfo(other), ARGS("lab", "run", "missing-index"), 1);
	expect_said("shared_preload_libraries = 'pg_stat_statements'");
	pg_remove(other);
	pg_sql(pg, "DROP EXTENSION pg_stat_statements");
	expect_exit(pg_conninfo(pg), ARGS("lab", "run", "missing-index"), 1);
	expect_said("CREATE EXTENSION pg_stat_statements");
	pg_sql(pg, "CREATE EXTENSION pg_stat_statements");
	expect_clean();
}

/* ------------------------------------------------------------------------------------------------
 */

static int setup(void **state)
{
	(void)state;
	out = BUF_INIT(OUTPUT_MAX);
	complaint = BUF_INIT(OUTPUT_MAX);
	(void)setenv("TASKLAB_SANDBOX", "on", 1);
	if (!mkdtemp(folder))
		return -1;
	pg = pg_start(SETTINGS);
	expect_exit(pg_conninfo(pg), ARGS("migrate", "up"), 0);
	pg_sql(pg, "CREATE EXTENSION pg_stat_statements;"
		   "INSERT INTO users (email, display_name) SELECT n || '@example.com', 'U' || n"
		   " FROM generate_series(1, 20) n;"
		   "INSERT INTO projects (name, owner_id) SELECT 'P' || n, n"
		   " FROM generate_series(1, 5) n;"
		   "INSERT INTO tasks (project_id, reporter_id, assignee_id, title)"
		   " SELECT 1 + n % 5, 1 + n % 20, 1 + n % 7, 'T' || n"
		   " FROM generate_series(1, 500) n");
	checksum = checksum_now();
	return 0;
}

static int teardown(void **state)
{
	char path[256];

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		(void)snprintf(path, sizeof(path), "%s/%s", folder, i ? "out" : "err");
		(void)unlink(path);
	}
	(void)rmdir(folder);
	pg_remove(pg);
	free(checksum);
	buf_release(&out);
	buf_release(&complaint);
	return 0;
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(whole_run),
		cmocka_unit_test(other_words),
		cmocka_unit_test(usage),
		cmocka_unit_test(other_fixes),
		cmocka_unit_test(second_run_is_refused),
		cmocka_unit_test(interrupted),
		cmocka_unit_test(killed),
		cmocka_unit_test(killed_while_filling),
		cmocka_unit_test(server_crashes),
		cmocka_unit_test(server_hangs),
		cmocka_unit_test(server_gone),
		cmocka_unit_test(wrong_password),
		cmocka_unit_test(may_not_create),
		cmocka_unit_test(extension_missing),
	};

	if (argc != 2)
		return 2;
	program = argv[1];
	return cmocka_run_group_tests(tests, setup, teardown);
}
