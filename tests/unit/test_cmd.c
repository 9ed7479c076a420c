/* test_cmd.c - the program around the commands, as a shell sees it: words, output, exit status. */
#include <fcntl.h>
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>
#include <jansson.h>

#include <tasklab/base/attr.h>
#include <tasklab/cmd/cmd.h>

/* Prints what it was given; with --fail it fails, with --refuse it does not accept. */
static int cmd_echo(struct cmd *cmd)
{
	const char *name = "none";
	int64_t count = 1;
	bool fail = false, refuse = false;
	const struct cmd_option options[] = {{"name", CMD_OPTION_STR, &name},
					     {"count", CMD_OPTION_I64, &count},
					     {"fail", CMD_OPTION_FLAG, &fail},
					     {"refuse", CMD_OPTION_FLAG, &refuse}};
	struct err err = ERR_INIT;

	if (cmd_options(cmd, options, ARRAY_LEN(options)) < 0)
		return CMD_USAGE;
	printf("name=%s count=%" PRId64 " json=%d queue=%" PRId64, name, count, cmd->json,
	       cmd->config->http_queue);
	for (int i = 0; i <= cmd->argc; i++)
		printf(" [%s]", cmd->argv[i] ? cmd->argv[i] : "end");
	putchar('\n');
	if (fail) {
		err_field(&err, ERR_INVALID, "field", "it \"failed\"");
		return cmd_fail(cmd, "cannot echo", &err);
	}
	return refuse ? CMD_NOT_ACCEPTED : CMD_OK;
}

static const struct cmd_row rows[] = {
	{"echo", cmd_echo, "print the words", "tasklab echo [WORD...]\n\nPrints the words.\n"},
	{"config", cmd_config, "settings", "tasklab config\n"},
	{"metrics", cmd_metrics, "metrics", "tasklab metrics\n"},
	{"version", cmd_version, "version", "tasklab version\n"},
};

struct result {
	int status;
	char out[1 << 16], err[1 << 14];
};

static void read_back(int fd, char *text, size_t size)
{
	ssize_t len = pread(fd, text, size - 1, 0);

	text[len > 0 ? len : 0] = '\0';
}

/* Runs the program in a child. out_fd: -1 for a file that is read back, -2 for a closed one. */
static const struct result *run_on(int out_fd, const char *const *words)
{
	static struct result result;
	FILE *out = tmpfile(), *errors = tmpfile();
	pid_t pid;

	assert_true(out && errors);
	fflush(NULL);
	pid = fork();
	if (pid == 0) {
		char *argv[32] = {(char *)"tasklab"};
		int argc = 1, rc;

		for (; *words; words++)
			argv[argc++] = (char *)*words;
		dup2(fileno(errors), STDERR_FILENO);
		if (out_fd == -2)
			close(STDOUT_FILENO);
		else
			dup2(out_fd >= 0 ? out_fd : fileno(out), STDOUT_FILENO);
		rc = cmd_main(rows, ARRAY_LEN(rows), argc, argv);
		fflush(NULL);
		_exit(rc);
	}
	assert_true(pid > 0);
	waitpid(pid, &result.status, 0);
	assert_true(WIFEXITED(result.status));
	result.status = WEXITSTATUS(result.status);
	read_back(fileno(out), result.out, sizeof(result.out));
	read_back(fileno(errors), result.err, sizeof(result.err));
	fclose(out);
	fclose(errors);
	return &result;
}

#define RUN(...) run_on(-1, (const char *const[]){__VA_ARGS__, NULL})

