/* user.c - users with their profile. */
#include <tasklab/domain/user.h>

#include <stdio.h>
#include <string.h>

#include "list.h"
#include "row.h"

/* clang-format off */
/* A user without a profile row has the defaults. */
#define COLUMNS                                                                                    \
	"u.id, u.disabled_at, u.created_at, u.updated_at, u.version, u.email, u.display_name,"     \
	" u.role, coalesce(p.bio, ''), coalesce(p.time_zone, 'UTC'), coalesce(p.locale, 'en')"

enum {
	ID, DISABLED_AT, CREATED_AT, UPDATED_AT, VERSION, EMAIL, DISPLAY_NAME, ROLE, BIO, TIME_ZONE,
	LOCALE
};

DB_QUERY_READ(SQL_USER_GET, "user_get",
	"SELECT " COLUMNS " FROM users u LEFT JOIN user_profiles p ON p.user_id = u.id"
	" WHERE u.id = $1::bigint");

DB_QUERY_READ(SQL_USER_GET_BY_EMAIL, "user_get_by_email",
	"SELECT " COLUMNS " FROM users u LEFT JOIN user_profiles p ON p.user_id = u.id"
	" WHERE lower(u.email) = lower($1::text)");

DB_QUERY_READ(SQL_USER_LIST, "user_list",
	"SELECT " COLUMNS " FROM (SELECT * FROM users WHERE id > $1::bigint"
	" ORDER BY id LIMIT $2::bigint) u LEFT JOIN user_profiles p ON p.user_id = u.id"
	" ORDER BY u.id");

/* AT TIME ZONE fails for a zone that the server does not know. */
DB_QUERY_WRITE(SQL_USER_CREATE, "user_create",
	"WITH u AS ("
	" INSERT INTO users (email, display_name, role, disabled_at)"
	" VALUES ($1::text, $2::text, $3::text, CASE WHEN $4::boolean THEN now() END) RETURNING *"
	"), p AS ("
	" INSERT INTO user_profiles (user_id, bio, time_zone, locale)"
	" SELECT u.id, $5::text, $6::text, $7::text FROM u"
	" WHERE now() AT TIME ZONE $6::text IS NOT NULL RETURNING *"
	") SELECT " COLUMNS " FROM u LEFT JOIN p ON true");

/* The profile's row is made where it is missing. Both take the latest value of what is not set. */
DB_QUERY_WRITE(SQL_USER_UPDATE, "user_update",
	"WITH u AS ("
	" UPDATE users SET email = " ROW_SET("1", "$4::text", "email") ","
	"  display_name = " ROW_SET("2", "$5::text", "display_name") ","
	"  role = " ROW_SET("4", "$6::text", "role") ","
	"  disabled_at = " ROW_SET("8",
		"CASE WHEN $7::boolean THEN coalesce(disabled_at, now()) END", "disabled_at") ","
	"  updated_at = now(), version = version + 1"
	" WHERE id = $1::bigint AND $2::bigint IN (0, version) RETURNING *"
	"), p AS ("
	" INSERT INTO user_profiles AS old (user_id, bio, time_zone, locale)"
	" SELECT u.id, coalesce($8::text, ''), coalesce($9::text, 'UTC'), coalesce($10::text, 'en')"
	" FROM u WHERE now() AT TIME ZONE coalesce($9::text, 'UTC') IS NOT NULL"
	" ON CONFLICT (user_id) DO UPDATE SET"
	"  bio = " ROW_SET("16", "EXCLUDED.bio", "old.bio") ","
	"  time_zone = " ROW_SET("32", "EXCLUDED.time_zone", "old.time_zone") ","
	"  locale = " ROW_SET("64", "EXCLUDED.locale", "old.locale")
	" RETURNING *"
	") SELECT " COLUMNS ", true FROM u JOIN p ON p.user_id = u.id"
	" UNION ALL SELECT " COLUMNS ", false FROM users u LEFT JOIN user_profiles p ON false"
	"  WHERE u.id = $1::bigint AND NOT EXISTS (SELECT FROM u)");

DB_QUERY_WRITE(SQL_USER_DELETE, "user_delete",
	"WITH gone AS ("
	" DELETE FROM users WHERE id = $1::bigint AND $2::bigint IN (0, version) RETURNING id"
	") SELECT EXISTS (SELECT FROM gone) FROM users WHERE id = $1::bigint");
/* clang-format on */

#define NO_USER "there is no such user"

static const char *const roles[] = {"admin", "member", "viewer"};

static const struct row_rule rules[] = {
	{"users_email_key", ERR_CONFLICT, "email", "there is a user of this address already"},
};

static const struct row_rule delete_rules[] = {
	{"projects_owner_id_fkey", ERR_CONFLICT, "", "the user still owns projects"},
	{"tasks_reporter_id_fkey", ERR_CONFLICT, "",
	 "tasks that the user reported are still there"},
	{"comments_author_id_fkey", ERR_CONFLICT, "", "comments of the user are still there"},
};

static const struct list_by_id list = {
	.list = LIST_USERS,
	.query = &SQL_USER_LIST,
	.id_column = ID,
};

void user_release(struct user *user)
{
	db_result_freep(&user->result);
}

