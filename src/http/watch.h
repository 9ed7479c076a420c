/* watch.h - cuts connections whose peer holds a worker too long.
 *
 * civetweb's own timeouts start anew with each byte of a chunk's head and with each step of a
 * write, so a peer that is slow enough could hold a worker for hours. A worker that enters such a
 * stretch says until when it may last; one thread of the server shuts the connection when it lasts
 * longer.
 */
#ifndef TASKLAB_HTTP_WATCH_H
#define TASKLAB_HTTP_WATCH_H

#include <stddef.h>
#include <stdint.h>

#include <tasklab/base/err.h>

struct watch;

enum watch_cut {
	WATCH_CUT_READ, /* the worker sees the end of the input, and can still answer */
	WATCH_CUT_ALL
};

/* For connections to the port watch_port says, by as many workers at once as there are slots. */
int watch_new(size_t slots, struct watch **ret, struct err *err);
void watch_port(struct watch *watch, unsigned port);
void watch_freep(struct watch **watch); /* no slot may be in use */
/* From now to watch_end the connection from this peer may be cut. Returns the slot. */
size_t watch_begin(struct watch *watch, const char *remote, int remote_port, int64_t deadline_ns,
		   enum watch_cut cut);
void watch_end(struct watch *watch, size_t slot);

#endif
