/* pace.h - the rest of a paced client between two calls: background traffic is modest. */
#ifndef LAB_PACE_H
#define LAB_PACE_H

#include "site.h"

/* Until pace_ns after the call began, and as long again as it took; 0: at once. A stop ends it. */
void pace_rest(const struct site *site, int64_t begin_ns, int64_t pace_ns);

#endif
