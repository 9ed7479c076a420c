/* cmd.c - the program around the commands: global flags, help, settings, the end of the output. */
#include <tasklab/cmd/cmd.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <tasklab/base/buf.h>
#include <tasklab/base/json.h>
#include <tasklab/base/term.h>
#include <tasklab/base/text.h>

#define CONNECT "connect: " /* how the detail of a failed connection begins */

struct globals {
	bool help, version, json;
};

/* Takes a global flag; false when arg is none. */
static bool take_global(const char *arg, struct globals *globals)
{
	if (strcmp(arg, "--help") == 0 || strcmp(arg, "-h") == 0)
		globals->help = true;
	else if (strcmp(arg, "--version") == 0)
		globals->version = true;
	else if (strcmp(arg, "--json") == 0)
		globals->json = true;
	else
		return false;
	return true;
}

static void take_globals(int *argc, char **argv, struct globals *globals)
{
	int to = 1, at = 1;

	for (; at < *argc && strcmp(argv[at], "--") != 0; at++) {
		if (!take_global(argv[at], globals))
			argv[to++] = argv[at];
	}
	while (at < *argc)
		argv[to++] = argv[at++];
	argv[to] = NULL;
	*argc = to;
}

static const struct cmd_row *find_command(const struct cmd_row *commands, size_t n,
					  const char *name)
{
	for (size_t i = 0; i < n; i++) {
		if (strcmp(commands[i].name, name) == 0)
			return &commands[i];
	}
	return NULL;
}

static int unknown_command(const struct cmd_row *commands, size_t n, const char *name)
{
	const char **names = calloc(n + 1, sizeof(*names));
	const char *nearest = NULL;

	if (names) {
		for (size_t i = 0; i < n; i++)
			names[i] = commands[i].name;
		names[n] = "help";
		nearest = text_nearest(name, names, n + 1);
	}
	fprintf(stderr, "tasklab: there is no command \"%s\"", name);
	if (nearest)
		fprintf(stderr, "; did you mean \"%s\"?", nearest);
	fputs("\nTry \"tasklab help\".\n", stderr);
	free(names);
	return CMD_USAGE;
}

static void print_overview(const struct cmd_row *commands, size_t n, FILE *stream)
{
	fputs("usage: tasklab <command> [options]\n\n", stream);
	for (size_t i = 0; i < n; i++)
		fprintf(stream, "  %-12s %s\n", commands[i].name, commands[i].summary);
	fputs("  help         this text, or that of one command: tasklab help <command>\n"
	      "\n"
	      "Every command takes --json, and every setting of \"tasklab config\" as a flag: "
	      "--listen,\n"
	      "--database-url and so on. Exit status: 0 done, 1 failed, 2 wrong usage, 3 a check "
	      "or an\n"
	      "answer was not accepted.\n",
	      stream);
}

/* name is NULL for the overview. */
static int help(const struct cmd_row *commands, size_t n, const char *name)
{
	const struct cmd_row *row = name ? find_command(commands, n, name) : NULL;

	if (!name || strcmp(name, "help") == 0) {
		print_overview(commands, n, stdout);
		return CMD_OK;
	}
	if (!row)
		return unknown_command(commands, n, name);
	printf("usage: %s", row->usage);
	return CMD_OK;
}

static void print_error_json(const char *what, const struct err *err)
{
	AUTO(buf_release) struct buf out = BUF_INIT(16384);
	struct json json = JSON_INIT(&out);

	json_begin_object(&json);
	json_kv_string(&json, "error", what);
	json_kv_string(&json, "code", err_name(err->code));
	json_kv_string(&json, "message", err->message);
	if (err->field[0])
		json_kv_string(&json, "field", err->field);
	if (err->detail[0])
		json_kv_string(&json, "detail", err->detail);
	json_end_object(&json);
	fprintf(stderr, "%s\n", buf_str(&out));
}

int cmd_fail(const struct cmd *cmd, const char *what, const struct err *err)
{
	if (cmd->json) {
		print_error_json(what, err);
		return CMD_FAILED;
	}
	fprintf(stderr, "tasklab %s: %s: %s", cmd->argv[0], what, err->message);
	if (err->detail[0])
		fprintf(stderr, " (%s)", err->detail);
	fputc('\n', stderr);
	if (strncmp(err->detail, CONNECT, strlen(CONNECT)) == 0)
		fprintf(stderr, "`tasklab doctor` checks the settings and the database\n");
	return CMD_FAILED;
}

/* Wrong settings are wrong usage; a file that cannot be read is a failure. */
static int settings_failed(const struct globals *globals, const struct err *err)
{
	if (globals->json) {
		print_error_json("cannot read the settings", err);
	} else {
		fprintf(stderr, "tasklab: %s", err->message);
		if (err->detail[0])
			fprintf(stderr, " (%s)", err->detail);
		fputc('\n', stderr);
	}
	return err->code == ERR_INVALID ? CMD_USAGE : CMD_FAILED;
}

static int run(const struct cmd_row *commands, size_t n, int argc, char **argv)
{
	AUTO(config_freep) struct config *config = NULL;
	static char version[] = "version";
	struct globals globals = {false, false, false};
	struct err err = ERR_INIT;
	const struct cmd_row *row;
	bool early;

	take_globals(&argc, argv, &globals);
	early = globals.version || (argc > 1 && strcmp(argv[1], "version") == 0);
	if (argc > 1 && strcmp(argv[1], "help") == 0)
		return help(commands, n, argv[2]);
	/* Wrong settings must not keep people from reading the help or the version. */
	if (config_load(&argc, argv, &config, &err) < 0 && !globals.help && !early)
		return settings_failed(&globals, &err);
	if (globals.help)
		return help(commands, n, argv[1]);
	if (globals.version)
		argv[1] = version;
	if (argc < 2 && !globals.version) {
		print_overview(commands, n, stderr);
		return CMD_USAGE;
	}
	row = find_command(commands, n, argv[1]);
	if (!row)
		return unknown_command(commands, n, argv[1]);
	return row->run(&(struct cmd){.config = config,
				      .argc = globals.version ? 1 : argc - 1,
				      .argv = argv + 1,
				      .json = globals.json});
}

/* A standard stream that is closed gets a descriptor that refuses what the stream is for: otherwise
 * the next file or socket would take its number, and output would go there. */
static void guard_streams(void)
{
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
		if (fcntl(fd, F_GETFD) < 0 && errno == EBADF)
			(void)open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY);
	}
}

int cmd_main(const struct cmd_row *commands, size_t n, int argc, char **argv)
{
	int rc;

	guard_streams();
	rc = run(commands, n, argc, argv);
	errno = 0;
	if (fflush(stdout) != 0 || ferror(stdout)) {
		fprintf(stderr, "tasklab: cannot write to standard output: %s\n",
			strerror(errno ? errno : EIO));
		return rc == CMD_OK ? CMD_FAILED : rc;
	}
	return rc;
}
