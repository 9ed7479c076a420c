/* lab_web.c - the client that labs over HTTP are lent, and a service where none runs. */
#include "lab_web.h"

#include <stdio.h>
#include <stdlib.h>

#include <tasklab/load/client.h>

#include "serve.h"

#define ANSWER_MS INT64_C(60000) /* longest wait for one answer */

static int open_client(void *arg, const char *name, void **ret, struct err *err)
{
	const struct lab_web *web = arg;
	AUTO(client_freep) struct client *client = NULL;

	if (client_new(web->url, &client, err) < 0 ||
	    client_header(client, WEB_HEADER, name, err) < 0)
		return -1;
	*ret = TAKE(client);
	return 0;
}

static int send_request(void *client, const char *method, const char *path, struct buf *body,
			int *status, struct err *err)
{
	struct client_answer answer;

	if (client_request(client, method, path, NULL, ANSWER_MS, body, &answer, err) < 0)
		return -1;
	*status = answer.status;
	return 0;
}

static void close_client(void *arg)
{
	struct client *client = arg;

	client_freep(&client);
}

void lab_web_lend(struct lab_web *web, struct gate *gate, unsigned port)
{
	(void)snprintf(web->url, sizeof(web->url), "http://127.0.0.1:%u", port);
	web->web = (struct web){.gate = gate,
				.arg = web,
				.open = open_client,
				.send = send_request,
				.close = close_client};
	web_lend(&web->web);
}

void lab_web_take_back(void)
{
	web_lend(NULL);
}

static bool any_over_http(const struct lab *labs, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (labs[i].workload.kind == LAB_WORKLOAD_HTTP)
			return true;
	return false;
}

int lab_web_begin(const struct cmd *cmd, const struct lab *labs, size_t n, struct serve **ret,
		  struct err *err)
{
	struct config config = *cmd->config;

	if (!any_over_http(labs, n))
		return 0;
	config.listen = "127.0.0.1:0";
	config.metrics_listen = "";
	config.log_requests = false;
	return serve_begin(&config, ret, err);
}
