/* cmd_seed.c - tasklab seed: fills the database with the sandbox's data and says how long it took.
 */
#include <inttypes.h>
#include <stdio.h>

#include <tasklab/base/buf.h>
#include <tasklab/base/json.h>
#include <tasklab/base/term.h>
#include <tasklab/cmd/cmd.h>
#include <tasklab/seed/seed.h>

#define SEED_JSON_MAX 8192

static uint64_t total_rows(const struct seed_report *report)
{
	uint64_t rows = 0;

	for (size_t i = 0; i < SEED_TABLE_COUNT; i++)
		rows += report->tables[i].rows;
	return rows;
}

static void print_json(const struct seed_options *options, const struct seed_report *report)
{
	AUTO(buf_release) struct buf buf = BUF_INIT(SEED_JSON_MAX);
	struct json json = JSON_INIT(&buf);

	json_begin_object(&json);
	json_kv_string(&json, "scale", seed_scale_name(options->scale));
	json_kv_i64(&json, "seed", options->seed);
	json_kv_bool(&json, "already", report->already);
	json_kv_u64(&json, "rows", total_rows(report));
	json_kv_f64(&json, "seconds", (double)report->total_ns / 1e9);
	json_kv_f64(&json, "vacuum_seconds", (double)report->vacuum_ns / 1e9);
	json_name(&json, "tables");
	json_begin_array(&json);
	for (size_t i = 0; i < SEED_TABLE_COUNT && !report->already; i++) {
		json_begin_object(&json);
		json_kv_string(&json, "table", report->tables[i].name);
		json_kv_u64(&json, "rows", report->tables[i].rows);
		json_kv_f64(&json, "seconds", (double)report->tables[i].ns / 1e9);
		json_end_object(&json);
	}
	json_end_array(&json);
	json_end_object(&json);
	puts(buf_str(&buf));
}

static void print_row(struct term_table *table, const char *name, const char *rows, int64_t ns)
{
	char seconds[32];

	snprintf(seconds, sizeof(seconds), "%.1f", (double)ns / 1e9);
	term_table_row(table, (const char *const[]){name, rows, seconds});
}

static void print_text(const struct seed_options *options, const struct seed_report *report)
{
	struct term_table *table;
	char rows[32];

	if (report->already) {
		printf("scale %s, seed %" PRId64 ": already there, nothing to do\n",
		       seed_scale_name(options->scale), options->seed);
		return;
	}
	table = term_table_new((const char *const[]){"TABLE", ">ROWS", ">SECONDS"}, 3);
	for (size_t i = 0; i < SEED_TABLE_COUNT; i++)
		print_row(table, report->tables[i].name, term_count(report->tables[i].rows, rows),
			  report->tables[i].ns);
	print_row(table, "VACUUM ANALYZE", "", report->vacuum_ns);
	print_row(table, "all", term_count(total_rows(report), rows), report->total_ns);
	term_table_print(table, stdout);
}

int cmd_seed(struct cmd *cmd)
{
	const char *scale = NULL;
	struct seed_options seed = {.seed = SEED_DEFAULT};
	const struct cmd_option options[] = {{"scale", CMD_OPTION_STR, &scale},
					     {"seed", CMD_OPTION_I64, &seed.seed},
					     {"reset", CMD_OPTION_FLAG, &seed.reset}};
	struct seed_report report;
	struct err err = ERR_INIT;
	int result;

	if (cmd_options(cmd, options, ARRAY_LEN(options)) < 0)
		return CMD_USAGE;
	if (cmd->argc > 1)
		return cmd_usage(cmd, "unexpected argument \"%s\"", cmd->argv[1]);
	if (!scale)
		return cmd_usage(cmd, "--scale is missing: small, medium or large");
	if (!seed_scale_parse(scale, &seed.scale))
		return cmd_usage(cmd, "--scale %s: expected small, medium or large", scale);
	seed.conninfo = cmd->config->database_url;
	seed.progress = progress_new("seeding", 0);
	result = seed_run(&seed, &report, &err);
	progress_end(seed.progress, result == 0);
	if (result < 0)
		return cmd_fail(cmd, "cannot seed", &err);
	if (cmd->json)
		print_json(&seed, &report);
	else
		print_text(&seed, &report);
	return CMD_OK;
}
