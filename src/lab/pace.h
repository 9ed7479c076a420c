/* pace.h - the rest of a paced client between two calls: background traffic is modest. */
#ifndef LAB_PACE_H
#define LAB_PACE_H

#include "site.h"

#define PACE_RESTS 3 /* times as long as the call took: a quarter of one core at most */

/* Until pace_ns after the call began, and PACE_RESTS times as long as it took; 0: at once. A stop
 * ends it. */
void pace_rest(const struct site *site, int64_t begin_ns, int64_t pace_ns);

#endif
