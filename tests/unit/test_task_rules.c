/* test_task_rules.c - what may be written into tasks, users, projects and tags, and what not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <tasklab/domain/project.h>
#include <tasklab/domain/rules.h>
#include <tasklab/domain/tag.h>
#include <tasklab/domain/task.h>
#include <tasklab/domain/user.h>

#define NEW (TASK_SET_TITLE | TASK_SET_PROJECT_ID)

/* field NULL: accepted. */
static void expect(const char *label, int result, const struct err *err, const char *field)
{
	if (field ? result != -1 : result != 0)
		fail_msg("%s: returned %d (%s: %s)", label, result, err->field, err->message);
	if (!field)
		return;
	if (err->code != ERR_UNPROCESSABLE || strcmp(err->field, field) != 0)
		fail_msg("%s: %s \"%s\" %s, not the field \"%s\"", label, err_name(err->code),
			 err->field, err->message, field);
}

static char *repeat(const char *s, size_t times)
{
	size_t len = strlen(s);
	char *text = malloc(len * times + 1);

	assert_non_null(text);
	for (size_t i = 0; i < times; i++)
		memcpy(text + i * len, s, len);
	text[len * times] = '\0';
	return text;
}

/* clang-format off */
static const struct {
	const char *label;
	bool creating;
	int64_t actor_id;
	struct task_input in;
	const char *field;
} task_cases[] = {
	{"least", true, 5, {.set = NEW, .title = "x", .project_id = 1}, NULL},
	{"no title", true, 5, {.set = TASK_SET_PROJECT_ID, .project_id = 1}, "title"},
	{"no project", true, 5, {.set = TASK_SET_TITLE, .title = "x"}, "project_id"},
	{"no reporter", true, 0, {.set = NEW, .title = "x", .project_id = 1}, "reporter_id"},
	{"reporter without actor", true, 0,
	 {.set = NEW | TASK_SET_REPORTER_ID, .title = "x", .project_id = 1, .reporter_id = 2}, NULL},
	{"null reporter", true, 5,
	 {.set = NEW | TASK_SET_REPORTER_ID, .title = "x", .project_id = 1}, "reporter_id"},
	{"negative project", true, 5, {.set = NEW, .title = "x", .project_id = -1}, "project_id"},
	{"null title", true, 5, {.set = NEW, .project_id = 1}, "title"},
	{"nothing", false, 0, {.set = 0}, NULL},
	{"values that are not set", false, 0, {.set = 0, .priority = 99, .status = "?"}, NULL},
	{"empty title", false, 0, {.set = TASK_SET_TITLE, .title = ""}, "title"},
	{"blank title", false, 0, {.set = TASK_SET_TITLE, .title = "   "}, "title"},
	{"two lines", false, 0, {.set = TASK_SET_TITLE, .title = "a\nb"}, "title"},
	{"DEL", false, 0, {.set = TASK_SET_TITLE, .title = "a\x7f"}, "title"},
	{"bad UTF-8", false, 0, {.set = TASK_SET_TITLE, .title = "a\xc3"}, "title"},
	{"overlong UTF-8", false, 0, {.set = TASK_SET_TITLE, .title = "\xc0\xaf"}, "title"},
	{"umlaut", false, 0, {.set = TASK_SET_TITLE, .title = "\xc3\xbc"}, NULL},
	{"null project", false, 0, {.set = TASK_SET_PROJECT_ID}, "project_id"},
	{"nobody", false, 0, {.set = TASK_SET_ASSIGNEE_ID}, NULL},
	{"negative assignee", false, 0, {.set = TASK_SET_ASSIGNEE_ID, .assignee_id = -7}, "assignee_id"},
	{"status", false, 0, {.set = TASK_SET_STATUS, .status = "in_progress"}, NULL},
	{"unknown status", false, 0, {.set = TASK_SET_STATUS, .status = "Done"}, "status"},
	{"null status", false, 0, {.set = TASK_SET_STATUS}, "status"},
	{"priority 0", false, 0, {.set = TASK_SET_PRIORITY, .priority = 0}, NULL},
	{"priority 3", false, 0, {.set = TASK_SET_PRIORITY, .priority = 3}, NULL},
	{"priority 4", false, 0, {.set = TASK_SET_PRIORITY, .priority = 4}, "priority"},
	{"priority -1", false, 0, {.set = TASK_SET_PRIORITY, .priority = -1}, "priority"},
	{"huge priority", false, 0, {.set = TASK_SET_PRIORITY, .priority = INT64_MAX}, "priority"},
	{"no due date", false, 0, {.set = TASK_SET_DUE_AT, .due_at_us = TIME_NONE}, NULL},
	{"first due date", false, 0, {.set = TASK_SET_DUE_AT, .due_at_us = RULE_TIME_MIN}, NULL},
	{"before it", false, 0, {.set = TASK_SET_DUE_AT, .due_at_us = RULE_TIME_MIN - 1}, "due_at"},
	{"last due date", false, 0, {.set = TASK_SET_DUE_AT, .due_at_us = RULE_TIME_MAX}, NULL},
	{"after it", false, 0, {.set = TASK_SET_DUE_AT, .due_at_us = INT64_MAX}, "due_at"},
	{"empty description", false, 0, {.set = TASK_SET_DESCRIPTION, .description = ""}, NULL},
	{"two lines of description", false, 0, {.set = TASK_SET_DESCRIPTION, .description = "a\nb"}, NULL},
	{"null description", false, 0, {.set = TASK_SET_DESCRIPTION}, "description"},
	{"metadata", false, 0, {.set = TASK_SET_METADATA, .metadata = "{\"a\":[{}]}"}, NULL},
	{"clear metadata", false, 0, {.set = TASK_SET_METADATA}, NULL},
	{"create with null metadata", true, 5,
	 {.set = NEW | TASK_SET_METADATA, .title = "x", .project_id = 1}, "metadata"},
	{"metadata array", false, 0, {.set = TASK_SET_METADATA, .metadata = "[]"}, "metadata"},
	{"brackets in strings", false, 0,
	 {.set = TASK_SET_METADATA, .metadata = "{\"a\":\"[[[[[[[[[[[[[[[[[[[[\\\"[[[[\"}"}, NULL},
	{"16 levels", false, 0,
	 {.set = TASK_SET_METADATA, .metadata = "{\"a\":[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]}"}, NULL},
	{"17 levels", false, 0,
	 {.set = TASK_SET_METADATA, .metadata = "{\"a\":[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]}"}, "metadata"},
};
/* clang-format on */

