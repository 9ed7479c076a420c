/* format.c - the tables of what a lab's folder may hold, and their reading. */
#include "format.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <tasklab/base/text.h>

#include "schema.h"

#define LAB_FILE_MAX      ((size_t)256 * 1024)
#define SAMPLES_NOT_GIVEN (-1)
#define SAMPLES_USUAL     3

/* What lab.yaml may hold ------------------------------------------------------------------------
 * Adding a key is one row here, one member in catalogue.h and one line in docs/labs.md; a rule that
 * no row can hold goes to format_check.c. */

/* clang-format off */
static const char *const LEVELS[]     = {"beginner", "intermediate", "advanced", NULL};
static const char *const WORKLOADS[]  = {"sql", "http", NULL};
static const char *const ROW_ORDERS[] = {"ordered", "unordered", NULL};
static const char *const TRANSACTIONS[] = {"autocommit", "rollback", NULL};

static const struct schema_field VERSIONS_FIELDS[] = {
	{"min", SCHEMA_INTEGER, false, offsetof(struct lab_versions, min), .min = 15, .max = 99, .fallback = 15},
	{"max", SCHEMA_INTEGER, false, offsetof(struct lab_versions, max), .min = 15, .max = 99, .fallback = 99},
};
static const struct schema VERSIONS = {"postgresql", sizeof(struct lab_versions), VERSIONS_FIELDS,
				       ARRAY_LEN(VERSIONS_FIELDS), false};

static const struct schema_field SETTING_FIELDS[] = {
	{"name",  SCHEMA_TEXT, true,  offsetof(struct lab_setting, name),  .min = 1, .max = 63},
	{"value", SCHEMA_TEXT, true,  offsetof(struct lab_setting, value), .min = 1, .max = 200},
};
static const struct schema SETTING = {"a setting", sizeof(struct lab_setting), SETTING_FIELDS,
				      ARRAY_LEN(SETTING_FIELDS), true};

static const struct schema_field SESSION_FIELDS[] = {
	{"name", SCHEMA_TEXT, true, offsetof(struct lab_session, name), .min = 1, .max = 63},
	{"sql",  SCHEMA_TEXT, true, offsetof(struct lab_session, sql),  .min = 1, .max = 4000},
};
static const struct schema SESSION = {"a session", sizeof(struct lab_session), SESSION_FIELDS,
				      ARRAY_LEN(SESSION_FIELDS), true};

static const struct schema_field WORKLOAD_FIELDS[] = {
	{"kind",       SCHEMA_CHOICE,  true,  offsetof(struct lab_workload, kind),       .choices = WORKLOADS},
	{"rows",       SCHEMA_CHOICE,  true,  offsetof(struct lab_workload, rows),       .choices = ROW_ORDERS},
	{"parameters", SCHEMA_INTEGER, true,  offsetof(struct lab_workload, parameters), .min = 1, .max = 10000},
	{"clients",    SCHEMA_INTEGER, false, offsetof(struct lab_workload, clients),    .min = 1, .max = 64, .fallback = 1},
	{"calls",      SCHEMA_INTEGER, false, offsetof(struct lab_workload, calls),      .min = 1, .max = 1000000},
	{"seconds",    SCHEMA_INTEGER, false, offsetof(struct lab_workload, seconds),    .min = 1, .max = 600},
	{"samples",    SCHEMA_INTEGER, false, offsetof(struct lab_workload, samples),    .min = 0, .max = 20, .fallback = SAMPLES_NOT_GIVEN},
	{"transaction", SCHEMA_CHOICE, false, offsetof(struct lab_workload, transaction), .choices = TRANSACTIONS},
	{"checkpoint", SCHEMA_BOOL,    false, offsetof(struct lab_workload, checkpoint), .fallback = 0},
	{"answer",     SCHEMA_TEXTS,   false, offsetof(struct lab_workload, answer.items),   .min = 1, .max = 32,
	 .count_offset = offsetof(struct lab_workload, answer.count)},
	{"may_fail",   SCHEMA_TEXTS,   false, offsetof(struct lab_workload, may_fail.items), .min = 1, .max = 8,
	 .count_offset = offsetof(struct lab_workload, may_fail.count)},
	{"burst_ms",   SCHEMA_INTEGER, false, offsetof(struct lab_workload, burst_ms),   .min = 1, .max = 60000},
	{"requests",   SCHEMA_TEXTS,   false, offsetof(struct lab_workload, requests.items), .min = 1, .max = 20,
	 .count_offset = offsetof(struct lab_workload, requests.count)},
};
static const struct schema WORKLOAD = {"the workload", sizeof(struct lab_workload), WORKLOAD_FIELDS,
				       ARRAY_LEN(WORKLOAD_FIELDS), true};

