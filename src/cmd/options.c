/* options.c - takes the options of one command out of its arguments, and complains about them. */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <tasklab/base/text.h>
#include <tasklab/cmd/cmd.h>

static int complain(const struct cmd *cmd, const char *format, va_list args) PRINTF(2, 0);

static int complain(const struct cmd *cmd, const char *format, va_list args)
{
	fprintf(stderr, "tasklab %s: ", cmd->argv[0]);
	vfprintf(stderr, format, args);
	fprintf(stderr, "\nTry \"tasklab help %s\".\n", cmd->argv[0]);
	return CMD_USAGE;
}

int cmd_usage(const struct cmd *cmd, const char *format, ...)
{
	va_list args;
	int rc;

	va_start(args, format);
	rc = complain(cmd, format, args);
	va_end(args);
	return rc;
}

/* Names the option or setting that was most likely meant. */
static void unknown_option(const struct cmd *cmd, const char *given,
			   const struct cmd_option *options, size_t n)
{
	size_t count = 0, all = n + config_count() + 2;
	const char **names = calloc(all, sizeof(*names));
	const char *nearest = NULL;
	char name[64];

	snprintf(name, sizeof(name), "%.*s", (int)strcspn(given + 2, "="), given + 2);
	for (char *at = name; *at; at++)
		*at = *at == '-' ? '_' : *at; /* settings are spelt with underscores */
	if (names) {
		for (size_t i = 0; i < n; i++)
			names[count++] = options[i].name;
		for (size_t i = 0; i < config_count(); i++)
			names[count++] = config_name(i);
		names[count++] = "json";
		names[count++] = "help";
		nearest = text_nearest(name, names, count);
	}
	snprintf(name, sizeof(name), "%s", nearest ? nearest : "");
	for (char *at = name; *at; at++)
		*at = *at == '_' ? '-' : *at;
	if (nearest)
		cmd_usage(cmd, "unknown option \"%s\"; did you mean \"--%s\"?", given, name);
	else
		cmd_usage(cmd, "unknown option \"%s\"", given);
	free(names);
}

static const struct cmd_option *find_option(const char *arg, const struct cmd_option *options,
					    size_t n)
{
	size_t len = strcspn(arg + 2, "=");

	for (size_t i = 0; i < n; i++) {
		if (strlen(options[i].name) == len && memcmp(options[i].name, arg + 2, len) == 0)
			return &options[i];
	}
	return NULL;
}

static int add_text(const struct cmd *cmd, const struct cmd_option *option, const char *value)
{
	struct cmd_texts *texts = option->value;

	if (texts->count == CMD_TEXTS_MAX) {
		cmd_usage(cmd, "--%s: given more than %d times", option->name, CMD_TEXTS_MAX);
		return -1;
	}
	texts->items[texts->count++] = value;
	return 0;
}

/* value is NULL when there is none. */
static int option_set(const struct cmd *cmd, const struct cmd_option *option, const char *value)
{
	switch (option->type) {
	case CMD_OPTION_FLAG:
		*(bool *)option->value = true;
		return 0;
	case CMD_OPTION_STR:
		*(const char **)option->value = value;
		return 0;
	case CMD_OPTION_TEXTS:
		return add_text(cmd, option, value);
	case CMD_OPTION_I64:
		break;
	}
	if (text_i64(value, INT64_MIN, INT64_MAX, option->value))
		return 0;
	cmd_usage(cmd, "--%s %s: expected a whole number", option->name, value);
	return -1;
}

/* Reads the option at argv[*at] and moves *at past it and its value. */
static int take_option(const struct cmd *cmd, int *at, const struct cmd_option *options, size_t n)
{
	const char *arg = cmd->argv[*at];
	const struct cmd_option *option = find_option(arg, options, n);
	const char *equals = strchr(arg, '=');
	const char *value = equals ? equals + 1 : NULL;

	if (!option) {
		unknown_option(cmd, arg, options, n);
		return -1;
	}
	(*at)++;
	if (option->type == CMD_OPTION_FLAG && value) {
		cmd_usage(cmd, "--%s takes no value", option->name);
		return -1;
	}
	if (option->type != CMD_OPTION_FLAG && !value) {
		if (*at == cmd->argc) {
			cmd_usage(cmd, "--%s: expected a value", option->name);
			return -1;
		}
		value = cmd->argv[(*at)++];
	}
	return option_set(cmd, option, value);
}

/* "-" is an operand, and so is a negative number. */
static bool is_option(const char *arg)
{
	return arg[0] == '-' && arg[1] != '\0' && !(arg[1] >= '0' && arg[1] <= '9');
}

int cmd_options(struct cmd *cmd, const struct cmd_option *options, size_t n)
{
	int to = 1, at = 1;

	while (at < cmd->argc && strcmp(cmd->argv[at], "--") != 0) {
		if (!is_option(cmd->argv[at])) {
			cmd->argv[to++] = cmd->argv[at++];
		} else if (cmd->argv[at][1] != '-') {
			cmd_usage(cmd, "unknown option \"%s\"", cmd->argv[at]);
			return -1;
		} else if (take_option(cmd, &at, options, n) < 0) {
			return -1;
		}
	}
	at += at < cmd->argc; /* "--" */
	while (at < cmd->argc)
		cmd->argv[to++] = cmd->argv[at++];
	cmd->argv[to] = NULL;
	cmd->argc = to;
	return 0;
}
