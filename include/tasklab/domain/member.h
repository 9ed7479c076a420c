/* member.h - who belongs to a project, and as what: "maintainer", "contributor" or "observer". */
#ifndef TASKLAB_DOMAIN_MEMBER_H
#define TASKLAB_DOMAIN_MEMBER_H

#include <stdbool.h>
#include <stdint.h>

#include <tasklab/db/db.h>
#include <tasklab/domain/page.h>
#include <tasklab/domain/rules.h>

struct member {
	int64_t project_id;
	int64_t user_id;
	int64_t joined_at_us;
	const char *role;
	const char *display_name; /* the user's */
	struct db_result *result;
};

void member_release(struct member *member);

int member_get(struct db *db, int64_t project_id, int64_t user_id, struct member *ret,
	       struct err *err);
/* By user id. ERR_NOT_FOUND when there is no such project. */
int member_list(struct db *db, int64_t project_id, const struct page_request *request,
		struct page *ret, struct err *err);
void member_at(const struct page *page, size_t i, struct member *ret);
/* Adds a member; role NULL is "contributor". ERR_CONFLICT "user_id" when the user is one already.
 */
int member_add(struct db *db, int64_t project_id, int64_t user_id, const char *role,
	       struct member *ret, struct err *err);
int member_update(struct db *db, int64_t project_id, int64_t user_id, const char *role,
		  struct member *ret, struct err *err);
int member_delete(struct db *db, int64_t project_id, int64_t user_id, struct err *err);

#endif
