/* gen.c - the organisation and the facts of tasks, from the seed. */
#include "gen.h"

#include <assert.h>
#include <stdlib.h>

#define USERS_MIN         500
#define TASKS_PER_USER    200
#define TASKS_PER_PROJECT 500
#define MEMBERS_MIN       3
#define MEMBERS_MAX       400

#define SECOND_US INT64_C(1000000)
#define HOUR_US   (3600 * SECOND_US)
#define DAY_US    (24 * HOUR_US)

void gen_rand(const struct gen *gen, enum gen_stream stream, uint64_t id, struct rand *ret)
{
	rand_init_stream(ret, gen->seed, ((uint64_t)stream << 48) | id);
}

/* Fisher and Yates: out[0..n-1] is a permutation of 1..n. */
static void permute(uint32_t *out, uint32_t n, struct rand *rand)
{
	for (uint32_t i = 0; i < n; i++) {
		uint32_t j = (uint32_t)rand_below(rand, i + 1);

		out[i] = out[j];
		out[j] = i + 1;
	}
}

static uint32_t integer_sqrt(uint64_t n)
{
	uint32_t root = 0;

	for (uint32_t bit = UINT32_C(1) << 31; bit > 0; bit >>= 1) {
		uint64_t next = root | bit;

		if (next * next <= n)
			root = (uint32_t)next;
	}
	return root;
}

/* Members grow with the square root of a project's tasks. */
static uint32_t member_count(const struct gen *gen, uint32_t project_id)
{
	uint64_t tasks =
		zipf_share(&gen->zipf, gen->projects, gen->project_rank[project_id], gen->tasks);
	uint32_t n = MEMBERS_MIN + integer_sqrt(tasks) / 2;
	uint32_t max = gen->users / 4 < MEMBERS_MAX ? gen->users / 4 : MEMBERS_MAX;

	return n < max ? n : max;
}

enum gen_role gen_user_role(const struct gen *gen, uint32_t user_id)
{
	struct rand rand;
	uint64_t draw;

	if (user_id == 1)
		return GEN_ROLE_ADMIN;
	gen_rand(gen, GEN_STREAM_USER, user_id, &rand);
	draw = rand_below(&rand, 200);
	return draw == 0 ? GEN_ROLE_ADMIN : draw <= 20 ? GEN_ROLE_VIEWER : GEN_ROLE_MEMBER;
}

/* Draws a project's members: half of them popular people, half anybody; no viewer owns it. seen
 * holds for each user the last project that took them. */
static void draw_members(struct gen *gen, uint32_t project_id, uint32_t *seen)
{
	uint32_t begin = gen->member_start[project_id], end = gen->member_start[project_id + 1];
	struct rand rand;

	gen_rand(gen, GEN_STREAM_MEMBERS, project_id, &rand);
	for (uint32_t at = begin; at < end;) {
		size_t rank = at % 2 ? zipf_pick(&gen->zipf, gen->users, &rand)
				     : (size_t)rand_below(&rand, gen->users);
		uint32_t user = gen->user_of_rank[rank];

		if (seen[user] == project_id)
			continue;
		if (at == begin && gen_user_role(gen, user) == GEN_ROLE_VIEWER)
			continue;
		seen[user] = project_id;
		gen->members[at++] = user;
	}
}

static int gen_allocate(struct gen *gen, struct err *err)
{
	size_t size = GEN_CUSTOMERS;

	gen->user_of_rank = calloc(gen->users, sizeof(uint32_t));
	gen->project_of_rank = calloc(gen->projects, sizeof(uint32_t));
	gen->project_rank = calloc(gen->projects + 1, sizeof(uint32_t));
	gen->member_start = calloc(gen->projects + 2, sizeof(uint32_t));
	if (!gen->user_of_rank || !gen->project_of_rank || !gen->project_rank || !gen->member_start)
		return err_no_memory(err);
	if (size < gen->projects)
		size = gen->projects;
	if (size < gen->users)
		size = gen->users;
	return zipf_init(&gen->zipf, size, err);
}

