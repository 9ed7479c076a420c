/* test_config.c - sources in their order, precise errors, hidden passwords. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include <tasklab/base/text.h>
#include <tasklab/config/config.h>

#include "config/setting.h"

static char file_path[] = "/tmp/test_config.XXXXXX";

static int make_file(void **state)
{
	int fd = mkstemp(file_path);

	(void)state;
	if (fd < 0)
		return -1;
	return close(fd);
}

static int remove_file(void **state)
{
	(void)state;
	return unlink(file_path);
}

/* NULL-terminated words after "tasklab". */
struct words {
	int argc;
	char *argv[16];
};

static void words_init(struct words *words, const char *const *args)
{
	words->argc = 1;
	words->argv[0] = (char *)"tasklab";
	for (; args && *args; args++)
		words->argv[words->argc++] = (char *)*args;
	words->argv[words->argc] = NULL;
}

static struct config *load(const char *const *args, struct err *err)
{
	struct config *config = NULL;
	struct words words;

	words_init(&words, args);
	if (config_load(&words.argc, words.argv, &config, err) < 0)
		assert_null(config);
	return config;
}

static const char *source_of(const struct config *config, const char *name)
{
	static char text[128];
	AUTO(buf_release) struct buf source = BUF_INIT(sizeof(text) - 1);

	for (size_t i = 0; i < SETTING_COUNT; i++) {
		if (strcmp(settings[i].name, name) == 0)
			setting_source(config->origin, i, &source);
	}
	memcpy(text, buf_str(&source), source.len + 1);
	return text;
}

static void test_defaults(void **state)
{
	struct err err = ERR_INIT;
	AUTO(config_freep) struct config *config = load(NULL, &err);

	(void)state;
	assert_non_null(config);
	assert_int_equal(config->db_pool_max, 16);
	assert_int_equal(config->http_body_max, 256 * 1024);
	assert_int_equal(config->db_pool_wait, 500);
	assert_int_equal(config->http_request_timeout, 10000);
	assert_false(config->sandbox);
	assert_true(config->log_requests);
	assert_string_equal(config->listen, "127.0.0.1:8080");
	assert_string_equal(config->log_format, "auto");
	assert_string_equal(config->metrics_listen, "");
	assert_string_equal(source_of(config, "listen"), "default");
}

static void test_names_are_in_order(void **state)
{
	(void)state;
	for (size_t i = 1; i < config_count(); i++)
		assert_true(strcmp(config_name(i - 1), config_name(i)) < 0);
}

static void test_order_of_sources(void **state)
{
	const char *const args[] = {"serve", "--db-pool-max", "40", "--config", file_path, NULL};
	static const char text[] = "db_pool_max=20\ndb_pool_min=7\nhttp_queue=9\n";
	struct err err = ERR_INIT;
	char source[64];

	(void)state;
	assert_int_equal(text_write_file(file_path, text, sizeof(text) - 1, &err), 0);
	setenv("TASKLAB_DB_POOL_MAX", "30", 1);
	setenv("TASKLAB_DB_POOL_MIN", "8", 1);
	AUTO(config_freep) struct config *config = load(args, &err);

	unsetenv("TASKLAB_DB_POOL_MAX");
	unsetenv("TASKLAB_DB_POOL_MIN");
	assert_non_null(config);
	assert_int_equal(config->db_pool_max, 40);
	assert_int_equal(config->db_pool_min, 8);
	assert_int_equal(config->http_queue, 9);
	assert_string_equal(source_of(config, "db_pool_max"), "--db-pool-max");
	assert_string_equal(source_of(config, "db_pool_min"), "TASKLAB_DB_POOL_MIN");
	snprintf(source, sizeof(source), "%s:3", file_path);
	assert_string_equal(source_of(config, "http_queue"), source);
}

