/* tag.c - tags. */
#include <tasklab/domain/tag.h>

#include <string.h>

#include "list.h"
#include "row.h"
#include "tag_row.h"

/* clang-format off */
DB_QUERY_READ(SQL_TAG_GET, "tag_get",
	"SELECT " TAG_COLUMNS " FROM tags g WHERE g.id = $1::bigint");

DB_QUERY_READ(SQL_TAG_LIST, "tag_list",
	"SELECT " TAG_COLUMNS " FROM tags g WHERE g.id > $1::bigint ORDER BY g.id LIMIT $2::bigint");

DB_QUERY_WRITE(SQL_TAG_CREATE, "tag_create",
	"INSERT INTO tags AS g (name, colour) VALUES ($1::text, $2::text) RETURNING " TAG_COLUMNS);

DB_QUERY_WRITE(SQL_TAG_UPDATE, "tag_update",
	"WITH g AS ("
	" UPDATE tags SET name = " ROW_SET("1", "$4::text", "name") ","
	"  colour = " ROW_SET("2", "$5::text", "colour") ", version = version + 1"
	" WHERE id = $1::bigint AND $2::bigint IN (0, version) RETURNING *"
	") SELECT " TAG_COLUMNS ", true FROM g"
	" UNION ALL SELECT " TAG_COLUMNS ", false FROM tags g"
	"  WHERE g.id = $1::bigint AND NOT EXISTS (SELECT FROM g)");

DB_QUERY_WRITE(SQL_TAG_DELETE, "tag_delete",
	"WITH gone AS ("
	" DELETE FROM tags WHERE id = $1::bigint AND $2::bigint IN (0, version) RETURNING id"
	") SELECT EXISTS (SELECT FROM gone) FROM tags WHERE id = $1::bigint");
/* clang-format on */

#define NO_TAG         "there is no such tag"
#define DEFAULT_COLOUR "#808080"

static const struct row_rule rules[] = {
	{"tags_name_key", ERR_CONFLICT, "name", "there is a tag of this name already"},
};

static const struct list_by_id list = {
	.list = LIST_TAGS,
	.query = &SQL_TAG_LIST,
	.id_column = TAG_ID,
};

void tag_release(struct tag *tag)
{
	db_result_freep(&tag->result);
}

void tag_read(const struct db_result *result, size_t row, struct tag *ret)
{
	*ret = (struct tag){
		.id = db_get_i64(result, row, TAG_ID),
		.created_at_us = db_get_time_us(result, row, TAG_CREATED_AT),
		.version = (int32_t)db_get_i64(result, row, TAG_VERSION),
		.name = db_get_text(result, row, TAG_NAME),
		.colour = db_get_text(result, row, TAG_COLOUR),
	};
}

void tag_take(struct db_result **result, struct tag *ret)
{
	tag_read(*result, 0, ret);
	ret->result = TAKE(*result);
}

int tag_input_check(const struct tag_input *in, bool creating, struct err *err)
{
	if ((creating || in->set & TAG_SET_NAME) &&
	    rule_line("name", (in->set & TAG_SET_NAME) ? in->name : NULL, 1, TAG_NAME_MAX, err) < 0)
		return -1;
	if (in->set & TAG_SET_COLOUR &&
	    (!in->colour || strlen(in->colour) != 7 || in->colour[0] != '#' ||
	     strspn(in->colour + 1, "0123456789abcdef") != 6))
		return err_field(err, ERR_UNPROCESSABLE, "colour",
				 "must be # and six lower-case hexadecimal digits");
	return 0;
}

int tag_get(struct db *db, int64_t id, struct tag *ret, struct err *err)
{
	AUTO(db_result_freep) struct db_result *res = NULL;

	if (db_query(db, &SQL_TAG_GET, DB_ARGS(db_i64(id)), &res, err) < 0)
		return -1;
	if (db_rows(res) == 0)
		return err_set(err, ERR_NOT_FOUND, NO_TAG, "tag %lld", (long long)id);
	tag_take(&res, ret);
	return 0;
}

int tag_list(struct db *db, const struct page_request *request, struct page *ret, struct err *err)
{
	return list_by_id(db, &list, 0, request, ret, err);
}

void tag_at(const struct page *page, size_t i, struct tag *ret)
{
	tag_read(page->result, i, ret);
}

int tag_create(struct db *db, const struct tag_input *in, struct tag *ret, struct err *err)
{
	AUTO(db_result_freep) struct db_result *res = NULL;
	const char *colour = (in->set & TAG_SET_COLOUR) ? in->colour : DEFAULT_COLOUR;

	if (tag_input_check(in, true, err) < 0)
		return -1;
	if (db_query(db, &SQL_TAG_CREATE, DB_ARGS(db_text(in->name), db_text(colour)), &res, err) <
	    0)
		return row_explain(err, rules, ARRAY_LEN(rules));
	tag_take(&res, ret);
	return 0;
}

int tag_update(struct db *db, int64_t id, int64_t version, const struct tag_input *in,
	       struct tag *ret, struct err *err)
{
	AUTO(db_result_freep) struct db_result *res = NULL;

	if (tag_input_check(in, false, err) < 0)
		return -1;
	if (db_query(db, &SQL_TAG_UPDATE,
		     DB_ARGS(db_i64(id), db_i64(version), db_i32((int32_t)in->set),
			     db_text(in->name), db_text(in->colour)),
		     &res, err) < 0)
		return row_explain(err, rules, ARRAY_LEN(rules));
	if (row_outcome(res, version, NO_TAG, err) < 0)
		return -1;
	tag_take(&res, ret);
	return 0;
}

int tag_delete(struct db *db, int64_t id, int64_t version, struct err *err)
{
	AUTO(db_result_freep) struct db_result *res = NULL;

	if (db_query(db, &SQL_TAG_DELETE, DB_ARGS(db_i64(id), db_i64(version)), &res, err) < 0)
		return -1;
	return row_outcome(res, version, NO_TAG, err);
}
