/* worker.c - what one worker thread has: the storage of its requests and replies. */
#include <stdlib.h>

#include <tasklab/base/attr.h>

#include "exchange.h"

#define HEAD_BYTES_MAX 1024 /* of a reply's head, the handler's headers left aside */

struct worker *worker_new(struct http_server *server)
{
	const struct http_options *options = &server->options;
	struct worker *worker = calloc(1, sizeof(*worker));

	if (!worker)
		return NULL;
	worker->server = server;
	worker->request.worker = worker;
	worker->request.text = BUF_INIT(2 * server->buffer_bytes + URI_QUERY_EXTRA);
	worker->request.body = BUF_INIT(options->body_bytes);
	worker->reply.body = BUF_INIT(options->reply_bytes);
	worker->reply.headers = BUF_INIT(EXCHANGE_HEADERS_BYTES);
	worker->out = BUF_INIT(HEAD_BYTES_MAX + EXCHANGE_HEADERS_BYTES + EXCHANGE_COPY_BYTES);
	if (options->hooks.request_bytes == 0)
		return worker;
	worker->request.storage = calloc(1, options->hooks.request_bytes);
	if (!worker->request.storage) {
		free(worker);
		return NULL;
	}
	return worker;
}

void worker_free(struct worker *worker)
{
	if (!worker)
		return;
	buf_release(&worker->request.text);
	buf_release(&worker->request.body);
	buf_release(&worker->reply.body);
	buf_release(&worker->reply.headers);
	buf_release(&worker->out);
	free(worker->request.storage);
	free(worker);
}
