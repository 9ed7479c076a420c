/* test_trap.c - faults of a learner's database, found from two snapshots. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lab/trap.h"

#define K(name)                                                                                    \
	{                                                                                          \
		name, 0, false                                                                     \
	}
#define DESC(name)                                                                                 \
	{                                                                                          \
		name, SNAPSHOT_KEY_REVERSED, false                                                 \
	}
#define PLUS(name)                                                                                 \
	{                                                                                          \
		name, 0, true                                                                      \
	}

#define INDEX_OF(its_table, its_method, is_valid, its_name, its_keys, n, ...)                      \
	{                                                                                          \
		.table = its_table, .name = its_name, .method = its_method, .valid = is_valid,     \
		.keys = its_keys, .key_count = n, __VA_ARGS__                                      \
	}
#define INDEX(its_name, its_keys, n, ...)                                                          \
	INDEX_OF("tasks", "btree", true, its_name, its_keys, n, __VA_ARGS__)

static const struct snapshot_key key_id[] = {K("id")};
static const struct snapshot_key key_a[] = {K("a")};
static const struct snapshot_key key_ab[] = {K("a"), K("b")};
static const struct snapshot_key key_ba[] = {K("b"), K("a")};
static const struct snapshot_key key_abc[] = {K("a"), K("b"), K("c")};
static const struct snapshot_key key_ab_desc[] = {DESC("a"), DESC("b")};
static const struct snapshot_key key_ab_half[] = {K("a"), DESC("b")};
static const struct snapshot_key key_a_plus_b[] = {K("a"), PLUS("b")};
static const struct snapshot_key key_a_ops[] = {K("a text_pattern_ops")};
static const struct snapshot_key key_lower[] = {K("lower(email)")};

/* The reference: tasks with a primary key, a unique index, and two others. */
static const struct snapshot_index reference_indexes[] = {
	INDEX("tasks_pkey", key_id, 1, .unique = true, .primary = true),
	INDEX("tasks_email", key_lower, 1, .unique = true),
	INDEX("tasks_ab", key_ab, 2),
	INDEX("tasks_open", key_a, 1, .predicate = "status <> 'done'"),
};
static const struct snapshot_table reference_tables[] = {{"tasks", true, true},
							 {"users", true, true}};
static const struct snapshot_column reference_columns[] = {
	{"tasks", "id", "bigint", true, true},
	{"tasks", "title", "text", true, true},
	{"tasks", "due_at", "date", false, true},
};
static const struct snapshot_rule reference_rules[] = {
	{"tasks", "CHECK (length(title) > 0)"},
	{"tasks", "FOREIGN KEY (a) REFERENCES users(id)"},
	{"tasks", "CREATE TRIGGER t BEFORE UPDATE ON tasks EXECUTE FUNCTION f()"},
};
static const struct snapshot_setting reference_settings[] = {{"", "jit", "off"},
							     {"", "work_mem", "4MB"}};

static const struct lab_trap usual = {.writes_slower_by = 2};

/* A snapshot's arrays are not const, since snapshot.c fills them; nobody writes to these. */
static struct snapshot reference_snapshot(void)
{
	return (struct snapshot){
		.tables = (void *)(uintptr_t)reference_tables,
		.table_count = ARRAY_LEN(reference_tables),
		.columns = (void *)(uintptr_t)reference_columns,
		.column_count = ARRAY_LEN(reference_columns),
		.rules = (void *)(uintptr_t)reference_rules,
		.rule_count = ARRAY_LEN(reference_rules),
		.indexes = (void *)(uintptr_t)reference_indexes,
		.index_count = ARRAY_LEN(reference_indexes),
		.settings = (void *)(uintptr_t)reference_settings,
		.setting_count = ARRAY_LEN(reference_settings),
	};
}

struct found {
	struct trap_fault *faults;
	size_t count;
};

static void release(struct found *found)
{
	free(found->faults);
}

static struct found find(const struct snapshot *learner, const struct lab_trap *allowed)
{
	const struct snapshot reference = reference_snapshot();
	const struct trap_view view = {.allowed = allowed,
				       .reference = &reference,
				       .learner = learner,
				       .reference_probe = {.wal_bytes = 1000, .blocks = 100},
				       .learner_probe = {.wal_bytes = 1000, .blocks = 100}};
	struct found found = {NULL, 0};

