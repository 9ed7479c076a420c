/* script.c - reads statements and directives into sessions and their steps. */
#include "script.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <tasklab/base/text.h>

#include "lexer.h"

#define WORDS "abcdefghijklmnopqrstuvwxyz0123456789-"

struct parser {
	struct script *script;
	struct script_session *session; /* the one that is being filled; NULL: none yet */
	int64_t repeat;                 /* of the next statement */
	size_t repeat_line;             /* 0: no directive waits for its statement */
	size_t columns;
	struct err *err;
};

static int fault(struct err *err, size_t line, const char *text)
{
	return err_field(err, ERR_INVALID, "sql", "line %zu: %s", line, text);
}

/* Kinds --------------------------------------------------------------------------------------- */

static bool one_of(const char *word, const char *const *words)
{
	for (; *words; words++)
		if (strcmp(word, *words) == 0)
			return true;
	return false;
}

static enum script_kind kind_of(const struct lexer_piece *piece)
{
	static const char *const planned[] = {"select", "insert", "update", "delete", "merge",
					      "with",   "values", "table",  NULL};
	static const char *const ends[] = {"commit", "end", "rollback", "abort", NULL};
	static const char *const not_the_whole[] = {"to", "prepared", NULL};
	const char *first = piece->words[0], *second = piece->words[1];

	if (one_of(first, planned))
		return SCRIPT_PLANNED;
	if (strcmp(first, "begin") == 0 ||
	    (strcmp(first, "start") == 0 && strcmp(second, "transaction") == 0))
		return SCRIPT_BEGIN;
	if (one_of(first, ends) && !one_of(second, not_the_whole))
		return SCRIPT_END;
	return SCRIPT_UTILITY;
}

/* Sessions and steps -------------------------------------------------------------------------- */

static int add_session(struct parser *parser, const char *name, size_t line)
{
	struct script *script = parser->script;
	struct script_session *grown;

	for (size_t i = 0; i < script->count; i++)
		if (strcmp(script->sessions[i].name, name) == 0)
			return fault(parser->err, line, "a session of this name stands above");
	if (script->count == SCRIPT_SESSIONS_MAX)
		return fault(parser->err, line, "expected at most 8 sessions");
	grown = realloc(script->sessions, (script->count + 1) * sizeof(*grown));
	if (!grown)
		return err_no_memory(parser->err);
	script->sessions = grown;
	parser->session = &grown[script->count++];
	*parser->session = (struct script_session){.steps = NULL};
	(void)snprintf(parser->session->name, sizeof(parser->session->name), "%s", name);
	return 0;
}

static int add_step(struct parser *parser, enum script_kind kind, size_t line,
		    struct script_step **ret)
{
	struct script_session *session;
	struct script_step *grown;

	if (!parser->session && add_session(parser, "", line) < 0)
		return -1;
	session = parser->session;
	if (session->count == SCRIPT_STEPS_MAX)
		return fault(parser->err, line, "expected at most 100 statements in a session");
	grown = realloc(session->steps, (session->count + 1) * sizeof(*grown));
	if (!grown)
		return err_no_memory(parser->err);
	session->steps = grown;
	grown[session->count] = (struct script_step){.kind = kind, .line = line};
	*ret = &grown[session->count++];
	return 0;
}

static int add_statement(struct parser *parser, const struct lexer_piece *piece)
{
	size_t parameters = parser->columns + (parser->repeat > 0);
	struct script_step *step = NULL;

	if (parser->columns > 0 && piece->parameters > parameters)
		return err_field(parser->err, ERR_INVALID, "sql",
				 "line %zu: $%u: expected at most $%zu: params.sql has %zu columns",
				 piece->line, piece->parameters, parameters, parser->columns);
	if (add_step(parser, kind_of(piece), piece->line, &step) < 0)
		return -1;
	step->repeat = parser->repeat;
	parser->repeat = 0;
	parser->repeat_line = 0;
	return text_copy_n(piece->text, piece->length, &step->sql, parser->err);
}

/* Directives ---------------------------------------------------------------------------------- */

static int take_session(struct parser *parser, const char *name, size_t line)
{
	if (*name < 'a' || *name > 'z' || name[strspn(name, WORDS)] != '\0' ||
	    strlen(name) >= sizeof(parser->session->name))
		return fault(parser->err, line,
			     "expected \"-- session NAME\" with a name of a-z, 0-9 and -, of at "
			     "most 31 bytes");
	if (parser->session && parser->session->name[0] == '\0')
		return fault(parser->err, line,
			     "expected no statement before the first \"-- session\"");
	return add_session(parser, name, line);
}

static int take_repeat(struct parser *parser, const char *number, size_t line)
{
	if (!text_i64(number, 1, SCRIPT_REPEAT_MAX, &parser->repeat))
		return fault(parser->err, line,
			     "expected \"-- repeat N\" with a number from 1 to 100000");
	parser->repeat_line = line;
	return 0;
}

