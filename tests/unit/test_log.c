/* test_log.c - log lines: one write each, well-formed, nothing can break out of its line. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include <tasklab/base/log.h>

static char captured[1 << 20];

/* What body writes on standard error. */
static const char *capture(void (*body)(void))
{
	FILE *stream = tmpfile();
	int saved = dup(STDERR_FILENO);
	size_t len;

	assert_non_null(stream);
	dup2(fileno(stream), STDERR_FILENO);
	body();
	dup2(saved, STDERR_FILENO);
	close(saved);
	rewind(stream);
	len = fread(captured, 1, sizeof(captured) - 1, stream);
	captured[len] = '\0';
	fclose(stream);
	return captured;
}

static void some_events(void)
{
	struct err err = ERR_INIT;

	log_event(LOG_DEBUG, "hidden", NULL, 0);
	log_event(LOG_INFO, "request",
		  LOG_FIELDS(LOG_STR("id", "a b\n\"c\""), LOG_I64("status", 200),
			     LOG_F64("ms", 1.25), LOG_BOOL("ok", true), LOG_STR("none", NULL)));
	err_field(&err, ERR_INVALID, "title", "too long");
	log_error("failed", &err);
}

static void test_json(void **state)
{
	const char *text;

	(void)state;
	log_setup(LOG_INFO, LOG_FORMAT_JSON);
	text = capture(some_events);
	assert_int_equal(strncmp(text, "{\"time\":\"2", 10), 0);
	assert_non_null(strstr(text, "Z\",\"level\":\"info\",\"event\":\"request\","
				     "\"id\":\"a b\\n\\\"c\\\"\",\"status\":200,\"ms\":1.25,"
				     "\"ok\":true}\n"));
	assert_non_null(strstr(text, "\"level\":\"error\",\"event\":\"failed\","
				     "\"code\":\"ERR_INVALID\",\"message\":\"too long\","
				     "\"field\":\"title\"}\n"));
	assert_null(strstr(text, "hidden"));
}

static void test_text(void **state)
{
	const char *text;

	(void)state;
	log_setup(LOG_DEBUG, LOG_FORMAT_TEXT);
	text = capture(some_events);
	assert_non_null(strstr(text, "Z debug hidden\n"));
	assert_non_null(strstr(text, "Z info  request id=\"a b\\n\\\"c\\\"\" status=200 ms=1.25 "
				     "ok=true\n"));
}

static void *many_lines(void *arg)
{
	for (int i = 0; i < 500; i++)
		log_event(LOG_WARN, "line", LOG_FIELDS(LOG_STR("who", arg), LOG_I64("n", i)));
	return NULL;
}

static void four_threads(void)
{
	static char names[4][2] = {"a", "b", "c", "d"};
	pthread_t threads[4];

	for (size_t i = 0; i < 4; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, many_lines, names[i]), 0);
	for (size_t i = 0; i < 4; i++)
		pthread_join(threads[i], NULL);
}

static void test_lines_do_not_mix(void **state)
{
	char *rest;
	int lines = 0;

	(void)state;
	log_setup(LOG_INFO, LOG_FORMAT_JSON);
	capture(four_threads);
	rest = captured;
	for (char *line; (line = strsep(&rest, "\n")) && *line; lines++) {
		assert_int_equal(line[0], '{');
		assert_int_equal(line[strlen(line) - 1], '}');
		assert_null(strchr(line + 1, '{'));
	}
	assert_int_equal(lines, 2000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_json),
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_lines_do_not_mix),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