static int draw_world(struct gen *gen, struct err *err)
{
	AUTO(freep) uint32_t *seen = calloc(gen->users + 1, sizeof(uint32_t));
	uint32_t total = 0;
	struct rand rand;

	gen_rand(gen, GEN_STREAM_WORLD, 0, &rand);
	permute(gen->user_of_rank, gen->users, &rand);
	permute(gen->project_of_rank, gen->projects, &rand);
	for (uint32_t rank = 0; rank < gen->projects; rank++)
		gen->project_rank[gen->project_of_rank[rank]] = rank;
	for (uint32_t id = 1; id <= gen->projects; id++) {
		gen->member_start[id] = total;
		total += member_count(gen, id);
	}
	gen->member_start[gen->projects + 1] = total;
	assert(total > 0);
	gen->members = calloc(total, sizeof(uint32_t));
	if (!gen->members || !seen)
		return err_no_memory(err);
	for (uint32_t id = 1; id <= gen->projects; id++)
		draw_members(gen, id, seen);
	return 0;
}

int gen_init(struct gen *gen, uint64_t tasks, uint64_t seed, struct err *err)
{
	struct gen new = {.seed = seed, .tasks = tasks};

	assert(tasks >= TASKS_PER_PROJECT && tasks <= UINT32_MAX);
	new.users = (uint32_t)(tasks / TASKS_PER_USER);
	if (new.users < USERS_MIN)
		new.users = USERS_MIN;
	new.projects = (uint32_t)(tasks / TASKS_PER_PROJECT);
	if (gen_allocate(&new, err) < 0 || draw_world(&new, err) < 0) {
		gen_release(&new);
		return -1;
	}
	*gen = new;
	return 0;
}

void gen_release(struct gen *gen)
{
	zipf_release(&gen->zipf);
	free(gen->user_of_rank);
	free(gen->project_of_rank);
	free(gen->project_rank);
	free(gen->member_start);
	free(gen->members);
	*gen = (struct gen){0};
}

const uint32_t *gen_members(const struct gen *gen, uint32_t project_id, size_t *n)
{
	*n = gen->member_start[project_id + 1] - gen->member_start[project_id];
	return gen->members + gen->member_start[project_id];
}

const char *gen_status_name(enum gen_status status)
{
	static const char *const NAMES[] = {
		[GEN_TODO] = "todo", [GEN_IN_PROGRESS] = "in_progress", [GEN_DONE] = "done"};

	return NAMES[status];
}

/* 97 % done, 2.5 % todo, 0.5 % in progress. Two thirds of the open ones are among the latest tenth
 * of the tasks, so status and age are correlated. */
static enum gen_status draw_status(const struct gen *gen, uint64_t id, struct rand *rand)
{
	bool late = id > gen->tasks - gen->tasks / 10;
	uint64_t open = late ? 2000 : 111; /* of 10,000: 0.1 * 0.2 + 0.9 * 0.0111 = 0.03 */

	if (rand_below(rand, 10000) >= open)
		return GEN_DONE;
	return rand_below(rand, 6) == 0 ? GEN_IN_PROGRESS : GEN_TODO;
}

/* A choice among a few values by weights that add up to 100. */
static size_t draw_weighted(const uint8_t *weights, size_t n, struct rand *rand)
{
	uint64_t draw = rand_below(rand, 100);
	size_t i = 0;

	while (i < n - 1 && draw >= weights[i])
		draw -= weights[i++];
	return i;
}

static int16_t draw_priority(enum gen_status status, struct rand *rand)
{
	static const uint8_t WEIGHTS[][4] = {
		[GEN_TODO] = {30, 45, 20, 5},
		[GEN_IN_PROGRESS] = {5, 30, 45, 20},
		[GEN_DONE] = {20, 62, 15, 3},
	};

	return (int16_t)draw_weighted(WEIGHTS[status], 4, rand);
}

/* The more urgent, the sooner; a little more than half of the tasks have a due date, at 17:00. */
static int64_t draw_due(int64_t created_us, int16_t priority, struct rand *rand)
{
	static const uint8_t LEAST_DAYS[] = {30, 14, 5, 1}, SPREAD_DAYS[] = {90, 46, 16, 4};
	int64_t days;

	if (rand_below(rand, 100) >= 55)
		return 0;
	days = LEAST_DAYS[priority] + (int64_t)rand_below(rand, SPREAD_DAYS[priority]);
	return created_us - created_us % DAY_US + days * DAY_US + 17 * HOUR_US;
}

