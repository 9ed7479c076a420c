/* test_script.c - statements and directives become sessions and steps. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <tasklab/base/buf.h>

#include "lab/script.h"

/* "name{kind*repeat:sql, ...}" a session; kinds: planned, utility, begin, end, | a barrier. */
static void describe(const struct script *script, struct buf *out)
{
	static const char kinds[] = "PUBE|";

	for (size_t i = 0; i < script->count; i++) {
		const struct script_session *session = &script->sessions[i];

		buf_printf(out, "%s{", session->name);
		for (size_t j = 0; j < session->count; j++) {
			const struct script_step *step = &session->steps[j];

			buf_printf(out, "%s%c", j ? " " : "", kinds[step->kind]);
			if (step->repeat)
				buf_printf(out, "*%d", (int)step->repeat);
			if (step->sql)
				buf_printf(out, ":%s", step->sql);
		}
		buf_puts(out, "}");
	}
}

static const struct {
	const char *label, *text, *expected;
} CASES[] = {
	{"one", "SELECT $1;", "{P:SELECT $1}"},
	{"several", "BEGIN;\nSET a = 1;\n(VALUES (1));\nCOMMIT;",
	 "{B:BEGIN U:SET a = 1 P:(VALUES (1)) E:COMMIT}"},
	{"kinds of statements",
	 "table t; Merge x; with a; truncate t; start transaction; end;"
	 " rollback to a; rollback; commit prepared 'x'; abort",
	 "{P:table t P:Merge x P:with a U:truncate t B:start transaction E:end U:rollback to a"
	 " E:rollback U:commit prepared 'x' E:abort}"},
	{"prose in comments", "-- A repeat visitor.\n-- sessions\nSELECT 1", "{P:SELECT 1}"},
	{"directive inside a statement is prose", "SELECT\n-- repeat 3\n1",
	 "{P:SELECT\n-- repeat 3\n1}"},
	{"repeat", "-- repeat 3\nSELECT $3;\nSELECT 2", "{P*3:SELECT $3 P:SELECT 2}"},
	{"comment between", "-- repeat 100000\n-- why\n/* and */ SELECT 1", "{P*100000:SELECT 1}"},
	{"sessions",
	 "-- session a\nBEGIN;\n-- barrier\nCOMMIT;\n--session b-2\n-- barrier\nSELECT 1",
	 "a{B:BEGIN | E:COMMIT}b-2{| P:SELECT 1}"},
	{"blanks in a directive", "  --   session   a  \nSELECT 1", "a{P:SELECT 1}"},
	{"repeat in a session", "-- session a\n-- repeat 2\nSELECT $1", "a{P*2:SELECT $1}"},
};

static void reads(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(CASES); i++) {
		AUTO(script_freep) struct script *script = NULL;
		AUTO(buf_release) struct buf found = BUF_INIT(4096);
		struct err err = ERR_INIT;

		if (script_parse(CASES[i].text, 2, &script, &err) < 0)
			fail_msg("%s: %s", CASES[i].label, err.message);
		describe(script, &found);
		if (strcmp(buf_str(&found), CASES[i].expected) != 0)
			fail_msg("%s: %s", CASES[i].label, buf_str(&found));
	}
}

