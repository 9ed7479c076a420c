/* test_err.c - the error value: texts are cut, never overrun; codes know their status. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <tasklab/base/err.h>

static void test_set(void **state)
{
	struct err err = ERR_INIT;
	char longer[2000];

	(void)state;
	assert_int_equal(err_set(NULL, ERR_INVALID, "nobody asks", ""), -1);
	assert_int_equal(err_set(&err, ERR_NOT_FOUND, "no such task", "task %d", 7), -1);
	assert_int_equal(err.code, ERR_NOT_FOUND);
	assert_string_equal(err.message, "no such task");
	assert_string_equal(err.detail, "task 7");
	assert_string_equal(err.field, "");
	memset(longer, 'x', sizeof(longer) - 1);
	longer[sizeof(longer) - 1] = '\0';
	err_set(&err, ERR_INVALID, longer, "%s", longer);
	assert_int_equal(strlen(err.message), sizeof(err.message) - 1);
	assert_int_equal(strlen(err.detail), sizeof(err.detail) - 1);
}

static void test_field_replaces_what_was_there(void **state)
{
	struct err err = ERR_INIT;

	(void)state;
	err_set(&err, ERR_UNAVAILABLE, "later", "detail");
	err.retry_after_s = 5;
	assert_int_equal(err_field(&err, ERR_UNPROCESSABLE, "title", "at most %d", 200), -1);
	assert_string_equal(err.field, "title");
	assert_string_equal(err.message, "at most 200");
	assert_string_equal(err.detail, "");
	assert_int_equal(err.retry_after_s, 0);
}

static void test_passed_on_whole(void **state)
{
	struct err why = ERR_INIT, err = ERR_INIT;

	(void)state;
	(void)err_field(&why, ERR_UNPROCESSABLE, "title", "at most %d", 200);
	why.retry_after_s = 5;
	assert_int_equal(err_pass(NULL, &why), -1);
	assert_int_equal(err_pass(&err, &why), -1);
	assert_memory_equal(&err, &why, sizeof(err));
}

static void test_errno(void **state)
{
	struct err err = ERR_INIT;

	(void)state;
	err_errno(&err, ENOENT, "cannot open a file", "/x");
	assert_int_equal(err.code, ERR_INTERNAL);
	assert_string_equal(err.detail, "/x: No such file or directory");
	err_no_memory(&err);
	assert_int_equal(err.code, ERR_NO_MEMORY);
}

static void test_codes(void **state)
{
	(void)state;
	assert_int_equal(err_http_status(ERR_NONE), 200);
	assert_int_equal(err_http_status(ERR_PRECONDITION), 412);
	assert_int_equal(err_http_status(ERR_TIMEOUT), 503);
	assert_int_equal(err_http_status(ERR_CODE_COUNT), 500);
	assert_string_equal(err_name(ERR_NOT_FOUND), "ERR_NOT_FOUND");
	assert_string_equal(err_title(ERR_TOO_LARGE), "Content Too Large");
	assert_string_equal(err_title(ERR_CODE_COUNT), "Internal Server Error");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_set),
		cmocka_unit_test(test_field_replaces_what_was_there),
		cmocka_unit_test(test_passed_on_whole),
		cmocka_unit_test(test_errno),
		cmocka_unit_test(test_codes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
