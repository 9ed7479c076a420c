/* catalogue.c - finds the folders of labs and reads each into a checked struct lab. */
#include <tasklab/lab/catalogue.h>

#include <dirent.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <tasklab/base/text.h>

#include "evidence.h"
#include "schema.h"

#define LAB_FILE_MAX  ((size_t)256 * 1024)
#define CATALOGUE_MAX 500

/* What lab.yaml may hold ------------------------------------------------------------------------
 * Adding a key is one row here, one member in catalogue.h and one line in docs/labs.md. */

/* clang-format off */
static const char *const LEVELS[]     = {"beginner", "intermediate", "advanced", NULL};
static const char *const WORKLOADS[]  = {"sql", NULL};
static const char *const ROW_ORDERS[] = {"ordered", "unordered", NULL};

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

static const struct schema_field WORKLOAD_FIELDS[] = {
	{"kind",       SCHEMA_CHOICE,  true,  offsetof(struct lab_workload, kind),       .choices = WORKLOADS},
	{"rows",       SCHEMA_CHOICE,  true,  offsetof(struct lab_workload, rows),       .choices = ROW_ORDERS},
	{"parameters", SCHEMA_INTEGER, true,  offsetof(struct lab_workload, parameters), .min = 1, .max = 10000},
	{"clients",    SCHEMA_INTEGER, false, offsetof(struct lab_workload, clients),    .min = 1, .max = 64, .fallback = 1},
	{"calls",      SCHEMA_INTEGER, false, offsetof(struct lab_workload, calls),      .min = 1, .max = 1000000},
	{"seconds",    SCHEMA_INTEGER, false, offsetof(struct lab_workload, seconds),    .min = 1, .max = 600},
	{"samples",    SCHEMA_INTEGER, false, offsetof(struct lab_workload, samples),    .min = 1, .max = 20, .fallback = 3},
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

static const struct schema_field TRAP_FIELDS[] = {
	{"sql", SCHEMA_TEXT, true,  offsetof(struct lab_trap, sql), .min = 1, .max = 4000},
	{"why", SCHEMA_TEXT, true,  offsetof(struct lab_trap, why), .min = 1, .max = 1000},
};
static const struct schema TRAP = {"a trap", sizeof(struct lab_trap), TRAP_FIELDS,
				   ARRAY_LEN(TRAP_FIELDS), true};

static const struct schema_field LAB_FIELDS[] = {
	{"title",      SCHEMA_TEXT,    true,  offsetof(struct lab, title),        .min = 1, .max = 80},
	{"summary",    SCHEMA_TEXT,    true,  offsetof(struct lab, summary),      .min = 1, .max = 400},
	{"topics",     SCHEMA_TEXTS,   true,  offsetof(struct lab, topics.items), .min = 1, .max = 8,
	 .count_offset = offsetof(struct lab, topics.count)},
	{"level",      SCHEMA_CHOICE,  true,  offsetof(struct lab, level),        .choices = LEVELS},
	{"minutes",    SCHEMA_INTEGER, true,  offsetof(struct lab, minutes),      .min = 1, .max = 240},
	{"postgresql", SCHEMA_MAP,     false, offsetof(struct lab, versions),     .sub = &VERSIONS},
	{"settings",   SCHEMA_MAPS,    false, offsetof(struct lab, settings),     .min = 1, .max = 20,
	 .count_offset = offsetof(struct lab, setting_count), .sub = &SETTING},
	{"workload",   SCHEMA_MAP,     true,  offsetof(struct lab, workload),     .sub = &WORKLOAD},
	{"evidence",   SCHEMA_MAPS,    true,  offsetof(struct lab, evidence),     .min = 1, .max = 20,
	 .count_offset = offsetof(struct lab, evidence_count), .sub = &EVIDENCE},
	{"quiz",       SCHEMA_MAPS,    true,  offsetof(struct lab, quiz),         .min = 1, .max = 3,
	 .count_offset = offsetof(struct lab, quiz_count), .sub = &QUESTION},
	{"hints",      SCHEMA_TEXTS,   true,  offsetof(struct lab, hints.items),  .min = LAB_HINTS, .max = LAB_HINTS,
	 .count_offset = offsetof(struct lab, hints.count)},
	{"traps",      SCHEMA_MAPS,    true,  offsetof(struct lab, traps),        .min = 1, .max = 10,
	 .count_offset = offsetof(struct lab, trap_count), .sub = &TRAP},
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
	{"slow.sql",   offsetof(struct lab, slow_sql),   true},
	{"fast.sql",   offsetof(struct lab, fast_sql),   false},
	{"fix.sql",    offsetof(struct lab, fix_sql),    false},
};
/* clang-format on */

const char *lab_level_name(enum lab_level level)
{
	return LEVELS[level];
}

bool lab_slug_valid(const char *slug)
{
	size_t length = strspn(slug, "abcdefghijklmnopqrstuvwxyz0123456789-");

	return *slug >= 'a' && *slug <= 'z' && length <= LAB_SLUG_MAX && slug[length] == '\0';
}

/* Checks that no table can hold ------------------------------------------------------------------
 */

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

		if (name[strspn(name, "abcdefghijklmnopqrstuvwxyz_.")] != '\0')
			return schema_fault(err, path, (long)lab->settings[i].line,
					    "settings: expected the name of a PostgreSQL setting, "
					    "found \"%s\"",
					    name);
	}
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
	return 0;
}

