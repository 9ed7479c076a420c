/* learner.h - what the service's database remembers of a learner: progress and active labs.
 *
 * lab_progress holds a row for each lab that was ever started, lab_sessions one for each that is
 * active: started and not yet reset. One is active at a time, unless another is put beside it.
 * ERR_UNPROCESSABLE: the service's database has no such tables yet.
 */
#ifndef TASKLAB_LAB_LEARNER_H
#define TASKLAB_LAB_LEARNER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <tasklab/base/err.h>

struct learner_progress {
	char slug[64];
	int64_t started_us; /* the last time */
	int hints;          /* taken since then */
	int64_t checks;
	int best_score;    /* -1: never checked */
	int64_t solved_us; /* first time at or above the pass mark; 0: not yet */
};

struct learner_session {
	char slug[64];
	char scale[16];
	char database[64];
	int64_t started_us;
	bool beside;
};

/* By slug; the caller frees *ret. */
int learner_progress(const char *conninfo, struct learner_progress **ret, size_t *n,
		     struct err *err);
/* The active labs: first the one that stands alone, then those beside it by their start. The caller
 * frees *ret. */
int learner_sessions(const char *conninfo, struct learner_session **ret, size_t *n,
		     struct err *err);
/* The same over a connection to the service's database that is there already. */
struct db_conn;
int learner_sessions_over(struct db_conn *conn, struct learner_session **ret, size_t *n,
			  struct err *err);
/* 0 when the lab may be started; else ERR_CONFLICT names the active lab and what to do. */
int learner_may_start(const char *conninfo, const char *slug, bool beside, struct err *err);
/* Makes the lab active; settings is what learner_settings will return. ERR_CONFLICT as above.
 * started_us of the session is not read. */
int learner_start(const char *conninfo, const struct learner_session *session, const char *settings,
		  struct err *err);
/* The settings' JSON as learner_start got it; the caller frees. ERR_NOT_FOUND: not active. */
int learner_settings(const char *conninfo, const char *slug, char **ret, struct err *err);
/* Counts a hint; *ret is its number, 1 to LAB_HINTS, and stays at the last. */
int learner_hint(const char *conninfo, const char *slug, int *ret, struct err *err);
int learner_check(const char *conninfo, const char *slug, int score, bool passed, struct err *err);
/* The lab is no longer active; NULL: none is. Not to be active is no error. */
int learner_end(const char *conninfo, const char *slug, struct err *err);

#endif
