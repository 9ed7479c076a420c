/* test_lexer.c - SQL is cut at the semicolons that end statements, and at no others. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <tasklab/base/buf.h>

#include "lab/lexer.h"

/* Pieces in brackets; of a comment <>. */
static const struct {
	const char *label, *text, *expected;
} CASES[] = {
	{"nothing", "", ""},
	{"blanks and semicolons", " ;\n; ;", ""},
	{"one", "SELECT 1", "[SELECT 1]"},
	{"one with its end", "SELECT 1;\n", "[SELECT 1]"},
	{"two on a line", "BEGIN; COMMIT", "[BEGIN][COMMIT]"},
	{"comment that begins a line", "-- a b \nSELECT 1;", "<a b>[SELECT 1]"},
	{"indented comment", "SELECT 1;\n  -- a\n", "[SELECT 1]<a>"},
	{"comment behind a statement", "SELECT 1; -- a\nSELECT 2", "[SELECT 1][SELECT 2]"},
	{"comment inside", "SELECT 1 -- a; b\n, 2;", "[SELECT 1 -- a; b\n, 2]"},
	{"comment at a statement's end", "SELECT 1 -- a\n", "[SELECT 1]"},
	{"block comment", "/* a; */ SELECT /* ; */ 1", "[SELECT /* ; */ 1]"},
	{"nested comment", "/* a /* b */ ; */ SELECT 1", "[SELECT 1]"},
	{"dashes in a comment", "/* -- */ SELECT 1; /*\n-- a\n*/", "[SELECT 1]"},
	{"string", "SELECT 'a;b'; SELECT ''", "[SELECT 'a;b'][SELECT '']"},
	{"doubled quote", "SELECT 'a'';'; SELECT 2", "[SELECT 'a'';'][SELECT 2]"},
	{"backslash in a plain string", "SELECT 'a\\'; SELECT 2", "[SELECT 'a\\'][SELECT 2]"},
	{"escape string", "SELECT E'a\\';b'; SELECT 2", "[SELECT E'a\\';b'][SELECT 2]"},
	{"small e", "SELECT e'\\\\'; SELECT 2", "[SELECT e'\\\\'][SELECT 2]"},
	{"escape string goes on", "SELECT E'a'\n '\\';'; SELECT 2",
	 "[SELECT E'a'\n '\\';'][SELECT 2]"},
	{"a name that ends in e", "SELECT value'a\\'; SELECT 2", "[SELECT value'a\\'][SELECT 2]"},
	{"quoted name", "SELECT \"a;\"\"b\"; SELECT 2", "[SELECT \"a;\"\"b\"][SELECT 2]"},
	{"comment in a string", "SELECT '--', '/*'; SELECT 2", "[SELECT '--', '/*'][SELECT 2]"},
	{"dollar quotes", "DO $$ a; 'b $$; SELECT 2", "[DO $$ a; 'b $$][SELECT 2]"},
	{"tagged", "DO $x$ $$ ; $y$ $x$; SELECT 2", "[DO $x$ $$ ; $y$ $x$][SELECT 2]"},
	{"a tag with a digit", "DO $a1$;$a1$; SELECT 2", "[DO $a1$;$a1$][SELECT 2]"},
	{"dollars in a name", "SELECT a$b$c; SELECT 2; SELECT b$",
	 "[SELECT a$b$c][SELECT 2][SELECT b$]"},
	{"parameters", "SELECT $1, $2; SELECT $1", "[SELECT $1, $2][SELECT $1]"},
	{"parentheses", "CREATE RULE r AS DO (SELECT 1; SELECT 2); SELECT 3",
	 "[CREATE RULE r AS DO (SELECT 1; SELECT 2)][SELECT 3]"},
	{"a parenthesis too many", "SELECT 1); SELECT 2", "[SELECT 1)][SELECT 2]"},
	{"routine's body",
	 "CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT 1; SELECT 2; END; SELECT 3",
	 "[CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT 1; SELECT 2; END][SELECT 3]"},
	{"case in a body",
	 "CREATE OR REPLACE PROCEDURE p() BEGIN ATOMIC SELECT CASE WHEN true THEN 1 END; END; "
	 "BEGIN",
	 "[CREATE OR REPLACE PROCEDURE p() BEGIN ATOMIC SELECT CASE WHEN true THEN 1 END; END]"
	 "[BEGIN]"},
	{"case elsewhere", "SELECT CASE WHEN a THEN 1 END; SELECT 2",
	 "[SELECT CASE WHEN a THEN 1 END][SELECT 2]"},
	{"beyond ASCII", "SELECT 'Grüße;' AS größe$$; SELECT 2",
	 "[SELECT 'Grüße;' AS größe$$][SELECT 2]"},
	{"numbers", "SELECT 1e5, 1.5E'a'; SELECT 2", "[SELECT 1e5, 1.5E'a'][SELECT 2]"},
};

