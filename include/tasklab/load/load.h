/* load.h - open-loop traffic against the service, from outside: it knows the API only.
 *
 * Every request has an intended start, fixed by the profile before the run; its latency counts
 * from there, so a stalled service shows in all requests that were due during the stall, not only
 * in the few that were under way ("coordinated omission", G. Tene, "How NOT to Measure Latency").
 * At most `connections` requests are in flight. What is due meanwhile is sent late, and what is
 * later than LOAD_LATE_MAX is dropped and counted.
 */
#ifndef TASKLAB_LOAD_LOAD_H
#define TASKLAB_LOAD_LOAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <tasklab/base/buf.h>
#include <tasklab/base/err.h>
#include <tasklab/base/hist.h>

#define LOAD_LATE_MAX_NS     INT64_C(10000000000)
#define LOAD_REQUEST_MAX_MS  15000
#define LOAD_CONNECTIONS_MAX 1024
#define LOAD_RATE_MAX        100000.0

/* X(identifier, name, help) */
#define LOAD_PROFILES(X)                                                                           \
	X(LOAD_STEADY, "steady", "the rate, evenly spaced")                                        \
	X(LOAD_RAMP, "ramp", "from 10 % of the rate up to all of it, in a straight line")          \
	X(LOAD_SPIKE, "spike", "20 % of the rate; all of it at once in the middle third")          \
	X(LOAD_SOAK, "soak", "a wave between 50 % and 100 % of the rate, ten minutes long")

/* clang-format off */
enum load_profile {
#define X(id, name, help) id,
	LOAD_PROFILES(X)
#undef X
	LOAD_PROFILE_COUNT
};
/* clang-format on */

struct load_options {
	const char *url; /* "http://127.0.0.1:8080" */
	enum load_profile profile;
	double rate;          /* requests a second; the profile's highest */
	int64_t duration_ns;  /* 0: until load_stop (steady and soak only) */
	unsigned connections; /* most requests in flight */
	int64_t wait_ns;      /* longest wait for the service at the start */
	uint64_t seed;
	bool progress; /* draw a bar on stderr */
};

/* What became of requests. status is 0 for those without an answer. */
struct load_code {
	int status;
	char name[16]; /* "200", "connect", "timeout", ... */
	uint64_t count;
};

struct load_operation {
	const char *name;
	uint64_t requests;
	uint64_t errors; /* 4xx but 412 (another client was faster), 5xx, and failures without an
			    answer */
	struct hist *hist;
};

struct load_report {
	double rate_target; /* mean of the profile over the time it ran */
	double rate_achieved;
	double seconds;
	uint64_t requests; /* answered or failed */
	uint64_t answered; /* with any status */
	uint64_t errors;
	uint64_t dropped;
	struct hist *hist; /* all operations */
	struct load_operation *operations;
	size_t operation_count;
	struct load_code *codes;
	size_t code_count;
};

/* Runs to the end of the duration or until load_stop. -1 when the service did not come up within
 * wait_ns (ERR_UNAVAILABLE) or the options are wrong. One run at a time in a process. */
int load_run(const struct load_options *options, struct load_report **ret, struct err *err);
void load_report_freep(struct load_report **report);
/* Ends the run with its report; async-signal-safe. */
void load_stop(void);

/* The run's own metrics in the Prometheus text format; any thread, at any time. */
int load_render_metrics(struct buf *out, struct err *err);

bool load_profile_parse(const char *name, enum load_profile *ret);

#endif