static int check_evidence(const struct lab *lab, const char *path, struct err *err)
{
	for (size_t i = 0; i < lab->evidence_count; i++) {
		const struct lab_evidence *item = &lab->evidence[i];
		struct err why = ERR_INIT;

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

static int check_lab(const struct lab *lab, const char *path, struct err *err)
{
	if (check_versions(&lab->versions, path, 1, err) < 0 ||
	    check_settings(lab, path, err) < 0 || check_workload(lab, path, err) < 0 ||
	    check_evidence(lab, path, err) < 0 || check_quiz(lab, path, err) < 0)
		return -1;
	if (!lab->fix_sql == !lab->fast_sql)
		return schema_fault(err, path, 1,
				    "expected one of fix.sql and fast.sql beside it, found %s",
				    lab->fix_sql ? "both" : "neither");
	return 0;
}

/* One folder --------------------------------------------------------------------------------- */

static void lab_release(struct lab *lab)
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

static int read_lab(const char *folder, const char *slug, struct lab *ret, struct err *err)
{
	AUTO(buf_release) struct buf path = BUF_INIT(8192);
	struct lab lab = {.slug = NULL};

	buf_printf(&path, "%s/%s/lab.yaml", folder, slug);
	if (buf_check(&path, err) < 0)
		return -1;
	if (!lab_slug_valid(slug))
		return schema_fault(err, buf_str(&path), 1,
				    "expected a folder name of a-z, 0-9 and -, beginning with a "
				    "letter, of at most %d bytes",
				    LAB_SLUG_MAX);
	if (schema_read(buf_str(&path), &LAB, &lab, err) < 0)
		return -1;
	lab.slug = strdup(slug);
	lab.folder = strndup(buf_str(&path), path.len - strlen("/lab.yaml"));
	if (!lab.slug || !lab.folder) {
		lab_release(&lab);
		return err_no_memory(err);
	}
	for (size_t i = 0; i < ARRAY_LEN(LAB_FILES); i++) {
		if (read_lab_file(&lab, &LAB_FILES[i], err) < 0) {
			lab_release(&lab);
			return -1;
		}
	}
	if (check_lab(&lab, buf_str(&path), err) < 0) {
		lab_release(&lab);
		return -1;
	}
	*ret = lab;
	return 0;
}

/* All folders -------------------------------------------------------------------------------- */

static int add_problem(struct catalogue *catalogue, const char *slug, const struct err *why,
		       struct err *err)
{
	size_t n = catalogue->problem_count;
	struct lab_problem *grown =
		realloc(catalogue->problems, (n + 1) * sizeof(*catalogue->problems));

	if (!grown)
		return err_no_memory(err);
	catalogue->problems = grown;
	grown[n] = (struct lab_problem){.slug = strdup(slug), .err = *why};
	if (!grown[n].slug)
		return err_no_memory(err);
	catalogue->problem_count++;
	return 0;
}

static const struct lab *lab_by_slug(const struct catalogue *catalogue, const char *slug)
{
	for (size_t i = 0; i < catalogue->count; i++)
		if (strcmp(catalogue->labs[i].slug, slug) == 0)
			return &catalogue->labs[i];
	return NULL;
}

static int add_lab(struct catalogue *catalogue, const char *folder, const char *slug,
		   struct err *err)
{
	const struct lab *same = lab_by_slug(catalogue, slug);
	struct err why = ERR_INIT;
	struct lab *grown;
	struct lab lab = {.slug = NULL};

	if (same) {
		schema_fault(&why, folder, 1, "lab \"%s\" stands in %s already", slug,
			     same->folder);
		return add_problem(catalogue, slug, &why, err);
	}
	if (catalogue->count == CATALOGUE_MAX)
		return err_set(err, ERR_TOO_LARGE, "too many labs", "more than %d", CATALOGUE_MAX);
	if (read_lab(folder, slug, &lab, &why) < 0)
		return add_problem(catalogue, slug, &why, err);
	grown = realloc(catalogue->labs, (catalogue->count + 1) * sizeof(*grown));
	if (!grown) {
		lab_release(&lab);
		return err_no_memory(err);
	}
	catalogue->labs = grown;
	grown[catalogue->count++] = lab;
	return 0;
}

/* A folder below labs/ that has no lab.yaml is not a lab. */
static bool holds_lab(const char *folder, const char *name)
{
	AUTO(buf_release) struct buf path = BUF_INIT(8192);
	struct stat status;

	if (*name == '.')
		return false;
	buf_printf(&path, "%s/%s/lab.yaml", folder, name);
	return !path.failed && stat(buf_str(&path), &status) == 0;
}

static void free_names(struct dirent **names, int n)
{
	for (int i = 0; i < n; i++)
		free(names[i]);
	free(names);
}

static int load_folder(struct catalogue *catalogue, const char *folder, struct err *err)
{
	struct dirent **names = NULL;
	int n = scandir(folder, &names, NULL, alphasort);
	int result = 0;

	if (n < 0 && (errno == ENOENT || errno == ENOTDIR))
		return 0;
	if (n < 0)
		return err_errno(err, errno, "a folder of labs cannot be read", folder);
	for (int i = 0; i < n && result == 0; i++)
		if (holds_lab(folder, names[i]->d_name))
			result = add_lab(catalogue, folder, names[i]->d_name, err);
	free_names(names, n);
	return result;
}

static int compare_labs(const void *a, const void *b)
{
	const struct lab *left = a, *right = b;

	return strcmp(left->slug, right->slug);
}

int catalogue_load(const char *const *folders, size_t n, struct catalogue **ret, struct err *err)
{
	AUTO(catalogue_freep) struct catalogue *catalogue = calloc(1, sizeof(*catalogue));

	if (!catalogue)
		return err_no_memory(err);
	for (size_t i = 0; i < n; i++)
		if (load_folder(catalogue, folders[i], err) < 0)
			return -1;
	if (catalogue->count > 0)
		qsort(catalogue->labs, catalogue->count, sizeof(*catalogue->labs), compare_labs);
	*ret = TAKE(catalogue);
	return 0;
}

void catalogue_freep(struct catalogue **catalogue)
{
	if (!*catalogue)
		return;
	for (size_t i = 0; i < (*catalogue)->count; i++)
		lab_release(&(*catalogue)->labs[i]);
	for (size_t i = 0; i < (*catalogue)->problem_count; i++)
		free((*catalogue)->problems[i].slug);
	free((*catalogue)->labs);
	free((*catalogue)->problems);
	free(*catalogue);
	*catalogue = NULL;
}

static const char *nearest_slug(const struct catalogue *catalogue, const char *slug)
{
	AUTO(freep) const char **slugs = calloc(catalogue->count + 1, sizeof(*slugs));

	for (size_t i = 0; slugs && i < catalogue->count; i++)
		slugs[i] = catalogue->labs[i].slug;
	return slugs ? text_nearest(slug, slugs, catalogue->count) : NULL;
}

int catalogue_find(const struct catalogue *catalogue, const char *slug, const struct lab **ret,
		   struct err *err)
{
	const struct lab *lab = lab_by_slug(catalogue, slug);
	const char *nearest;

	if (lab) {
		*ret = lab;
		return 0;
	}
	for (size_t i = 0; i < catalogue->problem_count; i++) {
		const struct lab_problem *problem = &catalogue->problems[i];

		if (strcmp(problem->slug, slug) == 0)
			return err_set(err, problem->err.code, problem->err.message, "%s",
				       problem->err.detail);
	}
	nearest = nearest_slug(catalogue, slug);
	return err_field(err, ERR_NOT_FOUND, "slug", "there is no lab \"%.60s\"%s%s%s", slug,
			 nearest ? "; did you mean \"" : "; `tasklab lab list` shows them",
			 nearest ? nearest : "", nearest ? "\"?" : "");
}
