/* cmd.h - the subcommands: each is one function in its own cmd_*.c and one row in main.c. */
#ifndef TASKLAB_CMD_CMD_H
#define TASKLAB_CMD_CMD_H

#include <stdbool.h>
#include <stddef.h>

#include <tasklab/config/config.h>

enum cmd_exit { CMD_OK = 0, CMD_FAILED = 1, CMD_USAGE = 2, CMD_NOT_ACCEPTED = 3 };

/* What every command gets: the settings and what is left of argv (argv[0] is the command's name).
 */
struct cmd {
	const struct config *config;
	int argc;
	char **argv;
	bool json; /* --json was given */
};

/* One row of the table in main.c. */
struct cmd_row {
	const char *name;
	int (*run)(struct cmd *cmd);
	const char *summary; /* one line, for `tasklab help` */
	const char *usage; /* for `tasklab help <name>`: "tasklab <name> ...", then what it does */
};

/* The program: finds the command of argv in the table and runs it. Global flags, anywhere before
 * "--": --help, --version, --json and the settings' flags. Output that cannot be written makes the
 * command fail. */
int cmd_main(const struct cmd_row *commands, size_t n, int argc, char **argv);

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
enum cmd_option_type { CMD_OPTION_STR, CMD_OPTION_I64, CMD_OPTION_FLAG, CMD_OPTION_TEXTS };

/* What an option that may be given several times collects. */
#define CMD_TEXTS_MAX 16
struct cmd_texts {
	const char *items[CMD_TEXTS_MAX];
	size_t count;
};

struct cmd_option {
	const char *name; /* "scale": --scale VALUE or --scale=VALUE */
	enum cmd_option_type type;
	void *value; /* const char **, int64_t *, bool *, struct cmd_texts * */
};
/* Takes the options out of argv; leaves the operands. -1 after a message on stderr (usage). */
int cmd_options(struct cmd *cmd, const struct cmd_option *options, size_t n);
/* Prints "tasklab <command>: message" and a hint to the help on stderr; returns CMD_USAGE. */
int cmd_usage(const struct cmd *cmd, const char *format, ...) PRINTF(2, 3);
/* Prints the error on stderr, as JSON when asked; returns CMD_FAILED. */
int cmd_fail(const struct cmd *cmd, const char *what, const struct err *err);

/* Registers every label set of every room, before metrics_start: for serve and metrics --list. The
 * labs are among them in the sandbox only. */
int cmd_metrics_labels(const struct config *config, struct err *err);

/* What was built: for version and for the metric tasklab_build_info. */
struct cmd_build {
	const char *version, *revision, *compiler;
	char libpq[16];
};
const struct cmd_build *cmd_build(void);

#endif
