/* schedule.c - the profiles' rates, their integrals, and the inverse of these. */
#include "schedule.h"

#include <math.h>

#include <tasklab/base/clock.h>

#define TWO_PI        6.283185307179586
#define RAMP_FIRST    0.1 /* of the rate */
#define SPIKE_BASE    0.2
#define SOAK_MEAN     0.75
#define SOAK_WAVE     0.25
#define BISECTIONS    64
#define COUNT_EPSILON 1e-6 /* of one arrival: what rounding may add to the last one */

int schedule_init(struct schedule *schedule, enum load_profile profile, double rate,
		  int64_t duration_ns, struct err *err)
{
	double seconds = (double)duration_ns / (double)CLOCK_NS_PER_S;

	if (!(rate > 0 && rate <= LOAD_RATE_MAX))
		return err_field(err, ERR_INVALID, "rate", "must be above 0 and at most %.0f",
				 LOAD_RATE_MAX);
	if (duration_ns < 0)
		return err_field(err, ERR_INVALID, "duration", "must not be negative");
	if (duration_ns == 0 && (profile == LOAD_RAMP || profile == LOAD_SPIKE))
		return err_field(err, ERR_INVALID, "duration",
				 "the profiles ramp and spike need an end");
	*schedule = (struct schedule){
		.profile = profile,
		.rate = rate,
		.duration_s = duration_ns == 0 ? (double)INFINITY : seconds,
		.period_s = SCHEDULE_SOAK_PERIOD_S,
	};
	if (schedule->duration_s < schedule->period_s)
		schedule->period_s = schedule->duration_s;
	return 0;
}

double schedule_rate(const struct schedule *s, double t)
{
	switch (s->profile) {
	case LOAD_RAMP:
		return s->rate * (RAMP_FIRST + (1 - RAMP_FIRST) * t / s->duration_s);
	case LOAD_SPIKE:
		if (t >= s->duration_s / 3 && t < s->duration_s * 2 / 3)
			return s->rate;
		return s->rate * SPIKE_BASE;
	case LOAD_SOAK:
		return s->rate * (SOAK_MEAN + SOAK_WAVE * sin(TWO_PI * t / s->period_s));
	case LOAD_STEADY:
	case LOAD_PROFILE_COUNT:
		break;
	}
	return s->rate;
}

/* The integral of schedule_rate from 0 to t. */
double schedule_due(const struct schedule *s, double t)
{
	double third = s->duration_s / 3;

	switch (s->profile) {
	case LOAD_RAMP:
		return s->rate * t * (RAMP_FIRST + (1 - RAMP_FIRST) * t / s->duration_s / 2);
	case LOAD_SPIKE:
		return s->rate *
		       (SPIKE_BASE * t + (1 - SPIKE_BASE) * fmin(fmax(t - third, 0), third));
	case LOAD_SOAK:
		return s->rate * (SOAK_MEAN * t + SOAK_WAVE * s->period_s / TWO_PI *
							  (1 - cos(TWO_PI * t / s->period_s)));
	case LOAD_STEADY:
	case LOAD_PROFILE_COUNT:
		break;
	}
	return s->rate * t;
}

uint64_t schedule_count(const struct schedule *s)
{
	if (isinf(s->duration_s))
		return UINT64_MAX;
	return (uint64_t)ceil(schedule_due(s, s->duration_s) - COUNT_EPSILON);
}

/* schedule_due rises, so halving finds where it reaches n. No profile is slower than a tenth of its
 * rate on average, which bounds the search. */
static double bisect(const struct schedule *s, double n)
{
	double low = 0, high = n / (s->rate * RAMP_FIRST);

	if (high > s->duration_s)
		high = s->duration_s;
	for (int i = 0; i < BISECTIONS; i++) {
		double middle = (low + high) / 2;

		if (schedule_due(s, middle) < n)
			low = middle;
		else
			high = middle;
	}
	return high;
}

int64_t schedule_at_ns(const struct schedule *s, uint64_t i)
{
	double n = (double)i;
	double t = s->profile == LOAD_STEADY ? n / s->rate : bisect(s, n);

	return (int64_t)(t * (double)CLOCK_NS_PER_S);
}