static const struct schema_field BOUNDS_FIELDS[] = {
	{"at_least", SCHEMA_NUMBER, false, offsetof(struct lab_bounds, at_least), .max = 1e15, .fallback = NAN},
	{"at_most",  SCHEMA_NUMBER, false, offsetof(struct lab_bounds, at_most),  .max = 1e15, .fallback = NAN},
};
static const struct schema BOUNDS = {"a bound", sizeof(struct lab_bounds), BOUNDS_FIELDS,
				     ARRAY_LEN(BOUNDS_FIELDS), false};

static const struct schema_field EVIDENCE_FIELDS[] = {
	{"kind",     SCHEMA_TEXT,   true,  offsetof(struct lab_evidence, kind),         .min = 1, .max = 40},
	{"node",     SCHEMA_TEXT,   false, offsetof(struct lab_evidence, node),         .min = 1, .max = 60},
	{"relation", SCHEMA_TEXT,   false, offsetof(struct lab_evidence, relation),     .min = 1, .max = 63},
	{"index",    SCHEMA_TEXT,   false, offsetof(struct lab_evidence, index),        .min = 1, .max = 63},
	{"sql",      SCHEMA_TEXT,   false, offsetof(struct lab_evidence, sql),          .min = 1, .max = 4000},
	{"sqlstate", SCHEMA_TEXT,   false, offsetof(struct lab_evidence, sqlstate),     .min = 5, .max = 5},
	{"before",   SCHEMA_MAP,    false, offsetof(struct lab_evidence, before),       .sub = &BOUNDS},
	{"after",    SCHEMA_MAP,    false, offsetof(struct lab_evidence, after),        .sub = &BOUNDS},
	{"down_by",  SCHEMA_NUMBER, false, offsetof(struct lab_evidence, down_by),      .min = 1, .max = 1e9, .fallback = NAN},
	{"up_by",    SCHEMA_NUMBER, false, offsetof(struct lab_evidence, up_by),        .min = 1, .max = 1e9, .fallback = NAN},
	{"scales",   SCHEMA_TEXTS,  false, offsetof(struct lab_evidence, scales.items), .min = 1, .max = 3,
	 .count_offset = offsetof(struct lab_evidence, scales.count)},
	{"postgresql", SCHEMA_MAP,  false, offsetof(struct lab_evidence, versions),     .sub = &VERSIONS},
};
static const struct schema EVIDENCE = {"an evidence item", sizeof(struct lab_evidence), EVIDENCE_FIELDS,
				       ARRAY_LEN(EVIDENCE_FIELDS), true};

static const struct schema_field CHOICE_FIELDS[] = {
	{"text",  SCHEMA_TEXT, true,  offsetof(struct lab_choice, text),  .min = 1, .max = 400},
	{"why",   SCHEMA_TEXT, true,  offsetof(struct lab_choice, why),   .min = 1, .max = 1000},
	{"right", SCHEMA_BOOL, false, offsetof(struct lab_choice, right), .fallback = 0},
};
static const struct schema CHOICE = {"a choice", sizeof(struct lab_choice), CHOICE_FIELDS,
				     ARRAY_LEN(CHOICE_FIELDS), true};

static const struct schema_field QUESTION_FIELDS[] = {
	{"question", SCHEMA_TEXT, true,  offsetof(struct lab_question, question), .min = 1, .max = 400},
	{"choices",  SCHEMA_MAPS, true,  offsetof(struct lab_question, choices),  .min = LAB_CHOICES, .max = LAB_CHOICES,
	 .count_offset = offsetof(struct lab_question, choice_count), .sub = &CHOICE},
};
static const struct schema QUESTION = {"a question", sizeof(struct lab_question), QUESTION_FIELDS,
				       ARRAY_LEN(QUESTION_FIELDS), true};