static void test_words(void **state)
{
	static const struct {
		const char *words[8];
		int status;
		const char *out, *err; /* must be part of it */
	} cases[] = {
		{{"echo"}, 0, "name=none count=1 json=0 queue=128 [echo] [end]\n", ""},
		{{"echo", "a", "--name", "x", "b", "--count=-7"}, 0, "name=x count=-7", ""},
		{{"echo", "a", "--name", "x", "b"}, 0, "[echo] [a] [b] [end]\n", ""},
		{{"--json", "--http-queue", "9", "echo", "a"},
		 0,
		 "json=1 queue=9 [echo] [a] [end]",
		 ""},
		{{"echo", "--name=", "-", "-5"},
		 0,
		 "name= count=1 json=0 queue=128 [echo] [-] [-5] [end]",
		 ""},
		{{"echo", "--", "--name", "--json"}, 0, "name=none count=1 json=0", ""},
		{{"echo", "--", "--name", "--json"}, 0, "[echo] [--name] [--json] [end]", ""},
		{{"echo", "--refuse"}, 3, "name=", ""},
		{{"echo", "--fail"}, 1, "", "tasklab echo: cannot echo: it \"failed\"\n"},
		{{"echo", "--fail", "--json"},
		 1,
		 "",
		 "{\"error\":\"cannot echo\",\"code\":\"ERR_INVALID\",\"message\":\"it "
		 "\\\"failed\\\"\","
		 "\"field\":\"field\"}\n"},
		{{"echo", "--nmae", "x"},
		 2,
		 "",
		 "tasklab echo: unknown option \"--nmae\"; did you mean \"--name\"?\n"
		 "Try \"tasklab help echo\".\n"},
		{{"echo", "--http-quue=3"}, 2, "", "did you mean \"--http-queue\"?"},
		{{"echo", "--xyzzy-plugh"}, 2, "", "unknown option \"--xyzzy-plugh\"\n"},
		{{"echo", "-n"}, 2, "", "unknown option \"-n\"\n"},
		{{"echo", "--count", "seven"}, 2, "", "--count seven: expected a whole number\n"},
		{{"echo", "--count"}, 2, "", "--count: expected a value\n"},
		{{"echo", "--fail=yes"}, 2, "", "--fail takes no value\n"},
		{{"echo", "--http-queue=0"}, 2, "", "http_queue (from --http-queue): expected"},
		{{"--config", "/nonexistent", "echo"}, 1, "", "/nonexistent: No such file"},
		{{"ehco"}, 2, "", "there is no command \"ehco\"; did you mean \"echo\"?\n"},
		{{"frobnicate"}, 2, "", "there is no command \"frobnicate\"\n"},
		{{NULL}, 2, "", "usage: tasklab <command>"},
		{{"help"}, 0, "  echo         print the words\n", ""},
		{{"--help"}, 0, "usage: tasklab <command>", ""},
		{{"help", "echo"}, 0, "usage: tasklab echo [WORD...]\n\nPrints the words.\n", ""},
		{{"echo", "--help"}, 0, "usage: tasklab echo [WORD...]\n", ""},
		{{"--http-queue=0", "echo", "--help"}, 0, "usage: tasklab", ""},
		{{"help", "ehco"}, 2, "", "did you mean \"echo\"?"},
		{{"--version"}, 0, "tasklab 0.", ""},
		{{"echo", "--version"}, 0, "tasklab 0.", ""},
		{{"version", "--http-queue=0"}, 0, "tasklab 0.", ""},
		{{"version", "x"}, 2, "", "unexpected argument \"x\""},
		{{"config", "x"}, 2, "", "unexpected argument \"x\""},
		{{"config"}, 0, "db_pool_max ", ""},
		{{"metrics"}, 2, "", "--list is missing"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		const struct result *result = run_on(-1, cases[i].words);

		if (result->status != cases[i].status || !strstr(result->out, cases[i].out) ||
		    !strstr(result->err, cases[i].err) ||
		    (cases[i].err[0] == '\0' && result->err[0] != '\0'))
			fail_msg("case %zu (%s): status %d\n%s\n%s", i,
				 cases[i].words[0] ? cases[i].words[0] : "no words", result->status,
				 result->out, result->err);
	}
}

static void test_output_that_cannot_be_written(void **state)
{
	int full = open("/dev/full", O_WRONLY);
	const struct result *result;

	(void)state;
	assert_true(full >= 0);
	result = run_on(full, (const char *const[]){"version", NULL});
	assert_int_equal(result->status, 1);
	assert_non_null(strstr(result->err, "cannot write to standard output: No space left"));
	result = run_on(-2, (const char *const[]){"version", NULL});
	assert_int_equal(result->status, 1);
	assert_non_null(
		strstr(result->err, "cannot write to standard output: Bad file descriptor"));
	result = run_on(full, (const char *const[]){"echo", "--refuse", NULL});
	assert_int_equal(result->status, 3);
	close(full);
}

/* The list is complete: every metric of every room has its label sets. */
static void test_metrics_list(void **state)
{
	json_t *list = json_loads(RUN("metrics", "--list", "--json")->out, 0, NULL);
	json_int_t total = 0;
	json_t *metric;
	size_t i;

	(void)state;
	assert_true(json_is_array(list) && json_array_size(list) > 20);
	json_array_foreach(list, i, metric)
	{
		json_int_t series = json_integer_value(json_object_get(metric, "max_series"));

		/* Labs register theirs when they run inside the service. */
		if (!strstr(json_string_value(json_object_get(metric, "name")), "_lab_"))
			assert_true(series > 0);
		total += series;
	}
	json_decref(list);
	assert_non_null(
		strstr(RUN("metrics", "--list")->out, "series on /metrics (limit 20,000)."));
	assert_in_range(total, 1000, 20000);
}

static void test_json_of_every_listing(void **state)
{
	json_t *config = json_loads(RUN("config", "--json")->out, 0, NULL);
	json_t *version = json_loads(RUN("version", "--json")->out, 0, NULL);

	(void)state;
	assert_int_equal(json_array_size(config), config_count());
	assert_true(json_is_string(json_object_get(version, "libpq")));
	json_decref(config);
	json_decref(version);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_output_that_cannot_be_written),
		cmocka_unit_test(test_metrics_list),
		cmocka_unit_test(test_json_of_every_listing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