static int take_barrier(struct parser *parser, const char *rest, size_t line)
{
	struct script_step *step = NULL;

	if (*rest)
		return fault(parser->err, line, "expected \"-- barrier\" and no more");
	if (!parser->session || parser->session->name[0] == '\0')
		return fault(parser->err, line, "a barrier stands in a \"-- session\"");
	return add_step(parser, SCRIPT_BARRIER, line, &step);
}

/* A comment that begins with one of these words is a directive, so that none is passed over. */
static int take_comment(struct parser *parser, const struct lexer_piece *piece)
{
	static const struct {
		const char *word;
		int (*take)(struct parser *parser, const char *rest, size_t line);
	} directives[] = {
		{"session", take_session}, {"repeat", take_repeat}, {"barrier", take_barrier}};
	char text[128];
	size_t word, blanks;

	(void)snprintf(text, sizeof(text), "%.*s", (int)piece->length, piece->text);
	word = strcspn(text, " \t");
	blanks = strspn(text + word, " \t");
	for (size_t i = 0; i < ARRAY_LEN(directives); i++) {
		if (strlen(directives[i].word) != word ||
		    strncmp(text, directives[i].word, word) != 0)
			continue;
		if (parser->repeat_line > 0)
			return fault(parser->err, parser->repeat_line,
				     "expected a statement behind \"-- repeat\"");
		return directives[i].take(parser, text + word + blanks, piece->line);
	}
	return 0;
}

/* The whole ----------------------------------------------------------------------------------- */

static bool has_statement(const struct script_session *session)
{
	for (size_t i = 0; i < session->count; i++)
		if (session->steps[i].sql)
			return true;
	return false;
}

static int check(const struct parser *parser, size_t line)
{
	const struct script *script = parser->script;

	if (parser->repeat_line > 0)
		return fault(parser->err, parser->repeat_line,
			     "expected a statement behind \"-- repeat\"");
	if (script->count == 0)
		return fault(parser->err, line, "expected a statement, found none");
	for (size_t i = 0; i < script->count; i++)
		if (!has_statement(&script->sessions[i]))
			return err_field(parser->err, ERR_INVALID, "sql",
					 "line %zu: session \"%s\" has no statement", line,
					 script->sessions[i].name);
	return 0;
}

int script_parse(const char *text, size_t columns, struct script **ret, struct err *err)
{
	AUTO(script_freep) struct script *script = calloc(1, sizeof(*script));
	struct parser parser = {.script = script, .columns = columns, .err = err};
	struct lexer lexer = lexer_begin(text);
	struct lexer_piece piece;

	if (!script)
		return err_no_memory(err);
	for (;;) {
		if (lexer_next(&lexer, &piece, err) < 0)
			return -1;
		if (piece.found == LEXER_END)
			break;
		if ((piece.found == LEXER_COMMENT ? take_comment(&parser, &piece)
						  : add_statement(&parser, &piece)) < 0)
			return -1;
	}
	if (check(&parser, lexer.line) < 0)
		return -1;
	*ret = TAKE(script);
	return 0;
}

void script_freep(struct script **script)
{
	if (!*script)
		return;
	for (size_t i = 0; i < (*script)->count; i++) {
		struct script_session *session = &(*script)->sessions[i];

		for (size_t j = 0; j < session->count; j++)
			free(session->steps[j].sql);
		free(session->steps);
	}
	free((*script)->sessions);
	free(*script);
	*script = NULL;
}

const struct script_step *script_single(const struct script *script)
{
	const struct script_session *session = &script->sessions[0];

	if (script->count != 1 || session->count != 1 || session->steps[0].repeat > 0)
		return NULL;
	return &session->steps[0];
}

/* Plain scripts ------------------------------------------------------------------------------- */

static int add_split(struct script_list *list, const struct lexer_piece *piece, struct err *err)
{
	struct script_statement *grown;

	if (list->count == SCRIPT_SPLIT_MAX)
		return fault(err, piece->line, "expected at most 10000 statements");
	grown = realloc(list->items, (list->count + 1) * sizeof(*grown));
	if (!grown)
		return err_no_memory(err);
	list->items = grown;
	grown[list->count] = (struct script_statement){.line = piece->line};
	if (text_copy_n(piece->text, piece->length, &grown[list->count].sql, err) < 0)
		return -1;
	list->count++;
	return 0;
}

int script_split(const char *text, struct script_list *ret, struct err *err)
{
	AUTO(script_list_release) struct script_list list = {.items = NULL};
	struct lexer lexer = lexer_begin(text);
	struct lexer_piece piece;

	do {
		if (lexer_next(&lexer, &piece, err) < 0)
			return -1;
		if (piece.found == LEXER_STATEMENT && add_split(&list, &piece, err) < 0)
			return -1;
	} while (piece.found != LEXER_END);
	*ret = list;
	list = (struct script_list){.items = NULL};
	return 0;
}

void script_list_release(struct script_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		free(list->items[i].sql);
	free(list->items);
	*list = (struct script_list){.items = NULL};
}
