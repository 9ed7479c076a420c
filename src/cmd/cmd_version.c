/* cmd_version.c - tasklab version: what was built, and with what. */
#include <stdio.h>

#include <tasklab/base/buf.h>
#include <tasklab/base/json.h>
#include <tasklab/cmd/cmd.h>
#include <tasklab/db/conn.h>

#include "version.h"

#ifdef __clang__
#define COMPILER "clang " __clang_version__
#else
#define COMPILER "gcc " __VERSION__
#endif

const struct cmd_build *cmd_build(void)
{
	static struct cmd_build build = {
		.version = TASKLAB_VERSION, .revision = TASKLAB_REVISION, .compiler = COMPILER};
	int libpq = db_library_version();

	/* From 10 on the number is major * 10000 + minor. */
	if (build.libpq[0] == '\0')
		snprintf(build.libpq, sizeof(build.libpq), "%d.%d", libpq / 10000 % 1000,
			 libpq % 10000);
	return &build;
}

static int print_json(const struct cmd *cmd, const struct cmd_build *build)
{
	AUTO(buf_release) struct buf out = BUF_INIT(4096);
	struct json json = JSON_PRETTY(&out);
	struct err err = ERR_INIT;

	json_begin_object(&json);
	json_kv_string(&json, "version", build->version);
	json_kv_string(&json, "revision", build->revision);
	json_kv_string(&json, "compiler", build->compiler);
	json_kv_string(&json, "libpq", build->libpq);
	json_end_object(&json);
	if (buf_check(&out, &err) < 0)
		return cmd_fail(cmd, "cannot print the version", &err);
	puts(out.data);
	return CMD_OK;
}

int cmd_version(struct cmd *cmd)
{
	const struct cmd_build *build = cmd_build();

	if (cmd_options(cmd, NULL, 0) < 0)
		return CMD_USAGE;
	if (cmd->argc > 1)
		return cmd_usage(cmd, "unexpected argument \"%s\"", cmd->argv[1]);
	if (cmd->json)
		return print_json(cmd, build);
	printf("tasklab %s\nrevision %s\ncompiler %s\nlibpq %s\n", build->version, build->revision,
	       build->compiler, build->libpq);
	return CMD_OK;
}
