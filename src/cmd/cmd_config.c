/* cmd_config.c - tasklab config: the settings in force. */
#include <stdio.h>

#include <tasklab/cmd/cmd.h>

int cmd_config(struct cmd *cmd)
{
	struct err err = ERR_INIT;

	if (cmd_options(cmd, NULL, 0) < 0)
		return CMD_USAGE;
	if (cmd->argc > 1)
		return cmd_usage(cmd, "unexpected argument \"%s\"", cmd->argv[1]);
	if (config_print(cmd->config, stdout, cmd->json, &err) < 0)
		return cmd_fail(cmd, "cannot list the settings", &err);
	return CMD_OK;
}