static void checks_tasks(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(task_cases); i++) {
		struct err err = ERR_INIT;
		int result = task_input_check(&task_cases[i].in, task_cases[i].creating,
					      task_cases[i].actor_id, &err);

		expect(task_cases[i].label, result, &err, task_cases[i].field);
	}
}

/* Lengths count characters, not bytes. */
static void checks_lengths(void **state)
{
	static const struct {
		const char *field, *unit;
		uint32_t set;
		size_t max;
	} cases[] = {
		{"title", "x", TASK_SET_TITLE, TASK_TITLE_MAX},
		{"title", "\xe2\x82\xac", TASK_SET_TITLE, TASK_TITLE_MAX},
		{"description", "\xf0\x9f\x98\x80", TASK_SET_DESCRIPTION, TASK_DESCRIPTION_MAX},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		for (size_t over = 0; over < 2; over++) {
			char *text = repeat(cases[i].unit, cases[i].max + over);
			struct task_input in = {
				.set = cases[i].set, .title = text, .description = text};
			struct err err = ERR_INIT;

			expect(cases[i].field, task_input_check(&in, false, 0, &err), &err,
			       over ? cases[i].field : NULL);
			free(text);
		}
	}
}

static void checks_metadata_size(void **state)
{
	(void)state;
	for (size_t over = 0; over < 2; over++) {
		char *value = repeat("x", TASK_METADATA_MAX_BYTES - strlen("{\"a\":\"\"}") + over);
		char *text = malloc(TASK_METADATA_MAX_BYTES + 2);
		struct task_input in = {.set = TASK_SET_METADATA, .metadata = text};
		struct err err = ERR_INIT;

		assert_non_null(text);
		(void)snprintf(text, TASK_METADATA_MAX_BYTES + 2, "{\"a\":\"%s\"}", value);
		expect("metadata size", task_input_check(&in, false, 0, &err), &err,
		       over ? "metadata" : NULL);
		free(text);
		free(value);
	}
}

typedef int rule_of_text(const char *field, const char *value, struct err *err);

