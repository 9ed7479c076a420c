/* test_seen.c - each text with its parameter types is noted once, by any number of threads. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "db/seen.h"

#define THREADS 4
#define SHAPES  200

static const struct db_query query = {.name = "test", .sql = "SELECT $1", .index = 7};

static void note(uint32_t key, int count, const unsigned *types)
{
	seen_note(&query, key, query.sql, count, types);
}

static void test_noted_once(void **state)
{
	const unsigned types[] = {20, 25}, others[] = {20, 0};
	size_t before = seen_count();

	(void)state;
	note(1, 2, types);
	note(1, 2, types);
	assert_int_equal(seen_count(), before + 1);
	note(1, 2, others);
	note(1, 1, types);
	note(2, 2, types);
	assert_int_equal(seen_count(), before + 4);
	assert_int_equal(seen_get(before)->query, 7);
	assert_string_equal(seen_get(before)->sql, query.sql);
	assert_ptr_not_equal(seen_get(before)->sql, query.sql);
	assert_int_equal(seen_get(before)->count, 2);
	assert_memory_equal(seen_get(before)->types, types, sizeof(types));
	assert_int_equal(seen_get(before + 1)->types[1], 0);
}

static void *note_many(void *arg)
{
	(void)arg;
	for (uint32_t key = 0; key < SHAPES; key++)
		note(1000 + key, 0, NULL);
	return NULL;
}

static void test_threads(void **state)
{
	size_t before = seen_count();
	pthread_t threads[THREADS];

	(void)state;
	for (size_t i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, note_many, NULL), 0);
	for (size_t i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	assert_int_equal(seen_count(), before + SHAPES);
}

/* Runs last: it fills the table. */
static void test_bounded(void **state)
{
	size_t last = SEEN_MAX - 1;

	(void)state;
	for (uint32_t key = 0; key < 2 * SEEN_MAX; key++)
		note(100000 + key, 0, NULL);
	assert_int_equal(seen_count(), SEEN_MAX);
	assert_string_equal(seen_get(last)->sql, query.sql);
	note_many(NULL); /* those that are there are still found */
	assert_int_equal(seen_count(), SEEN_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_noted_once),
		cmocka_unit_test(test_threads),
		cmocka_unit_test(test_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
