/* test_seed.c - the generator: the same rows for the same seed, skewed as promised, consistent. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <tasklab/base/text.h>

#include "seed/gen.h"
#include "seed/row.h"
#include "seed/rows.h"

static struct gen gen; /* small, seed 1 */

static int start(void **state)
{
	(void)state;
	return gen_init(&gen, seed_scale_tasks(SEED_SMALL), 1, NULL);
}

static int stop(void **state)
{
	(void)state;
	gen_release(&gen);
	return 0;
}

/* A table's rows in the COPY format, hashed key by key. */
static uint64_t hash_table(const struct gen *of, const struct rows_table *table, uint64_t *count)
{
	AUTO(buf_release) struct buf out = BUF_INIT(ROWS_KEY_MAX_BYTES);
	struct rows rows = {.gen = of, .next_id = 1, .out = &out};
	uint64_t keys = rows_keys(of, table), hash = 0;

	for (uint64_t key = 1; key <= keys; key++) {
		buf_reset(&out);
		table->write(&rows, key);
		assert_false(out.failed);
		hash = hash * UINT64_C(0x9E3779B97F4A7C15) + text_hash64(out.data, out.len);
	}
	*count = rows.written;
	return hash;
}

/* The rows of scale small and seed 1. A change here is a change of everybody's data: raise
 * SEED_GENERATOR with it, so that databases filled before are known to be others. */
static const struct {
	const char *table;
	uint64_t rows, hash;
} GOLDEN[SEED_TABLE_COUNT] = {
	/* clang-format off */
	{"users", 500, UINT64_C(0x80b572c8b0bf2ebe)},
	{"user_profiles", 500, UINT64_C(0x41ad1014c14e5c50)},
	{"projects", 200, UINT64_C(0x0419b25c4b5bbffb)},
	{"project_members", 2248, UINT64_C(0xd228d50f484b4183)},
	{"tags", 100, UINT64_C(0x328d72b57237405f)},
	{"tasks", 100000, UINT64_C(0xef42b9460438c017)},
	{"task_tags", 119793, UINT64_C(0xfa1201e30ce69397)},
	{"comments", 78741, UINT64_C(0x8798f774d7e2ff26)},
	{"task_events", 227679, UINT64_C(0x51dd1f1080aa163e)},
	/* clang-format on */
};

static void test_golden(void **state)
{
	uint64_t rows[SEED_TABLE_COUNT], hashes[SEED_TABLE_COUNT];

	(void)state;
	for (size_t i = 0; i < SEED_TABLE_COUNT; i++) {
		hashes[i] = hash_table(&gen, &ROWS_TABLES[i], &rows[i]);
		print_message("{\"%s\", %llu, UINT64_C(0x%016llx)},\n", ROWS_TABLES[i].name,
			      (unsigned long long)rows[i], (unsigned long long)hashes[i]);
	}
	for (size_t i = 0; i < SEED_TABLE_COUNT; i++) {
		assert_string_equal(ROWS_TABLES[i].name, GOLDEN[i].table);
		assert_true(rows[i] == GOLDEN[i].rows);
		assert_true(hashes[i] == GOLDEN[i].hash);
	}
}

static void test_another_seed_makes_other_rows(void **state)
{
	struct gen other;

	(void)state;
	assert_int_equal(gen_init(&other, gen.tasks, 2, NULL), 0);
	for (size_t i = 0; i < SEED_TABLE_COUNT; i++) {
		uint64_t rows;

		assert_true(hash_table(&other, &ROWS_TABLES[i], &rows) != GOLDEN[i].hash);
	}
	gen_release(&other);
}

static int is_member(uint32_t project_id, uint32_t user_id)
{
	size_t n;
	const uint32_t *members = gen_members(&gen, project_id, &n);

	for (size_t i = 0; i < n; i++) {
		if (members[i] == user_id)
			return 1;
	}
	return 0;
}

