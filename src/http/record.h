/* record.h - what is kept of a request: metrics and its log line. */
#ifndef TASKLAB_HTTP_RECORD_H
#define TASKLAB_HTTP_RECORD_H

#include <stdbool.h>

#include <tasklab/base/err.h>

struct http_server;
struct worker;

void record_begin(struct http_server *server); /* a request is in flight */
void record_end(struct http_server *server);
/* The worker's request was answered. err is the reason of a problem, or ERR_NONE; sent is false
 * when the peer did not take the whole answer. */
void record(const struct worker *worker, const struct err *err, bool sent);

#endif
