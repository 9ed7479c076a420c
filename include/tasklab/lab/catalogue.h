/* catalogue.h - the labs that are there: each a folder, read into a checked structure.
 *
 * A lab is labs/<slug>/ with lab.yaml, README.md, params.sql, slow.sql, at least one of fix.sql and
 * fast.sql, and break.sql, cleanup.sql and writes.sql where it needs them (docs/labs.md). A mistake
 * in a lab is reported as file:line: what was expected; it never hides the other labs.
 */
#ifndef TASKLAB_LAB_CATALOGUE_H
#define TASKLAB_LAB_CATALOGUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <tasklab/base/err.h>

#define LAB_SLUG_MAX     48 /* so that lab_<slug> fits a PostgreSQL identifier (63 bytes) */
#define LAB_HINTS        3
#define LAB_CHOICES      4
#define LAB_SESSIONS_MAX 8

enum lab_level { LAB_BEGINNER, LAB_INTERMEDIATE, LAB_ADVANCED };
enum lab_workload_kind { LAB_WORKLOAD_SQL, LAB_WORKLOAD_HTTP };
enum lab_row_order { LAB_ROWS_ORDERED, LAB_ROWS_UNORDERED };
enum lab_transaction {
	LAB_AUTOCOMMIT,
	LAB_ROLLBACK, /* every call runs inside BEGIN ... ROLLBACK */
};

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

/* A session that is opened before break.sql and kept open; its application_name is its name. */
struct lab_session {
	int64_t line;
	char *name, *sql;
};

struct lab_workload {
	int64_t line;
	enum lab_workload_kind kind;
	enum lab_row_order rows; /* whether the order of result rows is part of the answer */
	int64_t parameters;      /* rows of params.sql in use */
	int64_t clients;         /* connections at once */
	int64_t calls;           /* calls of a phase over all clients; 0: go by seconds */
	int64_t seconds;         /* length of a phase; 0: go by calls */
	int64_t samples;         /* parameter rows that are explained; 0: none */
	enum lab_transaction transaction;
	bool checkpoint;           /* CHECKPOINT before the counted calls of each phase */
	struct lab_texts answer;   /* result columns that make the answer; none: all */
	struct lab_texts may_fail; /* SQLSTATEs that a call may end with */
	struct lab_texts requests; /* http: "GET /api/v1/tasks?project_id={1}" */
	int64_t burst_ms; /* http: pause between bursts of one call a client; 0: no bursts */
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
	char *sql, *sqlstate;          /* of the kinds query and sqlstate-count; else NULL */
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

/* Another way to mend the lab, right or wrong: a change of the database, a statement instead of
 * slow.sql, or both. */
struct lab_attempt {
	int64_t line;
	char *sql, *statement; /* one may be NULL */
	char *why;
};

/* What a learner's fix may do beyond making the statement fast. */
struct lab_trap {
	struct lab_texts allow_settings; /* of the database */
	struct lab_texts may_drop;       /* indexes (globs) whose end costs nothing */
	double writes_slower_by;         /* the write probe's cost against the broken state's */
};

struct lab {
	char *slug, *folder;
	char *title, *summary;
	struct lab_texts topics;
	enum lab_level level;
	int64_t minutes;
	struct lab_versions versions;
	struct lab_texts requires; /* "jit", or extensions that must be available */
	struct lab_setting *settings;
	size_t setting_count;
	struct lab_session *sessions; /* in the order in which they are opened */
	size_t session_count;
	struct lab_workload workload;
	struct lab_evidence *evidence;
	size_t evidence_count;
	struct lab_question *quiz;
	size_t quiz_count;
	struct lab_texts hints;
	struct lab_trap trap;
	struct lab_attempt *traps; /* fixes that look right and are not */
	size_t trap_count;
	struct lab_attempt *alternatives; /* other right fixes */
	size_t alternative_count;
	/* The other files, whole; NULL where the lab has none. An http lab has no slow.sql. */
	char *readme, *break_sql, *params_sql, *slow_sql, *fast_sql, *fix_sql;
	char *cleanup_sql; /* puts the data back after each phase's workload */
	char *writes_sql;  /* the write probe, instead of the usual one */
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

/* [a-z][a-z0-9-]*, at most LAB_SLUG_MAX bytes, not ending in -ref. */
bool lab_slug_valid(const char *slug);
const char *lab_level_name(enum lab_level level);

#endif
