/* worker.h - sends requests when they are due, over a bounded number of kept connections.
 *
 * A worker is one thread with one curl multi handle. All workers of a run take their arrivals from
 * one counter; a worker takes the next only when it has a free slot. So an arrival that is due
 * while every slot is taken waits, and the wait counts in its latency.
 */
#ifndef TASKLAB_LOAD_WORKER_H
#define TASKLAB_LOAD_WORKER_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>

#include <tasklab/base/err.h>
#include <tasklab/base/term.h>

#include "known.h"
#include "schedule.h"
#include "stats.h"

#define WORKER_ANSWER_MAX ((size_t)4 * 1024 * 1024) /* bytes of one answer's body */
#define WORKER_CONNECT_MS 2000L
#define WORKER_DRAIN_NS   INT64_C(2000000000) /* what is under way when load_stop comes */

/* What the workers of a run share. */
struct run {
	const char *url; /* without a slash at its end */
	uint64_t seed;
	struct schedule schedule;
	uint64_t count;               /* arrivals in all */
	atomic_int_fast64_t start_ns; /* monotonic; 0 until the workers start */
	int64_t late_max_ns;          /* what is later is dropped */
	struct known *known;
	struct stats *stats;
	struct progress *progress;
	atomic_uint_fast64_t next; /* arrival that nobody has taken yet */
	atomic_int in_flight;
	const atomic_bool *stop;
};

struct worker;
int worker_start(struct run *run, unsigned slots, struct worker **ret, struct err *err);
void worker_joinp(struct worker **worker); /* waits for its end and frees it */

/* One request outside the run: waits for the answer, at most timeout_ms. *status is 0 when none
 * came. body may be NULL. */
int worker_fetch(const char *url, const char *path, int64_t timeout_ms, int *status,
		 struct buf *body, struct err *err);

#endif
