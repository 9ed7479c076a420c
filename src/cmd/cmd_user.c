/* cmd_user.c - tasklab user list|create|role: the operator's account tools. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <tasklab/base/clock.h>
#include <tasklab/base/json.h>
#include <tasklab/base/term.h>
#include <tasklab/cmd/cmd.h>
#include <tasklab/domain/user.h>

#define USER_OUTPUT_MAX  (64u << 20) /* of --json */
#define USER_DEADLINE_NS (60 * CLOCK_NS_PER_S)

/* What was asked for, and the database to ask. */
struct user_job {
	struct cmd *cmd;
	struct db db;
	const char *name;
	const char *role;
};

static void put_user(struct json *json, const struct user *user)
{
	json_begin_object(json);
	json_kv_i64(json, "id", user->id);
	json_kv_string(json, "email", user->email);
	json_kv_string(json, "display_name", user->display_name);
	json_kv_string(json, "role", user->role);
	json_kv_bool(json, "disabled", user->disabled_at_us != TIME_NONE);
	json_kv_time_us(json, "created_at", user->created_at_us);
	json_end_object(json);
}

static int print_user(const struct user_job *job, const char *what, const struct user *user,
		      struct err *err)
{
	AUTO(buf_release) struct buf buf = BUF_INIT(USER_OUTPUT_MAX);
	struct json json = JSON_PRETTY(&buf);

	if (!job->cmd->json) {
		printf("%s user %" PRId64 ": %s, %s\n", what, user->id, user->email, user->role);
		return 0;
	}
	put_user(&json, user);
	if (buf_check(&buf, err) < 0)
		return -1;
	puts(buf.data);
	return 0;
}

/* list ----------------------------------------------------------------------------------------- */

static void put_page(struct json *json, struct term_table *table, const struct page *page)
{
	for (size_t i = 0; i < page->count; i++) {
		struct user user;
		char id[24];

		user_at(page, i, &user);
		if (json) {
			put_user(json, &user);
			continue;
		}
		(void)snprintf(id, sizeof(id), "%" PRId64, user.id);
		term_table_row(table, (const char *const[]){
					      id, user.email, user.display_name, user.role,
					      user.disabled_at_us == TIME_NONE ? "" : "disabled"});
	}
}

static int each_page(struct user_job *job, struct json *json, struct term_table *table,
		     struct err *err)
{
	char cursor[PAGE_CURSOR_SIZE] = "";

	do {
		AUTO(page_release) struct page page = {0};
		const struct page_request request = {
			.limit = "200",
			.cursor = cursor[0] ? cursor : NULL,
		};

		if (user_list(&job->db, &request, &page, err) < 0)
			return -1;
		put_page(json, table, &page);
		memcpy(cursor, page.next, sizeof(cursor));
	} while (cursor[0]);
	return 0;
}

static int user_job_list(struct user_job *job, struct err *err)
{
	static const char *const HEADERS[] = {">id", "email", "name", "role", ""};
	AUTO(buf_release) struct buf buf = BUF_INIT(USER_OUTPUT_MAX);
	struct json json = JSON_PRETTY(&buf);
	struct term_table *table;
	int failed;

	if (job->cmd->json) {
		json_begin_array(&json);
		if (each_page(job, &json, NULL, err) < 0)
			return -1;
		json_end_array(&json);
		if (buf_check(&buf, err) < 0)
			return -1;
		puts(buf.data);
		return 0;
	}
	table = term_table_new(HEADERS, ARRAY_LEN(HEADERS));
	failed = each_page(job, NULL, table, err);
	term_table_print(table, stdout);
	return failed;
}

/* create, role --------------------------------------------------------------------------------- */

static int user_job_create(struct user_job *job, struct err *err)
{
	AUTO(user_release) struct user user = {0};
	const struct user_input input = {
		.set = USER_SET_EMAIL | USER_SET_DISPLAY_NAME | (job->role ? USER_SET_ROLE : 0u),
		.email = job->cmd->argv[2],
		.display_name = job->name ? job->name : job->cmd->argv[2],
		.role = job->role,
	};

	if (user_create(&job->db, &input, &user, err) < 0)
		return -1;
	return print_user(job, "created", &user, err);
}

static int user_job_role(struct user_job *job, struct err *err)
{
	AUTO(user_release) struct user found = {0};
	AUTO(user_release) struct user user = {0};
	const struct user_input input = {.set = USER_SET_ROLE, .role = job->cmd->argv[3]};

	if (user_get_by_email(&job->db, job->cmd->argv[2], &found, err) < 0 ||
	    user_update(&job->db, found.id, 0, &input, &user, err) < 0)
		return -1;
	return print_user(job, "changed", &user, err);
}

/* Adding an action is one row and one function. */
static const struct {
	const char *name, *operands;
	int argc; /* "user", the action, its operands */
	int (*run)(struct user_job *job, struct err *err);
} ACTIONS[] = {
	{"list", "", 2, user_job_list},
	{"create", "<email> [--name NAME] [--role ROLE]", 3, user_job_create},
	{"role", "<email> <admin|member|viewer>", 4, user_job_role},
};

static int run(struct user_job *job, size_t action, struct err *err)
{
	const struct config *config = job->cmd->config;
	const struct db_pool_options options = {
		.conninfo = config->database_url,
		.application_name = "tasklab user",
		.max_connections = 1,
		.max_waiters = 1,
		.wait_ms = config->db_connect_timeout,
		.connect_ms = config->db_connect_timeout,
		.statement_ms = config->db_statement_timeout,
		.breaker_open_ms = config->db_breaker_open,
		.breaker_failures = (unsigned)config->db_breaker_failures,
		.shapes_max = (unsigned)config->db_shapes_max,
	};
	struct db_pool *pool;
	int failed;

	if (db_pool_open(&options, &pool, err) < 0)
		return -1;
	db_init(&job->db, pool, clock_mono_ns() + USER_DEADLINE_NS);
	failed = ACTIONS[action].run(job, err);
	db_release(&job->db);
	db_pool_close(pool);
	return failed;
}

int cmd_user(struct cmd *cmd)
{
	struct user_job job = {.cmd = cmd};
	const struct cmd_option options[] = {
		{"name", CMD_OPTION_STR, &job.name},
		{"role", CMD_OPTION_STR, &job.role},
	};
	struct err err = ERR_INIT;

	if (cmd_options(cmd, options, ARRAY_LEN(options)) < 0)
		return CMD_USAGE;
	if (cmd->argc < 2)
		return cmd_usage(cmd, "say what to do: list, create or role");
	for (size_t i = 0; i < ARRAY_LEN(ACTIONS); i++) {
		if (strcmp(cmd->argv[1], ACTIONS[i].name) != 0)
			continue;
		if (cmd->argc != ACTIONS[i].argc)
			return cmd_usage(cmd, "expected: user %s %s", ACTIONS[i].name,
					 ACTIONS[i].operands);
		return run(&job, i, &err) < 0 ? cmd_fail(cmd, ACTIONS[i].name, &err) : CMD_OK;
	}
	return cmd_usage(cmd, "\"%s\" is not list, create or role", cmd->argv[1]);
}
