/* gen.h - the made-up organisation: who is in which project, and the facts of every task.
 *
 * What several tables must agree on is here; the rows that say it are written by rows.c. Each fact
 * is a function of (seed, kind of thing, id), so any table can be written without the others.
 */
#ifndef TASKLAB_SEED_GEN_H
#define TASKLAB_SEED_GEN_H

#include <stddef.h>
#include <stdint.h>

#include <tasklab/base/err.h>
#include <tasklab/base/rand.h>
#include <tasklab/seed/seed.h>

#include "zipf.h"

#define GEN_TAGS            100
#define GEN_CUSTOMERS       2000 /* names in tasks' metadata */
#define GEN_TASK_EVENTS_MAX 5

/* Independent streams of random numbers: one a kind of thing, drawn by its id. */
enum gen_stream {
	GEN_STREAM_WORLD,
	GEN_STREAM_USER,
	GEN_STREAM_PROFILE,
	GEN_STREAM_PROJECT,
	GEN_STREAM_MEMBERS,
	GEN_STREAM_TAG,
	GEN_STREAM_TASK,
	GEN_STREAM_TASK_TEXT,
	GEN_STREAM_TASK_TAGS,
	GEN_STREAM_COMMENTS,
};

enum gen_role { GEN_ROLE_ADMIN, GEN_ROLE_MEMBER, GEN_ROLE_VIEWER };
enum gen_status { GEN_TODO, GEN_IN_PROGRESS, GEN_DONE };

struct gen {
	uint64_t seed;
	uint32_t users;
	uint32_t projects;
	uint64_t tasks;
	struct zipf zipf;
	uint32_t *user_of_rank;    /* popularity rank -> user id */
	uint32_t *project_of_rank; /* size rank -> project id */
	uint32_t *project_rank;    /* [project id] */
	uint32_t *member_start; /* [project id]: its first place in members; one past the end too */
	uint32_t *members;      /* user ids; the first of each project owns it */
};

/* What happened to a task after its creation, in order of time. */
enum gen_change { GEN_ASSIGNED, GEN_PRIORITISED, GEN_STATUS_CHANGED };
struct gen_event {
	enum gen_change change;
	int64_t old_value; /* a user id (0: none), a priority or an enum gen_status */
	int64_t new_value;
	uint32_t actor_id;
	int64_t at_us;
};

struct gen_task {
	uint64_t id;
	uint32_t project_id;
	uint32_t assignee_id; /* 0: none */
	uint32_t reporter_id;
	int64_t created_us;
	int64_t updated_us;
	int64_t due_us;       /* 0: none */
	int64_t completed_us; /* 0: not done */
	int32_t version;      /* 1 and one for each event */
	int16_t priority;
	enum gen_status status;
	struct gen_event events[GEN_TASK_EVENTS_MAX];
	size_t event_count;
};

int gen_init(struct gen *gen, uint64_t tasks, uint64_t seed, struct err *err);
void gen_release(struct gen *gen);
void gen_rand(const struct gen *gen, enum gen_stream stream, uint64_t id, struct rand *ret);

enum gen_role gen_user_role(const struct gen *gen, uint32_t user_id);
const uint32_t *gen_members(const struct gen *gen, uint32_t project_id, size_t *n);
/* Ids count from 1. created_us rises with id. */
void gen_task(const struct gen *gen, uint64_t id, struct gen_task *ret);
const char *gen_status_name(enum gen_status status);

#endif