/* How long the task's history lasts: from ten minutes to two months, short ones more often; ends
 * before SEED_END_US. */
static int64_t draw_span(int64_t created_us, struct rand *rand)
{
	int64_t unit = (600 * SECOND_US) << rand_below(rand, 13);
	int64_t span = unit + (int64_t)rand_below(rand, (uint64_t)unit);
	int64_t room = SEED_END_US - created_us;

	if (span < room)
		return span;
	return room / 2 + (int64_t)rand_below(rand, (uint64_t)(room / 2));
}

static void add_event(struct gen_task *task, enum gen_change change, int64_t old_value,
		      int64_t new_value, uint32_t actor_id)
{
	assert(task->event_count < GEN_TASK_EVENTS_MAX);
	task->events[task->event_count++] = (struct gen_event){.change = change,
							       .old_value = old_value,
							       .new_value = new_value,
							       .actor_id = actor_id};
}

/* The changes that lead from a new task to the task as it is. */
static void draw_events(struct gen_task *task, struct rand *rand)
{
	uint32_t worker = task->assignee_id ? task->assignee_id : task->reporter_id;
	bool started = task->status == GEN_IN_PROGRESS;
	int64_t span = draw_span(task->created_us, rand);

	if (task->assignee_id && rand_below(rand, 100) < 12)
		add_event(task, GEN_ASSIGNED, 0, task->assignee_id, task->reporter_id);
	if (rand_below(rand, 100) < 6)
		add_event(task, GEN_PRIORITISED, (task->priority + 1) % 4, task->priority,
			  task->reporter_id);
	if (task->status == GEN_DONE && rand_below(rand, 100) < 15)
		started = true;
	if (started)
		add_event(task, GEN_STATUS_CHANGED, GEN_TODO, GEN_IN_PROGRESS, worker);
	if (task->status == GEN_DONE)
		add_event(task, GEN_STATUS_CHANGED, started ? GEN_IN_PROGRESS : GEN_TODO, GEN_DONE,
			  worker);
	task->updated_us = task->created_us;
	for (size_t i = 0; i < task->event_count; i++) {
		task->updated_us =
			task->created_us + span / (int64_t)task->event_count * (int64_t)(i + 1);
		task->events[i].at_us = task->updated_us;
	}
	if (task->status == GEN_DONE)
		task->completed_us = task->updated_us;
	task->version = 1 + (int32_t)task->event_count;
}

/* The creation times share the whole period evenly; the last hour is left for what follows. */
static int64_t draw_created(const struct gen *gen, uint64_t id, struct rand *rand)
{
	int64_t slot = (SEED_END_US - HOUR_US - SEED_START_US) / (int64_t)gen->tasks;

	return SEED_START_US + slot * (int64_t)(id - 1) + (int64_t)rand_below(rand, (uint64_t)slot);
}

void gen_task(const struct gen *gen, uint64_t id, struct gen_task *ret)
{
	/* Unassigned, per cent: nobody works on what nobody has. About 20 in all. */
	static const uint8_t UNASSIGNED[] = {
		[GEN_TODO] = 60, [GEN_IN_PROGRESS] = 0, [GEN_DONE] = 19};
	const uint32_t *members;
	struct rand rand;
	size_t n;

	gen_rand(gen, GEN_STREAM_TASK, id, &rand);
	*ret = (struct gen_task){.id = id};
	ret->project_id = gen->project_of_rank[zipf_pick(&gen->zipf, gen->projects, &rand)];
	members = gen_members(gen, ret->project_id, &n);
	ret->reporter_id = members[rand_below(&rand, n)];
	ret->created_us = draw_created(gen, id, &rand);
	ret->status = draw_status(gen, id, &rand);
	ret->priority = draw_priority(ret->status, &rand);
	if (rand_below(&rand, 100) >= UNASSIGNED[ret->status])
		ret->assignee_id = members[zipf_pick(&gen->zipf, n, &rand)];
	ret->due_us = draw_due(ret->created_us, ret->priority, &rand);
	draw_events(ret, &rand);
}
