/* drain.h - the end of a server without a lost request. */
#ifndef TASKLAB_HTTP_DRAIN_H
#define TASKLAB_HTTP_DRAIN_H

#include <stdint.h>

/* Stops the listening socket on port, serves what has been accepted, closes connections that are
 * silent, and returns when none is left or the monotonic deadline has passed. The server's workers
 * go on meanwhile and close each connection after its next answer. */
void drain(unsigned port, int64_t deadline_ns);

#endif
