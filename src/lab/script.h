/* script.h - the statements that a call of the workload makes, and in which sessions.
 *
 * slow.sql and fast.sql hold statements, and directives between them: lines that are
 *   -- session NAME   what follows is run by a session of its own, at the same time as the others
 *   -- repeat N       the next statement is executed N times a call, its last parameter 1 to N
 *   -- barrier        wait until each other session has come to its barrier, has ended, or waits
 * for a lock Scripts such as fix.sql are statements alone (script_split).
 */
#ifndef TASKLAB_LAB_SCRIPT_H
#define TASKLAB_LAB_SCRIPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <tasklab/base/err.h>

#define SCRIPT_SESSIONS_MAX 8
#define SCRIPT_STEPS_MAX    100 /* of one session */
#define SCRIPT_REPEAT_MAX   100000
#define SCRIPT_SPLIT_MAX    10000 /* statements of a script */

enum script_kind {
	SCRIPT_PLANNED, /* SELECT, INSERT, ...: has a plan, so that EXPLAIN can show it */
	SCRIPT_UTILITY,
	SCRIPT_BEGIN, /* BEGIN, START TRANSACTION */
	SCRIPT_END,   /* COMMIT, END, ROLLBACK, ABORT: of the transaction, not to a savepoint */
	SCRIPT_BARRIER,
};

struct script_step {
	enum script_kind kind;
	char *sql;      /* one statement; NULL: a barrier */
	int64_t repeat; /* 0: once, and without a parameter of its own */
	size_t line;
};

struct script_session {
	char name[32]; /* "": the only session */
	struct script_step *steps;
	size_t count;
};

struct script {
	struct script_session *sessions; /* at least one, each with a statement */
	size_t count;
};

/* columns: of the parameter rows, so that a $n beyond them is a mistake; 0: not known. */
int script_parse(const char *text, size_t columns, struct script **ret, struct err *err);
void script_freep(struct script **script);
/* The one statement of a script that is no more than that; NULL: it is more. */
const struct script_step *script_single(const struct script *script);

struct script_statement {
	char *sql;
	size_t line;
};

struct script_list {
	struct script_statement *items;
	size_t count;
};

int script_split(const char *text, struct script_list *ret, struct err *err);
void script_list_release(struct script_list *list);

#endif
