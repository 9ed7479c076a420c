/* lexer.c - cuts a text of SQL into its statements. */
#include "lexer.h"

#include <ctype.h>
#include <string.h>

#define PARAMETER_MAX 65535 /* PostgreSQL's own limit */

/* What has been seen of the statement at hand. */
struct state {
	struct lexer *lexer;
	struct lexer_piece *piece;
	struct err *err;
	const char *end; /* behind the last token */
	unsigned parentheses;
	unsigned words;     /* so far */
	unsigned bodies;    /* BEGIN ATOMIC and CASE that are open */
	bool makes_routine; /* CREATE [OR REPLACE] FUNCTION or PROCEDURE */
	char word[LEXER_WORD_MAX];
};

/* Characters ---------------------------------------------------------------------------------- */

static bool begins_word(char c)
{
	return isalpha((unsigned char)c) || c == '_' || (unsigned char)c >= 128;
}

static bool goes_on_word(char c)
{
	return begins_word(c) || isdigit((unsigned char)c) || c == '$';
}

static bool is_blank(char c)
{
	return c != '\0' && strchr(" \t\r\n\f\v", c) != NULL;
}

static void step(struct lexer *lexer, size_t n)
{
	for (; n > 0; n--) {
		if (*lexer->at == '\n')
			lexer->line++;
		lexer->at++;
	}
}

static int unclosed(const struct state *state, const char *what, size_t line)
{
	return err_field(state->err, ERR_INVALID, "sql", "line %zu: this %s is never closed", line,
			 what);
}

/* Comments ------------------------------------------------------------------------------------ */

static void skip_line(struct lexer *lexer)
{
	step(lexer, strcspn(lexer->at, "\n"));
}

static int skip_block_comment(struct state *state)
{
	struct lexer *lexer = state->lexer;
	size_t line = lexer->line;
	unsigned depth = 0;

	do {
		if (*lexer->at == '\0')
			return unclosed(state, "comment", line);
		if (strncmp(lexer->at, "/*", 2) == 0) {
			depth++;
			step(lexer, 2);
		} else if (strncmp(lexer->at, "*/", 2) == 0) {
			depth--;
			step(lexer, 2);
		} else {
			step(lexer, 1);
		}
	} while (depth > 0);
	return 0;
}

/* Quotes -------------------------------------------------------------------------------------- */

/* A string of escapes goes on behind white space with a line break: the part before the next quote,
 * or 0. */
static size_t continuation(const char *at)
{
	size_t blanks = 0;
	bool new_line = false;

	while (is_blank(at[blanks]))
		new_line |= at[blanks++] == '\n';
	return new_line && at[blanks] == '\'' ? blanks : 0;
}

static int skip_quoted(struct state *state, char quote, bool escapes)
{
	struct lexer *lexer = state->lexer;
	size_t line = lexer->line, more;

	step(lexer, 1);
	for (;;) {
		if (*lexer->at == '\0')
			return unclosed(state, quote == '"' ? "quoted name" : "string", line);
		if (escapes && *lexer->at == '\\' && lexer->at[1] != '\0') {
			step(lexer, 2);
		} else if (*lexer->at != quote) {
			step(lexer, 1);
		} else if (lexer->at[1] == quote) {
			step(lexer, 2);
		} else {
			step(lexer, 1);
			more = escapes ? continuation(lexer->at) : 0;
			if (more == 0)
				return 0;
			step(lexer, more + 1);
		}
	}
}

/* The length of "$tag$" at the text; 0: no such thing begins here. */
static size_t dollar_tag(const char *at)
{
	size_t length = 1;

	if (at[length] != '$' && !begins_word(at[length]))
		return 0;
	while (at[length] != '$' && goes_on_word(at[length]))
		length++;
	return at[length] == '$' ? length + 1 : 0;
}

static int skip_dollar_quoted(struct state *state, size_t tag)
{
	struct lexer *lexer = state->lexer;
	const char *open = lexer->at;
	size_t line = lexer->line;

	step(lexer, tag);
	while (strncmp(lexer->at, open, tag) != 0) {
		if (*lexer->at == '\0')
			return unclosed(state, "dollar-quoted string", line);
		step(lexer, 1);
	}
	step(lexer, tag);
	return 0;
}

/* Words --------------------------------------------------------------------------------------- */

static bool is_word(const struct state *state, const char *word)
{
	return strcmp(state->word, word) == 0;
}

/* Semicolons between BEGIN ATOMIC and its END belong to the routine. */
static void follow_body(struct state *state)
{
	unsigned n = state->words;

	if ((n == 2 || n == 4) && (is_word(state, "function") || is_word(state, "procedure")) &&
	    strcmp(state->piece->words[0], "create") == 0)
		state->makes_routine = true;
	if (!state->makes_routine || state->parentheses > 0)
		return;
	if (is_word(state, "begin") || (is_word(state, "case") && state->bodies > 0))
		state->bodies++;
	else if (is_word(state, "end") && state->bodies > 0)
		state->bodies--;
}

