/* project.h - projects. */
#ifndef TASKLAB_DOMAIN_PROJECT_H
#define TASKLAB_DOMAIN_PROJECT_H

#include <stdbool.h>
#include <stdint.h>

#include <tasklab/db/db.h>
#include <tasklab/domain/page.h>
#include <tasklab/domain/rules.h>

#define PROJECT_NAME_MAX        200
#define PROJECT_DESCRIPTION_MAX 10000

struct project {
	int64_t id;
	int64_t owner_id;
	int64_t archived_at_us; /* or TIME_NONE */
	int64_t created_at_us;
	int64_t updated_at_us;
	int32_t version;
	const char *name; /* unique in any case */
	const char *description;
	struct db_result *result;
};

void project_release(struct project *project);

#define PROJECT_SET_NAME        (1u << 0)
#define PROJECT_SET_DESCRIPTION (1u << 1)
#define PROJECT_SET_OWNER_ID    (1u << 2)
#define PROJECT_SET_ARCHIVED    (1u << 3)

struct project_input {
	uint32_t set;
	const char *name; /* required to create */
	const char *description;
	int64_t owner_id; /* to create: the actor when not given, one of both is required */
	bool archived;    /* sets archived_at to now, keeps an earlier time, or clears it */
};

int project_input_check(const struct project_input *input, bool creating, int64_t actor_id,
			struct err *err);

int project_get(struct db *db, int64_t id, struct project *ret, struct err *err);
/* The owner also becomes a member, as maintainer. */
int project_create(struct db *db, const struct project_input *input, int64_t actor_id,
		   struct project *ret, struct err *err);
int project_update(struct db *db, int64_t id, int64_t version, const struct project_input *input,
		   struct project *ret, struct err *err);
/* ERR_CONFLICT while it has tasks. */
int project_delete(struct db *db, int64_t id, int64_t version, struct err *err);

/* Query parameters as they came, or NULL. */
struct project_filter {
	const char *owner_id;
	const char *member_id; /* projects that this user is a member of */
	const char *archived;  /* "true" or "false"; both when not given */
	const char *sort;      /* created_at or -created_at, the default */
};
int project_list(struct db *db, const struct project_filter *filter,
		 const struct page_request *request, struct page *ret, struct err *err);
void project_at(const struct page *page, size_t i, struct project *ret);

#endif
