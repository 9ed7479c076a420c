/* test_equivalence.c - answers of two phases: which differ, and by which columns. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <tasklab/base/attr.h>

#include "db/result.h"
#include "lab/equivalence.h"

#define WIDTH  3
#define HEIGHT 3

/* A result in text form; NULL in columns ends them, "-" is null, rows end with an empty row. */
struct answer {
	const char *columns[WIDTH + 1];
	const char *values[HEIGHT + 1][WIDTH];
};

static struct db_result *result_of(const struct answer *answer)
{
	PGresult *pg = PQmakeEmptyPGresult(NULL, PGRES_TUPLES_OK);
	PGresAttDesc attributes[WIDTH] = {{.name = NULL}};
	int columns = 0;

	assert_non_null(pg);
	for (; answer->columns[columns]; columns++) {
		attributes[columns].name = (char *)(uintptr_t)answer->columns[columns];
		attributes[columns].typid = 25; /* text */
	}
	assert_true(PQsetResultAttrs(pg, columns, attributes));
	for (int row = 0; answer->values[row][0]; row++) {
		for (int i = 0; i < columns; i++) {
			const char *value = answer->values[row][i];
			bool null = strcmp(value, "-") == 0;

			assert_true(PQsetvalue(pg, row, i, null ? NULL : (char *)(uintptr_t)value,
					       null ? -1 : (int)strlen(value)));
		}
	}
	return result_from_pg(pg);
}

static int hash(const struct answer *answer, const struct lab_workload *workload,
		struct record_answer *ret, struct err *err)
{
	AUTO(db_result_freep) struct db_result *result = result_of(answer);

	return equivalence_answer(result, workload, ret, err);
}

static const struct answer PLAIN = {{"id", "title"}, {{"1", "a"}, {"2", "b"}}};

static const struct {
	const char *label;
	struct answer other;
	const char *answer[2]; /* workload.answer */
	bool ordered;
	bool same;
} CASES[] = {
	{"itself", {{"id", "title"}, {{"1", "a"}, {"2", "b"}}}, {NULL}, true, true},
	{"another order", {{"id", "title"}, {{"2", "b"}, {"1", "a"}}}, {NULL}, true, false},
	{"another order that does not count",
	 {{"id", "title"}, {{"2", "b"}, {"1", "a"}}},
	 {NULL},
	 false,
	 true},
	{"another value", {{"id", "title"}, {{"1", "a"}, {"2", "c"}}}, {NULL}, false, false},
	{"a row twice",
	 {{"id", "title"}, {{"1", "a"}, {"2", "b"}, {"2", "b"}}},
	 {NULL},
	 false,
	 false},
	{"a row too few", {{"id", "title"}, {{"1", "a"}}}, {NULL}, false, false},
	{"null for a value", {{"id", "title"}, {{"1", "a"}, {"2", "-"}}}, {NULL}, true, false},
	{"values that join alike",
	 {{"id", "title"}, {{"1a", ""}, {"2", "b"}}},
	 {NULL},
	 true,
	 false},
	{"a column more, without names",
	 {{"id", "title", "extra"}, {{"1", "a", "x"}, {"2", "b", "y"}}},
	 {NULL},
	 true,
	 false},
	{"a column more, with names",
	 {{"id", "title", "extra"}, {{"1", "a", "x"}, {"2", "b", "y"}}},
	 {"id", "title"},
	 true,
	 true},
	{"columns elsewhere, with names",
	 {{"extra", "title", "id"}, {{"x", "a", "1"}, {"y", "b", "2"}}},
	 {"id", "title"},
	 true,
	 true},
	{"another value in a column that does not count",
	 {{"id", "title"}, {{"1", "z"}, {"2", "b"}}},
	 {"id"},
	 true,
	 true},
	{"another value in the column that counts",
	 {{"id", "title"}, {{"1", "z"}, {"2", "b"}}},
	 {"title"},
	 true,
	 false},
};

static void answers(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(CASES); i++) {
		char *names[2] = {(char *)(uintptr_t)CASES[i].answer[0],
				  (char *)(uintptr_t)CASES[i].answer[1]};
		const struct lab_workload workload = {
			.rows = CASES[i].ordered ? LAB_ROWS_ORDERED : LAB_ROWS_UNORDERED,
			.answer = {names, (names[0] != NULL) + (size_t)(names[1] != NULL)}};
		struct record_answer left = {.rows = 0}, right = {.rows = 0};
		bool same;

		assert_int_equal(hash(&PLAIN, &workload, &left, NULL), 0);
		assert_int_equal(hash(&CASES[i].other, &workload, &right, NULL), 0);
		same = left.rows == right.rows && left.hash == right.hash;
		if (same != CASES[i].same)
			fail_msg("%s: %s", CASES[i].label, same ? "the same" : "different");
	}
}

/* A column of the answer that is not there, or not once. */
static void columns_missing(void **state)
{
	static const struct answer twice = {{"id", "id"}, {{"1", "1"}}};
	char *names[] = {(char[]){"id"}, (char[]){"name"}};
	struct lab_workload workload = {.answer = {names, 2}};
	struct record_answer ret = {.rows = 99};
	struct err err = ERR_INIT;

	(void)state;
	assert_int_equal(hash(&PLAIN, &workload, &ret, &err), -1);
	assert_int_equal(err.code, ERR_UNPROCESSABLE);
	assert_string_equal(err.detail, "\"name\": 0 of the 2 columns have this name");
	workload.answer.count = 1;
	assert_int_equal(hash(&twice, &workload, &ret, &err), -1);
	assert_string_equal(err.detail, "\"id\": 2 of the 2 columns have this name");
	assert_int_equal(ret.rows, 99);
}

/* A statement that returns no rows has no columns to look for. */
static void nothing_returned(void **state)
{
	static const struct answer nothing = {{NULL}, {{NULL}}};
	char *names[] = {(char[]){"id"}};
	const struct lab_workload workload = {.answer = {names, 1}};
	struct record_answer ret = {.rows = 99, .hash = 7};

	(void)state;
	assert_int_equal(hash(&nothing, &workload, &ret, NULL), 0);
	assert_int_equal(ret.rows, 99);
	assert_int_equal(ret.hash, 7);
}

/* Results of a repeated statement make one answer, as if one statement had returned all. */
static void added_up(void **state)
{
	static const struct answer first = {{"id", "title"}, {{"1", "a"}}};
	static const struct answer second = {{"id", "title"}, {{"2", "b"}}};

	(void)state;
	for (int ordered = 0; ordered < 2; ordered++) {
		const struct lab_workload workload = {.rows = ordered ? LAB_ROWS_ORDERED
								      : LAB_ROWS_UNORDERED};
		struct record_answer one = {.rows = 0}, two = {.rows = 0};

		assert_int_equal(hash(&PLAIN, &workload, &one, NULL), 0);
		assert_int_equal(hash(&first, &workload, &two, NULL), 0);
		assert_int_equal(hash(&second, &workload, &two, NULL), 0);
		assert_int_equal(two.rows, 2);
		assert_true(one.hash == two.hash);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(answers),
		cmocka_unit_test(columns_missing),
		cmocka_unit_test(nothing_returned),
		cmocka_unit_test(added_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
