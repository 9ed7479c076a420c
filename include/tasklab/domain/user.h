/* user.h - users with their profile, one representation of both; version counts changes of either.
 *
 * role is "admin", "member" or "viewer".
 */
#ifndef TASKLAB_DOMAIN_USER_H
#define TASKLAB_DOMAIN_USER_H

#include <stdbool.h>
#include <stdint.h>

#include <tasklab/db/db.h>
#include <tasklab/domain/page.h>
#include <tasklab/domain/rules.h>

#define USER_EMAIL_MAX        254
#define USER_DISPLAY_NAME_MAX 100
#define USER_BIO_MAX          2000

struct user {
	int64_t id;
	int64_t disabled_at_us; /* or TIME_NONE */
	int64_t created_at_us;
	int64_t updated_at_us;
	int32_t version;
	const char *email; /* unique in any case */
	const char *display_name;
	const char *role;
	const char *bio;       /* profile */
	const char *time_zone; /* profile */
	const char *locale;    /* profile */
	struct db_result *result;
};

void user_release(struct user *user);

#define USER_SET_EMAIL        (1u << 0)
#define USER_SET_DISPLAY_NAME (1u << 1)
#define USER_SET_ROLE         (1u << 2)
#define USER_SET_DISABLED     (1u << 3)
#define USER_SET_BIO          (1u << 4)
#define USER_SET_TIME_ZONE    (1u << 5)
#define USER_SET_LOCALE       (1u << 6)

struct user_input {
	uint32_t set;
	const char *email;        /* required to create */
	const char *display_name; /* required to create */
	const char *role;         /* "member" when not given */
	bool disabled;            /* sets disabled_at to now, keeps an earlier time, or clears it */
	const char *bio;
	const char *time_zone; /* an IANA name, "UTC" when not given */
	const char *locale;    /* a BCP 47 tag, "en" when not given */
};

int user_input_check(const struct user_input *input, bool creating, struct err *err);

int user_get(struct db *db, int64_t id, struct user *ret, struct err *err);
int user_get_by_email(struct db *db, const char *email, struct user *ret, struct err *err);
int user_list(struct db *db, const struct page_request *request, struct page *ret,
	      struct err *err); /* by id */
void user_at(const struct page *page, size_t i, struct user *ret);
int user_create(struct db *db, const struct user_input *input, struct user *ret, struct err *err);
int user_update(struct db *db, int64_t id, int64_t version, const struct user_input *input,
		struct user *ret, struct err *err);
/* ERR_CONFLICT while the user owns projects, reported tasks or wrote comments. */
int user_delete(struct db *db, int64_t id, int64_t version, struct err *err);

#endif