/* clang-format off */
static const struct {
	const char *value;
	rule_of_text *rule;
	bool good;
} text_cases[] = {
	{"a@b.example", rule_email, true},
	{"a@b", rule_email, true},
	{"@b.example", rule_email, false},
	{"a@", rule_email, false},
	{"a@b@c", rule_email, false},
	{"a b@c", rule_email, false},
	{"a@b\n", rule_email, false},
	{"nobody", rule_email, false},
	{NULL, rule_email, false},
	{"UTC", rule_time_zone, true},
	{"Europe/Berlin", rule_time_zone, true},
	{"America/Argentina/Buenos_Aires", rule_time_zone, true},
	{"Etc/GMT+3", rule_time_zone, true},
	{"", rule_time_zone, false},
	{"/etc/passwd", rule_time_zone, false},
	{"Europe//Berlin", rule_time_zone, false},
	{"Europe/", rule_time_zone, false},
	{"../../etc/passwd", rule_time_zone, false},
	{"UTC'; DROP", rule_time_zone, false},
	{"europe/Berlin", rule_time_zone, false},
	{NULL, rule_time_zone, false},
	{"en", rule_locale, true},
	{"pt-BR", rule_locale, true},
	{"zh-Hant-TW", rule_locale, true},
	{"de-1996", rule_locale, true},
	{"e", rule_locale, false},
	{"en-", rule_locale, false},
	{"-en", rule_locale, false},
	{"en_US", rule_locale, false},
	{"12", rule_locale, false},
	{"abcdefghi", rule_locale, false},
	{NULL, rule_locale, false},
};
/* clang-format on */

static void checks_forms(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(text_cases); i++) {
		const char *value = text_cases[i].value;
		struct err err = ERR_INIT;
		int result = text_cases[i].rule("field", value, &err);

		expect(value ? value : "NULL", result, &err, text_cases[i].good ? NULL : "field");
	}
}

static void checks_users(void **state)
{
	static const struct {
		bool creating;
		struct user_input in;
		const char *field;
	} cases[] = {
		{true, {.set = 3, .email = "a@b", .display_name = "A"}, NULL},
		{true, {.set = USER_SET_DISPLAY_NAME, .display_name = "A"}, "email"},
		{true, {.set = USER_SET_EMAIL, .email = "a@b"}, "display_name"},
		{false, {.set = 0}, NULL},
		{false, {.set = USER_SET_ROLE, .role = "admin"}, NULL},
		{false, {.set = USER_SET_ROLE, .role = "root"}, "role"},
		{false, {.set = USER_SET_ROLE}, "role"},
		{false, {.set = USER_SET_BIO, .bio = ""}, NULL},
		{false, {.set = USER_SET_BIO}, "bio"},
		{false, {.set = USER_SET_TIME_ZONE, .time_zone = "nowhere"}, "time_zone"},
		{false, {.set = USER_SET_LOCALE, .locale = "english language"}, "locale"},
		{false, {.set = USER_SET_EMAIL, .email = "a"}, "email"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct err err = ERR_INIT;

		expect(cases[i].field ? cases[i].field : "accepted",
		       user_input_check(&cases[i].in, cases[i].creating, &err), &err,
		       cases[i].field);
	}
}

static void checks_projects_and_tags(void **state)
{
	static const struct {
		struct project_input in;
		bool creating;
		int64_t actor_id;
		const char *field;
	} projects[] = {
		{{.set = PROJECT_SET_NAME, .name = "P"}, true, 1, NULL},
		{{.set = PROJECT_SET_NAME, .name = "P"}, true, 0, "owner_id"},
		{{.set = PROJECT_SET_NAME | PROJECT_SET_OWNER_ID, .name = "P"},
		 true,
		 1,
		 "owner_id"},
		{{.set = 0}, true, 1, "name"},
		{{.set = PROJECT_SET_DESCRIPTION}, false, 0, "description"},
	};
	static const struct {
		struct tag_input in;
		bool creating;
		const char *field;
	} tags[] = {
		{{.set = TAG_SET_NAME, .name = "t"}, true, NULL},
		{{.set = TAG_SET_COLOUR, .colour = "#00ff7f"}, true, "name"},
		{{.set = TAG_SET_COLOUR, .colour = "#00ff7f"}, false, NULL},
		{{.set = TAG_SET_COLOUR, .colour = "#00FF7F"}, false, "colour"},
		{{.set = TAG_SET_COLOUR, .colour = "#00ff7"}, false, "colour"},
		{{.set = TAG_SET_COLOUR, .colour = "red"}, false, "colour"},
		{{.set = TAG_SET_COLOUR}, false, "colour"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(projects); i++) {
		struct err err = ERR_INIT;

		expect("project",
		       project_input_check(&projects[i].in, projects[i].creating,
					   projects[i].actor_id, &err),
		       &err, projects[i].field);
	}
	for (size_t i = 0; i < ARRAY_LEN(tags); i++) {
		struct err err = ERR_INIT;

		expect("tag", tag_input_check(&tags[i].in, tags[i].creating, &err), &err,
		       tags[i].field);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(checks_tasks),         cmocka_unit_test(checks_lengths),
		cmocka_unit_test(checks_metadata_size), cmocka_unit_test(checks_forms),
		cmocka_unit_test(checks_users),         cmocka_unit_test(checks_projects_and_tags),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