static void take_word(struct state *state)
{
	struct lexer *lexer = state->lexer;
	size_t length = 0;

	while (goes_on_word(lexer->at[length])) {
		if (length < sizeof(state->word) - 1)
			state->word[length] = (char)tolower((unsigned char)lexer->at[length]);
		length++;
	}
	state->word[length < sizeof(state->word) - 1 ? length : sizeof(state->word) - 1] = '\0';
	step(lexer, length);
	if (state->words < 2)
		memcpy(state->piece->words[state->words], state->word, sizeof(state->word));
	state->words++;
	follow_body(state);
}

static void take_number(struct state *state)
{
	size_t length = 0;

	while (goes_on_word(state->lexer->at[length]) || state->lexer->at[length] == '.')
		length++;
	step(state->lexer, length);
}

static void take_parameter(struct state *state)
{
	const char *digits = state->lexer->at + 1;
	unsigned n = 0;
	size_t length = 0;

	for (; isdigit((unsigned char)digits[length]); length++)
		if (n <= PARAMETER_MAX)
			n = n * 10 + (unsigned)(digits[length] - '0');
	if (n > state->piece->parameters)
		state->piece->parameters = n;
	step(state->lexer, length + 1);
}

static bool is_escape_string(const char *at)
{
	return (*at == 'e' || *at == 'E') && at[1] == '\'';
}

/* One token that is neither blank, comment nor the statement's end. */
static int take_token(struct state *state)
{
	struct lexer *lexer = state->lexer;
	size_t tag;

	if (is_escape_string(lexer->at)) {
		step(lexer, 1);
		return skip_quoted(state, '\'', true);
	}
	if (*lexer->at == '\'' || *lexer->at == '"')
		return skip_quoted(state, *lexer->at, false);
	if (*lexer->at == '$') {
		if (isdigit((unsigned char)lexer->at[1])) {
			take_parameter(state);
			return 0;
		}
		tag = dollar_tag(lexer->at);
		if (tag > 0)
			return skip_dollar_quoted(state, tag);
	}
	if (begins_word(*lexer->at)) {
		take_word(state);
		return 0;
	}
	if (isdigit((unsigned char)*lexer->at)) {
		take_number(state);
		return 0;
	}
	if (*lexer->at == '(')
		state->parentheses++;
	else if (*lexer->at == ')' && state->parentheses > 0)
		state->parentheses--;
	step(lexer, 1);
	return 0;
}

/* Statements ---------------------------------------------------------------------------------- */

struct lexer lexer_begin(const char *text)
{
	return (struct lexer){.begin = text, .at = text, .line = 1};
}

static bool ends_statement(const struct state *state)
{
	return *state->lexer->at == ';' && state->parentheses == 0 && state->bodies == 0;
}

static int take_statement(struct state *state)
{
	struct lexer *lexer = state->lexer;
	struct lexer_piece *piece = state->piece;

	piece->found = LEXER_STATEMENT;
	piece->text = lexer->at;
	piece->line = lexer->line;
	while (*lexer->at && !ends_statement(state)) {
		if (is_blank(*lexer->at)) {
			step(lexer, 1);
		} else if (strncmp(lexer->at, "--", 2) == 0) {
			skip_line(lexer);
		} else if (strncmp(lexer->at, "/*", 2) == 0) {
			if (skip_block_comment(state) < 0)
				return -1;
		} else {
			if (take_token(state) < 0)
				return -1;
			state->end = lexer->at;
		}
	}
	piece->length = (size_t)(state->end - piece->text);
	return 0;
}

static bool begins_line(const struct lexer *lexer)
{
	const char *at = lexer->at;

	while (at > lexer->begin && at[-1] != '\n')
		if (!is_blank(*--at))
			return false;
	return true;
}

/* A comment that begins a line: the text between the dashes and the line's end, without blanks. */
static void take_comment(struct lexer *lexer, struct lexer_piece *piece)
{
	piece->found = LEXER_COMMENT;
	piece->line = lexer->line;
	step(lexer, 2);
	while (is_blank(*lexer->at) && *lexer->at != '\n')
		step(lexer, 1);
	piece->text = lexer->at;
	skip_line(lexer);
	piece->length = (size_t)(lexer->at - piece->text);
	while (piece->length > 0 && is_blank(piece->text[piece->length - 1]))
		piece->length--;
}

int lexer_next(struct lexer *lexer, struct lexer_piece *ret, struct err *err)
{
	struct lexer_piece piece = {.found = LEXER_END};
	struct state state = {.lexer = lexer, .piece = &piece, .err = err};

	while (*lexer->at && piece.found == LEXER_END) {
		if (is_blank(*lexer->at) || *lexer->at == ';') {
			step(lexer, 1);
		} else if (strncmp(lexer->at, "--", 2) == 0) {
			if (begins_line(lexer))
				take_comment(lexer, &piece);
			else
				skip_line(lexer);
		} else if (strncmp(lexer->at, "/*", 2) == 0) {
			if (skip_block_comment(&state) < 0)
				return -1;
		} else if (take_statement(&state) < 0) {
			return -1;
		}
	}
	*ret = piece;
	return 0;
}
