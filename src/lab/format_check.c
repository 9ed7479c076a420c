/* format_check.c - the rules on a lab that no table can hold. */
#include "format.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "evidence.h"
#include "schema.h"
#include "script.h"

#define WORDS     "abcdefghijklmnopqrstuvwxyz0123456789"
#define PATH_SIZE 8192

static int check_versions(const struct lab_versions *versions, const char *path, long line,
			  struct err *err)
{
	if (versions->min > versions->max)
		return schema_fault(err, path, line, "postgresql: expected min <= max");
	return 0;
}

static int check_settings(const struct lab *lab, const char *path, struct err *err)
{
	for (size_t i = 0; i < lab->setting_count; i++) {
		const char *name = lab->settings[i].name;

		if (name[strspn(name, WORDS "ABCDEFGHIJKLMNOPQRSTUVWXYZ_.")] != '\0')
			return schema_fault(err, path, (long)lab->settings[i].line,
					    "settings: expected the name of a PostgreSQL setting, "
					    "found \"%s\"",
					    name);
	}
	return 0;
}

static int check_requires(const struct lab *lab, const char *path, struct err *err)
{
	for (size_t i = 0; i < lab->requires.count; i++) {
		const char *name = lab->requires.items[i];

		if (name[strspn(name, WORDS "_-")] != '\0')
			return schema_fault(err, path, 1,
					    "requires[%zu]: expected jit or an extension's name, "
					    "found \"%.40s\"",
					    i + 1, name);
	}
	return 0;
}

/* The names of two sessions must differ, and none may look like one of the engine's own. */
static int check_sessions(const struct lab *lab, const char *path, struct err *err)
{
	for (size_t i = 0; i < lab->session_count; i++) {
		const struct lab_session *session = &lab->sessions[i];
		long line = (long)session->line;

		if (session->name[strspn(session->name, WORDS "-")] != '\0')
			return schema_fault(err, path, line,
					    "sessions[%zu].name: expected a-z, 0-9 and -, found "
					    "\"%.63s\"",
					    i + 1, session->name);
		for (size_t j = 0; j < i; j++)
			if (strcmp(session->name, lab->sessions[j].name) == 0)
				return schema_fault(err, path, line,
						    "sessions[%zu].name: \"%s\" is the name of "
						    "sessions[%zu] already",
						    i + 1, session->name, j + 1);
	}
	return 0;
}

