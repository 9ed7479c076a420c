/* project.c - projects. */
#include <tasklab/domain/project.h>

#include "list.h"
#include "row.h"

/* clang-format off */
#define COLUMNS                                                                                    \
	"p.id, p.owner_id, p.archived_at, p.created_at, p.updated_at, p.version, p.name,"          \
	" p.description"

enum { ID, OWNER_ID, ARCHIVED_AT, CREATED_AT, UPDATED_AT, VERSION, NAME, DESCRIPTION };

DB_QUERY_READ(SQL_PROJECT_GET, "project_get",
	"SELECT " COLUMNS " FROM projects p WHERE p.id = $1::bigint");

/* The text depends on filters and sort: list.c. */
DB_QUERY_READ(SQL_PROJECT_LIST, "project_list", "");

DB_QUERY_WRITE(SQL_PROJECT_CREATE, "project_create",
	"WITH p AS ("
	" INSERT INTO projects (name, description, owner_id, archived_at)"
	" VALUES ($1::text, $2::text, $3::bigint, CASE WHEN $4::boolean THEN now() END) RETURNING *"
	"), owner AS ("
	" INSERT INTO project_members (project_id, user_id, role)"
	" SELECT p.id, p.owner_id, 'maintainer' FROM p"
	") SELECT " COLUMNS " FROM p");

DB_QUERY_WRITE(SQL_PROJECT_UPDATE, "project_update",
	"WITH p AS ("
	" UPDATE projects SET name = " ROW_SET("1", "$4::text", "name") ","
	"  description = " ROW_SET("2", "$5::text", "description") ","
	"  owner_id = " ROW_SET("4", "$6::bigint", "owner_id") ","
	"  archived_at = " ROW_SET("8",
		"CASE WHEN $7::boolean THEN coalesce(archived_at, now()) END", "archived_at") ","
	"  updated_at = now(), version = version + 1"
	" WHERE id = $1::bigint AND $2::bigint IN (0, version) RETURNING *"
	") SELECT " COLUMNS ", true FROM p"
	" UNION ALL SELECT " COLUMNS ", false FROM projects p"
	"  WHERE p.id = $1::bigint AND NOT EXISTS (SELECT FROM p)");

DB_QUERY_WRITE(SQL_PROJECT_DELETE, "project_delete",
	"WITH gone AS ("
	" DELETE FROM projects WHERE id = $1::bigint AND $2::bigint IN (0, version) RETURNING id"
	") SELECT EXISTS (SELECT FROM gone) FROM projects WHERE id = $1::bigint");

static const struct list_choice archived[] = {
	{"true",  "p.archived_at IS NOT NULL"},
	{"false", "p.archived_at IS NULL"},
};

#define MEMBER(name) #name, offsetof(struct project_filter, name)

static const struct list_filter filters[] = {
	{MEMBER(archived),  LIST_CHOICE, .choices = archived, .choice_count = ARRAY_LEN(archived)},
	{MEMBER(owner_id),  LIST_ID, .sql = "p.owner_id = ?::bigint", .skewed = true, .ordered = true},
	{MEMBER(member_id), LIST_ID, .skewed = true,
	 .sql = "EXISTS (SELECT FROM project_members m"
		" WHERE m.project_id = p.id AND m.user_id = ?::bigint)"},
};

#define CREATED "p.created_at", "timestamptz", NULL, CREATED_AT, .time = true, .indexed = true

/* The row's place is its number in cursors: new ones go to the end. */
static const struct list_sort sorts[] = {
	{"-created_at", CREATED, .descending = true},
	{"created_at",  CREATED},
};

static const struct list list = {
	.list = LIST_PROJECTS,
	.query = &SQL_PROJECT_LIST,
	.columns = COLUMNS,
	.from = "projects p",
	.id = "p.id",
	.alias = "p",
	.filters = filters,
	.filter_count = ARRAY_LEN(filters),
	.sorts = sorts,
	.sort_count = ARRAY_LEN(sorts),
};
/* clang-format on */

#define NO_PROJECT "there is no such project"

static const struct row_rule rules[] = {
	{"projects_name_key", ERR_CONFLICT, "name", "there is a project of this name already"},
	{"projects_owner_id_fkey", ERR_UNPROCESSABLE, "owner_id", "there is no such user"},
	{"project_members_user_id_fkey", ERR_UNPROCESSABLE, "owner_id", "there is no such user"},
};

static const struct row_rule delete_rules[] = {
	{"tasks_project_id_fkey", ERR_CONFLICT, "", "the project still has tasks"},
};

