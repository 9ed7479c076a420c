/* test_seed_db.c - seed_run against a real server: same rows, whole or not at all, refusals. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include <tasklab/base/clock.h>
#include <tasklab/base/thread.h>
#include <tasklab/db/conn.h>
#include <tasklab/seed/seed.h>

#include "ok.h"
#include "pg_fixture.h"

static struct pg *pg;

/* The first column of the first row, as text. */
static const char *ask(struct db_conn *conn, const char *sql)
{
	AUTO(db_result_freep) struct db_result *result = NULL;
	static char text[512];
	struct err err = ERR_INIT;

	ok(db_conn_query_text(conn, sql, DB_NO_ARGS, &result, &err), &err);
	(void)snprintf(text, sizeof(text), "%s", db_rows(result) ? db_get_text(result, 0, 0) : "");
	return text;
}

static int start(void **state)
{
	static const char *const SETTINGS[] = {"fsync=off", "max_wal_size=2GB", NULL};

	(void)state;
	pg = pg_start(SETTINGS);
	pg_sql(pg, "CREATE DATABASE other OWNER tasklab");
	pg_sql(pg, "CREATE DATABASE bare OWNER tasklab");
	return 0;
}

static int stop(void **state)
{
	(void)state;
	pg_remove(pg);
	return 0;
}

static int fill(const char *dbname, int64_t seed, bool reset, struct seed_report *report,
		struct err *err)
{
	return seed_run(&(struct seed_options){.conninfo = pg_conninfo(pg),
					       .dbname = dbname,
					       .scale = SEED_SMALL,
					       .seed = seed,
					       .reset = reset},
			report, err);
}

static void fill_ok(const char *dbname, int64_t seed, bool reset, struct seed_report *report)
{
	struct err err = ERR_INIT;

	ok(fill(dbname, seed, reset, report, &err), &err);
}

/* One sum over the rows of a table in the order of its key, as the server itself prints them. */
static const char *checksum(struct db_conn *conn, const char *table, const char *key)
{
	char sql[256];

	(void)snprintf(sql, sizeof(sql),
		       "SELECT md5(string_agg(md5(t::text), '' ORDER BY %s)) FROM %s t", key,
		       table);
	return ask(conn, sql);
}

/* Scale small, seed 1, with TimeZone UTC: the same on every machine and server version. */
static const struct {
	const char *table, *key, *sum;
} TABLES[SEED_TABLE_COUNT] = {
	/* clang-format off */
	{"users", "id", "642f71945a009dd9d25758fde527ef33"},
	{"user_profiles", "user_id", "c3aa1a41fbcf88c353168c722431c15c"},
	{"projects", "id", "5588df5a0a233e378647ab5fe65d4259"},
	{"project_members", "project_id, user_id", "dc2975ad089c4837c97d77aaac28503e"},
	{"tags", "id", "d18401245f24ef73e7743dfb8552cdf5"},
	{"tasks", "id", "33866b1d1b2365d134718001b131c7ae"},
	{"task_tags", "task_id, tag_id", "6b1fa4add39e49bf3c77dc17378541eb"},
	{"comments", "id", "01df8c9ed1fb2538a3ccc44894062d0e"},
	{"task_events", "id", "315ca5753af2420e3afa707a85cd5337"},
	/* clang-format on */
};

static void test_not_migrated(void **state)
{
	struct seed_report report;
	struct err err = ERR_INIT;

	(void)state;
	assert_int_equal(fill("bare", 1, false, &report, &err), -1);
	assert_int_equal(err.code, ERR_CONFLICT);
	assert_non_null(strstr(err.message, "migrate"));
}

