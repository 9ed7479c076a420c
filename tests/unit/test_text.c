/* test_text.c - numbers, UTF-8, near words, copies, files. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include <tasklab/base/text.h>

static void test_i64(void **state)
{
	static const struct {
		const char *text;
		bool ok;
		int64_t value;
	} cases[] = {
		{"0", true, 0},
		{"7", true, 7},
		{"-7", true, -7},
		{"9223372036854775807", true, INT64_MAX},
		{"-9223372036854775808", true, INT64_MIN},
		{"9223372036854775808", false, 0},
		{"-9223372036854775809", false, 0},
		{"99999999999999999999999", false, 0},
		{"", false, 0},
		{"-", false, 0},
		{"-0", false, 0},
		{"00", false, 0},
		{"01", false, 0},
		{"-01", false, 0},
		{"+1", false, 0},
		{" 1", false, 0},
		{"1 ", false, 0},
		{"1.0", false, 0},
		{"0x1", false, 0},
		{"1e3", false, 0},
		{"\xD9\xA1", false, 0},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		int64_t value = 42;

		if (text_i64(cases[i].text, INT64_MIN, INT64_MAX, &value) != cases[i].ok ||
		    value != (cases[i].ok ? cases[i].value : 42))
			fail_msg("\"%s\": %lld", cases[i].text, (long long)value);
	}
	int64_t value = 42;

	assert_false(text_i64("11", 1, 10, &value));
	assert_false(text_i64("0", 1, 10, &value));
	assert_int_equal(value, 42);
	assert_true(text_i64("10", 1, 10, &value));
}

static void test_utf8_next(void **state)
{
	static const struct {
		const char *text;
		size_t n;
		uint32_t character;
	} cases[] = {
		{"a", 1, 'a'},
		{"h\xC3\xA9", 1, 'h'},
		{"\xC3\xA9", 2, 0xE9},
		{"\xE2\x82\xAC", 3, 0x20AC},
		{"\xF0\x9F\x98\x80", 4, 0x1F600},
		{"\xE2\x82", 0, 7},
		{"\x80", 0, 7},
		{"\xC0\xAF", 0, 7},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		uint32_t character = 7; /* left alone where there is none */

		assert_int_equal(text_utf8_next(cases[i].text, strlen(cases[i].text), &character),
				 cases[i].n);
		assert_int_equal(character, cases[i].character);
	}
}

static void test_utf8(void **state)
{
	static const struct {
		const char *label, *text;
		size_t len;
		bool ok;
	} cases[] = {
		{"empty", "", 0, true},
		{"ASCII with NUL", "a\0b", 3, true},
		{"first of two bytes", "\xC2\x80", 2, true},
		{"last of two", "\xDF\xBF", 2, true},
		{"first of three", "\xE0\xA0\x80", 3, true},
		{"before the surrogates", "\xED\x9F\xBF", 3, true},
		{"after the surrogates", "\xEE\x80\x80", 3, true},
		{"first of four", "\xF0\x90\x80\x80", 4, true},
		{"U+10FFFF", "\xF4\x8F\xBF\xBF", 4, true},
		{"lone continuation", "\x80", 1, false},
		{"overlong slash", "\xC0\xAF", 2, false},
		{"overlong two", "\xC1\xBF", 2, false},
		{"overlong three", "\xE0\x9F\xBF", 3, false},
		{"overlong four", "\xF0\x8F\xBF\xBF", 4, false},
		{"surrogate", "\xED\xA0\x80", 3, false},
		{"above U+10FFFF", "\xF4\x90\x80\x80", 4, false},
		{"F5", "\xF5\x80\x80\x80", 4, false},
		{"FE", "\xFE", 1, false},
		{"cut off after one", "\xC3", 1, false},
		{"cut off after two", "\xE2\x82", 2, false},
		{"cut off after three", "\xF0\x9F\x98", 3, false},
		{"broken by ASCII", "\xE2\x28\xA1", 3, false},
		{"second continuation bad", "\xE2\x82\x28", 3, false},
		{"fourth byte bad", "\xF0\x9F\x98\x28", 4, false},
		{"bad at the end", "good\xFF", 5, false},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		/* a copy of exactly that size, so that ASan sees a read past the end */
		char *exact = malloc(cases[i].len + (cases[i].len == 0));

		assert_non_null(exact);
		memcpy(exact, cases[i].text, cases[i].len);
		if (text_utf8(exact, cases[i].len) != cases[i].ok)
			fail_msg("%s", cases[i].label);
		free(exact);
	}
	assert_int_equal(text_utf8_length("h\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80", 10), 4);
}

