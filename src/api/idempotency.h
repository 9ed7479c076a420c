/* idempotency.h - Idempotency-Key: a create that is sent again is answered again, not done again.
 *
 * After draft-ietf-httpapi-idempotency-key-header: the key belongs to the acting user. The first
 * request does its work and stores its answer in one transaction; so whatever was acknowledged can
 * be replayed, and what failed left no trace and may be tried again with the same key.
 */
#ifndef TASKLAB_API_IDEMPOTENCY_H
#define TASKLAB_API_IDEMPOTENCY_H

#include "call.h"

#define IDEMPOTENCY_KEY_MAX 255 /* characters of a key */

/* Runs the route's handler under the request's key. The same key and request as before: the stored
 * answer, with Idempotency-Replayed: true. With another request: ERR_UNPROCESSABLE. While the first
 * is still being worked on: ERR_CONFLICT. */
int idempotency_run(struct api_call *call, const char *key, struct http_reply *reply,
		    struct err *err);
/* Deletes keys older than a day. */
int idempotency_forget(struct db *db, struct err *err);

#endif
