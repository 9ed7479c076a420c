/* client.h - one request at a time to a service, over a kept connection: for commands. */
#ifndef TASKLAB_LOAD_CLIENT_H
#define TASKLAB_LOAD_CLIENT_H

#include <stdint.h>

#include <tasklab/base/buf.h>
#include <tasklab/base/err.h>

#define CLIENT_LOCATION_SIZE 256

struct client;

/* url is the service's: http://127.0.0.1:8080. */
int client_new(const char *url, struct client **ret, struct err *err);
void client_freep(struct client **client);

/* A header that every request carries from now on; one at most. */
int client_header(struct client *client, const char *name, const char *value, struct err *err);

struct client_answer {
	int status;
	char location[CLIENT_LOCATION_SIZE]; /* the header, "" without one */
};

/* body is JSON, or NULL for none. The answer's body goes to the empty buffer into, whose maximum
 * bounds it. ERR_UNAVAILABLE: no answer within timeout_ms, or none at all. */
int client_request(struct client *client, const char *method, const char *path, const char *body,
		   int64_t timeout_ms, struct buf *into, struct client_answer *ret,
		   struct err *err);

#endif