static const struct schema_field ATTEMPT_FIELDS[] = {
	{"sql",       SCHEMA_TEXT, false, offsetof(struct lab_attempt, sql),       .min = 1, .max = 4000},
	{"statement", SCHEMA_TEXT, false, offsetof(struct lab_attempt, statement), .min = 1, .max = 4000},
	{"why",       SCHEMA_TEXT, true,  offsetof(struct lab_attempt, why),       .min = 1, .max = 1000},
};
static const struct schema TRAP_FIX = {"a trap", sizeof(struct lab_attempt), ATTEMPT_FIELDS,
				       ARRAY_LEN(ATTEMPT_FIELDS), true};
static const struct schema ALTERNATIVE = {"an alternative", sizeof(struct lab_attempt), ATTEMPT_FIELDS,
					  ARRAY_LEN(ATTEMPT_FIELDS), true};

static const struct schema_field TRAP_FIELDS[] = {
	{"allow_settings",   SCHEMA_TEXTS,  false, offsetof(struct lab_trap, allow_settings.items), .min = 1, .max = 20,
	 .count_offset = offsetof(struct lab_trap, allow_settings.count)},
	{"may_drop",         SCHEMA_TEXTS,  false, offsetof(struct lab_trap, may_drop.items),       .min = 1, .max = 20,
	 .count_offset = offsetof(struct lab_trap, may_drop.count)},
	{"writes_slower_by", SCHEMA_NUMBER, false, offsetof(struct lab_trap, writes_slower_by),     .min = 1, .max = 1e6, .fallback = 2},
};
static const struct schema TRAP = {"trap", sizeof(struct lab_trap), TRAP_FIELDS, ARRAY_LEN(TRAP_FIELDS), false};

static const struct schema_field LAB_FIELDS[] = {
	{"title",      SCHEMA_TEXT,    true,  offsetof(struct lab, title),        .min = 1, .max = 80},
	{"summary",    SCHEMA_TEXT,    true,  offsetof(struct lab, summary),      .min = 1, .max = 400},
	{"topics",     SCHEMA_TEXTS,   true,  offsetof(struct lab, topics.items), .min = 1, .max = 8,
	 .count_offset = offsetof(struct lab, topics.count)},
	{"level",      SCHEMA_CHOICE,  true,  offsetof(struct lab, level),        .choices = LEVELS},
	{"minutes",    SCHEMA_INTEGER, true,  offsetof(struct lab, minutes),      .min = 1, .max = 240},
	{"postgresql", SCHEMA_MAP,     false, offsetof(struct lab, versions),     .sub = &VERSIONS},
	{"requires",   SCHEMA_TEXTS,   false, offsetof(struct lab, requires.items), .min = 1, .max = 8,
	 .count_offset = offsetof(struct lab, requires.count)},
	{"settings",   SCHEMA_MAPS,    false, offsetof(struct lab, settings),     .min = 1, .max = 20,
	 .count_offset = offsetof(struct lab, setting_count), .sub = &SETTING},
	{"sessions",   SCHEMA_MAPS,    false, offsetof(struct lab, sessions),     .min = 1, .max = LAB_SESSIONS_MAX,
	 .count_offset = offsetof(struct lab, session_count), .sub = &SESSION},
	{"workload",   SCHEMA_MAP,     true,  offsetof(struct lab, workload),     .sub = &WORKLOAD},
	{"evidence",   SCHEMA_MAPS,    true,  offsetof(struct lab, evidence),     .min = 1, .max = 20,
	 .count_offset = offsetof(struct lab, evidence_count), .sub = &EVIDENCE},
	{"quiz",       SCHEMA_MAPS,    true,  offsetof(struct lab, quiz),         .min = 1, .max = 3,
	 .count_offset = offsetof(struct lab, quiz_count), .sub = &QUESTION},
	{"hints",      SCHEMA_TEXTS,   true,  offsetof(struct lab, hints.items),  .min = LAB_HINTS, .max = LAB_HINTS,
	 .count_offset = offsetof(struct lab, hints.count)},
	{"trap",       SCHEMA_MAP,     false, offsetof(struct lab, trap),         .sub = &TRAP},
	{"traps",      SCHEMA_MAPS,    true,  offsetof(struct lab, traps),        .min = 1, .max = 10,
	 .count_offset = offsetof(struct lab, trap_count), .sub = &TRAP_FIX},
	{"alternatives", SCHEMA_MAPS,  false, offsetof(struct lab, alternatives), .min = 1, .max = 10,
	 .count_offset = offsetof(struct lab, alternative_count), .sub = &ALTERNATIVE},
};
static const struct schema LAB = {"the lab", sizeof(struct lab), LAB_FIELDS, ARRAY_LEN(LAB_FIELDS), false};