static const struct {
	const char *label, *text, *expected;
} MISTAKES[] = {
	{"nothing", "-- a\n;", "line 2: expected a statement, found none"},
	{"unclosed", "SELECT '", "line 1: this string is never closed"},
	{"parameter", "SELECT $1;\nSELECT $3",
	 "line 2: $3: expected at most $2: params.sql has 2 columns"},
	{"repeat's parameter", "-- repeat 2\nSELECT $4",
	 "line 2: $4: expected at most $3: params.sql has 2 columns"},
	{"repeat without a number", "-- repeat\nSELECT 1",
	 "line 1: expected \"-- repeat N\" with a number from 1 to 100000"},
	{"repeat 0", "-- repeat 0\nSELECT 1", "expected \"-- repeat N\" with a number"},
	{"repeat with prose", "-- repeat the query\nSELECT 1", "expected \"-- repeat N\""},
	{"repeat at the end", "SELECT 1;\n-- repeat 2\n",
	 "line 2: expected a statement behind \"-- repeat\""},
	{"repeat of a barrier", "-- session a\n-- repeat 2\n-- barrier\nSELECT 1",
	 "line 2: expected a statement behind \"-- repeat\""},
	{"session's name", "-- session A\nSELECT 1",
	 "line 1: expected \"-- session NAME\" with a name of a-z"},
	{"long name", "-- session abcdefghijklmnopqrstuvwxyz-123456\nSELECT 1",
	 "of at most 31 bytes"},
	{"session twice", "-- session a\nSELECT 1;\n-- session a\nSELECT 2",
	 "line 3: a session of this name stands above"},
	{"statement before a session", "SELECT 1;\n-- session a\nSELECT 2",
	 "line 2: expected no statement before the first \"-- session\""},
	{"empty session", "-- session a\n-- barrier\n-- session b\nSELECT 2",
	 "session \"a\" has no statement"},
	{"barrier without a session", "SELECT 1;\n-- barrier\n",
	 "line 2: a barrier stands in a \"-- session\""},
	{"barrier with prose", "-- session a\n-- barrier for all\nSELECT 1",
	 "line 2: expected \"-- barrier\" and no more"},
	{"too many sessions",
	 "-- session a\nA;\n-- session b\nA;\n-- session c\nA;\n-- session d\nA;\n-- session "
	 "e\nA;\n"
	 "-- session f\nA;\n-- session g\nA;\n-- session h\nA;\n-- session i\nA;\n",
	 "line 17: expected at most 8 sessions"},
};

static void mistakes(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(MISTAKES); i++) {
		AUTO(script_freep) struct script *script = NULL;
		struct err err = ERR_INIT;

		if (script_parse(MISTAKES[i].text, 2, &script, &err) == 0)
			fail_msg("%s: was read", MISTAKES[i].label);
		assert_int_equal(err.code, ERR_INVALID);
		if (!strstr(err.message, MISTAKES[i].expected))
			fail_msg("%s: %s", MISTAKES[i].label, err.message);
	}
}

static void limits(void **state)
{
	AUTO(buf_release) struct buf text = BUF_INIT(65536);
	AUTO(script_freep) struct script *script = NULL;
	struct err err = ERR_INIT;

	(void)state;
	for (int i = 0; i < SCRIPT_STEPS_MAX; i++)
		buf_puts(&text, "SELECT 1;\n");
	assert_int_equal(script_parse(buf_str(&text), 0, &script, &err), 0);
	buf_puts(&text, "SELECT $99;\n");
	assert_int_equal(script_parse(buf_str(&text), 0, &script, &err), -1);
	assert_string_equal(err.message, "line 101: expected at most 100 statements in a session");
}

static void single(void **state)
{
	static const struct {
		const char *text;
		bool single;
	} cases[] = {{"SELECT 1;", true},
		     {"SELECT 1; SELECT 2", false},
		     {"-- repeat 1\nSELECT 1", false},
		     {"-- session a\nSELECT 1;\n-- session b\nSELECT 1", false}};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		AUTO(script_freep) struct script *script = NULL;

		assert_int_equal(script_parse(cases[i].text, 1, &script, NULL), 0);
		assert_true((script_single(script) != NULL) == cases[i].single);
	}
}

static void split(void **state)
{
	AUTO(script_list_release) struct script_list list = {.items = NULL};
	struct err err = ERR_INIT;

	(void)state;
	assert_int_equal(
		script_split("-- session a\nVACUUM;\n\nCREATE INDEX;;\n-- repeat 2\n", &list, &err),
		0);
	assert_int_equal(list.count, 2);
	assert_string_equal(list.items[0].sql, "VACUUM");
	assert_int_equal(list.items[0].line, 2);
	assert_string_equal(list.items[1].sql, "CREATE INDEX");
	assert_int_equal(list.items[1].line, 4);
	script_list_release(&list);
	assert_int_equal(script_split("-- nothing\n", &list, &err), 0);
	assert_int_equal(list.count, 0);
	assert_int_equal(script_split("SELECT 1;\nDO $$ ", &list, &err), -1);
	assert_string_equal(err.message, "line 2: this dollar-quoted string is never closed");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads),  cmocka_unit_test(mistakes), cmocka_unit_test(limits),
		cmocka_unit_test(single), cmocka_unit_test(split),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
