/* catalogue.h - the labs that are there: each a folder, read into a checked structure.
 *
 * A lab is labs/<slug>/ with lab.yaml, README.md, params.sql, slow.sql, one of fix.sql and
 * fast.sql, and break.sql where the broken state needs one (docs/labs.md). A mistake in a lab is
 * reported as file:line: what was expected; it never hides the other labs.
 */
#ifndef TASKLAB_LAB_CATALOGUE_H
#define TASKLAB_LAB_CATALOGUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <tasklab/base/err.h>

#define LAB_SLUG_MAX 48 /* so that lab_<slug> fits a PostgreSQL identifier (63 bytes) */
#define LAB_HINTS    3
#define LAB_CHOICES  4

enum lab_level { LAB_BEGINNER, LAB_INTERMEDIATE, LAB_ADVANCED };
enum lab_workload_kind { LAB_WORKLOAD_SQL };
enum lab_row_order { LAB_ROWS_ORDERED, LAB_ROWS_UNORDERED };

struct lab_texts {
	char **items;
	size_t count;
};

/* PostgreSQL major versions, both ends included. */
struct lab_versions {
	int64_t min, max;
};

/* A setting of the lab's database beyond the fixed ones (dataset.c). */
struct lab_setting {
	int64_t line;
	char *name, *value;
};

struct lab_workload {
	int64_t line;
	enum lab_workload_kind kind;
	enum lab_row_order rows; /* whether the order of result rows is part of the answer */
	int64_t parameters;      /* rows of params.sql in use */
	int64_t clients;         /* connections at once */
	int64_t calls;           /* calls of a phase over all clients; 0: go by seconds */
	int64_t seconds;         /* length of a phase; 0: go by calls */
	int64_t samples;         /* parameter rows that are explained */
};

/* NaN stands for "no bound". */
struct lab_bounds {
	double at_least, at_most;
};

/* What must be so for the lab to count as solved. Kinds are the rows of evidence.c. */
struct lab_evidence {
	int64_t line;
	char *kind;
	char *node, *relation, *index; /* NULL: any */
	struct lab_bounds before, after;
	double down_by, up_by;   /* least before/after and after/before; NaN: not asked */
	struct lab_texts scales; /* where it holds; none: everywhere */
	struct lab_versions versions;
};

struct lab_choice {
	int64_t line;
	char *text, *why;
	bool right;
};

struct lab_question {
	int64_t line;
	char *question;
	struct lab_choice *choices;
	size_t choice_count;
};

/* A fix that looks right and is not. */
struct lab_trap {
	int64_t line;
	char *sql, *why;
};

struct lab {
	char *slug, *folder;
	char *title, *summary;
	struct lab_texts topics;
	enum lab_level level;
	int64_t minutes;
	struct lab_versions versions;
	struct lab_setting *settings;
	size_t setting_count;
	struct lab_workload workload;
	struct lab_evidence *evidence;
	size_t evidence_count;
	struct lab_question *quiz;
	size_t quiz_count;
	struct lab_texts hints;
	struct lab_trap *traps;
	size_t trap_count;
	/* The other files, whole; NULL where the lab has none. */
	char *readme, *break_sql, *params_sql, *slow_sql, *fast_sql, *fix_sql;
};

struct lab_problem {
	char *slug;
	struct err err;
};

struct catalogue {
	struct lab *labs; /* by slug */
	size_t count;
	struct lab_problem *problems; /* folders that are not sound labs */
	size_t problem_count;
};

/* Reads the labs of the folders; one that does not exist holds none. Fails only where a folder
 * cannot be read or memory is short: a bad lab is a problem of the catalogue. */
int catalogue_load(const char *const *folders, size_t n, struct catalogue **ret, struct err *err);
void catalogue_freep(struct catalogue **catalogue);
/* ERR_NOT_FOUND names the nearest slug; a bad lab gives its problem. The lab is the catalogue's. */
int catalogue_find(const struct catalogue *catalogue, const char *slug, const struct lab **ret,
		   struct err *err);

/* [a-z][a-z0-9-]*, at most LAB_SLUG_MAX bytes. */
bool lab_slug_valid(const char *slug);
const char *lab_level_name(enum lab_level level);

#endif
