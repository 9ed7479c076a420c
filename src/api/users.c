/* users.c - /api/v1/users, and users/me: the user on whose behalf the request acts. */
#include <inttypes.h>

#include <tasklab/domain/user.h>

#include "handlers.h"
#include "reply.h"

/* clang-format off */
/* What users may change of themselves stands first, so that both tables share the positions. */
enum { BODY_DISPLAY_NAME, BODY_BIO, BODY_TIME_ZONE, BODY_LOCALE, BODY_EMAIL, BODY_ROLE, BODY_DISABLED,
       BODY_COUNT };
static const struct field BODY[BODY_COUNT] = {
	[BODY_DISPLAY_NAME] = {"display_name", FIELD_TEXT, FIELD_REQUIRED, "one line, up to 100 characters"},
	[BODY_BIO]          = {"bio", FIELD_TEXT, 0, "up to 2000 characters"},
	[BODY_TIME_ZONE]    = {"time_zone", FIELD_TEXT, 0, "an IANA name, such as Europe/Berlin"},
	[BODY_LOCALE]       = {"locale", FIELD_TEXT, 0, "a BCP 47 tag, such as pt-BR"},
	[BODY_EMAIL]        = {"email", FIELD_TEXT, FIELD_REQUIRED, "unique in any case"},
	[BODY_ROLE]         = {"role", FIELD_TEXT, 0, "admin, member (the default) or viewer"},
	[BODY_DISABLED]     = {"disabled", FIELD_BOOL, 0, "true sets disabled_at to now, false clears it"},
};
const struct field_set USER_FIELDS = {BODY, BODY_COUNT};
const struct field_set USER_ME_FIELDS = {BODY, BODY_EMAIL};
/* clang-format on */

static void put_user(struct json *json, const struct user *user)
{
	json_begin_object(json);
	json_kv_i64(json, "id", user->id);
	json_kv_string(json, "email", user->email);
	json_kv_string(json, "display_name", user->display_name);
	json_kv_string(json, "role", user->role);
	json_kv_string(json, "bio", user->bio);
	json_kv_string(json, "time_zone", user->time_zone);
	json_kv_string(json, "locale", user->locale);
	reply_kv_time(json, "disabled_at", user->disabled_at_us);
	json_kv_time_us(json, "created_at", user->created_at_us);
	json_kv_time_us(json, "updated_at", user->updated_at_us);
	json_kv_i64(json, "version", user->version);
	json_end_object(json);
}

static int reply_user(const struct api_call *call, struct http_reply *reply,
		      const struct user *user)
{
	struct json json = JSON_INIT(http_reply_body(reply));

	if (!reply_etag(call, reply, user->version))
		put_user(&json, user);
	return 0;
}

static void put_row(struct json *json, const struct page *page, size_t i)
{
	struct user user;

	user_at(page, i, &user);
	put_user(json, &user);
}

int user_list_handler(struct api_call *call, struct http_reply *reply, struct err *err)
{
	AUTO(page_release) struct page page = {0};
	const struct page_request request = reply_page_request(call);

	if (user_list(&call->db, &request, &page, err) < 0)
		return -1;
	return reply_list(call, reply, &page, put_row, err);
}

static struct user_input read_input(const struct api_call *call)
{
	static const uint32_t BITS[BODY_COUNT] = {
		[BODY_DISPLAY_NAME] = USER_SET_DISPLAY_NAME,
		[BODY_BIO] = USER_SET_BIO,
		[BODY_TIME_ZONE] = USER_SET_TIME_ZONE,
		[BODY_LOCALE] = USER_SET_LOCALE,
		[BODY_EMAIL] = USER_SET_EMAIL,
		[BODY_ROLE] = USER_SET_ROLE,
		[BODY_DISABLED] = USER_SET_DISABLED,
	};
	const struct field_value *body = call->body;

	return (struct user_input){
		.set = reply_set_bits(body, BITS, BODY_COUNT),
		.email = body[BODY_EMAIL].text,
		.display_name = body[BODY_DISPLAY_NAME].text,
		.role = body[BODY_ROLE].text,
		.disabled = body[BODY_DISABLED].boolean,
		.bio = body[BODY_BIO].text,
		.time_zone = body[BODY_TIME_ZONE].text,
		.locale = body[BODY_LOCALE].text,
	};
}

int user_create_handler(struct api_call *call, struct http_reply *reply, struct err *err)
{
	AUTO(user_release) struct user user = {0};
	const struct user_input input = read_input(call);

	if (user_create(&call->db, &input, &user, err) < 0)
		return -1;
	reply_created(call, reply, "/api/v1/users/%" PRId64, user.id);
	return reply_user(call, reply, &user);
}

static int get(struct api_call *call, int64_t id, struct http_reply *reply, struct err *err)
{
	AUTO(user_release) struct user user = {0};

	if (user_get(&call->db, id, &user, err) < 0)
		return -1;
	return reply_user(call, reply, &user);
}

static int update(struct api_call *call, int64_t id, struct http_reply *reply, struct err *err)
{
	AUTO(user_release) struct user user = {0};
	const struct user_input input = read_input(call);
	int64_t version;

	if (reply_if_match(call, &version, err) < 0 ||
	    user_update(&call->db, id, version, &input, &user, err) < 0)
		return -1;
	return reply_user(call, reply, &user);
}

int user_get_handler(struct api_call *call, struct http_reply *reply, struct err *err)
{
	int64_t id;

	if (http_path_id(call->request, "id", &id, err) < 0)
		return -1;
	return get(call, id, reply, err);
}

int user_update_handler(struct api_call *call, struct http_reply *reply, struct err *err)
{
	int64_t id;

	if (http_path_id(call->request, "id", &id, err) < 0)
		return -1;
	return update(call, id, reply, err);
}

int user_delete_handler(struct api_call *call, struct http_reply *reply, struct err *err)
{
	return reply_deletion(call, reply, user_delete, err);
}

int me_get_handler(struct api_call *call, struct http_reply *reply, struct err *err)
{
	int64_t id;

	if (api_call_principal(call, &id, err) < 0)
		return -1;
	return get(call, id, reply, err);
}

int me_update_handler(struct api_call *call, struct http_reply *reply, struct err *err)
{
	int64_t id;

	if (api_call_principal(call, &id, err) < 0)
		return -1;
	return update(call, id, reply, err);
}
