/* comment.h - comments on tasks. */
#ifndef TASKLAB_DOMAIN_COMMENT_H
#define TASKLAB_DOMAIN_COMMENT_H

#include <stdint.h>

#include <tasklab/db/db.h>
#include <tasklab/domain/page.h>
#include <tasklab/domain/rules.h>

#define COMMENT_BODY_MAX 10000

struct comment {
	int64_t id;
	int64_t task_id;
	int64_t author_id;
	int64_t created_at_us;
	int64_t updated_at_us;
	int32_t version;
	const char *body;
	struct db_result *result;
};

void comment_release(struct comment *comment);

/* A comment is found by its task and its id; of another task it is ERR_NOT_FOUND. */
int comment_get(struct db *db, int64_t task_id, int64_t id, struct comment *ret, struct err *err);
/* By id, oldest first. ERR_NOT_FOUND when there is no such task. */
int comment_list(struct db *db, int64_t task_id, const struct page_request *request,
		 struct page *ret, struct err *err);
void comment_at(const struct page *page, size_t i, struct comment *ret);
/* Also records "commented" in the task's history. author_id 0: the actor; one of both is required.
 */
int comment_create(struct db *db, int64_t task_id, int64_t author_id, const char *body,
		   int64_t actor_id, struct comment *ret, struct err *err);
int comment_update(struct db *db, int64_t task_id, int64_t id, int64_t version, const char *body,
		   struct comment *ret, struct err *err);
int comment_delete(struct db *db, int64_t task_id, int64_t id, int64_t version, struct err *err);

#endif
