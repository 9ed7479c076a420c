/* test_follow.c - statements of other databases: what is followed, when counting begins anew. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "db/follow.h"

static const int64_t ids[DB_FOLLOW_IDS_MAX + 1] = {1, 2, 3};

static void forget_all(void)
{
	for (size_t name = 0; name < DB_FOLLOW_NAMES_MAX; name++)
		db_unfollow(name);
}

static void test_same_goes_on(void **state)
{
	struct follow follows[DB_FOLLOW_MAX];
	uint64_t version;

	(void)state;
	assert_int_equal(follow_copy(follows), 0);
	db_follow(3, "lab_x", ids, 2);
	assert_int_equal(follow_copy(follows), 1);
	version = follows[0].version;
	assert_int_equal(follows[0].name, 3);
	assert_string_equal(follows[0].database, "lab_x");
	assert_int_equal(follows[0].count, 2);
	db_follow(3, "lab_x", ids, 2);
	assert_int_equal(follow_copy(follows), 1);
	assert_int_equal(follows[0].version, version);
	forget_all();
}

/* Another set of identifiers, another database, and a lab that comes again count from their own
 * first look. */
static void test_changes_begin_anew(void **state)
{
	struct follow follows[DB_FOLLOW_MAX];
	uint64_t version;

	(void)state;
	db_follow(0, "lab_x", ids, 2);
	(void)follow_copy(follows);
	version = follows[0].version;
	db_follow(0, "lab_x", ids, 3);
	(void)follow_copy(follows);
	assert_true(follows[0].version > version);
	version = follows[0].version;
	db_follow(0, "lab_y", ids, 3);
	(void)follow_copy(follows);
	assert_true(follows[0].version > version);
	version = follows[0].version;
	db_unfollow(0);
	db_follow(0, "lab_y", ids, 3);
	assert_int_equal(follow_copy(follows), 1);
	assert_true(follows[0].version > version);
	forget_all();
}

static void test_limits(void **state)
{
	static const char *const names[DB_FOLLOW_NAMES_MAX + 1];
	struct follow follows[DB_FOLLOW_MAX];
	struct err err = ERR_INIT;

	(void)state;
	for (size_t name = 0; name < DB_FOLLOW_MAX + 2; name++)
		db_follow(name, "lab_x", ids, DB_FOLLOW_IDS_MAX + 1);
	assert_int_equal(follow_copy(follows), DB_FOLLOW_MAX);
	assert_int_equal(follows[0].count, DB_FOLLOW_IDS_MAX);
	db_unfollow(1);
	assert_int_equal(follow_copy(follows), DB_FOLLOW_MAX - 1);
	assert_int_equal(follows[1].name, 2);
	forget_all();
	assert_int_equal(db_follow_names(names, DB_FOLLOW_NAMES_MAX + 1, &err), -1);
	assert_int_equal(err.code, ERR_TOO_LARGE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_same_goes_on),
		cmocka_unit_test(test_changes_begin_anew),
		cmocka_unit_test(test_limits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
