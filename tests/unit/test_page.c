/* test_page.c - cursors: what goes in comes out, and nothing else gets in. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <tasklab/base/rand.h>
#include <tasklab/domain/page.h>

#define FILTERS UINT64_C(0x1234567890abcdef)

static const struct page_cursor sample = {.list = 3, .sort = 2, .key = 1700000000123456, .id = 42};

static int decode(const char *text, const struct page_cursor *expect, uint64_t filters,
		  struct page_cursor *ret)
{
	struct err err = ERR_INIT;
	int result = page_cursor_decode(text, expect, filters, INT64_MIN, INT64_MAX, ret, &err);

	if (result < 0) {
		assert_int_equal(err.code, ERR_INVALID);
		assert_string_equal(err.field, "cursor");
		assert_true(err.message[0] != '\0');
	}
	return result;
}

static void round_trips(void **state)
{
	static const int64_t keys[] = {INT64_MIN, -1, 0, 1, INT64_MAX, 1700000000123456};
	static const int64_t ids[] = {1, 2, INT64_C(1) << 40, INT64_MAX};
	char text[PAGE_CURSOR_SIZE];

	(void)state;
	for (size_t k = 0; k < ARRAY_LEN(keys); k++) {
		for (size_t i = 0; i < ARRAY_LEN(ids); i++) {
			struct page_cursor in = {
				.list = 9, .sort = 7, .key = keys[k], .id = ids[i]};
			struct page_cursor out = {0};

			page_cursor_encode(&in, FILTERS, text);
			assert_int_equal(strlen(text), PAGE_CURSOR_CHARS);
			assert_int_equal(strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
						      "abcdefghijklmnopqrstuvwxyz0123456789-_"),
					 PAGE_CURSOR_CHARS);
			assert_int_equal(decode(text, &in, FILTERS, &out), 0);
			assert_true(out.list == 9 && out.sort == 7);
			assert_true(out.key == keys[k] && out.id == ids[i]);
		}
	}
}

static void belongs_to_its_list_sort_and_filters(void **state)
{
	struct page_cursor other_list = sample;
	struct page_cursor other_sort = sample;
	struct page_cursor out = {.id = 7};
	char text[PAGE_CURSOR_SIZE];

	(void)state;
	other_list.list++;
	other_sort.sort++;
	page_cursor_encode(&sample, FILTERS, text);
	assert_int_equal(decode(text, &other_list, FILTERS, &out), -1);
	assert_int_equal(decode(text, &other_sort, FILTERS, &out), -1);
	assert_int_equal(decode(text, &sample, FILTERS + 1, &out), -1);
	assert_int_equal(out.id, 7); /* untouched */
	assert_int_equal(decode(text, &sample, FILTERS, &out), 0);
}

static void refuses_what_it_did_not_make(void **state)
{
	static const char *const texts[] = {
		"",
		"A",
		"null",
		"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
		"____________________________________",
		"====================================",
		"AQMCAAYKJBhvwEAAAAAAAAAAKgAAAAAAAAA/",
		"AQMC\377\376AAYKJBhvwEAAAAAAAAAAKgAAAAAAAA",
	};
	struct page_cursor out;
	char text[PAGE_CURSOR_SIZE];
	char longer[PAGE_CURSOR_SIZE + 1] = "";

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(texts); i++)
		assert_int_equal(decode(texts[i], &sample, FILTERS, &out), -1);
	page_cursor_encode(&sample, FILTERS, text);
	(void)strcpy(longer, text);
	(void)strcat(longer, "A");
	assert_int_equal(decode(longer, &sample, FILTERS, &out), -1);
	for (size_t len = 0; len < PAGE_CURSOR_CHARS; len++) {
		char cut[PAGE_CURSOR_SIZE] = "";

		memcpy(cut, text, len);
		assert_int_equal(decode(cut, &sample, FILTERS, &out), -1);
	}
}

/* Each single character replaced by each other of the alphabet, and by some outside it. */
static void refuses_any_changed_character(void **state)
{
	static const char others[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
		"+/= \x80";
	struct page_cursor out;
	char text[PAGE_CURSOR_SIZE];

	(void)state;
	page_cursor_encode(&sample, FILTERS, text);
	for (size_t i = 0; i < PAGE_CURSOR_CHARS; i++) {
		const char good = text[i];

		for (const char *c = others; *c; c++) {
			text[i] = *c;
			assert_int_equal(decode(text, &sample, FILTERS, &out), *c == good ? 0 : -1);
		}
		text[i] = good;
	}
}

/* A cursor with a right check, as someone who read the source could make it. */
static void keeps_keys_and_ids_in_range(void **state)
{
	static const struct {
		int64_t key, id;
		int result;
	} cases[] = {
		{0, 1, 0},           {100, 1, 0},        {-1, 1, -1}, {101, 1, -1},
		{INT64_MIN, 1, -1},  {INT64_MAX, 1, -1}, {50, 0, -1}, {50, -1, -1},
		{50, INT64_MIN, -1}, {50, INT64_MAX, 0},
	};
	char text[PAGE_CURSOR_SIZE];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct page_cursor in = {.list = 1, .key = cases[i].key, .id = cases[i].id};
		struct page_cursor out;

		page_cursor_encode(&in, FILTERS, text);
		assert_int_equal(page_cursor_decode(text, &in, FILTERS, 0, 100, &out, NULL),
				 cases[i].result);
	}
}

static void survives_noise(void **state)
{
	struct rand rand;
	struct page_cursor out;

	(void)state;
	rand_init(&rand, 1);
	for (int round = 0; round < 20000; round++) {
		char text[64];
		size_t len = (size_t)rand_below(&rand, sizeof(text));

		for (size_t i = 0; i < len; i++)
			text[i] = (char)(1 + rand_below(&rand, 255));
		text[len] = '\0';
		assert_int_equal(decode(text, &sample, FILTERS, &out), -1);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(round_trips),
		cmocka_unit_test(belongs_to_its_list_sort_and_filters),
		cmocka_unit_test(refuses_what_it_did_not_make),
		cmocka_unit_test(refuses_any_changed_character),
		cmocka_unit_test(keeps_keys_and_ids_in_range),
		cmocka_unit_test(survives_noise),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