static void test_members(void **state)
{
	(void)state;
	for (uint32_t project = 1; project <= gen.projects; project++) {
		size_t n;
		const uint32_t *members = gen_members(&gen, project, &n);

		assert_in_range(n, 3, 400);
		assert_true(gen_user_role(&gen, members[0]) != GEN_ROLE_VIEWER);
		for (size_t i = 0; i < n; i++) {
			assert_in_range(members[i], 1, gen.users);
			for (size_t j = 0; j < i; j++)
				assert_true(members[i] != members[j]);
		}
	}
}

/* The events lead from a new task, step by step, to the task as it is. */
static void check_history(const struct gen_task *task)
{
	enum gen_status status = GEN_TODO;
	int64_t before = task->created_us, done_us = 0;

	for (size_t i = 0; i < task->event_count; i++) {
		const struct gen_event *event = &task->events[i];

		assert_true(event->at_us > before);
		before = event->at_us;
		assert_true(event->old_value != event->new_value);
		assert_true(is_member(task->project_id, event->actor_id));
		if (event->change == GEN_STATUS_CHANGED) {
			assert_int_equal(event->old_value, status);
			status = (enum gen_status)event->new_value;
			done_us = event->at_us;
		} else if (event->change == GEN_PRIORITISED) {
			assert_int_equal(event->new_value, task->priority);
		} else {
			assert_int_equal(event->new_value, task->assignee_id);
		}
	}
	assert_int_equal(status, task->status);
	assert_int_equal(task->completed_us, task->status == GEN_DONE ? done_us : 0);
	assert_int_equal(task->updated_us, before);
	assert_int_equal(task->version, 1 + task->event_count);
	assert_true(before < SEED_END_US);
}

static void test_tasks_are_consistent(void **state)
{
	int64_t before = SEED_START_US - 1;

	(void)state;
	for (uint64_t id = 1; id <= gen.tasks; id++) {
		struct gen_task task;

		gen_task(&gen, id, &task);
		assert_true(task.created_us > before);
		before = task.created_us;
		assert_true(is_member(task.project_id, task.reporter_id));
		assert_true(!task.assignee_id || is_member(task.project_id, task.assignee_id));
		assert_true(!task.due_us || task.due_us > task.created_us);
		check_history(&task);
	}
}

/* Counts over all tasks. */
struct tally {
	uint64_t status[3], urgent[3], unassigned, due, late_open;
	uint64_t *by_project, *by_user;
};

static void count(struct tally *tally)
{
	tally->by_project = calloc(gen.projects + 1, sizeof(uint64_t));
	tally->by_user = calloc(gen.users + 1, sizeof(uint64_t));
	assert_true(tally->by_project && tally->by_user);
	for (uint64_t id = 1; id <= gen.tasks; id++) {
		struct gen_task task;

		gen_task(&gen, id, &task);
		tally->status[task.status]++;
		tally->urgent[task.status] += task.priority >= 2;
		tally->unassigned += task.assignee_id == 0;
		tally->due += task.due_us != 0;
		tally->late_open += task.status != GEN_DONE && id > gen.tasks - gen.tasks / 10;
		tally->by_project[task.project_id]++;
		tally->by_user[task.assignee_id]++;
	}
	tally->by_user[0] = 0;
}

static int descending(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x < y) - (x > y);
}

