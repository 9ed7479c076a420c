/* cmd.h - the subcommands: each is one function in its own cmd_*.c and one row in main.c. */
#ifndef TASKLAB_CMD_CMD_H
#define TASKLAB_CMD_CMD_H

#include <stdbool.h>

#include <tasklab/config/config.h>

enum cmd_exit { CMD_OK = 0, CMD_FAILED = 1, CMD_USAGE = 2, CMD_NOT_ACCEPTED = 3 };

/* What every command gets: the settings and what is left of argv (argv[0] is the command's name). */
struct cmd {
	const struct config *config;
	int argc;
	char **argv;
	bool json; /* --json was given */
};

/* X(name, function, one-line summary, usage text of `tasklab help <name>`) is in main.c. */
int cmd_serve(struct cmd *cmd);
int cmd_migrate(struct cmd *cmd);
int cmd_seed(struct cmd *cmd);
int cmd_load(struct cmd *cmd);
int cmd_lab(struct cmd *cmd);
int cmd_user(struct cmd *cmd);
int cmd_metrics(struct cmd *cmd);
int cmd_config(struct cmd *cmd);
int cmd_doctor(struct cmd *cmd);
int cmd_version(struct cmd *cmd);
int cmd_healthcheck(struct cmd *cmd);

/* Options of one command, as a table. */
enum cmd_option_type { CMD_OPTION_STR, CMD_OPTION_I64, CMD_OPTION_FLAG };
struct cmd_option {
	const char *name; /* "scale": --scale VALUE or --scale=VALUE */
	enum cmd_option_type type;
	void *value; /* const char **, int64_t *, bool * */
};
/* Takes the options out of argv; leaves the operands. -1 after a message on stderr (usage). */
int cmd_options(struct cmd *cmd, const struct cmd_option *options, size_t n);
/* Prints "tasklab <command>: message (detail)" and a hint to the help; returns CMD_USAGE. */
int cmd_usage(const struct cmd *cmd, const char *format, ...) PRINTF(2, 3);
/* Prints the error, as JSON when asked; returns CMD_FAILED. */
int cmd_fail(const struct cmd *cmd, const char *what, const struct err *err);

#endif
