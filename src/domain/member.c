/* member.c - who belongs to a project, and as what. */
#include <tasklab/domain/member.h>

#include "list.h"
#include "row.h"

/* clang-format off */
#define COLUMNS "m.project_id, m.user_id, m.joined_at, m.role, u.display_name"

enum { PROJECT_ID, USER_ID, JOINED_AT, ROLE, DISPLAY_NAME };

DB_QUERY_READ(SQL_MEMBER_GET, "member_get",
	"SELECT " COLUMNS " FROM project_members m JOIN users u ON u.id = m.user_id"
	" WHERE m.project_id = $1::bigint AND m.user_id = $2::bigint");

DB_QUERY_READ(SQL_MEMBER_LIST, "member_list",
	"SELECT " COLUMNS " FROM projects p LEFT JOIN LATERAL ("
	" SELECT * FROM project_members WHERE project_id = p.id AND user_id > $2::bigint"
	" ORDER BY user_id LIMIT $3::bigint) m ON true"
	" LEFT JOIN users u ON u.id = m.user_id"
	" WHERE p.id = $1::bigint ORDER BY m.user_id");

DB_QUERY_WRITE(SQL_MEMBER_ADD, "member_add",
	"WITH m AS ("
	" INSERT INTO project_members (project_id, user_id, role)"
	" VALUES ($1::bigint, $2::bigint, $3::text) RETURNING *"
	") SELECT " COLUMNS " FROM m LEFT JOIN users u ON u.id = m.user_id");

DB_QUERY_WRITE(SQL_MEMBER_UPDATE, "member_update",
	"WITH m AS ("
	" UPDATE project_members SET role = $3::text"
	" WHERE project_id = $1::bigint AND user_id = $2::bigint RETURNING *"
	") SELECT " COLUMNS " FROM m JOIN users u ON u.id = m.user_id");

DB_QUERY_WRITE(SQL_MEMBER_DELETE, "member_delete",
	"DELETE FROM project_members WHERE project_id = $1::bigint AND user_id = $2::bigint"
	" RETURNING user_id");
/* clang-format on */

#define NO_MEMBER  "the project has no such member"
#define NO_PROJECT "there is no such project"

static const char *const roles[] = {"maintainer", "contributor", "observer"};

static const struct row_rule rules[] = {
	{"project_members_project_id_fkey", ERR_NOT_FOUND, "", NO_PROJECT},
	{"project_members_user_id_fkey", ERR_UNPROCESSABLE, "user_id", "there is no such user"},
	{"project_members_pkey", ERR_CONFLICT, "user_id", "is a member already"},
};

static const struct list_by_id list = {
	.list = LIST_MEMBERS,
	.query = &SQL_MEMBER_LIST,
	.id_column = USER_ID,
	.no_parent = NO_PROJECT,
};

void member_release(struct member *member)
{
	db_result_freep(&member->result);
}

static void member_read(const struct db_result *result, size_t row, struct member *ret)
{
	*ret = (struct member){
		.project_id = db_get_i64(result, row, PROJECT_ID),
		.user_id = db_get_i64(result, row, USER_ID),
		.joined_at_us = db_get_time_us(result, row, JOINED_AT),
		.role = db_get_text(result, row, ROLE),
		.display_name = db_get_text(result, row, DISPLAY_NAME),
	};
}

/* The one row that a statement about one member gives, or ERR_NOT_FOUND. */
static int member_take(struct db_result **result, struct member *ret, struct err *err)
{
	if (db_rows(*result) == 0)
		return err_set(err, ERR_NOT_FOUND, NO_MEMBER, "no row");
	member_read(*result, 0, ret);
	ret->result = TAKE(*result);
	return 0;
}

int member_get(struct db *db, int64_t project_id, int64_t user_id, struct member *ret,
	       struct err *err)
{
	AUTO(db_result_freep) struct db_result *res = NULL;

	if (db_query(db, &SQL_MEMBER_GET, DB_ARGS(db_i64(project_id), db_i64(user_id)), &res, err) <
	    0)
		return -1;
	return member_take(&res, ret, err);
}

int member_list(struct db *db, int64_t project_id, const struct page_request *request,
		struct page *ret, struct err *err)
{
	return list_by_id(db, &list, project_id, request, ret, err);
}

void member_at(const struct page *page, size_t i, struct member *ret)
{
	member_read(page->result, i, ret);
}

int member_add(struct db *db, int64_t project_id, int64_t user_id, const char *role,
	       struct member *ret, struct err *err)
{
	AUTO(db_result_freep) struct db_result *res = NULL;

	if (!role)
		role = "contributor";
	if (rule_id("user_id", user_id, err) < 0 ||
	    rule_choice("role", role, roles, ARRAY_LEN(roles), err) < 0)
		return -1;
	if (db_query(db, &SQL_MEMBER_ADD,
		     DB_ARGS(db_i64(project_id), db_i64(user_id), db_text(role)), &res, err) < 0)
		return row_explain(err, rules, ARRAY_LEN(rules));
	return member_take(&res, ret, err);
}

int member_update(struct db *db, int64_t project_id, int64_t user_id, const char *role,
		  struct member *ret, struct err *err)
{
	AUTO(db_result_freep) struct db_result *res = NULL;

	if (rule_choice("role", role, roles, ARRAY_LEN(roles), err) < 0)
		return -1;
	if (db_query(db, &SQL_MEMBER_UPDATE,
		     DB_ARGS(db_i64(project_id), db_i64(user_id), db_text(role)), &res, err) < 0)
		return -1;
	return member_take(&res, ret, err);
}

int member_delete(struct db *db, int64_t project_id, int64_t user_id, struct err *err)
{
	AUTO(db_result_freep) struct db_result *res = NULL;

	if (db_query(db, &SQL_MEMBER_DELETE, DB_ARGS(db_i64(project_id), db_i64(user_id)), &res,
		     err) < 0)
		return -1;
	if (db_rows(res) == 0)
		return err_set(err, ERR_NOT_FOUND, NO_MEMBER, "no row");
	return 0;
}
