/* cmd_healthcheck.c - tasklab healthcheck: asks the service of these settings how it is.
 *
 * For container health checks: no curl is needed in the image. */
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <tasklab/base/buf.h>
#include <tasklab/base/json.h>
#include <tasklab/base/text.h>
#include <tasklab/cmd/cmd.h>

#include "address.h"

#define HEALTH_TIMEOUT_MS    2000
#define HEALTH_REPLY_MAX     8192
#define HEALTH_REQUEST_BYTES 512

/* Sends one request and returns the status of its answer, or -1. */
static int ask(int fd, const struct address *address, const char *path, struct err *err)
{
	char request[HEALTH_REQUEST_BYTES];
	char reply[HEALTH_REPLY_MAX];
	size_t got = 0;
	ssize_t n;
	int status;
	int len = snprintf(request, sizeof(request),
			   "GET %s HTTP/1.1\r\nHost: %s:%s\r\nConnection: close\r\n\r\n", path,
			   address->host[0] ? address->host : "localhost", address->port);

	if (send(fd, request, (size_t)len, MSG_NOSIGNAL) != len)
		return err_set(err, ERR_UNAVAILABLE, "the service does not answer", "send failed");
	while (got < sizeof(reply) - 1 &&
	       (n = recv(fd, reply + got, sizeof(reply) - 1 - got, 0)) > 0)
		got += (size_t)n;
	reply[got] = '\0';
	if (sscanf(reply, "HTTP/1.%*1[01] %3d", &status) != 1)
		return err_set(err, ERR_UNAVAILABLE, "the service does not answer",
			       "no HTTP status within %d ms", HEALTH_TIMEOUT_MS);
	return status;
}

static int check(const char *listen, const char *path, struct err *err)
{
	struct address address;
	int fd, status;

	if (address_parse(listen, &address, err) < 0)
		return -1;
	fd = address_connect(&address, HEALTH_TIMEOUT_MS, err);
	if (fd < 0)
		return -1;
	status = ask(fd, &address, path, err);
	close(fd);
	if (status >= 0 && status != 200)
		return err_set(err, ERR_UNAVAILABLE, "the service is not well", "%s answers %d",
			       path, status);
	return status < 0 ? -1 : 0;
}

static void print_ok(const struct cmd *cmd, const char *path)
{
	AUTO(buf_release) struct buf buf = BUF_INIT(1024);
	struct json json = JSON_INIT(&buf);

	if (!cmd->json) {
		printf("ok: %s on %s\n", path, cmd->config->listen);
		return;
	}
	json_begin_object(&json);
	json_kv_string(&json, "status", "ok");
	json_kv_string(&json, "path", path);
	json_kv_string(&json, "listen", cmd->config->listen);
	json_end_object(&json);
	puts(buf_str(&buf));
}

int cmd_healthcheck(struct cmd *cmd)
{
	bool ready = false;
	const struct cmd_option options[] = {{"ready", CMD_OPTION_FLAG, &ready}};
	struct err err = ERR_INIT;
	const char *path;

	if (cmd_options(cmd, options, ARRAY_LEN(options)) < 0)
		return CMD_USAGE;
	if (cmd->argc > 1)
		return cmd_usage(cmd, "unexpected argument \"%s\"", cmd->argv[1]);
	path = ready ? "/readyz" : "/healthz";
	if (check(cmd->config->listen, path, &err) < 0)
		return cmd_fail(cmd, path, &err);
	print_ok(cmd, path);
	return CMD_OK;
}