static void test_same_rows_everywhere(void **state)
{
	static const char *const NAMES[] = {"tasklab", "other"};

	(void)state;
	for (size_t d = 0; d < ARRAY_LEN(NAMES); d++) {
		AUTO(db_conn_closep) struct db_conn *conn = ok_connect(pg_conninfo(pg), NAMES[d]);
		struct seed_report report;

		ok_migrate(conn);
		/* Settings of the person who fills must not show in the rows. */
		if (d == 1)
			pg_sql(pg, "ALTER DATABASE other SET timezone = 'Asia/Kolkata';"
				   "ALTER DATABASE other SET datestyle = 'German'");
		fill_ok(NAMES[d], 1, false, &report);
		assert_false(report.already);
		ok_script(conn, "SET timezone = 'UTC'; SET datestyle = 'ISO'");
		for (size_t i = 0; i < SEED_TABLE_COUNT; i++) {
			char count[64], sql[64];

			print_message("{\"%s\", \"%s\", \"%s\"},\n", TABLES[i].table, TABLES[i].key,
				      checksum(conn, TABLES[i].table, TABLES[i].key));
			assert_string_equal(checksum(conn, TABLES[i].table, TABLES[i].key),
					    TABLES[i].sum);
			assert_string_equal(report.tables[i].name, TABLES[i].table);
			(void)snprintf(sql, sizeof(sql), "SELECT count(*) FROM %s",
				       TABLES[i].table);
			(void)snprintf(count, sizeof(count), "%llu",
				       (unsigned long long)report.tables[i].rows);
			assert_string_equal(ask(conn, sql), count);
		}
	}
}

/* Each counts rows that break a rule which the schema cannot hold. */
/* clang-format off */
static const struct {
	const char *label, *sql;
} RULES[] = {
	{"reporters are members",
	 "SELECT count(*) FROM tasks t WHERE NOT EXISTS (SELECT FROM project_members m"
	 " WHERE m.project_id = t.project_id AND m.user_id = t.reporter_id)"},
	{"assignees are members",
	 "SELECT count(*) FROM tasks t WHERE assignee_id IS NOT NULL AND NOT EXISTS (SELECT"
	 " FROM project_members m WHERE m.project_id = t.project_id AND m.user_id = t.assignee_id)"},
	{"authors are members",
	 "SELECT count(*) FROM comments c JOIN tasks t ON t.id = c.task_id WHERE NOT EXISTS (SELECT"
	 " FROM project_members m WHERE m.project_id = t.project_id AND m.user_id = c.author_id)"},
	{"owners are maintainers",
	 "SELECT count(*) FROM projects p WHERE NOT EXISTS (SELECT FROM project_members m"
	 " WHERE m.project_id = p.id AND m.user_id = p.owner_id AND m.role = 'maintainer')"},
	{"creation times rise with ids",
	 "SELECT count(*) FROM (SELECT created_at, lag(created_at) OVER (ORDER BY id) AS before"
	 " FROM tasks) t WHERE before >= created_at"},
	{"members joined before the work",
	 "SELECT count(*) FROM project_members m JOIN projects p ON p.id = m.project_id"
	 " WHERE joined_at < p.created_at OR joined_at >= '2023-01-01Z'"},
	{"comments come after their task, in order",
	 "SELECT count(*) FROM (SELECT c.created_at, coalesce(lag(c.created_at) OVER"
	 " (PARTITION BY task_id ORDER BY c.id), t.created_at) AS before"
	 " FROM comments c JOIN tasks t ON t.id = c.task_id) c"
	 " WHERE created_at <= before OR created_at >= '2026-01-01Z'"},
	{"histories begin with the creation and rise",
	 "SELECT count(*) FROM (SELECT kind, at, row_number() OVER w AS n, lag(at) OVER w AS before"
	 " FROM task_events WINDOW w AS (PARTITION BY task_id ORDER BY id)) e"
	 " WHERE (n = 1) <> (kind = 'created') OR before >= at"},
	{"histories end in the status",
	 "SELECT count(*) FROM tasks t WHERE status <> coalesce((SELECT changes -> 'status' ->> 1"
	 " FROM task_events e WHERE e.task_id = t.id AND changes ? 'status'"
	 " ORDER BY id DESC LIMIT 1), 'todo')"},
	{"versions count the events",
	 "SELECT count(*) FROM tasks t WHERE (version, updated_at) <> (SELECT count(*)::int, max(at)"
	 " FROM task_events e WHERE e.task_id = t.id)"},
	{"everything is vacuumed and analysed",
	 "SELECT count(*) FROM pg_class WHERE relname IN ('tasks', 'comments', 'task_events', 'task_tags')"
	 " AND (reltuples <= 0 OR relallvisible < relpages)"},
	{"long texts are stored out of line",
	 "SELECT (pg_relation_size(reltoastrelid) < 100000)::int FROM pg_class WHERE relname = 'tasks'"},
};
/* clang-format on */

