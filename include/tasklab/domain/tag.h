/* tag.h - tags, and which of them a task carries. */
#ifndef TASKLAB_DOMAIN_TAG_H
#define TASKLAB_DOMAIN_TAG_H

#include <stdbool.h>
#include <stdint.h>

#include <tasklab/db/db.h>
#include <tasklab/domain/page.h>
#include <tasklab/domain/rules.h>

#define TAG_NAME_MAX  50
#define TASK_TAGS_MAX 50 /* tags of one task */

struct tag {
	int64_t id;
	int64_t created_at_us;
	int32_t version;
	const char *name;   /* unique in any case */
	const char *colour; /* "#808080" */
	struct db_result *result;
};

void tag_release(struct tag *tag);

#define TAG_SET_NAME   (1u << 0)
#define TAG_SET_COLOUR (1u << 1)

struct tag_input {
	uint32_t set;
	const char *name; /* required to create */
	const char *colour;
};

int tag_input_check(const struct tag_input *input, bool creating, struct err *err);

int tag_get(struct db *db, int64_t id, struct tag *ret, struct err *err);
int tag_list(struct db *db, const struct page_request *request, struct page *ret,
	     struct err *err); /* by id */
void tag_at(const struct page *page, size_t i, struct tag *ret);
int tag_create(struct db *db, const struct tag_input *input, struct tag *ret, struct err *err);
int tag_update(struct db *db, int64_t id, int64_t version, const struct tag_input *input,
	       struct tag *ret, struct err *err);
/* Tasks that carry it lose it. */
int tag_delete(struct db *db, int64_t id, int64_t version, struct err *err);

/* The tags of one task, by id; rows are read by tag_at. ERR_NOT_FOUND when there is no such task.
 */
int task_tag_list(struct db *db, int64_t task_id, const struct page_request *request,
		  struct page *ret, struct err *err);
/* Idempotent: *added (may be NULL) tells whether the task lacked the tag; then "tagged" is
 * recorded. ERR_NOT_FOUND without the task, ERR_UNPROCESSABLE "tag_id" without the tag,
 * ERR_CONFLICT when the task carries TASK_TAGS_MAX already (two writers at once may pass it by one
 * each). *ret is the tag. */
int task_tag_add(struct db *db, int64_t task_id, int64_t tag_id, int64_t actor_id, bool *added,
		 struct tag *ret, struct err *err);
/* Records "untagged". ERR_NOT_FOUND when the task does not carry the tag. */
int task_tag_remove(struct db *db, int64_t task_id, int64_t tag_id, int64_t actor_id,
		    struct err *err);

#endif
