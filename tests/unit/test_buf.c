/* test_buf.c - growth, limits, failed allocations and numbers of struct buf. */
#include <float.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <tasklab/base/buf.h>

/* The linker sends realloc here (--wrap): the nth call from now fails, -1 for none. */
static int fail_at = -1;

void *__real_realloc(void *old, size_t size);
void *__wrap_realloc(void *old, size_t size);

void *__wrap_realloc(void *old, size_t size)
{
	if (fail_at >= 0 && fail_at-- == 0)
		return NULL;
	return __real_realloc(old, size);
}

static void test_empty(void **state)
{
	AUTO(buf_release) struct buf buf = BUF_INIT(10);
	AUTO(freep) char *taken = NULL;

	(void)state;
	assert_string_equal(buf_str(&buf), "");
	assert_int_equal(buf_check(&buf, NULL), 0);
	taken = buf_take(&buf);
	assert_string_equal(taken, "");
	assert_null(buf.data);
}

static void test_append_reaches_max_and_no_further(void **state)
{
	AUTO(buf_release) struct buf buf = BUF_INIT(100);
	struct err err = ERR_INIT;

	(void)state;
	for (int i = 0; i < 10; i++)
		buf_puts(&buf, "0123456789");
	assert_int_equal(buf.len, 100);
	assert_int_equal(buf_check(&buf, &err), 0);
	buf_putc(&buf, 'x');
	assert_int_equal(buf_check(&buf, &err), -1);
	assert_int_equal(err.code, ERR_TOO_LARGE);
	assert_int_equal(buf.len, 100);
	assert_int_equal(buf.data[100], '\0');
	assert_null(buf_reserve(&buf, 0));
	assert_null(buf_take(&buf));
	buf_reset(&buf);
	buf_puts(&buf, "again");
	assert_int_equal(buf_check(&buf, &err), 0);
	assert_string_equal(buf_str(&buf), "again");
}

static void test_huge_length_does_not_wrap(void **state)
{
	AUTO(buf_release) struct buf buf = BUF_INIT(SIZE_MAX);
	struct err err = ERR_INIT;

	(void)state;
	buf_puts(&buf, "abc");
	assert_null(buf_reserve(&buf, SIZE_MAX));
	assert_int_equal(buf_check(&buf, &err), -1);
	buf_reset(&buf);
	buf_puts(&buf, "abc");
	assert_null(buf_reserve(&buf, SIZE_MAX - 3));
	assert_int_equal(buf_check(&buf, &err), -1);
	assert_int_equal(err.code, ERR_NO_MEMORY);
	assert_string_equal(buf_str(&buf), "abc");
}

static void write_much(struct buf *buf)
{
	buf_puts(buf, "head ");
	for (int i = 0; i < 200; i++)
		buf_printf(buf, "%d and ", i);
	buf_u64(buf, UINT64_MAX);
}

static void test_every_failed_allocation_is_reported(void **state)
{
	bool failed = true;

	(void)state;
	for (int nth = 0; failed; nth++) {
		AUTO(buf_release) struct buf buf = BUF_INIT(1 << 20);
		struct err err = ERR_INIT;
		size_t len;

		fail_at = nth;
		write_much(&buf);
		failed = fail_at == -1 && buf.failed;
		fail_at = -1;
		assert_int_equal(buf_check(&buf, &err), failed ? -1 : 0);
		if (!failed) {
			assert_true(nth > 2); /* it grew in several steps */
			break;
		}
		assert_int_equal(err.code, ERR_NO_MEMORY);
		assert_int_equal(strlen(buf_str(&buf)), buf.len);
		len = buf.len;
		buf_puts(&buf, "more"); /* sticky */
		assert_int_equal(buf.len, len);
	}
}

static void test_printf_over_the_edge_keeps_the_contents(void **state)
{
	AUTO(buf_release) struct buf buf = BUF_INIT(70);

	(void)state;
	buf_puts(&buf, "0123456789");
	buf_printf(&buf, "%060d", 7);
	assert_int_equal(buf.len, 70);
	assert_false(buf.failed);
	buf_printf(&buf, "%s", "");
	assert_false(buf.failed);
	buf_printf(&buf, "%d", 1);
	assert_true(buf.failed);
	assert_int_equal(strlen(buf.data), 70);
}

static void test_reserve_and_commit(void **state)
{
	AUTO(buf_release) struct buf buf = BUF_INIT(1000);
	char *to = buf_reserve(&buf, 500);

	(void)state;
	assert_non_null(to);
	memset(to, 'x', 500);
	buf_commit(&buf, 3);
	assert_string_equal(buf_str(&buf), "xxx");
}

static void test_integers(void **state)
{
	static const struct {
		int64_t value;
		const char *text;
	} cases[] = {{0, "0"},
		     {9, "9"},
		     {10, "10"},
		     {-1, "-1"},
		     {INT64_MAX, "9223372036854775807"},
		     {INT64_MIN, "-9223372036854775808"}};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		AUTO(buf_release) struct buf buf = BUF_INIT(32);

		buf_i64(&buf, cases[i].value);
		assert_string_equal(buf_str(&buf), cases[i].text);
	}
	AUTO(buf_release) struct buf buf = BUF_INIT(32);

	buf_u64(&buf, UINT64_MAX);
	assert_string_equal(buf_str(&buf), "18446744073709551615");
}

static void test_doubles_are_short_and_exact(void **state)
{
	static const struct {
		double value;
		const char *text;
	} cases[] = {{0, "0"},
		     {-0.0, "-0"},
		     {0.1, "0.1"},
		     {0.0005, "0.0005"},
		     {1.5, "1.5"},
		     {-2, "-2"},
		     {1e15, "1000000000000000"},
		     {9007199254740991.0, "9007199254740991"},
		     {1e22, "1e+22"},
		     {0.1 + 0.2, "0.30000000000000004"},
		     {1.0 / 3, "0.3333333333333333"},
		     {DBL_MAX, "1.7976931348623157e+308"},
		     {5e-324, "4.94065645841247e-324"},
		     {(double)INFINITY, "+Inf"},
		     {-(double)INFINITY, "-Inf"},
		     {(double)NAN, "NaN"}};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		AUTO(buf_release) struct buf buf = BUF_INIT(64);

		buf_f64(&buf, cases[i].value);
		assert_string_equal(buf_str(&buf), cases[i].text);
		if (!isnan(cases[i].value))
			assert_true(strtod(buf_str(&buf), NULL) == cases[i].value);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_empty),
		cmocka_unit_test(test_append_reaches_max_and_no_further),
		cmocka_unit_test(test_huge_length_does_not_wrap),
		cmocka_unit_test(test_every_failed_allocation_is_reported),
		cmocka_unit_test(test_printf_over_the_edge_keeps_the_contents),
		cmocka_unit_test(test_reserve_and_commit),
		cmocka_unit_test(test_integers),
		cmocka_unit_test(test_doubles_are_short_and_exact),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
