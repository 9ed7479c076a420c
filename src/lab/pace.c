/* pace.c - rests in short turns, so that a stop is noticed. */
#include "pace.h"

#include <tasklab/base/clock.h>

#define TURN_NS (50 * CLOCK_NS_PER_MS)

void pace_rest(const struct site *site, int64_t begin_ns, int64_t pace_ns)
{
	int64_t now_ns = clock_mono_ns(), took_ns = now_ns - begin_ns;
	int64_t until_ns = begin_ns + pace_ns;

	if (pace_ns == 0)
		return;
	if (now_ns + PACE_RESTS * took_ns > until_ns)
		until_ns = now_ns + PACE_RESTS * took_ns;
	while (now_ns < until_ns && !site_stopped(site)) {
		int64_t turn_ns = now_ns + TURN_NS;

		clock_sleep_until(turn_ns < until_ns ? turn_ns : until_ns);
		now_ns = clock_mono_ns();
	}
}