static void test_flags_are_taken_out(void **state)
{
	struct words words;
	AUTO(config_freep) struct config *config = NULL;
	struct err err = ERR_INIT;

	(void)state;
	words_init(&words, (const char *const[]){"--sandbox", "lab", "--listen=x:1", "run",
						 "--scale", "small", "--no-log-requests",
						 "--insecure-listen", "on", "--log-level", "debug",
						 "--", "--listen", "missing-index", NULL});
	assert_int_equal(config_load(&words.argc, words.argv, &config, &err), 0);
	assert_int_equal(words.argc, 8);
	assert_string_equal(words.argv[0], "tasklab");
	assert_string_equal(words.argv[1], "lab");
	assert_string_equal(words.argv[2], "run");
	assert_string_equal(words.argv[3], "--scale");
	assert_string_equal(words.argv[4], "small");
	assert_string_equal(words.argv[5], "--");
	assert_string_equal(words.argv[6], "--listen");
	assert_string_equal(words.argv[7], "missing-index");
	assert_null(words.argv[8]);
	assert_true(config->sandbox);
	assert_false(config->log_requests);
	assert_true(config->insecure_listen);
	assert_string_equal(config->listen, "x:1");
	assert_string_equal(config->log_level, "debug");
}

/* One value by a flag: the number it gives, or the error. */
static void test_values(void **state)
{
	static const struct {
		const char *flag;
		int64_t number; /* of the setting; -1: refused */
		const char *message;
	} cases[] = {
		{"--http-body-max=64k", 65536, NULL},
		{"--http-body-max=1M", 1048576, NULL},
		{"--http-body-max=2000", 2000, NULL},
		{"--http-body-max=1023", -1,
		 "a size such as 64k or 1M from 1k to 64M, not \"1023\""},
		{"--http-body-max=1T", -1, "from 1k to 64M"},
		{"--http-body-max=k", -1, "a size"},
		{"--http-body-max=-1k", -1, "a size"},
		{"--http-body-max=99999999999999999999k", -1, "a size"},
		{"--http-body-max=9999999999999G", -1, "a size"},
		{"--db-pool-wait=250ms", 250, NULL},
		{"--db-pool-wait=2s", 2000, NULL},
		{"--db-pool-wait=1m", 60000, NULL},
		{"--db-pool-wait=3", 3000, NULL},
		{"--db-pool-wait=0", -1,
		 "a duration such as 250ms or 5s from 1ms to 1m, not \"0\""},
		{"--db-pool-wait=61s", -1, "from 1ms to 1m"},
		{"--db-pool-wait=10us", -1, "a duration"},
		{"--http-drain-timeout=0", 0, NULL},
		{"--http-drain-timeout=0s", 0, NULL},
		{"--db-pool-max=1000", 1000, NULL},
		{"--db-pool-max=1001", -1, "a whole number from 1 to 1000, not \"1001\""},
		{"--db-pool-max=", -1, "a whole number"},
		{"--db-pool-max=1.5", -1, "a whole number"},
		{"--db-pool-max=0x10", -1, "a whole number"},
		{"--sandbox=maybe", -1, "on or off, not \"maybe\""},
		{"--log-format=xml", -1, "one of auto,json,text, not \"xml\""},
		{"--log-format=aut", -1, "one of"},
		{"--listen=", -1, "1 to 255 bytes of UTF-8"},
		{"--listen=\xFF", -1, "1 to 255 bytes of UTF-8"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const char *const args[] = {cases[i].flag, NULL};
		struct err err = ERR_INIT;
		AUTO(config_freep) struct config *config = load(args, &err);
		bool ok = config ? cases[i].number >= 0 && !cases[i].message
				 : cases[i].message && strstr(err.message, cases[i].message);

		if (config && strstr(cases[i].flag, "body-max"))
			ok = ok && config->http_body_max == cases[i].number;
		if (config && strstr(cases[i].flag, "pool-wait"))
			ok = ok && config->db_pool_wait == cases[i].number;
		if (config && strstr(cases[i].flag, "drain"))
			ok = ok && config->http_drain_timeout == cases[i].number;
		if (!ok)
			fail_msg("%s: %s", cases[i].flag, err.message);
		if (!config)
			assert_non_null(strstr(err.message, "(from --"));
	}
}

static void test_bad_flags(void **state)
{
	struct err err = ERR_INIT;

	(void)state;
	assert_null(load((const char *const[]){"--listen", NULL}, &err));
	assert_string_equal(err.message, "--listen: expected a value");
	assert_null(load((const char *const[]){"--config", NULL}, &err));
	assert_string_equal(err.message, "--config: expected a value");
	assert_null(load((const char *const[]){"--config", "/nonexistent/file", NULL}, &err));
	assert_non_null(strstr(err.detail, "/nonexistent/file"));
	assert_null(load((const char *const[]){"--db-pool-min=17", NULL}, &err));
	assert_string_equal(err.field, "db_pool_min");
}

static void test_environment(void **state)
{
	static const struct {
		const char *name, *value, *message;
	} cases[] = {
		{"TASKLAB_LISTNE", "x",
		 "TASKLAB_LISTNE: there is no setting \"listne\"; did you mean \"listen\"?"},
		{"TASKLAB_QWERTZUIOP", "x",
		 "TASKLAB_QWERTZUIOP: there is no setting \"qwertzuiop\""},
		{"TASKLAB_listen", "x", "TASKLAB_listen: there is no setting"},
		{"TASKLAB_", "x", "TASKLAB_: there is no setting"},
		{"TASKLAB_HTTP_QUEUE", "many",
		 "http_queue (from TASKLAB_HTTP_QUEUE): expected a whole number from 1 to 10000, "
		 "not "
		 "\"many\""},
		{"TASKLAB_APP_PORT", "8080", NULL},
		{"TASKLABX", "x", NULL},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct err err = ERR_INIT;

		setenv(cases[i].name, cases[i].value, 1);
		AUTO(config_freep) struct config *config = load(NULL, &err);

		unsetenv(cases[i].name);
		if (config ? cases[i].message != NULL
			   : !cases[i].message || !strstr(err.message, cases[i].message))
			fail_msg("%s: %s", cases[i].name, err.message);
	}
}

static void test_file(void **state)
{
	static const struct {
		const char *label, *text, *message; /* message NULL: accepted, with db_pool_max 5 */
	} cases[] = {
		{"plain", "db_pool_max = 5\n", NULL},
		{"comments, blanks, CRLF", "# head\r\n\r\n  db_pool_max=5  \r\n  # tail", NULL},
		{"value with an equals sign", "database_url = host=h dbname=d\ndb_pool_max = 5",
		 NULL},
		{"unknown", "\n\ndb_pol_max = 5\n",
		 ":3: there is no setting \"db_pol_max\"; did you mean \"db_pool_max\"?"},
		{"no equals sign", "db_pool_max 5\n", ":1: expected name = value"},
		{"twice", "db_pool_max = 5\ndb_pool_max = 5\n",
		 ":2: db_pool_max is set a second time"},
		{"bad value", "\ndb_pool_max = x\n", ":2): expected a whole number"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct err err = ERR_INIT;

		assert_int_equal(
			text_write_file(file_path, cases[i].text, strlen(cases[i].text), &err), 0);
		setenv("TASKLAB_CONFIG", file_path, 1);
		AUTO(config_freep) struct config *config = load(NULL, &err);

		unsetenv("TASKLAB_CONFIG");
		if (config ? cases[i].message || config->db_pool_max != 5
			   : !cases[i].message || !strstr(err.message, cases[i].message))
			fail_msg("%s: %s", cases[i].label, err.message);
	}
	struct err err = ERR_INIT;

	assert_int_equal(text_write_file(file_path, "a\0b", 3, &err), 0);
	assert_null(load((const char *const[]){"--config", file_path, NULL}, &err));
	assert_non_null(strstr(err.message, "NUL"));
}

static void test_redaction(void **state)
{
	static const struct {
		const char *conninfo, *shown;
	} cases[] = {
		{"postgresql://tasklab@h:5433/db", "postgresql://tasklab@h:5433/db"},
		{"postgresql://u:secret@h/db", "postgresql://u:***@h/db"},
		{"postgres://u:secret@h1:1,h2:2/db?sslmode=require",
		 "postgres://u:***@h1:1,h2:2/db?sslmode=require"},
		{"postgresql://u:se%40cret@h/db", "postgresql://u:***@h/db"},
		{"postgresql://u:secret@with@h/db", "postgresql://u:***@h/db"},
		{"postgresql://u:se/cret@h/db", "postgresql://***"},
		{"postgresql://u:se/cr?et@h/db", "postgresql://***"},
		{"postgresql://u:secret?x@h/db", "postgresql://u:***@h/db"},
		{"postgresql://h/db?user=u&password=secret&x=y",
		 "postgresql://h/db?user=u&password=***&x=y"},
		{"postgresql:///db?sslpassword=secret", "postgresql:///db?sslpassword=***"},
		{"postgresql:///db?pass%77ord=secret", "postgresql:///db?pass%77ord=***"},
		{"postgresql:///db?PASSWORD=secret", "postgresql:///db?PASSWORD=***"},
		{"postgresql://", "postgresql://"},
		{"postgresql://[::1]:5433/db", "postgresql://[::1]:5433/db"},
		{"host=h password=secret dbname=db", "host=h password=*** dbname=db"},
		{"host=h password = 'se cret' user=u", "host=h password = *** user=u"},
		{"password='se\\'cret' user=u", "password=*** user=u"},
		{"password=se\\ cret user=u", "password=*** user=u"},
		{"Password=secret", "Password=***"},
		{"sslpassword=secret", "sslpassword=***"},
		{"password=", "password=***"},
		{"dbname='postgresql://u:secret@h/db'", "dbname=***"},
		{"dbname='host=h password=secret'", "dbname=***"},
		{"host='h", "***"},
		{"password='secret", "***"},
		{"password secret", "***"},
		{"host=h secret", "***"},
		{"u:secret@h/db", "***"},
		{"host=h password=secret\\", "***"},
		{"", ""},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		AUTO(buf_release) struct buf out = BUF_INIT(4096);

		config_redact_conninfo(cases[i].conninfo, &out);
		if (strcmp(buf_str(&out), cases[i].shown) != 0)
			fail_msg("%s: %s", cases[i].conninfo, buf_str(&out));
	}
}

static void print(bool json, char *text, size_t size)
{
	FILE *stream = tmpfile();
	struct err err = ERR_INIT;
	AUTO(config_freep)
	struct config *config =
		load((const char *const[]){"--database-url=postgresql://u:secret@h/db",
					   "--http-body-max=65536", "--db-pool-wait=1500ms", NULL},
		     &err);
	size_t len;

	assert_non_null(config);
	assert_non_null(stream);
	assert_int_equal(config_print(config, stream, json, &err), 0);
	rewind(stream);
	len = fread(text, 1, size - 1, stream);
	text[len] = '\0';
	fclose(stream);
	assert_null(strstr(text, "secret@"));
}

static void test_print(void **state)
{
	struct err err = ERR_INIT;
	AUTO(config_freep) struct config *config = load(NULL, &err);
	FILE *full = fopen("/dev/full", "w");
	static char text[65536];

	(void)state;
	print(true, text, sizeof(text));
	assert_non_null(strstr(text, "\"name\": \"database_url\",\n    \"value\": "
				     "\"postgresql://u:***@h/db\",\n    \"source\": "
				     "\"--database-url\""));
	assert_non_null(strstr(text, "\"value\": \"64k\""));
	assert_non_null(strstr(text, "\"value\": \"1500ms\""));
	print(false, text, sizeof(text));
	assert_non_null(strstr(text, "NAME "));
	assert_non_null(strstr(text, "postgresql://u:***@h/db"));
	assert_non_null(full);
	assert_int_equal(config_print(config, full, false, &err), -1);
	fclose(full);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_defaults),         cmocka_unit_test(test_names_are_in_order),
		cmocka_unit_test(test_order_of_sources), cmocka_unit_test(test_flags_are_taken_out),
		cmocka_unit_test(test_values),           cmocka_unit_test(test_bad_flags),
		cmocka_unit_test(test_environment),      cmocka_unit_test(test_file),
		cmocka_unit_test(test_redaction),        cmocka_unit_test(test_print),
	};

	return cmocka_run_group_tests(tests, make_file, remove_file);
}