static void test_nearest(void **state)
{
	static const char *const words[] = {"serve", "seed", "metrics", "db_pool_max",
					    "db_pool_min"};
	static const struct {
		const char *word, *nearest;
	} cases[] = {
		{"serv", "serve"},
		{"sreve", "serve"},
		{"sed", "seed"},
		{"metric", "metrics"},
		{"metircs", "metrics"},
		{"db_pool_mx", "db_pool_max"},
		{"frobnicate", NULL},
		{"", NULL},
		{"db_pool_min", "db_pool_min"},
		{"x", NULL},
		{"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
		 NULL},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		const char *got = text_nearest(cases[i].word, words, ARRAY_LEN(words));

		if (!got || !cases[i].nearest ? got != cases[i].nearest
					      : strcmp(got, cases[i].nearest) != 0)
			fail_msg("%s: %s", cases[i].word, got ? got : "(none)");
	}
}

static void test_files(void **state)
{
	char directory[] = "/tmp/test_text.XXXXXX";
	char path[64];
	AUTO(buf_release) struct buf buf = BUF_INIT(1 << 20);
	struct err err = ERR_INIT;
	struct stat st;
	char *big = calloc(1, 100000);

	(void)state;
	assert_non_null(big);
	assert_non_null(mkdtemp(directory));
	snprintf(path, sizeof(path), "%s/file", directory);
	assert_int_equal(text_read_file(path, 10, &buf, &err), -1);
	assert_non_null(strstr(err.detail, path));
	assert_int_equal(text_write_file(path, big, 100000, &err), 0);
	assert_int_equal(text_write_file(path, "hello", 5, &err), 0);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0600, 0600);
	buf_puts(&buf, "> ");
	assert_int_equal(text_read_file(path, 5, &buf, &err), 0);
	assert_string_equal(buf_str(&buf), "> hello");
	assert_int_equal(text_read_file(path, 4, &buf, &err), -1);
	assert_int_equal(err.code, ERR_TOO_LARGE);
	assert_string_equal(buf_str(&buf), "> hello");
	assert_int_equal(text_write_file(path, big, 100000, &err), 0);
	buf_reset(&buf);
	assert_int_equal(text_read_file(path, 100000, &buf, &err), 0);
	assert_int_equal(buf.len, 100000);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(text_read_file(directory, 10, &buf, &err), -1); /* a directory */
	assert_int_equal(rmdir(directory), 0); /* nothing else was left there */
	assert_int_equal(text_write_file(path, "x", 1, &err), -1);
	free(big);
}

static void test_copy(void **state)
{
	char *copy = NULL;

	(void)state;
	assert_int_equal(text_copy("one two", &copy, NULL), 0);
	assert_string_equal(copy, "one two");
	free(copy);
	assert_int_equal(text_copy_n("one two", 3, &copy, NULL), 0);
	assert_string_equal(copy, "one");
	free(copy);
	assert_int_equal(text_copy_n("one", 9, &copy, NULL), 0);
	assert_string_equal(copy, "one");
	free(copy);
}

static void test_hash(void **state)
{
	(void)state;
	/* published test vectors of FNV-1a */
	assert_true(text_hash64("", 0) == UINT64_C(0xcbf29ce484222325));
	assert_true(text_hash64("a", 1) == UINT64_C(0xaf63dc4c8601ec8c));
	assert_true(text_hash64("foobar", 6) == UINT64_C(0x85944171f73967e8));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_i64),       cmocka_unit_test(test_utf8),
		cmocka_unit_test(test_utf8_next), cmocka_unit_test(test_nearest),
		cmocka_unit_test(test_files),     cmocka_unit_test(test_hash),
		cmocka_unit_test(test_copy),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
