/* schedule.h - when each request is due: fixed by the profile alone, before anything is sent.
 *
 * Arrival i (from 0) is due when the integral of the profile's rate reaches i. So the arrivals are
 * evenly spaced where the rate is constant, and their number is known beforehand.
 */
#ifndef TASKLAB_LOAD_SCHEDULE_H
#define TASKLAB_LOAD_SCHEDULE_H

#include <stdint.h>

#include <tasklab/load/load.h>

#define SCHEDULE_SOAK_PERIOD_S 600.0

struct schedule {
	enum load_profile profile;
	double rate;
	double duration_s; /* infinite: until stopped */
	double period_s;   /* of the soak wave */
};

/* ERR_INVALID for a rate or a duration that the profile cannot have. */
int schedule_init(struct schedule *schedule, enum load_profile profile, double rate,
		  int64_t duration_ns, struct err *err);
/* Arrivals of the whole run; UINT64_MAX when it has no end. */
uint64_t schedule_count(const struct schedule *schedule);
/* When arrival i is due, in nanoseconds from the start; rises with i. */
int64_t schedule_at_ns(const struct schedule *schedule, uint64_t i);
/* Arrivals due in the first seconds of the run, and the rate then. */
double schedule_due(const struct schedule *schedule, double seconds);
double schedule_rate(const struct schedule *schedule, double seconds);

#endif
