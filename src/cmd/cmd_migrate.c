/* cmd_migrate.c - tasklab migrate up|status|verify: brings the schema up to date, and tells. */
#include <stdio.h>
#include <string.h>

#include <tasklab/base/buf.h>
#include <tasklab/base/clock.h>
#include <tasklab/base/json.h>
#include <tasklab/base/term.h>
#include <tasklab/cmd/cmd.h>
#include <tasklab/db/migrate.h>

#define MIGRATE_OUTPUT_MAX (1u << 20) /* of --json */
#define MIGRATE_LOCK_MS    INT64_C(60000)
#define MIGRATE_CONNECT_MS INT64_C(10000)

static void put_row(struct json *json, const struct migration_status *row)
{
	json_begin_object(json);
	json_kv_i64(json, "version", row->version);
	json_kv_string(json, "name", row->name);
	json_kv_string(json, "state", migration_state_name(row->state));
	json_name(json, "applied_at");
	if (row->applied_at_us == 0)
		json_nil(json);
	else
		json_time_us(json, row->applied_at_us);
	json_kv_i64(json, "duration_ms", row->duration_ms);
	json_end_object(json);
}

static void print_json(const struct migration_status *rows, size_t n)
{
	AUTO(buf_release) struct buf buf = BUF_INIT(MIGRATE_OUTPUT_MAX);
	struct json json = JSON_PRETTY(&buf);

	json_begin_array(&json);
	for (size_t i = 0; i < n; i++)
		put_row(&json, &rows[i]);
	json_end_array(&json);
	puts(buf_str(&buf));
}

static void print_table(const struct migration_status *rows, size_t n)
{
	static const char *const headers[] = {">VERSION", "NAME", "STATE", "APPLIED AT", ">MS"};
	struct term_table *table = term_table_new(headers, ARRAY_LEN(headers));

	for (size_t i = 0; i < n; i++) {
		char version[16], applied_at[CLOCK_RFC3339_SIZE] = "", ms[24] = "";

		(void)snprintf(version, sizeof(version), "%04d", rows[i].version);
		if (rows[i].applied_at_us != 0) {
			clock_format_rfc3339(rows[i].applied_at_us, applied_at);
			(void)snprintf(ms, sizeof(ms), "%lld", (long long)rows[i].duration_ms);
		}
		term_table_row(table, (const char *const[]){version, rows[i].name,
							    migration_state_name(rows[i].state),
							    applied_at, ms});
	}
	term_table_print(table, stdout);
}

static int up(const struct cmd *cmd, struct db_conn *conn)
{
	struct err err = ERR_INIT;
	size_t applied = 0;

	if (migrate_up(conn, MIGRATE_LOCK_MS, &applied, &err) < 0)
		return cmd_fail(cmd, "cannot migrate", &err);
	if (cmd->json)
		printf("{\"applied\": %zu}\n", applied);
	else if (applied == 0)
		puts("up to date, nothing to apply");
	else
		printf("applied %zu migration%s\n", applied, applied == 1 ? "" : "s");
	return CMD_OK;
}

static int status(const struct cmd *cmd, struct db_conn *conn)
{
	AUTO(freep) struct migration_status *rows = NULL;
	struct err err = ERR_INIT;
	size_t n = 0;

	if (migrate_status(conn, &rows, &n, &err) < 0)
		return cmd_fail(cmd, "cannot read the migrations", &err);
	if (cmd->json)
		print_json(rows, n);
	else
		print_table(rows, n);
	return CMD_OK;
}

static int verify(const struct cmd *cmd, struct db_conn *conn)
{
	struct err err = ERR_INIT;

	if (migrate_verify(conn, &err) < 0) {
		int failed = cmd_fail(cmd, "the schema is not as it should be", &err);

		return err.code == ERR_CONFLICT ? CMD_NOT_ACCEPTED : failed;
	}
	puts(cmd->json ? "{\"verified\": true}" : "every migration is applied and unedited");
	return CMD_OK;
}

int cmd_migrate(struct cmd *cmd)
{
	static const struct {
		const char *name;
		int (*run)(const struct cmd *cmd, struct db_conn *conn);
	} actions[] = {{"up", up}, {"status", status}, {"verify", verify}};

	if (cmd_options(cmd, NULL, 0) < 0)
		return CMD_USAGE;
	if (cmd->argc != 2)
		return cmd_usage(cmd, "expected one of up, status, verify");
	for (size_t i = 0; i < ARRAY_LEN(actions); i++) {
		AUTO(db_conn_closep) struct db_conn *conn = NULL;
		struct err err = ERR_INIT;

		if (strcmp(cmd->argv[1], actions[i].name) != 0)
			continue;
		if (db_conn_open(cmd->config->database_url, NULL, "tasklab migrate",
				 MIGRATE_CONNECT_MS, &conn, &err) < 0)
			return cmd_fail(cmd, "cannot connect", &err);
		return actions[i].run(cmd, conn);
	}
	return cmd_usage(cmd, "\"%s\": expected one of up, status, verify", cmd->argv[1]);
}