	assert_int_equal(trap_find(&view, &found.faults, &found.count, NULL), 0);
	return found;
}

/* Exactly one fault, with these points and these words; or none (words NULL). */
static void expect(const char *label, const struct found *found, int points, const char *words)
{
	if (!words) {
		if (found->count != 0)
			fail_msg("%s: a fault: %s", label, found->faults[0].text);
		return;
	}
	if (found->count != 1)
		fail_msg("%s: %zu faults, the second: %s", label, found->count,
			 found->count > 1 ? found->faults[1].text : "");
	if (found->faults[0].points != points || !strstr(found->faults[0].text, words) ||
	    found->faults[0].grave != (points == 20))
		fail_msg("%s: %d points: %s", label, found->faults[0].points,
			 found->faults[0].text);
}

/* Indexes ---------------------------------------------------------------------------------------
 */

static void added_indexes(void **state)
{
	static const struct {
		const char *label;
		struct snapshot_index index;
		int points;
		const char *words;
	} cases[] = {
		{"another order", INDEX("new", key_ba, 2), 0, NULL},
		{"longer than what is there", INDEX("new", key_abc, 3), 0, NULL},
		{"a prefix", INDEX("new", key_a, 1), 5, "new of tasks is redundant: tasks_ab"},
		{"the same again", INDEX("new", key_ab, 2), 5, "redundant"},
		{"the same backwards", INDEX("new", key_ab_desc, 2), 5, "redundant"},
		{"half backwards", INDEX("new", key_ab_half, 2), 0, NULL},
		{"what it carries is there", INDEX("new", key_a_plus_b, 2), 5, "redundant"},
		{"another operator class", INDEX("new", key_a_ops, 1), 0, NULL},
		{"another method", INDEX_OF("tasks", "hash", true, "new", key_a, 1), 0, NULL},
		{"another predicate", INDEX("new", key_a, 1, .predicate = "b > 1"), 0, NULL},
		{"the same predicate", INDEX("new", key_a, 1, .predicate = "status <> 'done'"), 5,
		 "new of tasks is redundant: tasks_open"},
		{"another table", INDEX_OF("users", "btree", true, "new", key_a, 1), 0, NULL},
		{"unique, so it is no duplicate", INDEX("new", key_ab, 2, .unique = true), 0, NULL},
		{"unique twice", INDEX("new", key_id, 1, .unique = true), 5, "redundant"},
		{"invalid", INDEX_OF("tasks", "btree", false, "new", key_ba, 2), 10,
		 "new of tasks is invalid"},
		{"invalid, not redundant as well",
		 INDEX_OF("tasks", "btree", false, "new", key_a, 1), 10, "is invalid"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct snapshot learner = reference_snapshot();
		struct snapshot_index all[ARRAY_LEN(reference_indexes) + 1];
		struct found found;

		memcpy(all, reference_indexes, sizeof(reference_indexes));
		all[ARRAY_LEN(reference_indexes)] = cases[i].index;
		learner.indexes = all;
		learner.index_count = ARRAY_LEN(all);
		found = find(&learner, &usual);
		expect(cases[i].label, &found, cases[i].points, cases[i].words);
		release(&found);
	}
}

/* Of two that the learner made alike, one is too many. */
static void two_alike(void **state)
{
	struct snapshot learner = reference_snapshot();
	struct snapshot_index all[ARRAY_LEN(reference_indexes) + 2];
	static const struct snapshot_index one = INDEX("one", key_ba, 2);
	static const struct snapshot_index two = INDEX("two", key_ba, 2);
	struct found found;

	(void)state;
	memcpy(all, reference_indexes, sizeof(reference_indexes));
	all[ARRAY_LEN(reference_indexes)] = one;
	all[ARRAY_LEN(reference_indexes) + 1] = two;
	learner.indexes = all;
	learner.index_count = ARRAY_LEN(all);
	found = find(&learner, &usual);
	expect("two alike", &found, 5, "the index two of tasks is redundant: one");
	release(&found);
}

/* One index of the reference replaced by another, or by none. */
static void replaced_indexes(void **state)
{
	static const struct {
		const char *label;
		size_t which;
		struct snapshot_index index; /* without a name: dropped */
		int points;
		const char *words;
	} cases[] = {
		{"dropped", 2, {0}, 10, "tasks_ab of tasks (a, b) is gone"},
		{"renamed", 2, INDEX("new", key_ab, 2), 0, NULL},
		{"longer", 2, INDEX("new", key_abc, 3), 0, NULL},
		{"shorter", 2, INDEX("new", key_a, 1), 10, "tasks_ab"},
		{"another order", 2, INDEX("new", key_ba, 2), 10, "tasks_ab"},
		{"carried, not searched", 2, INDEX("new", key_a_plus_b, 2), 10, "tasks_ab"},
		{"another method", 2, INDEX_OF("tasks", "gist", true, "new", key_ab, 2), 10,
		 "tasks_ab"},
		{"partial instead", 2, INDEX("new", key_ab, 2, .predicate = "c"), 10, "tasks_ab"},
		{"unique instead", 2, INDEX("new", key_ab, 2, .unique = true), 0, NULL},
		{"the partial one", 3, {0}, 10, "(a WHERE status <> 'done') is gone"},
		{"the primary key", 0, {0}, 20, "primary key of tasks (id) was dropped"},
		{"unique for the primary key", 0, INDEX("new", key_id, 1, .unique = true), 20,
		 "primary key"},
		{"the unique one", 1, {0}, 20, "nothing keeps lower(email) of tasks unique"},
		{"not unique any more", 1, INDEX("new", key_lower, 1), 20, "unique any more"},
		{"another unique one", 1, INDEX("new", key_lower, 1, .unique = true), 0, NULL},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct snapshot learner = reference_snapshot();
		struct snapshot_index all[ARRAY_LEN(reference_indexes)];
		struct found found;

		memcpy(all, reference_indexes, sizeof(reference_indexes));
		if (cases[i].index.name) {
			all[cases[i].which] = cases[i].index;
			learner.index_count = ARRAY_LEN(all);
		} else {
			all[cases[i].which] = all[ARRAY_LEN(all) - 1];
			learner.index_count = ARRAY_LEN(all) - 1;
		}
		learner.indexes = all;
		found = find(&learner, &usual);
		expect(cases[i].label, &found, cases[i].points, cases[i].words);
		release(&found);
	}
}

/* An index of the reference that became invalid serves nothing, and is paid for. */
static void spoilt_index(void **state)
{
	struct snapshot learner = reference_snapshot();
	struct snapshot_index all[ARRAY_LEN(reference_indexes)];
	struct found found;

	(void)state;
	memcpy(all, reference_indexes, sizeof(reference_indexes));
	all[2].valid = false;
	learner.indexes = all;
	found = find(&learner, &usual);
	assert_int_equal(found.count, 2);
	assert_true(found.faults[0].points == 10 && found.faults[1].points == 10);
	assert_non_null(strstr(found.faults[0].text, "is gone"));
	assert_non_null(strstr(found.faults[1].text, "is invalid"));
	release(&found);
}

static void allowed_drop(void **state)
{
	char *patterns[] = {(char *)(uintptr_t) "tasks_a?"};
	const struct lab_trap allowed = {.may_drop = {patterns, 1}, .writes_slower_by = 2};
	struct snapshot learner = reference_snapshot();
	struct snapshot_index all[] = {reference_indexes[0], reference_indexes[1],
				       reference_indexes[3]};
	struct found found;

	(void)state;
	learner.indexes = all;
	learner.index_count = ARRAY_LEN(all);
	found = find(&learner, &allowed);
	expect("allowed", &found, 0, NULL);
	release(&found);
}

/* Tables, columns, rules ------------------------------------------------------------------------
 */

static void tables(void **state)
{
	static const struct {
		const char *label;
		struct snapshot_table tasks;
		const char *words;
	} cases[] = {
		{"unlogged", {"tasks", false, true}, "tasks is unlogged"},
		{"triggers disabled", {"tasks", true, false}, "no longer checked"},
		{"gone", {"other", true, true}, "the table tasks is gone"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct snapshot_table all[] = {cases[i].tasks, reference_tables[1]};
		struct snapshot learner = reference_snapshot();
		struct found found;

		learner.tables = all;
		found = find(&learner, &usual);
		expect(cases[i].label, &found, 20, cases[i].words);
		release(&found);
	}
}

static void columns(void **state)
{
	struct snapshot_column all[ARRAY_LEN(reference_columns)];
	struct snapshot learner = reference_snapshot();
	struct found found;

	(void)state;
	learner.columns = all;
	memcpy(all, reference_columns, sizeof(all));
	all[1].not_null = false;
	found = find(&learner, &usual);
	expect("null", &found, 20, "NOT NULL of tasks.title was dropped");
	release(&found);
	all[1].not_null = true;
	all[2].name = "due";
	found = find(&learner, &usual);
	expect("renamed", &found, 20, "the column tasks.due_at is gone");
	release(&found);
	all[2] = reference_columns[2];
	all[2].not_null = true; /* stricter is no fault */
	all[2].type = "timestamp with time zone";
	found = find(&learner, &usual);
	expect("stricter", &found, 0, NULL);
	release(&found);
}

static void rules(void **state)
{
	static const char *const weaker[] = {
		"CHECK (length(title) > 0) NOT VALID",
		"FOREIGN KEY (a) REFERENCES users(id) ON DELETE CASCADE",
		"CREATE TRIGGER t BEFORE UPDATE ON tasks EXECUTE FUNCTION f() (disabled)",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(weaker); i++) {
		struct snapshot_rule all[ARRAY_LEN(reference_rules)];
		struct snapshot learner = reference_snapshot();
		struct found found;

		memcpy(all, reference_rules, sizeof(all));
		all[i].definition = weaker[i];
		learner.rules = all;
		found = find(&learner, &usual);
		expect(weaker[i], &found, 20, reference_rules[i].definition);
		release(&found);
	}
}

static void changed_data(void **state)
{
	static const struct checksum_difference differences[] = {{"tasks", 100, 90},
								 {"users", 7, 7}};
	const struct snapshot reference = reference_snapshot();
	struct trap_view view = {.allowed = &usual,
				 .reference = &reference,
				 .learner = &reference,
				 .differences = differences,
				 .difference_count = 2};
	struct found found;

	(void)state;
	assert_int_equal(trap_find(&view, &found.faults, &found.count, NULL), 0);
	assert_int_equal(found.count, 2);
	assert_true(found.faults[0].grave && found.faults[1].grave);
	assert_non_null(strstr(found.faults[0].text, "tasks was changed: 90 rows, and 100"));
	assert_non_null(strstr(found.faults[1].text, "users was changed: as many rows"));
	release(&found);
}

/* Settings and writes ---------------------------------------------------------------------------
 */

static void settings(void **state)
{
	static const struct {
		const char *label;
		struct snapshot_setting setting;
		const char *words;
	} cases[] = {
		{"added",
		 {"", "enable_seqscan", "off"},
		 "enable_seqscan was changed: off, and not set"},
		{"allowed", {"", "statement_timeout", "5s"}, NULL},
		{"for a role", {"bob", "jit", "on"}, "jit for the role bob was changed: on"},
	};
	char *names[] = {(char *)(uintptr_t) "statement_timeout"};
	const struct lab_trap allowed = {.allow_settings = {names, 1}, .writes_slower_by = 2};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct snapshot_setting all[] = {reference_settings[0], reference_settings[1],
						 cases[i].setting};
		struct snapshot learner = reference_snapshot();
		struct found found;

		learner.settings = all;
		learner.setting_count = ARRAY_LEN(all);
		found = find(&learner, &allowed);
		expect(cases[i].label, &found, 10, cases[i].words);
		release(&found);
	}
}

static void altered_settings(void **state)
{
	struct snapshot_setting all[] = {{"", "jit", "on"}};
	struct snapshot learner = reference_snapshot();
	struct found found;

	(void)state;
	learner.settings = all;
	learner.setting_count = 1;
	found = find(&learner, &usual);
	assert_int_equal(found.count, 2);
	assert_non_null(strstr(found.faults[0].text, "jit was changed: on, and off"));
	assert_non_null(strstr(found.faults[1].text, "work_mem was changed: not set, and 4MB"));
	release(&found);
}

static void server_settings(void **state)
{
	static const struct watch_change changes[] = {{"server", "shared_buffers", "", "1GB"}};
	char *names[] = {(char *)(uintptr_t) "shared_buffers"};
	/* What a lab allows, it allows in its database only. */
	const struct lab_trap allowed = {.allow_settings = {names, 1}, .writes_slower_by = 2};
	const struct snapshot reference = reference_snapshot();
	struct trap_view view = {.allowed = &allowed,
				 .reference = &reference,
				 .learner = &reference,
				 .changes = changes,
				 .change_count = 1};
	struct found found;

	(void)state;
	assert_int_equal(trap_find(&view, &found.faults, &found.count, NULL), 0);
	expect("server", &found, 10, "server: the setting shared_buffers was changed");
	release(&found);
}

static void writes(void **state)
{
	static const struct {
		const char *label;
		struct probe reference, learner;
		int points;
		const char *words;
	} cases[] = {
		{"as before",
		 {.wal_bytes = 100000, .blocks = 1000},
		 {.wal_bytes = 100000, .blocks = 1000},
		 0,
		 NULL},
		{"within",
		 {.wal_bytes = 100000, .blocks = 1000},
		 {.wal_bytes = 201024, .blocks = 2016},
		 0,
		 NULL},
		{"more WAL",
		 {.wal_bytes = 100000, .blocks = 1000},
		 {.wal_bytes = 201025, .blocks = 10},
		 10,
		 "201025 bytes of WAL, and 100000"},
		{"more blocks",
		 {.wal_bytes = 100000, .blocks = 1000},
		 {.wal_bytes = 10, .blocks = 2017},
		 10,
		 "2017 blocks, and 1000"},
		{"whole pages in one",
		 {.wal_bytes = 38000, .wal_records = 600, .blocks = 1000},
		 {.wal_bytes = 124000, .wal_records = 1216, .whole_pages = true, .blocks = 1000},
		 0,
		 NULL},
		{"whole pages, and more records",
		 {.wal_bytes = 124000, .wal_records = 600, .whole_pages = true, .blocks = 1000},
		 {.wal_bytes = 38000, .wal_records = 1217, .blocks = 1000},
		 10,
		 "1217 records of WAL, and 600"},
		{"broken",
		 {.wal_bytes = 100000, .blocks = 1000},
		 {.failed = true, .why = "no such table"},
		 20,
		 "writes no longer work: no such table"},
		{"broken in the lab itself", {.failed = true}, {.failed = true}, 0, NULL},
		{"broken before only", {.failed = true}, {.wal_bytes = 5, .blocks = 5}, 0, NULL},
	};
	const struct snapshot reference = reference_snapshot();

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct trap_view view = {.allowed = &usual,
					 .reference = &reference,
					 .learner = &reference,
					 .reference_probe = cases[i].reference,
					 .learner_probe = cases[i].learner};
		struct found found;

		assert_int_equal(trap_find(&view, &found.faults, &found.count, NULL), 0);
		expect(cases[i].label, &found, cases[i].points, cases[i].words);
		release(&found);
	}
}

/* More faults than are kept do no harm. */
static void no_end_of_faults(void **state)
{
	struct snapshot_setting all[300];
	struct snapshot learner = reference_snapshot();
	struct found found;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(all); i++)
		all[i] = (struct snapshot_setting){"", "search_path", "x"};
	learner.settings = all;
	learner.setting_count = ARRAY_LEN(all);
	found = find(&learner, &usual);
	assert_int_equal(found.count, 100);
	release(&found);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(added_indexes),    cmocka_unit_test(two_alike),
		cmocka_unit_test(replaced_indexes), cmocka_unit_test(spoilt_index),
		cmocka_unit_test(allowed_drop),     cmocka_unit_test(tables),
		cmocka_unit_test(columns),          cmocka_unit_test(rules),
		cmocka_unit_test(changed_data),     cmocka_unit_test(settings),
		cmocka_unit_test(altered_settings), cmocka_unit_test(server_settings),
		cmocka_unit_test(writes),           cmocka_unit_test(no_end_of_faults),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
