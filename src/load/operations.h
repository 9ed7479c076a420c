/* operations.h - the mix: what clients do, how often, and how each request is made.
 *
 * Weights are in thousandths of all requests.
 */
#ifndef TASKLAB_LOAD_OPERATIONS_H
#define TASKLAB_LOAD_OPERATIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <tasklab/base/buf.h>
#include <tasklab/base/rand.h>

#include "known.h"

#define OPERATION_PATH_MAX ((size_t)2048)
#define OPERATION_BODY_MAX ((size_t)8192)

struct operation_request {
	const char *method;
	struct buf path;
	struct buf body; /* empty: none */
	char if_match[KNOWN_ETAG_SIZE];
	int64_t task_id; /* whose answer it will be; 0: no single task */
};

/* What an answer of 200 or 201 teaches. */
enum operation_lesson {
	LESSON_NONE,
	LESSON_TASKS,
	LESSON_PROJECTS,
	LESSON_USERS,
	LESSON_TAGS,
	LESSON_TASK
};

struct operation {
	const char *name; /* metric label */
	unsigned weight;
	enum operation_lesson lesson;
	/* False when it needs something that is not known yet: then a list of tasks is sent. */
	bool (*make)(struct known *known, struct rand *rand, struct operation_request *request);
};

extern const struct operation OPERATIONS[];
extern const size_t OPERATION_COUNT;
#define OPERATION_WEIGHTS 1000

void operation_request_init(struct operation_request *request);
void operation_request_release(struct operation_request *request);

/* Fills *request with an operation drawn by weight, and returns its index. */
size_t operation_draw(struct known *known, struct rand *rand, struct operation_request *request);
/* Learns from an answer; etag "" when there was none. */
void operation_learn(struct known *known, size_t operation, const struct operation_request *request,
		     int status, const char *body, const char *etag);
/* Paths whose answers teach enough to begin with, and what they teach; NULL ends them. */
struct operation_primer {
	const char *path;
	enum operation_lesson lesson;
};
extern const struct operation_primer OPERATION_PRIMERS[];
void operation_learn_list(struct known *known, enum operation_lesson lesson, const char *body);

#endif
