/* test_db_args.c - arguments as they go over the wire, byte by byte. */
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "db/arg.h"
#include "db/pgtype.h"

static const int64_t two[] = {1, -2};
static const char *const texts[] = {"ab", NULL, ""};

static const struct {
	const char *label;
	struct db_arg arg;
	unsigned type;
	const char *bytes;
	int length;
} cases[] = {
	{"true", {.type = DB_BOOL, .boolean = true}, OID_BOOL, "\1", 1},
	{"i64", {.type = DB_I64, .i64 = -2}, OID_INT8, "\377\377\377\377\377\377\377\376", 8},
	{"i32", {.type = DB_I32, .i64 = 258}, OID_INT4, "\0\0\1\2", 4},
	{"f64", {.type = DB_F64, .f64 = 1.0}, OID_FLOAT8, "\77\360\0\0\0\0\0\0", 8},
	{"2000-01-01",
	 {.type = DB_TIME, .i64 = INT64_C(946684800000000)},
	 OID_TIMESTAMPTZ,
	 "\0\0\0\0\0\0\0\0",
	 8},
	{"text", {.type = DB_TEXT, .text = {"a\0b", 3}}, OID_TEXT, "a\0b", 3},
	{"empty text", {.type = DB_TEXT, .text = {"", 0}}, OID_TEXT, "", 0},
	{"i64s",
	 {.type = DB_I64_ARRAY, .i64s = {two, 2}},
	 OID_INT8_ARRAY,
	 "\0\0\0\1\0\0\0\0\0\0\0\24\0\0\0\2\0\0\0\1"
	 "\0\0\0\10\0\0\0\0\0\0\0\1\0\0\0\10\377\377\377\377\377\377\377\376",
	 44},
	{"no i64s", {.type = DB_I64_ARRAY}, OID_INT8_ARRAY, "\0\0\0\0\0\0\0\0\0\0\0\24", 12},
	{"texts",
	 {.type = DB_TEXT_ARRAY, .texts = {texts, 3}},
	 OID_TEXT_ARRAY,
	 "\0\0\0\1\0\0\0\1\0\0\0\31\0\0\0\3\0\0\0\1"
	 "\0\0\0\2ab\377\377\377\377\0\0\0\0",
	 34},
};

static void encodes(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		/* Twice, so that two arrays share one allocation. */
		const struct db_arg both[] = {cases[i].arg, cases[i].arg};
		AUTO(args_release) struct args args;
		struct err err = ERR_INIT;

		assert_int_equal(args_encode(both, 2, &args, &err), 0);
		for (int k = 0; k < 2; k++) {
			if (args.types[k] != cases[i].type || args.lengths[k] != cases[i].length ||
			    args.formats[k] != 1 || !args.values[k] ||
			    memcmp(args.values[k], cases[i].bytes, (size_t)cases[i].length) != 0)
				fail_msg("%s", cases[i].label);
		}
	}
}

static void nulls_have_no_type(void **state)
{
	AUTO(args_release) struct args args;

	(void)state;
	assert_int_equal(args_encode(DB_ARGS(db_null(), db_text(NULL), db_json(NULL)), &args, NULL),
			 0);
	for (int i = 0; i < 3; i++) {
		assert_null(args.values[i]);
		assert_int_equal(args.types[i], 0);
	}
}

static void json_goes_as_text(void **state)
{
	AUTO(args_release) struct args args;

	(void)state;
	assert_int_equal(args_encode(DB_ARGS(db_json("{}")), &args, NULL), 0);
	assert_int_equal(args.types[0], OID_JSONB);
	assert_int_equal(args.formats[0], 0);
	assert_string_equal(args.values[0], "{}");
}

static void refuses_too_much(void **state)
{
	struct db_arg many[DB_ARGS_MAX + 1];
	struct args args;
	struct err err = ERR_INIT;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(many); i++)
		many[i] = db_bool(true);
	assert_int_equal(args_encode(many, DB_ARGS_MAX, &args, &err), 0);
	args_release(&args);
	assert_int_equal(args_encode(many, DB_ARGS_MAX + 1, &args, &err), -1);
	assert_int_equal(err.code, ERR_INTERNAL);
	assert_int_equal(args_encode(DB_ARGS(db_text_n("x", (size_t)INT_MAX + 1)), &args, &err),
			 -1);
	assert_int_equal(err.code, ERR_TOO_LARGE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(encodes),
		cmocka_unit_test(nulls_have_no_type),
		cmocka_unit_test(json_goes_as_text),
		cmocka_unit_test(refuses_too_much),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