static bool is_sqlstate(const char *text)
{
	return strlen(text) == 5 && strspn(text, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ") == 5;
}

/* "GET /path": {n} in the path is column n of params.sql. */
static bool is_request(const char *text)
{
	size_t method = strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ");
	const char *path = text + method + 1;

	if (method == 0 || text[method] != ' ' || *path != '/')
		return false;
	for (const char *at = path; *at; at++) {
		size_t digits;

		if (*at <= ' ' || *at == '}' || *at == 127)
			return false;
		if (*at != '{')
			continue;
		digits = strspn(at + 1, "0123456789");
		if (digits < 1 || digits > 2 || at[1] == '0' || at[1 + digits] != '}')
			return false;
		at += 1 + digits;
	}
	return true;
}

static int check_lists(const struct lab_workload *workload, const char *path, struct err *err)
{
	long line = (long)workload->line;

	for (size_t i = 0; i < workload->may_fail.count; i++)
		if (!is_sqlstate(workload->may_fail.items[i]))
			return schema_fault(err, path, line,
					    "workload.may_fail[%zu]: expected an SQLSTATE such as "
					    "\"40P01\", found \"%.40s\"",
					    i + 1, workload->may_fail.items[i]);
	for (size_t i = 0; i < workload->requests.count; i++)
		if (!is_request(workload->requests.items[i]))
			return schema_fault(err, path, line,
					    "workload.requests[%zu]: expected a method and a path "
					    "with {n} for column n of params.sql, such as \"GET "
					    "/api/v1/tasks/{1}\", found \"%.60s\"",
					    i + 1, workload->requests.items[i]);
	return 0;
}

/* Keys of one kind of workload have no meaning with the other. */
static int check_kind(const struct lab *lab, const char *path, struct err *err)
{
	const struct lab_workload *workload = &lab->workload;
	bool http = workload->kind == LAB_WORKLOAD_HTTP;
	const struct {
		const char *name;
		bool given, of_http;
	} keys[] = {{"requests", workload->requests.count > 0, true},
		    {"burst_ms", workload->burst_ms > 0, true},
		    {"samples", workload->samples > 0, false},
		    {"transaction", workload->transaction != LAB_AUTOCOMMIT, false},
		    {"checkpoint", workload->checkpoint, false},
		    {"answer", workload->answer.count > 0, false},
		    {"may_fail", workload->may_fail.count > 0, false}};

	for (size_t i = 0; i < ARRAY_LEN(keys); i++)
		if (keys[i].given && keys[i].of_http != http)
			return schema_fault(err, path, (long)workload->line,
					    "workload.%s: expected none with \"kind: %s\"",
					    keys[i].name, http ? "http" : "sql");
	if (http && workload->requests.count == 0)
		return schema_fault(
			err, path, (long)workload->line,
			"workload has no \"requests\": expected a list of 1 to 20 items, "
			"since its kind is http");
	return 0;
}

static int check_workload(const struct lab *lab, const char *path, struct err *err)
{
	long line = (long)lab->workload.line;

	if ((lab->workload.calls > 0) == (lab->workload.seconds > 0))
		return schema_fault(err, path, line,
				    "workload: expected one of \"calls\" and \"seconds\"");
	if (lab->workload.samples > lab->workload.parameters)
		return schema_fault(err, path, line,
				    "workload: expected no more samples than parameters");
	if (check_kind(lab, path, err) < 0)
		return -1;
	return check_lists(&lab->workload, path, err);
}

static int check_attempts(const struct lab_attempt *attempts, size_t n, const char *key,
			  const char *path, struct err *err)
{
	for (size_t i = 0; i < n; i++)
		if (!attempts[i].sql && !attempts[i].statement)
			return schema_fault(err, path, (long)attempts[i].line,
					    "%s[%zu]: expected \"sql\", \"statement\" or both", key,
					    i + 1);
	return 0;
}

static int check_evidence(const struct lab *lab, const char *path, struct err *err)
{
	for (size_t i = 0; i < lab->evidence_count; i++) {
		const struct lab_evidence *item = &lab->evidence[i];
		struct err why = ERR_INIT;

		if (item->sqlstate && !is_sqlstate(item->sqlstate))
			return schema_fault(err, path, (long)item->line,
					    "evidence[%zu].sqlstate: expected an SQLSTATE such as "
					    "\"40P01\", found \"%s\"",
					    i + 1, item->sqlstate);
		if (evidence_check(item, &why) < 0)
			return schema_fault(err, path, (long)item->line, "evidence[%zu]: %s", i + 1,
					    why.message);
		if (check_versions(&item->versions, path, (long)item->line, err) < 0)
			return -1;
	}
	return 0;
}

static int check_quiz(const struct lab *lab, const char *path, struct err *err)
{
	for (size_t i = 0; i < lab->quiz_count; i++) {
		const struct lab_question *question = &lab->quiz[i];
		unsigned right = 0;

		for (size_t j = 0; j < question->choice_count; j++)
			right += question->choices[j].right;
		if (right != 1)
			return schema_fault(err, path, (long)question->line,
					    "quiz[%zu]: expected one choice with \"right: true\", "
					    "found %u",
					    i + 1, right);
	}
	return 0;
}

/* A file beside lab.yaml that the kind of the lab asks for. */
static int check_files(const struct lab *lab, const char *path, struct err *err)
{
	char file[PATH_SIZE];
	bool http = lab->workload.kind == LAB_WORKLOAD_HTTP;

	if (http && (lab->slow_sql || lab->fast_sql))
		return schema_fault(err, path, 1,
				    "expected no slow.sql and no fast.sql beside it: the workload "
				    "is http");
	if (http)
		return 0;
	if (!lab->slow_sql) {
		(void)snprintf(file, sizeof(file), "%s/slow.sql", lab->folder);
		return schema_fault(err, file, 1, "expected this file, found none");
	}
	if (!lab->fix_sql && !lab->fast_sql)
		return schema_fault(err, path, 1,
				    "expected fix.sql, fast.sql or both beside it, found neither");
	return 0;
}

/* Scripts -------------------------------------------------------------------------------------- */

/* Where a script stands: in a file, or in lab.yaml, where only the line of its item is known. */
struct place {
	const char *path;
	long line; /* 0: the script's own lines are the file's */
	char key[64];
};

/* "line 3: ..." of the script becomes the file's line. */
static int script_fault(const struct place *place, const struct err *why, struct err *err)
{
	const char *text = why->message;
	long line = 1;

	if (place->line > 0)
		return schema_fault(err, place->path, place->line, "%s: %s", place->key, text);
	if (strncmp(text, "line ", strlen("line ")) == 0 && strchr(text, ':')) {
		line = strtol(text + strlen("line "), NULL, 10);
		text = strchr(text, ':') + strlen(": ");
	}
	return schema_fault(err, place->path, line, "%s", text);
}

static int rule_fault(const struct place *place, size_t line, const char *rule, struct err *err)
{
	struct err why = ERR_INIT;

	(void)err_field(&why, ERR_INVALID, "sql", "line %zu: %s", line, rule);
	return script_fault(place, &why, err);
}

/* With a rollback around every call, a script that ends its transaction would end that one. */
static int check_control(const struct script *script, const struct place *place, struct err *err)
{
	for (size_t i = 0; i < script->count; i++) {
		const struct script_session *session = &script->sessions[i];

		for (size_t k = 0; k < session->count; k++)
			if (session->steps[k].kind == SCRIPT_BEGIN ||
			    session->steps[k].kind == SCRIPT_END)
				return rule_fault(place, session->steps[k].line,
						  "expected no BEGIN, COMMIT or ROLLBACK: "
						  "workload.transaction is rollback",
						  err);
	}
	return 0;
}

/* A statement under test; NULL: there is none. */
static int check_statement(const struct lab *lab, const char *text, const struct place *place,
			   struct err *err)
{
	AUTO(script_freep) struct script *script = NULL;
	struct err why = ERR_INIT;

	if (!text)
		return 0;
	if (script_parse(text, 0, &script, &why) < 0)
		return script_fault(place, &why, err);
	return lab->workload.transaction == LAB_ROLLBACK ? check_control(script, place, err) : 0;
}

/* A script that is sent statement by statement; NULL: there is none. */
static int check_script(const char *text, const struct place *place, struct err *err)
{
	AUTO(script_list_release) struct script_list list = {.items = NULL};
	struct err why = ERR_INIT;

	if (text && script_split(text, &list, &why) < 0)
		return script_fault(place, &why, err);
	return 0;
}

static int check_script_files(const struct lab *lab, struct err *err)
{
	const struct {
		const char *name, *text;
		bool statement;
	} files[] = {
		{"slow.sql", lab->slow_sql, true},        {"fast.sql", lab->fast_sql, true},
		{"break.sql", lab->break_sql, false},     {"fix.sql", lab->fix_sql, false},
		{"cleanup.sql", lab->cleanup_sql, false}, {"writes.sql", lab->writes_sql, false}};
	char path[PATH_SIZE];

	for (size_t i = 0; i < ARRAY_LEN(files); i++) {
		const struct place place = {.path = path};

		(void)snprintf(path, sizeof(path), "%s/%s", lab->folder, files[i].name);
		if ((files[i].statement ? check_statement(lab, files[i].text, &place, err)
					: check_script(files[i].text, &place, err)) < 0)
			return -1;
	}
	return 0;
}

static int check_attempt_scripts(const struct lab *lab, const struct lab_attempt *attempts,
				 size_t n, const char *key, const char *path, struct err *err)
{
	for (size_t i = 0; i < n; i++) {
		struct place place = {.path = path, .line = (long)attempts[i].line};

		(void)snprintf(place.key, sizeof(place.key), "%s[%zu].statement", key, i + 1);
		if (check_statement(lab, attempts[i].statement, &place, err) < 0)
			return -1;
		(void)snprintf(place.key, sizeof(place.key), "%s[%zu].sql", key, i + 1);
		if (check_script(attempts[i].sql, &place, err) < 0)
			return -1;
	}
	return 0;
}

static int check_scripts(const struct lab *lab, const char *path, struct err *err)
{
	for (size_t i = 0; i < lab->session_count; i++) {
		struct place place = {.path = path, .line = (long)lab->sessions[i].line};

		(void)snprintf(place.key, sizeof(place.key), "sessions[%zu].sql", i + 1);
		if (check_script(lab->sessions[i].sql, &place, err) < 0)
			return -1;
	}
	if (check_attempt_scripts(lab, lab->traps, lab->trap_count, "traps", path, err) < 0 ||
	    check_attempt_scripts(lab, lab->alternatives, lab->alternative_count, "alternatives",
				  path, err) < 0)
		return -1;
	return check_script_files(lab, err);
}

int format_check(const struct lab *lab, const char *path, struct err *err)
{
	if (check_versions(&lab->versions, path, 1, err) < 0 ||
	    check_settings(lab, path, err) < 0 || check_requires(lab, path, err) < 0 ||
	    check_sessions(lab, path, err) < 0 || check_workload(lab, path, err) < 0 ||
	    check_evidence(lab, path, err) < 0 || check_quiz(lab, path, err) < 0 ||
	    check_attempts(lab->traps, lab->trap_count, "traps", path, err) < 0 ||
	    check_attempts(lab->alternatives, lab->alternative_count, "alternatives", path, err) <
		    0)
		return -1;
	if (check_files(lab, path, err) < 0)
		return -1;
	return check_scripts(lab, path, err);
}
