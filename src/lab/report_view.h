/* report_view.h - what a report shows, whatever made it: a run of a lab, a check, a comparison.
 *
 * The renderers (report_text.c, report_json.c, report_markdown.c, report_html.c) read only this.
 * Everything belongs to others and must outlive the view.
 */
#ifndef LAB_REPORT_VIEW_H
#define LAB_REPORT_VIEW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <tasklab/base/buf.h>
#include <tasklab/lab/grade.h>
#include <tasklab/lab/run.h>

#include "evidence.h"
#include "record.h"

#define REPORT_CELL  64
#define REPORT_NOTES 4

enum report_tone { REPORT_NEUTRAL, REPORT_GOOD, REPORT_BAD, REPORT_WARN };

/* One side: a phase of a run, or one of two statements. */
struct report_side {
	const char *label;  /* "before", "A": in tables */
	const char *title;  /* "Before the fix" */
	const char *script; /* the statement under test; NULL: there are requests instead */
	const struct lab_texts *requests; /* over HTTP; NULL: there is a script */
	const char *change_name, *change; /* what was done to the database first; NULL: nothing */
	const struct record *record;
};

struct report_view {
	const char *kind; /* "run", "check", "compare": member kind of the JSON */
	const char *slug; /* of the lab; NULL: none */
	const char *title, *summary;
	const char *scale; /* NULL: not on a data set of the labs */
	const char
		*where; /* "in a fresh clone ...": shown instead of scale and database; or NULL */
	const char *database; /* where it was measured; NULL: in one that is gone */
	bool kept;            /* the database was made for this and left */
	const char *psql;     /* to look into it; NULL: not told */
	int server_version;
	int64_t started_us, finished_us;
	size_t parameters, clients;
	struct report_side side[2];
	const struct evidence_verdict *verdicts;
	size_t verdict_count;
	const char *verdict;  /* for programs: "passed" */
	const char *said;     /* the same for people: "solved"; NULL: the verdict itself */
	const char *sentence; /* what it means: "the evidence holds" */
	enum report_tone tone;
	const char *notes[REPORT_NOTES]; /* NULL: no more */
	bool skipped;                    /* nothing was measured, and the first note says why */
	bool empty;                      /* the sides have no records */
	const struct grade *grade;       /* of a check; NULL */
	int best_score;                  /* of all checks, beside a grade */
	bool own_statement;              /* the second side's is the learner's */
	const char *next;                /* what to do now; NULL */
};

void report_view_of_run(const struct run_result *result, struct report_view *ret);

/* Figures -------------------------------------------------------------------------------------- */

enum report_unit { REPORT_COUNT, REPORT_BYTES, REPORT_NS };
enum report_better { REPORT_LESS, REPORT_MORE, REPORT_EITHER };

/* A figure of a side, and in a sentence what it means. Adding one is a row in report_figures.c. */
struct report_figure {
	const char *name;
	const char *meaning;
	enum report_unit unit;
	enum report_better better;
	bool context; /* depends on the machine, so it decides nothing */
	bool always;  /* shown even where both sides have none of it */
	double usual; /* what says nothing: shown where a side has more than this */
	double (*read)(const struct record *record); /* NaN: not measured */
};

extern const struct report_figure REPORT_FIGURES[];
extern const size_t REPORT_FIGURE_COUNT;

#define REPORT_SHARED_BLOCKS "shared blocks per call"
#define REPORT_MEDIAN        "latency p50"

const struct report_figure *report_figure_named(const char *name);

/* Whether a side has more of it than is usual. */
bool report_figure_shown(const struct report_figure *figure, const struct report_view *view);
/* "1,234", "0.7", "12.0 kB", "1.50 ms"; "-" for NaN. Returns out. */
const char *report_value(double value, enum report_unit unit, char out[REPORT_CELL]);
/* "550x less" (with the sign U+00D7), "3.2x more", "same", "gone", "new"; "" where nothing can be
 * said. */
const char *report_change(double before, double after, char out[REPORT_CELL]);
/* Whether the change is for the better; small ones are neither. */
enum report_tone report_change_tone(double before, double after, enum report_better better);
/* The factor by which estimated and actual rows of a node that ran differ, 1 or more. Below a
 * Limit, which may stop a node before its end, fewer rows than expected are no misestimate. */
double report_misestimate(const struct plan *plan, size_t node);

/* Where a plan stands: an explained parameter row, and a statement of the script, both from 0. */
struct report_place {
	size_t sample, step;
};

#define REPORT_PLACES 24

/* Places that have a plan on any side, in order. */
size_t report_places(const struct report_view *view, struct report_place ret[REPORT_PLACES]);
/* The plan of that place on one side; NULL: there is none. */
const struct plan *report_plan(const struct report_view *view, size_t side,
			       const struct report_place *place);
/* The largest figure of that place's plans, which a full bar stands for on both sides. */
double report_plan_most(const struct report_view *view, const struct report_place *place);
/* For each node of that plan whether the other side has no counterpart; the caller frees. NULL: no
 * memory. */
bool *report_changed(const struct report_view *view, size_t side, const struct report_place *place);
/* "sample 2 of 3, statement 1"; "" where there is only one. Returns out. */
char *report_place_name(const struct report_view *view, const struct report_place *place,
			char out[REPORT_CELL]);
/* The script or the requests, as text. Scripts are kept to REPORT_SCRIPT_MAX. */
#define REPORT_SCRIPT_MAX ((size_t)4 * 1024 * 1024)
const struct lab_texts *report_requests(const struct lab *lab); /* NULL: not over HTTP */
void report_script(const struct report_side *side, struct buf *out);
const char *report_said(const struct report_view *view); /* its verdict, for people */
/* The proof of same rows, in a sentence. */
void report_equivalence(const struct report_view *view, char *out, size_t size);
enum report_tone report_outcome_tone(enum evidence_outcome outcome);
/* A name that may be part of a file's: "missing-index-small", "compare". */
void report_file_name(const struct report_view *view, char *out, size_t size);

/* Latency -------------------------------------------------------------------------------------- */

#define REPORT_SLOTS 240

/* Both sides' calls in the same slots, each a fixed factor wider than the one before. A whole
 * number of slots makes a factor of ten, so that some bounds are 1, 10, 100 us ... */
struct report_latency {
	size_t slots;
	double lower_ns;               /* of the first slot */
	double upper_ns[REPORT_SLOTS]; /* of each */
	uint64_t count[2][REPORT_SLOTS];
	uint64_t calls[2];
	double most; /* largest share of a side's calls in one slot; 0: no calls */
};

/* With as many slots as make at most so many (REPORT_SLOTS at most). False: no side has any call.
 */
bool report_latency_read(const struct report_view *view, size_t slots, struct report_latency *ret);

/* The calls of a slot for a bar: their share of the side's calls, 1 being the largest of all. */
double report_latency_bar(const struct report_latency *latency, size_t side, size_t slot);

#endif