static void test_rules(void **state)
{
	AUTO(db_conn_closep) struct db_conn *conn = ok_connect(pg_conninfo(pg), NULL);

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(RULES); i++) {
		print_message("%s\n", RULES[i].label);
		assert_string_equal(ask(conn, RULES[i].sql), "0");
	}
	/* The next row of each identity column follows the last. */
	assert_string_equal(ask(conn, "INSERT INTO tags (name) VALUES ('new') RETURNING id"),
			    "101");
	assert_string_equal(
		ask(conn, "INSERT INTO tasks (project_id, reporter_id, title) VALUES (1, 1, 'x')"
			  " RETURNING id"),
		"100001");
}

static void test_again(void **state)
{
	AUTO(db_conn_closep) struct db_conn *conn = ok_connect(pg_conninfo(pg), NULL);
	struct seed_report report;
	struct err err = ERR_INIT;

	(void)state;
	/* The rows that test_rules added do not matter: traffic adds rows too. */
	fill_ok(NULL, 1, false, &report);
	assert_true(report.already);
	assert_string_equal(ask(conn, "SELECT count(*) FROM tasks"), "100001");
	/* A VACUUM that never came is made up for. */
	ok_script(conn, "UPDATE seed_state SET vacuumed_at = NULL");
	fill_ok(NULL, 1, false, &report);
	assert_true(report.already);
	assert_string_equal(ask(conn, "SELECT vacuumed_at IS NOT NULL FROM seed_state"), "t");

	assert_int_equal(fill(NULL, 2, false, &report, &err), -1);
	assert_int_equal(err.code, ERR_CONFLICT);
	assert_non_null(strstr(err.message, "--reset"));
	ok_script(conn, "UPDATE seed_state SET generator = generator - 1");
	assert_int_equal(fill(NULL, 1, false, &report, &err), -1);
	assert_int_equal(err.code, ERR_CONFLICT);
	ok_script(conn, "DELETE FROM seed_state");
	assert_int_equal(fill(NULL, 1, false, &report, &err), -1);
	assert_int_equal(err.code, ERR_CONFLICT);
	assert_string_equal(ask(conn, "SELECT count(*) FROM tasks"), "100001");
}

static void *fill_thread(void *arg)
{
	struct seed_report report;
	struct err *err = arg;

	return fill(NULL, 2, true, &report, err) < 0 ? err : NULL;
}

/* The server ends the session in the middle of the tasks: everything is as it was before. */
static void test_whole_or_not_at_all(void **state)
{
	AUTO(db_conn_closep) struct db_conn *conn = ok_connect(pg_conninfo(pg), NULL);
	int64_t deadline = clock_mono_ns() + 60 * CLOCK_NS_PER_S;
	struct err err = ERR_INIT;
	pthread_t thread;
	void *failed;

	(void)state;
	assert_int_equal(thread_start(&thread, "seed", fill_thread, &err, NULL), 0);
	while (strcmp(ask(conn, "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_progress_copy"
				" WHERE tuples_processed > 10000"),
		      "0") == 0)
		assert_true(clock_mono_ns() < deadline);
	pthread_join(thread, &failed);
	assert_ptr_equal(failed, &err);
	assert_string_equal(ask(conn, "SELECT count(*) FROM tasks"), "100001");
	assert_string_equal(ask(conn, "SELECT count(*) FROM seed_state"), "0");
}

static void test_reset(void **state)
{
	AUTO(db_conn_closep) struct db_conn *conn = ok_connect(pg_conninfo(pg), NULL);
	struct seed_report report;

	(void)state;
	fill_ok(NULL, 2, true, &report);
	assert_false(report.already);
	assert_string_equal(ask(conn, "SELECT scale || ' ' || seed FROM seed_state"), "small 2");
	assert_string_equal(ask(conn, "SELECT count(*) FROM tags"), "100");
	ok_script(conn, "SET timezone = 'UTC'");
	for (size_t i = 0; i < SEED_TABLE_COUNT; i++)
		assert_string_not_equal(checksum(conn, TABLES[i].table, TABLES[i].key),
					TABLES[i].sum);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_not_migrated),
		cmocka_unit_test(test_same_rows_everywhere),
		cmocka_unit_test(test_rules),
		cmocka_unit_test(test_again),
		cmocka_unit_test(test_whole_or_not_at_all),
		cmocka_unit_test(test_reset),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
