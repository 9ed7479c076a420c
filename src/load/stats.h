/* stats.h - what became of the requests: counters and latencies by operation, under one lock. */
#ifndef TASKLAB_LOAD_STATS_H
#define TASKLAB_LOAD_STATS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <tasklab/load/load.h>

/* X(identifier, label): requests that got no answer, and why. */
#define STATS_FAILURES(X)                                                                          \
	X(STATS_CONNECT, "connect")                                                                \
	X(STATS_TIMEOUT, "timeout")                                                                \
	X(STATS_BROKEN, "broken")                                                                  \
	X(STATS_UNFINISHED, "unfinished")                                                          \
	X(STATS_OTHER, "other")

/* clang-format off */
enum stats_failure {
#define X(id, label) id,
	STATS_FAILURES(X)
#undef X
	STATS_FAILURE_COUNT
};
/* clang-format on */

/* A code is an HTTP status, or STATS_FAILURE_FIRST and an enum stats_failure. */
#define STATS_STATUS_MAX    599
#define STATS_FAILURE_FIRST (STATS_STATUS_MAX + 1)
#define STATS_CODES         (STATS_FAILURE_FIRST + STATS_FAILURE_COUNT)

struct stats;
struct stats *stats_new(size_t operations); /* NULL when out of memory */
void stats_freep(struct stats **stats);

void stats_record(struct stats *stats, size_t operation, size_t code, int64_t latency_ns);
void stats_dropped(struct stats *stats);
uint64_t stats_dropped_count(struct stats *stats);

/* An answer that a correct client may get is no error; 412 says that another was faster. */
bool stats_is_error(size_t code);
/* Fills the counters and histograms of a report; names are the operations'. */
int stats_report(struct stats *stats, struct load_report *report, struct err *err);
void stats_render(struct stats *stats, struct buf *out);

#endif
