/* web.h - what labs over HTTP need from outside the room: a service's gate, and a client to ask it.
 *
 * The room has neither a server nor an HTTP client. Whoever has both lends them for the whole
 * process, before the first job: the service itself (cmd_serve.c), or a command that starts one for
 * the time of a run.
 */
#ifndef TASKLAB_LAB_WEB_H
#define TASKLAB_LAB_WEB_H

#include <tasklab/base/buf.h>
#include <tasklab/base/err.h>
#include <tasklab/lab/gate.h>

#define WEB_HEADER "Tasklab-Lab"

struct web {
	struct gate *gate; /* of the service that is asked */
	void *arg;
	/* A client with a connection of its own, for one thread; its requests carry the header with
	 * that name. */
	int (*open)(void *arg, const char *name, void **client, struct err *err);
	/* The answer's body goes to the empty buffer. -1: there was no answer. */
	int (*send)(void *client, const char *method, const char *path, struct buf *body,
		    int *status, struct err *err);
	void (*close)(void *client);
};

/* The structure must stay as long as jobs are done; NULL takes it back. */
void web_lend(const struct web *web);

#endif