static void cuts(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(CASES); i++) {
		AUTO(buf_release) struct buf found = BUF_INIT(4096);
		struct lexer lexer = lexer_begin(CASES[i].text);
		struct lexer_piece piece;
		struct err err = ERR_INIT;

		for (;;) {
			if (lexer_next(&lexer, &piece, &err) < 0)
				fail_msg("%s: %s", CASES[i].label, err.message);
			if (piece.found == LEXER_END)
				break;
			buf_putc(&found, piece.found == LEXER_COMMENT ? '<' : '[');
			buf_append(&found, piece.text, piece.length);
			buf_putc(&found, piece.found == LEXER_COMMENT ? '>' : ']');
		}
		if (strcmp(buf_str(&found), CASES[i].expected) != 0)
			fail_msg("%s: %s", CASES[i].label, buf_str(&found));
	}
}

static const struct {
	const char *label, *text, *expected;
} UNCLOSED[] = {
	{"string", "SELECT 1;\nSELECT\n'a;\n", "line 3: this string is never closed"},
	{"escape string", "SELECT E'a\\'", "line 1: this string is never closed"},
	{"a backslash last", "SELECT E'a\\", "line 1: this string is never closed"},
	{"quoted name", "\nSELECT \"a", "line 2: this quoted name is never closed"},
	{"comment", "SELECT 1 /* /* */", "line 1: this comment is never closed"},
	{"comment between", "SELECT 1;\n\n/* a", "line 3: this comment is never closed"},
	{"dollar quotes", "DO\n$a$ $b$ $$", "line 2: this dollar-quoted string is never closed"},
};

static void unclosed(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(UNCLOSED); i++) {
		struct lexer lexer = lexer_begin(UNCLOSED[i].text);
		struct lexer_piece piece = {.found = LEXER_STATEMENT};
		struct err err = ERR_INIT;
		int result;

		do
			result = lexer_next(&lexer, &piece, &err);
		while (result == 0 && piece.found != LEXER_END);
		if (result == 0 || strcmp(err.message, UNCLOSED[i].expected) != 0)
			fail_msg("%s: \"%s\"", UNCLOSED[i].label, err.message);
	}
}

static void tells(void **state)
{
	struct lexer lexer = lexer_begin("\n/* a\n */ Start /* x */ TRANSACTION read;\n"
					 "INSERT $2, '$7', $12, \"$9\", $3 -- $20\n");
	struct lexer_piece piece;

	(void)state;
	assert_int_equal(lexer_next(&lexer, &piece, NULL), 0);
	assert_int_equal(piece.line, 3);
	assert_string_equal(piece.words[0], "start");
	assert_string_equal(piece.words[1], "transaction");
	assert_int_equal(piece.parameters, 0);
	assert_int_equal(lexer_next(&lexer, &piece, NULL), 0);
	assert_int_equal(piece.line, 4);
	assert_string_equal(piece.words[0], "insert");
	assert_string_equal(piece.words[1], "");
	assert_int_equal(piece.parameters, 12);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(cuts),
		cmocka_unit_test(unclosed),
		cmocka_unit_test(tells),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
