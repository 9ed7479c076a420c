/* test_term.c - figures, tables, and progress on a pipe and on a terminal. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include <tasklab/base/attr.h>
#include <tasklab/base/clock.h>
#include <tasklab/base/term.h>

static void test_figures(void **state)
{
	static const struct {
		char *(*format)(uint64_t, char[32]);
		uint64_t value;
		const char *text;
	} cases[] = {
		{term_count, 0, "0"},
		{term_count, 999, "999"},
		{term_count, 1000, "1,000"},
		{term_count, 1234567, "1,234,567"},
		{term_count, UINT64_MAX, "18,446,744,073,709,551,615"},
		{term_bytes, 0, "0 B"},
		{term_bytes, 1023, "1023 B"},
		{term_bytes, 1024, "1.0 kB"},
		{term_bytes, 1536, "1.5 kB"},
		{term_bytes, 1048575, "1.0 MB"},
		{term_bytes, UINT64_MAX, "16.0 EB"},
		{term_duration_ns, 0, "0 ns"},
		{term_duration_ns, 999, "999 ns"},
		{term_duration_ns, 1500, "1.5 us"},
		{term_duration_ns, 1500000, "1.50 ms"},
		{term_duration_ns, 15000000, "15.0 ms"},
		{term_duration_ns, 150000000, "150 ms"},
		{term_duration_ns, 999600000, "1.00 s"},
		{term_duration_ns, 1500000000, "1.50 s"},
		{term_duration_ns, UINT64_C(59940000000), "59.9 s"},
		{term_duration_ns, UINT64_C(59960000000), "1m00s"},
		{term_duration_ns, UINT64_C(90000000000), "1m30s"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		char out[32];

		assert_string_equal(cases[i].format(cases[i].value, out), cases[i].text);
	}
}

static char *read_all(FILE *stream)
{
	static char text[65536];
	size_t len;

	rewind(stream);
	len = fread(text, 1, sizeof(text) - 1, stream);
	text[len] = '\0';
	return text;
}

static void test_table(void **state)
{
	FILE *stream = tmpfile();
	struct term_table *table =
		term_table_new((const char *const[]){"NAME", ">COUNT", "NOTE"}, 3);

	(void)state;
	assert_non_null(stream);
	term_table_row(table, (const char *const[]){"caf\xC3\xA9", "7", ""});
	term_table_row(table, (const char *const[]){"longer", "1,234,567", "a note"});
	term_table_row(table, (const char *const[]){"x", NULL, "y"});
	term_table_print(table, stream);
	assert_string_equal(read_all(stream), "NAME        COUNT  NOTE\n"
					      "caf\xC3\xA9            7\n"
					      "longer  1,234,567  a note\n"
					      "x                  y\n");
	fclose(stream);
	assert_string_equal(term_on(stdout, TERM_PLAIN), "");
}

static void test_narrow_table(void **state)
{
	static const struct {
		int width;
		const char *text;
	} cases[] = {
		{41, "NAME  TITLE                    MORE  LAST\n"
		     "one   caf\xC3\xA9s of the whole town  some  x\n"
		     "two   short                          y\n"},
		{40, "NAME  TITLE                    MORE\n"
		     "one   caf\xC3\xA9s of the whole town  some\n"
		     "two   short\n"},
		{34, "NAME  TITLE\n"
		     "one   caf\xC3\xA9s of the whole town\n"
		     "two   short\n"},
		{28, "NAME  TITLE\n"
		     "one   caf\xC3\xA9s of the whole to\xE2\x80\xA6\n"
		     "two   short\n"},
		{1, "NAME  TITLE\n"
		    "one   caf\xC3\xA9s of th\xE2\x80\xA6\n"
		    "two   short\n"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		FILE *stream = tmpfile();
		struct term_table *table = term_table_new(
			(const char *const[]){"NAME", "~TITLE", "?MORE", "?LAST"}, 4);

		assert_non_null(stream);
		term_table_row(table, (const char *const[]){"one", "caf\xC3\xA9s of the whole town",
							    "some", "x"});
		term_table_row(table, (const char *const[]){"two", "short", "", "y"});
		term_pretend(stream, false, cases[i].width);
		term_table_print(table, stream);
		term_pretend(NULL, false, 0);
		assert_string_equal(read_all(stream), cases[i].text);
		fclose(stream);
	}
}

/* Runs body with standard error in the file descriptor. */
static void with_stderr(int fd, void (*body)(void))
{
	int saved = dup(STDERR_FILENO);

	fflush(stderr);
	dup2(fd, STDERR_FILENO);
	body();
	fflush(stderr);
	dup2(saved, STDERR_FILENO);
	close(saved);
}

/* Waits out the time between two drawings after each step, so that each is told. */
static void ten_steps(void)
{
	struct progress *progress = progress_new("counting", 1000);

	for (int i = 0; i < 10; i++) {
		clock_sleep_until(clock_mono_ns() + 110 * CLOCK_NS_PER_MS);
		progress_add(progress, 100);
	}
	progress_end(progress, true);
}

