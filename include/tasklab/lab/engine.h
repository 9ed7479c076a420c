/* engine.h - the engine inside the service: it works on labs in the background, one job at a time.
 *
 *   engine_new -> engine_begin -> engine_submit, and any number of readers -> engine_drain ->
 * engine_stop
 *
 * A job is what a word of `tasklab lab` does. While one is under way others are refused with
 * ERR_CONFLICT, which names it. The last finished ones are kept, with their reports. Every function
 * may be called by any thread.
 */
#ifndef TASKLAB_LAB_ENGINE_H
#define TASKLAB_LAB_ENGINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <tasklab/base/buf.h>
#include <tasklab/base/err.h>
#include <tasklab/lab/catalogue.h>
#include <tasklab/lab/gate.h>
#include <tasklab/lab/learner.h>
#include <tasklab/seed/seed.h>

#define ENGINE_ACTIVE_MAX  8     /* active labs that are kept going; further ones are not */
#define ENGINE_KEPT        16    /* finished jobs that are remembered */
#define ENGINE_STOP_MS     20000 /* longest wait for a job that was given up */
#define ENGINE_FOLDERS_MAX 4
#define ENGINE_LABEL_SIZE  64
#define ENGINE_SQL_MAX     65536

/* X(identifier, name): each has a row in job.c that says how it is done. */
#define ENGINE_ACTIONS(X)                                                                          \
	X(ENGINE_CHECK, "check")                                                                   \
	X(ENGINE_RESET, "reset")                                                                   \
	X(ENGINE_RUN, "run")                                                                       \
	X(ENGINE_START, "start")                                                                   \
	X(ENGINE_VERIFY, "verify")

/* X(identifier, name, media type) */
#define ENGINE_FORMATS(X)                                                                          \
	X(ENGINE_JSON, "json", "application/json")                                                 \
	X(ENGINE_TEXT, "text", "text/plain; charset=utf-8")                                        \
	X(ENGINE_MARKDOWN, "markdown", "text/markdown; charset=utf-8")                             \
	X(ENGINE_HTML, "html", "text/html; charset=utf-8")

/* clang-format off */
enum engine_action {
#define X(id, name) id,
	ENGINE_ACTIONS(X)
#undef X
	ENGINE_ACTION_COUNT
};

enum engine_format {
#define X(id, name, type) id,
	ENGINE_FORMATS(X)
#undef X
	ENGINE_FORMAT_COUNT
};
/* clang-format on */

enum engine_state { ENGINE_RUNNING, ENGINE_DONE, ENGINE_FAILED, ENGINE_CANCELLED };

struct engine_request {
	int64_t id; /* of the job: history_reserve */
	enum engine_action action;
	const char *slug;
	enum seed_scale scale;
	bool keep;              /* run: leave the lab's database in its fixed state */
	bool beside;            /* start, run: although another lab is active */
	const char *statement;  /* check: the learner's in place of slow.sql; NULL: slow.sql */
	const int64_t *answers; /* check: one a question of the quiz, 1 to LAB_CHOICES */
	size_t answer_count;    /* 0: none were given */
};

/* A job as it was at one moment. */
struct engine_job {
	int64_t id;
	enum engine_action action;
	char slug[LAB_SLUG_MAX + 1];
	enum seed_scale scale;
	enum engine_state state;
	bool accepted;                   /* of a job that is done: the evidence held */
	int64_t started_us, finished_us; /* the latter is 0 while it runs */
	char label[ENGINE_LABEL_SIZE];   /* what it does now, and how far that is */
	uint64_t done, total;
	struct err err; /* why it failed */
};

struct engine_options {
	const char *conninfo;       /* the service's database */
	const char *const *folders; /* of labs; read anew for each job */
	size_t folder_count;
	const char *grafana_url; /* for links to the dashboard; "": none are given */
	struct gate *gate;       /* the caller's: opened for active labs over HTTP */
};

struct engine;

int engine_new(const struct engine_options *options, struct engine **ret, struct err *err);
/* Takes up the active labs; after web_lend (web.h). */
int engine_begin(struct engine *engine, struct err *err);
/* Gives the job under way up, and takes no more. */
void engine_drain(struct engine *engine);
/* Drains and waits, ENGINE_STOP_MS at most, then frees. -1: a job did not end, and still uses what
 * the engine has; the process should end without freeing more. */
int engine_stop(struct engine **engine, struct err *err);

/* The labs as they are on disk now; catalogue_freep. */
int engine_catalogue(const struct engine *engine, struct catalogue **ret, struct err *err);

/* ERR_CONFLICT while another job is under way, ERR_NOT_FOUND for an unknown lab, ERR_UNPROCESSABLE
 * names what of the request does not fit the lab. */
int engine_submit(struct engine *engine, const struct engine_request *request, struct err *err);
/* The job ends as ENGINE_CANCELLED in a while; of a finished one nothing changes. */
int engine_cancel(struct engine *engine, int64_t id, struct err *err);
int engine_read(struct engine *engine, int64_t id, struct engine_job *ret, struct err *err);
/* The job that is under way; false: none. */
bool engine_current(struct engine *engine, struct engine_job *ret);
/* The labs that are active; returns how many, ENGINE_ACTIVE_MAX at most. */
size_t engine_active(struct engine *engine, struct learner_session ret[ENGINE_ACTIVE_MAX]);

struct engine_look {
	enum engine_format format;
	bool colour; /* text: with escape sequences */
	int width;   /* text: columns */
};
/* The report of a finished job. ERR_CONFLICT: it is not finished; ERR_NOT_FOUND: it has none. */
int engine_report(struct engine *engine, int64_t id, const struct engine_look *look,
		  struct buf *out, struct err *err);

const char *engine_action_name(enum engine_action action);
bool engine_action_parse(const char *name, enum engine_action *ret);
const char *engine_state_name(enum engine_state state); /* "running" */
const char *engine_format_type(enum engine_format format);
bool engine_format_parse(const char *name, enum engine_format *ret);

#endif
