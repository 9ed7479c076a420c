/* rules.h - what the doors of this room share: conventions, and the checks of single values.
 *
 * Conventions
 * - Strings are NUL-terminated. Those in a row point into its result and live until the row's (or
 *   its page's) release; those passed in are only read during the call.
 * - Times are microseconds since 1970; TIME_NONE stands for null. Ids are positive; 0 is null.
 * - Values from a body that break a rule are ERR_UNPROCESSABLE and name the field. Filters, sorts,
 *   limits and cursors that do are ERR_INVALID and name the parameter. A reference to a row that
 *   does not exist is ERR_UNPROCESSABLE and names the field; a duplicate is ERR_CONFLICT and names
 *   it too. What the path names and is not there is ERR_NOT_FOUND.
 * - An input has a bit set per field that the client gave (..._SET_...). Creating takes defaults
 *   for the others, updating leaves them as they are. A field that is set to null: id 0,
 *   TIME_NONE, or a NULL string (which is refused where null makes no sense).
 * - version is the one that the client saw (If-Match), 0 for any. When the row has another by now:
 *   ERR_PRECONDITION. An update of a task that changes nothing succeeds, keeps the version and
 *   leaves no event; the other rows count every update.
 * - actor_id is the acting user, recorded in the task's history; 0 for none.
 */
#ifndef TASKLAB_DOMAIN_RULES_H
#define TASKLAB_DOMAIN_RULES_H

#include <stddef.h>
#include <stdint.h>

#include <tasklab/base/err.h>

#define TIME_NONE INT64_MIN

/* 0001-01-01 to 9999-12-31: what RFC 3339 can write. */
#define RULE_TIME_MIN INT64_C(-62135596800000000)
#define RULE_TIME_MAX INT64_C(253402300799999999)

/* Each returns 0, or -1 with ERR_UNPROCESSABLE naming the field. Lengths are in code points. */
/* Not NULL, well-formed UTF-8, min to max long. */
int rule_text(const char *field, const char *value, size_t min, size_t max, struct err *err);
/* A rule_text on one line: no control characters, and not only blanks. */
int rule_line(const char *field, const char *value, size_t min, size_t max, struct err *err);
/* One of a fixed set. */
int rule_choice(const char *field, const char *value, const char *const *choices, size_t n,
		struct err *err);
int rule_range(const char *field, int64_t value, int64_t min, int64_t max, struct err *err);
int rule_time(const char *field, int64_t unix_us, struct err *err);
/* A positive id. */
int rule_id(const char *field, int64_t id, struct err *err);
/* One address: text on both sides of its only @, no blanks, at most 254 long. */
int rule_email(const char *field, const char *value, struct err *err);
/* The form of an IANA zone name ("UTC", "Europe/Berlin"); whether it exists the database says. */
int rule_time_zone(const char *field, const char *value, struct err *err);
/* The form of a BCP 47 tag: "en", "pt-BR", "zh-Hant-TW". */
int rule_locale(const char *field, const char *value, struct err *err);
/* The text of a JSON object of at most max bytes and depth levels. Its syntax is taken as checked
 * by whoever parsed the request. */
int rule_json_object(const char *field, const char *value, size_t max, unsigned depth,
		     struct err *err);

#endif