static void test_progress_on_a_pipe(void **state)
{
	FILE *stream = tmpfile();
	const char *text;

	(void)state;
	assert_non_null(stream);
	with_stderr(fileno(stream), ten_steps);
	text = read_all(stream);
	assert_null(strchr(text, '\r'));
	assert_null(strchr(text, '\033'));
	assert_non_null(strstr(text, "counting  10 %  100/1,000\n"));
	assert_non_null(strstr(text, "counting  90 %  900/1,000\n"));
	assert_null(strstr(text, "100 %"));
	assert_non_null(strstr(text, "counting  done  1,000/1,000  in "));
	fclose(stream);
}

static int64_t hurry_ns;

static void hurry(void)
{
	struct progress *progress = progress_new("hurrying", 10000);

	hurry_ns = clock_mono_ns();
	for (int i = 0; i < 5000; i++)
		progress_add(progress, 1);
	progress_label(progress, "again");
	progress_end(progress, false);
	hurry_ns = clock_mono_ns() - hurry_ns;
}

static void test_progress_on_a_terminal(void **state)
{
	int master = posix_openpt(O_RDWR | O_NOCTTY);
	char text[65536] = "";
	int64_t drawn = 0;
	size_t len = 0;
	int slave;

	(void)state;
	assert_true(master >= 0);
	assert_int_equal(grantpt(master), 0);
	assert_int_equal(unlockpt(master), 0);
	slave = open(ptsname(master), O_RDWR | O_NOCTTY);
	assert_true(slave >= 0);
	with_stderr(slave, hurry);
	while (!strstr(text, "  in ")) { /* what was written may come in several pieces */
		ssize_t n = read(master, text + len, sizeof(text) - 1 - len);

		assert_true(n > 0);
		len += (size_t)n;
		text[len] = '\0';
	}
	for (const char *at = text; (at = strstr(at, "\rhurrying")); at++)
		drawn++;
	assert_in_range(drawn, 1, 2 + hurry_ns / (100 * CLOCK_NS_PER_MS));
	assert_non_null(strstr(text, "again  stopped at  5,000/10,000  in "));
	close(slave);
	close(master);
}

static void nothing_to_do(void)
{
	progress_end(progress_new("idle", 0), true);
}

static void hidden(void)
{
	struct progress *progress = progress_new_hidden("hidden");
	uint64_t done, total;
	char label[8];

	progress_total(progress, 1000);
	for (int i = 0; i < 10; i++)
		progress_add(progress, 50);
	progress_read(progress, label, sizeof(label), &done, &total);
	assert_string_equal(label, "hidden");
	assert_int_equal(done, 500);
	assert_int_equal(total, 1000);
	progress_label(progress, "another part");
	progress_total(progress, 20);
	progress_add(progress, 1);
	progress_read(progress, label, sizeof(label), &done, &total);
	assert_string_equal(label, "another");
	assert_int_equal(done, 1);
	assert_int_equal(total, 20);
	progress_end(progress, true);
}

static void test_progress_that_says_nothing(void **state)
{
	static void (*const bodies[])(void) = {nothing_to_do, hidden};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bodies); i++) {
		FILE *stream = tmpfile();

		assert_non_null(stream);
		with_stderr(fileno(stream), bodies[i]);
		assert_string_equal(read_all(stream), "");
		fclose(stream);
	}
}

static void two_parts(void)
{
	struct progress *progress = progress_new("parts", 0);

	for (int part = 0; part < 2; part++) {
		progress_total(progress, 10);
		clock_sleep_until(clock_mono_ns() + 110 * CLOCK_NS_PER_MS);
		progress_add(progress, 5);
	}
	progress_end(progress, true);
}

static void test_progress_in_parts(void **state)
{
	FILE *stream = tmpfile();

	(void)state;
	assert_non_null(stream);
	with_stderr(fileno(stream), two_parts);
	assert_memory_equal(read_all(stream),
			    "parts  50 %  5/10\nparts  50 %  5/10\nparts  done  5/10", 53);
	fclose(stream);
}

static void test_no_progress_is_ignored(void **state)
{
	(void)state;
	progress_add(NULL, 1);
	progress_label(NULL, "x");
	progress_total(NULL, 1);
	progress_read(NULL, NULL, 0, NULL, NULL);
	progress_end(NULL, true);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_figures),
		cmocka_unit_test(test_table),
		cmocka_unit_test(test_narrow_table),
		cmocka_unit_test(test_progress_on_a_pipe),
		cmocka_unit_test(test_progress_on_a_terminal),
		cmocka_unit_test(test_progress_that_says_nothing),
		cmocka_unit_test(test_progress_in_parts),
		cmocka_unit_test(test_no_progress_is_ignored),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