void project_release(struct project *project)
{
	db_result_freep(&project->result);
}

static void project_read(const struct db_result *result, size_t row, struct project *ret)
{
	*ret = (struct project){
		.id = db_get_i64(result, row, ID),
		.owner_id = db_get_i64(result, row, OWNER_ID),
		.archived_at_us = row_time_us(result, row, ARCHIVED_AT),
		.created_at_us = db_get_time_us(result, row, CREATED_AT),
		.updated_at_us = db_get_time_us(result, row, UPDATED_AT),
		.version = (int32_t)db_get_i64(result, row, VERSION),
		.name = db_get_text(result, row, NAME),
		.description = db_get_text(result, row, DESCRIPTION),
	};
}

static void project_take(struct db_result **result, struct project *ret)
{
	project_read(*result, 0, ret);
	ret->result = TAKE(*result);
}

int project_input_check(const struct project_input *in, bool creating, int64_t actor_id,
			struct err *err)
{
	if ((creating || in->set & PROJECT_SET_NAME) &&
	    rule_line("name", (in->set & PROJECT_SET_NAME) ? in->name : NULL, 1, PROJECT_NAME_MAX,
		      err) < 0)
		return -1;
	if (in->set & PROJECT_SET_DESCRIPTION &&
	    rule_text("description", in->description, 0, PROJECT_DESCRIPTION_MAX, err) < 0)
		return -1;
	if (in->set & PROJECT_SET_OWNER_ID)
		return rule_id("owner_id", in->owner_id, err);
	if (creating && actor_id == 0)
		return err_field(err, ERR_UNPROCESSABLE, "owner_id", "is required");
	return 0;
}

int project_get(struct db *db, int64_t id, struct project *ret, struct err *err)
{
	AUTO(db_result_freep) struct db_result *res = NULL;

	if (db_query(db, &SQL_PROJECT_GET, DB_ARGS(db_i64(id)), &res, err) < 0)
		return -1;
	if (db_rows(res) == 0)
		return err_set(err, ERR_NOT_FOUND, NO_PROJECT, "project %lld", (long long)id);
	project_take(&res, ret);
	return 0;
}

int project_create(struct db *db, const struct project_input *in, int64_t actor_id,
		   struct project *ret, struct err *err)
{
	AUTO(db_result_freep) struct db_result *res = NULL;

	if (project_input_check(in, true, actor_id, err) < 0)
		return -1;
	if (db_query(db, &SQL_PROJECT_CREATE,
		     DB_ARGS(db_text(in->name),
			     db_text(in->set & PROJECT_SET_DESCRIPTION ? in->description : ""),
			     db_i64(in->set & PROJECT_SET_OWNER_ID ? in->owner_id : actor_id),
			     db_bool(in->set & PROJECT_SET_ARCHIVED && in->archived)),
		     &res, err) < 0)
		return row_explain(err, rules, ARRAY_LEN(rules));
	project_take(&res, ret);
	return 0;
}

int project_update(struct db *db, int64_t id, int64_t version, const struct project_input *in,
		   struct project *ret, struct err *err)
{
	AUTO(db_result_freep) struct db_result *res = NULL;

	if (project_input_check(in, false, 0, err) < 0)
		return -1;
	if (db_query(db, &SQL_PROJECT_UPDATE,
		     DB_ARGS(db_i64(id), db_i64(version), db_i32((int32_t)in->set),
			     db_text(in->name), db_text(in->description), db_i64(in->owner_id),
			     db_bool(in->archived)),
		     &res, err) < 0)
		return row_explain(err, rules, ARRAY_LEN(rules));
	if (row_outcome(res, version, NO_PROJECT, err) < 0)
		return -1;
	project_take(&res, ret);
	return 0;
}

int project_delete(struct db *db, int64_t id, int64_t version, struct err *err)
{
	AUTO(db_result_freep) struct db_result *res = NULL;

	if (db_query(db, &SQL_PROJECT_DELETE, DB_ARGS(db_i64(id), db_i64(version)), &res, err) < 0)
		return row_explain(err, delete_rules, ARRAY_LEN(delete_rules));
	return row_outcome(res, version, NO_PROJECT, err);
}

int project_list(struct db *db, const struct project_filter *filter,
		 const struct page_request *request, struct page *ret, struct err *err)
{
	return list_run(db, &list, filter, filter->sort, false, request, ret, err);
}

void project_at(const struct page *page, size_t i, struct project *ret)
{
	project_read(page->result, i, ret);
}