/* The files beside lab.yaml. */
static const struct lab_file {
	const char *name;
	size_t offset;
	bool required;
} LAB_FILES[] = {
	{"README.md",  offsetof(struct lab, readme),     true},
	{"break.sql",  offsetof(struct lab, break_sql),  false},
	{"params.sql", offsetof(struct lab, params_sql), true},
	{"slow.sql",   offsetof(struct lab, slow_sql),   false}, /* of an sql lab: format_check.c */
	{"fast.sql",   offsetof(struct lab, fast_sql),   false},
	{"fix.sql",    offsetof(struct lab, fix_sql),    false},
	{"cleanup.sql", offsetof(struct lab, cleanup_sql), false},
	{"writes.sql", offsetof(struct lab, writes_sql), false},
};
/* clang-format on */

const char *lab_level_name(enum lab_level level)
{
	return LEVELS[level];
}

/* One folder --------------------------------------------------------------------------------- */

void format_release(struct lab *lab)
{
	for (size_t i = 0; i < ARRAY_LEN(LAB_FILES); i++)
		free(*(char **)(void *)((char *)lab + LAB_FILES[i].offset));
	free(lab->slug);
	free(lab->folder);
	schema_release(&LAB, lab);
}

static int read_lab_file(struct lab *lab, const struct lab_file *file, struct err *err)
{
	AUTO(buf_release) struct buf text = BUF_INIT(LAB_FILE_MAX);
	AUTO(buf_release) struct buf path = BUF_INIT(8192);
	char **out = (char **)(void *)((char *)lab + file->offset);
	struct stat status;

	buf_printf(&path, "%s/%s", lab->folder, file->name);
	if (buf_check(&path, err) < 0)
		return -1;
	if (stat(buf_str(&path), &status) < 0) {
		if (!file->required)
			return 0;
		return schema_fault(err, buf_str(&path), 1, "expected this file, found none");
	}
	if (text_read_file(buf_str(&path), LAB_FILE_MAX, &text, err) < 0)
		return -1;
	if (strlen(buf_str(&text)) != text.len || !text_utf8(buf_str(&text), text.len))
		return schema_fault(err, buf_str(&path), 1, "expected UTF-8 text");
	if (buf_str(&text)[strspn(buf_str(&text), " \t\r\n")] == '\0')
		return schema_fault(err, buf_str(&path), 1, "the file is empty");
	*out = buf_take(&text);
	return *out ? 0 : err_no_memory(err);
}

static int64_t usual_samples(const struct lab_workload *workload)
{
	if (workload->kind == LAB_WORKLOAD_HTTP)
		return 0;
	return workload->parameters < SAMPLES_USUAL ? workload->parameters : SAMPLES_USUAL;
}

int format_read(const char *folder, const char *slug, struct lab *ret, struct err *err)
{
	AUTO(buf_release) struct buf path = BUF_INIT(8192);
	struct lab lab = {.slug = NULL};

	buf_printf(&path, "%s/%s/lab.yaml", folder, slug);
	if (buf_check(&path, err) < 0)
		return -1;
	if (!lab_slug_valid(slug))
		return schema_fault(err, buf_str(&path), 1,
				    "expected a folder name of a-z, 0-9 and -, beginning with a "
				    "letter, not ending in -ref, of at most %d bytes",
				    LAB_SLUG_MAX);
	if (schema_read(buf_str(&path), &LAB, &lab, err) < 0)
		return -1;
	lab.slug = strdup(slug);
	lab.folder = strndup(buf_str(&path), path.len - strlen("/lab.yaml"));
	if (!lab.slug || !lab.folder) {
		format_release(&lab);
		return err_no_memory(err);
	}
	for (size_t i = 0; i < ARRAY_LEN(LAB_FILES); i++) {
		if (read_lab_file(&lab, &LAB_FILES[i], err) < 0) {
			format_release(&lab);
			return -1;
		}
	}
	if (lab.workload.samples == SAMPLES_NOT_GIVEN)
		lab.workload.samples = usual_samples(&lab.workload);
	if (format_check(&lab, buf_str(&path), err) < 0) {
		format_release(&lab);
		return -1;
	}
	*ret = lab;
	return 0;
}