static void user_read(const struct db_result *result, size_t row, struct user *ret)
{
	*ret = (struct user){
		.id = db_get_i64(result, row, ID),
		.disabled_at_us = row_time_us(result, row, DISABLED_AT),
		.created_at_us = db_get_time_us(result, row, CREATED_AT),
		.updated_at_us = db_get_time_us(result, row, UPDATED_AT),
		.version = (int32_t)db_get_i64(result, row, VERSION),
		.email = db_get_text(result, row, EMAIL),
		.display_name = db_get_text(result, row, DISPLAY_NAME),
		.role = db_get_text(result, row, ROLE),
		.bio = db_get_text(result, row, BIO),
		.time_zone = db_get_text(result, row, TIME_ZONE),
		.locale = db_get_text(result, row, LOCALE),
	};
}

static void user_take(struct db_result **result, struct user *ret)
{
	user_read(*result, 0, ret);
	ret->result = TAKE(*result);
}

int user_input_check(const struct user_input *in, bool creating, struct err *err)
{
	const uint32_t set = in->set;

	if ((creating || set & USER_SET_EMAIL) &&
	    rule_email("email", (set & USER_SET_EMAIL) ? in->email : NULL, err) < 0)
		return -1;
	if ((creating || set & USER_SET_DISPLAY_NAME) &&
	    rule_line("display_name", (set & USER_SET_DISPLAY_NAME) ? in->display_name : NULL, 1,
		      USER_DISPLAY_NAME_MAX, err) < 0)
		return -1;
	if (set & USER_SET_ROLE && rule_choice("role", in->role, roles, ARRAY_LEN(roles), err) < 0)
		return -1;
	if (set & USER_SET_BIO && rule_text("bio", in->bio, 0, USER_BIO_MAX, err) < 0)
		return -1;
	if (set & USER_SET_TIME_ZONE && rule_time_zone("time_zone", in->time_zone, err) < 0)
		return -1;
	if (set & USER_SET_LOCALE && rule_locale("locale", in->locale, err) < 0)
		return -1;
	return 0;
}

static int get(struct db *db, const struct db_query *query, struct db_arg key, struct user *ret,
	       struct err *err)
{
	AUTO(db_result_freep) struct db_result *res = NULL;

	if (db_query(db, query, &key, 1, &res, err) < 0)
		return -1;
	if (db_rows(res) == 0)
		return err_set(err, ERR_NOT_FOUND, NO_USER, "no row");
	user_take(&res, ret);
	return 0;
}

int user_get(struct db *db, int64_t id, struct user *ret, struct err *err)
{
	return get(db, &SQL_USER_GET, db_i64(id), ret, err);
}

int user_get_by_email(struct db *db, const char *email, struct user *ret, struct err *err)
{
	return get(db, &SQL_USER_GET_BY_EMAIL, db_text(email), ret, err);
}

int user_list(struct db *db, const struct page_request *request, struct page *ret, struct err *err)
{
	return list_by_id(db, &list, 0, request, ret, err);
}

void user_at(const struct page *page, size_t i, struct user *ret)
{
	user_read(page->result, i, ret);
}

/* 22023, invalid_parameter_value: nothing else here but an unknown time zone raises it. */
static int explain(struct err *err)
{
	if (err && err->code == ERR_UNPROCESSABLE && strncmp(err->detail, "22023", 5) == 0) {
		(void)snprintf(err->field, sizeof(err->field), "time_zone");
		(void)snprintf(err->message, sizeof(err->message), "there is no such time zone");
	}
	return row_explain(err, rules, ARRAY_LEN(rules));
}

int user_create(struct db *db, const struct user_input *in, struct user *ret, struct err *err)
{
	AUTO(db_result_freep) struct db_result *res = NULL;
	const uint32_t set = in->set;

	if (user_input_check(in, true, err) < 0)
		return -1;
	if (db_query(db, &SQL_USER_CREATE,
		     DB_ARGS(db_text(in->email), db_text(in->display_name),
			     db_text(set & USER_SET_ROLE ? in->role : "member"),
			     db_bool(set & USER_SET_DISABLED && in->disabled),
			     db_text(set & USER_SET_BIO ? in->bio : ""),
			     db_text(set & USER_SET_TIME_ZONE ? in->time_zone : "UTC"),
			     db_text(set & USER_SET_LOCALE ? in->locale : "en")),
		     &res, err) < 0)
		return explain(err);
	user_take(&res, ret);
	return 0;
}

int user_update(struct db *db, int64_t id, int64_t version, const struct user_input *in,
		struct user *ret, struct err *err)
{
	AUTO(db_result_freep) struct db_result *res = NULL;
	const uint32_t set = in->set;

	if (user_input_check(in, false, err) < 0)
		return -1;
	if (db_query(db, &SQL_USER_UPDATE,
		     DB_ARGS(db_i64(id), db_i64(version), db_i32((int32_t)set), db_text(in->email),
			     db_text(in->display_name), db_text(in->role), db_bool(in->disabled),
			     db_text(set & USER_SET_BIO ? in->bio : NULL),
			     db_text(set & USER_SET_TIME_ZONE ? in->time_zone : NULL),
			     db_text(set & USER_SET_LOCALE ? in->locale : NULL)),
		     &res, err) < 0)
		return explain(err);
	if (row_outcome(res, version, NO_USER, err) < 0)
		return -1;
	user_take(&res, ret);
	return 0;
}

int user_delete(struct db *db, int64_t id, int64_t version, struct err *err)
{
	AUTO(db_result_freep) struct db_result *res = NULL;

	if (db_query(db, &SQL_USER_DELETE, DB_ARGS(db_i64(id), db_i64(version)), &res, err) < 0)
		return row_explain(err, delete_rules, ARRAY_LEN(delete_rules));
	return row_outcome(res, version, NO_USER, err);
}
