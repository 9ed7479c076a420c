/* lexer.h - cuts a text of SQL into its statements, as psql does, without understanding them.
 *
 * A statement ends at a semicolon outside of quotes ('...' with '' doubled, E'...' with
 * backslashes,
 * "...", $tag$...$tag$), comments (-- and nested slash-star), parentheses, and the BEGIN ATOMIC ...
 * END body of a routine. The rules are those of PostgreSQL's manual, section 4.1 "Lexical
 * Structure", with standard_conforming_strings on.
 */
#ifndef TASKLAB_LAB_LEXER_H
#define TASKLAB_LAB_LEXER_H

#include <stdbool.h>
#include <stddef.h>

#include <tasklab/base/err.h>

#define LEXER_WORD_MAX 32

struct lexer {
	const char *begin; /* of the whole text */
	const char *at;    /* what is left */
	size_t line;       /* of at, from 1 */
};

enum lexer_found { LEXER_END, LEXER_STATEMENT, LEXER_COMMENT };

struct lexer_piece {
	enum lexer_found found;
	const char
		*text; /* without comments before it, and the semicolon; of a comment: without -- */
	size_t length;
	size_t line;
	unsigned parameters;           /* highest n of a $n; 0: none */
	char words[2][LEXER_WORD_MAX]; /* the first two, in lower case; "": no word */
};

struct lexer lexer_begin(const char *text);
/* The next statement, or a comment of two dashes that begins a line between statements; an empty
 * statement is passed over. ERR_INVALID "line 3: ..." for something that is never closed. */
int lexer_next(struct lexer *lexer, struct lexer_piece *ret, struct err *err);

#endif
