/* test_sqlstate.c - which SQLSTATE becomes which err code. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include <tasklab/db/db.h>

#include "db/sqlstate.h"

static const struct {
	const char *sqlstate;
	enum err_code code;
	unsigned retry_after_s;
} cases[] = {
	{"08006", ERR_UNAVAILABLE, 1},   /* connection_failure */
	{"22003", ERR_UNPROCESSABLE, 0}, /* numeric_value_out_of_range */
	{"22021", ERR_UNPROCESSABLE, 0}, /* character_not_in_repertoire */
	{"22P03", ERR_INTERNAL, 0},      {"23001", ERR_CONFLICT, 0},
	{"23502", ERR_UNPROCESSABLE, 0}, {"23503", ERR_CONFLICT, 0},
	{"23505", ERR_CONFLICT, 0},      {"23514", ERR_UNPROCESSABLE, 0},
	{"23P01", ERR_CONFLICT, 0}, /* exclusion_violation */
	{"25006", ERR_UNAVAILABLE, 1},   {"25P03", ERR_TIMEOUT, 1},
	{"28P01", ERR_UNAVAILABLE, 1}, /* invalid_password */
	{"3D000", ERR_UNAVAILABLE, 1},   {"3F000", ERR_INTERNAL, 0},
	{"40001", ERR_CONFLICT, 0},      {"40P01", ERR_CONFLICT, 0},
	{"40003", ERR_UNAVAILABLE, 1},   {"42P01", ERR_INTERNAL, 0},    /* undefined_table */
	{"53300", ERR_UNAVAILABLE, 1},   {"53100", ERR_UNAVAILABLE, 1}, /* disk_full */
	{"54000", ERR_UNPROCESSABLE, 0}, {"55P03", ERR_TIMEOUT, 1},
	{"57014", ERR_TIMEOUT, 1},       {"57P01", ERR_UNAVAILABLE, 1},
	{"57P03", ERR_UNAVAILABLE, 1},   {"XX000", ERR_INTERNAL, 0},
	{"", ERR_INTERNAL, 0},
};

static void sorts_states(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct err err = ERR_INIT;

		assert_int_equal(sqlstate_err(&err, cases[i].sqlstate, NULL, "text"), -1);
		if (err.code != cases[i].code || err.retry_after_s != cases[i].retry_after_s)
			fail_msg("%s: %s, retry after %u", cases[i].sqlstate, err_name(err.code),
				 err.retry_after_s);
		assert_non_null(strstr(err.detail, cases[i].sqlstate));
		assert_null(
			strstr(err.message, "text")); /* the server's words stay in the detail */
	}
	assert_int_equal(sqlstate_err(NULL, "23505", "x", "text"), -1);
}

static void names_the_constraint(void **state)
{
	struct err err = ERR_INIT;
	char longest[sizeof(err.detail) + 1];

	(void)state;
	(void)sqlstate_err(&err, "23505", "users_email_key", "duplicate key");
	assert_true(db_violates(&err, "users_email_key"));
	assert_false(db_violates(&err, "users_email"));
	assert_false(db_violates(&err, "email_key"));
	memset(longest, 'x', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = '\0';
	assert_false(db_violates(&err, longest));
	(void)sqlstate_err(&err, "57014", "", "canceled");
	assert_false(db_violates(&err, ""));
}

static void knows_the_end_of_a_session(void **state)
{
	(void)state;
	assert_true(sqlstate_ends_session("57P01"));
	assert_true(sqlstate_ends_session("57P02"));
	assert_true(sqlstate_ends_session("08006"));
	assert_true(sqlstate_ends_session("25P03"));
	assert_false(sqlstate_ends_session("57014"));
	assert_false(sqlstate_ends_session("25P02"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sorts_states),
		cmocka_unit_test(names_the_constraint),
		cmocka_unit_test(knows_the_end_of_a_session),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
