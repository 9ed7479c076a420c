/* meeting.h - where the sessions of one call wait for each other.
 *
 * Each session is a thread. One that has come to its n-th barrier goes on as soon as every other
 * has come to its n-th too, has ended, or waits for a lock; the last is asked of the server, so
 * that it does not depend on time. The caller's thread conducts: it asks, and ends the call when
 * one fails.
 */
#ifndef TASKLAB_LAB_MEETING_H
#define TASKLAB_LAB_MEETING_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

#include <tasklab/base/err.h>
#include <tasklab/db/conn.h>

#include "script.h"
#include "waits.h"

struct meeting_part {
	struct db_conn *conn;
	struct waits *waits;
	uint64_t noted;   /* its statement when the server was asked */
	unsigned arrived; /* barriers come to or passed over */
	bool waiting;     /* at the last of them */
	bool asked;       /* it was waiting when the server was asked */
	bool ended;
};

struct meeting {
	pthread_mutex_t mutex;
	pthread_cond_t changed; /* on the monotonic clock */
	struct meeting_part parts[SCRIPT_SESSIONS_MAX];
	size_t count;
	bool failed;  /* one has, or the job is stopped: nobody waits any longer */
	size_t first; /* part that failed; SIZE_MAX: none */
};

int meeting_init(struct meeting *meeting, struct err *err);
void meeting_release(struct meeting *meeting);
/* Begins a call. Nobody else uses the meeting now. */
void meeting_begin(struct meeting *meeting);
/* A session comes to a barrier; with wait false it only passes by. ERR_CONFLICT when another
 * session has failed. */
int meeting_wait(struct meeting *meeting, size_t part, bool wait, struct err *err);
/* A session has played its part. */
void meeting_end(struct meeting *meeting, size_t part, bool failed);
/* How a call's server is asked. */
struct meeting_server {
	struct db_conn *monitor; /* outside of the lab's database; NULL: to be opened by connect */
	int (*connect)(void *arg, struct db_conn **ret, struct err *err);
	bool (*stopped)(void *arg); /* the job is given up */
	void *arg;
};

/* Returns when all parts have ended. A part whose failure or the stop leaves others waiting on the
 * server has these cancelled, over another connection when the monitor's has failed. */
int meeting_conduct(struct meeting *meeting, struct meeting_server *server, struct err *err);

#endif