static void test_shares(void **state)
{
	struct tally t = {0};

	(void)state;
	count(&t);
	assert_in_range(t.status[GEN_DONE], 96500, 97500);
	assert_in_range(t.status[GEN_TODO], 2300, 2700);
	assert_in_range(t.status[GEN_IN_PROGRESS], 420, 580);
	assert_in_range(t.unassigned, 19000, 21000);
	assert_in_range(t.due, 54000, 56000);
	/* Correlations: what is open is recent, what is being worked on is urgent. */
	assert_in_range(t.late_open * 100 / (t.status[GEN_TODO] + t.status[GEN_IN_PROGRESS]), 60,
			73);
	assert_in_range(t.urgent[GEN_DONE] * 100 / t.status[GEN_DONE], 16, 20);
	assert_in_range(t.urgent[GEN_TODO] * 100 / t.status[GEN_TODO], 22, 28);
	assert_in_range(t.urgent[GEN_IN_PROGRESS] * 100 / t.status[GEN_IN_PROGRESS], 58, 72);
	/* Power law: rank times size is about the same for all ranks. */
	qsort(t.by_project, gen.projects + 1, sizeof(uint64_t), descending);
	for (size_t rank = 1; rank <= gen.projects; rank *= 3)
		assert_in_range(t.by_project[rank - 1] * rank, 15000, 19000);
	qsort(t.by_user, gen.users + 1, sizeof(uint64_t), descending);
	assert_true(t.by_user[0] > 20 * t.by_user[gen.users / 2]);
	free(t.by_project);
	free(t.by_user);
}

static void test_zipf(void **state)
{
	struct zipf zipf;
	struct rand rand;
	uint64_t seen[10] = {0};

	(void)state;
	assert_int_equal(zipf_init(&zipf, 1000, NULL), 0);
	rand_init(&rand, 1);
	for (int i = 0; i < 100000; i++)
		seen[zipf_pick(&zipf, 10, &rand)]++;
	for (size_t rank = 0; rank < 10; rank++) {
		uint64_t expected = zipf_share(&zipf, 10, rank, 100000);

		assert_in_range(expected * (rank + 1), 34000, 34200); /* 100000 / H(10) */
		assert_in_range(seen[rank], expected * 9 / 10, expected * 11 / 10);
	}
	for (int i = 0; i < 100; i++)
		assert_int_equal(zipf_pick(&zipf, 1, &rand), 0);
	zipf_release(&zipf);
}

/* The manual's example of the format: header, one row, trailer. */
static void test_row_format(void **state)
{
	static const char EXPECTED[] = "PGCOPY\n\377\r\n\0"
				       "\0\0\0\0"
				       "\0\0\0\0"
				       "\0\7"
				       "\0\0\0\10\0\0\0\0\0\1\342\100"
				       "\377\377\377\377"
				       "\0\0\0\4\377\377\377\376"
				       "\0\0\0\2\0\3"
				       "\0\0\0\10\0\0\0\0\0\17\102\100"
				       "\0\0\0\2hi"
				       "\0\0\0\3\1{}"
				       "\377\377";
	AUTO(buf_release) struct buf out = BUF_INIT(1024);
	size_t field;

	(void)state;
	row_file_begin(&out);
	row_begin(&out, 7);
	row_i64(&out, 123456);
	row_null(&out);
	row_i32(&out, -2);
	row_i16(&out, 3);
	row_time(&out, INT64_C(946684801000000)); /* a second into 2000 */
	row_text(&out, "hi");
	field = row_jsonb_begin(&out);
	buf_puts(&out, "{}");
	row_text_end(&out, field);
	row_file_end(&out);
	assert_int_equal(out.len, sizeof(EXPECTED) - 1);
	assert_memory_equal(out.data, EXPECTED, out.len);
}

static void test_scales(void **state)
{
	enum seed_scale scale;

	(void)state;
	assert_true(seed_scale_parse("medium", &scale));
	assert_int_equal(scale, SEED_MEDIUM);
	assert_int_equal(seed_scale_tasks(scale), 1000000);
	assert_string_equal(seed_scale_name(SEED_LARGE), "large");
	assert_false(seed_scale_parse("Medium", &scale));
	assert_false(seed_scale_parse("", &scale));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_golden),
		cmocka_unit_test(test_another_seed_makes_other_rows),
		cmocka_unit_test(test_members),
		cmocka_unit_test(test_tasks_are_consistent),
		cmocka_unit_test(test_shares),
		cmocka_unit_test(test_zipf),
		cmocka_unit_test(test_row_format),
		cmocka_unit_test(test_scales),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
