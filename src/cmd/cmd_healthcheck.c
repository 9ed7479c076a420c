/* cmd_healthcheck.c - tasklab healthcheck: asks the service of these settings how it is.
 *
 * For container health checks: no curl is needed in the image. */
#include <stdio.h>

#include <tasklab/base/buf.h>
#include <tasklab/base/json.h>
#include <tasklab/cmd/cmd.h>

#include "health.h"

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
	if (health_ask(cmd->config->listen, path, &err) < 0)
		return cmd_fail(cmd, path, &err);
	print_ok(cmd, path);
	return CMD_OK;
}
