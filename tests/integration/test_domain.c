/* test_domain.c - every aggregate written and read back through a real server: values, versions,
 * history, and the field that each broken rule of the schema names. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include <tasklab/domain/comment.h>
#include <tasklab/domain/event.h>
#include <tasklab/domain/member.h>
#include <tasklab/domain/project.h>
#include <tasklab/domain/report.h>
#include <tasklab/domain/tag.h>
#include <tasklab/domain/task.h>
#include <tasklab/domain/user.h>

#include "domain_fixture.h"

#define NOWHERE  INT64_C(987654321)
#define DUE      INT64_C(1800000000123456) /* 2027-01-15T08:00:00.123456Z */
#define NEW_TASK (TASK_SET_TITLE | TASK_SET_PROJECT_ID)

static const struct page_request first_page = {0};

/* Rows to hang others on, of names that no other test has. */

static int64_t new_user(const char *name)
{
	AUTO(user_release) struct user user = {0};
	struct db db = domain_caller();
	struct err err = ERR_INIT;
	char email[64];

	(void)snprintf(email, sizeof(email), "%s@example.org", name);
	OK(user_create(&db,
		       &(struct user_input){.set = USER_SET_EMAIL | USER_SET_DISPLAY_NAME,
					    .email = email,
					    .display_name = name},
		       &user, &err),
	   &err);
	return user.id;
}

static int64_t new_project(const char *name, int64_t owner_id)
{
	AUTO(project_release) struct project project = {0};
	struct db db = domain_caller();
	struct err err = ERR_INIT;

	OK(project_create(&db, &(struct project_input){.set = PROJECT_SET_NAME, .name = name},
			  owner_id, &project, &err),
	   &err);
	return project.id;
}

static int64_t new_task(const char *title, int64_t project_id, int64_t reporter_id)
{
	AUTO(task_release) struct task task = {0};
	struct db db = domain_caller();
	struct err err = ERR_INIT;

	OK(task_create(
		   &db,
		   &(struct task_input){.set = NEW_TASK, .title = title, .project_id = project_id},
		   reporter_id, &task, &err),
	   &err);
	return task.id;
}

static int64_t new_tag(const char *name)
{
	AUTO(tag_release) struct tag tag = {0};
	struct db db = domain_caller();
	struct err err = ERR_INIT;

	OK(tag_create(&db, &(struct tag_input){.set = TAG_SET_NAME, .name = name}, &tag, &err),
	   &err);
	return tag.id;
}

/* The task's history as "kind/actor/changes" lines. */
static void expect_events(int64_t task_id, const char *expected)
{
	AUTO(page_release) struct page page = {0};
	struct db db = domain_caller();
	struct err err = ERR_INIT;
	char all[2048] = "";
	size_t len = 0;

	OK(event_list(&db, task_id, &first_page, &page, &err), &err);
	for (size_t i = 0; i < page.count; i++) {
		struct event event;

		event_at(&page, i, &event);
		assert_int_equal(event.task_id, task_id);
		assert_true(event.id > 0 && event.at_us > 0);
		len += (size_t)snprintf(all + len, sizeof(all) - len, "%s/%lld/%s\n", event.kind,
					(long long)event.actor_id, event.changes);
		assert_true(len < sizeof(all));
	}
	assert_string_equal(all, expected);
}

static const char *lines(char *out, size_t size, const char *format, ...) PRINTF(3, 4);
static const char *lines(char *out, size_t size, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	assert_true(vsnprintf(out, size, format, args) < (int)size);
	va_end(args);
	return out;
}

/* Users ---------------------------------------------------------------------------------------- */

static void users_are_written_and_read(void **state)
{
	AUTO(user_release) struct user made = {0};
	AUTO(user_release) struct user read = {0};
	AUTO(user_release) struct user changed = {0};
	AUTO(user_release) struct user by_email = {0};
	struct db db = domain_caller();
	struct err err = ERR_INIT;
	const struct user_input in = {
		.set = 0x7f,
		.email = "Ada@Example.org",
		.display_name = "Ada \xc3\x9c",
		.role = "admin",
		.bio = "line\nline",
		.time_zone = "Europe/Berlin",
		.locale = "de-DE",
	};

	(void)state;
	OK(user_create(&db, &in, &made, &err), &err);
	OK(user_get(&db, made.id, &read, &err), &err);
	assert_string_equal(read.email, "Ada@Example.org");
	assert_string_equal(read.display_name, "Ada \xc3\x9c");
	assert_string_equal(read.role, "admin");
	assert_string_equal(read.bio, "line\nline");
	assert_string_equal(read.time_zone, "Europe/Berlin");
	assert_string_equal(read.locale, "de-DE");
	assert_int_equal(read.version, 1);
	assert_true(read.disabled_at_us == TIME_NONE);
	OK(user_get_by_email(&db, "ada@example.ORG", &by_email, &err), &err);
	assert_int_equal(by_email.id, made.id);

	OK(user_update(&db, made.id, 1,
		       &(struct user_input){.set = USER_SET_BIO | USER_SET_DISABLED,
					    .bio = "",
					    .disabled = true},
		       &changed, &err),
	   &err);
	assert_int_equal(changed.version, 2);
	assert_string_equal(changed.bio, "");
	assert_string_equal(changed.time_zone, "Europe/Berlin");
	assert_string_equal(changed.email, "Ada@Example.org");
	assert_true(changed.disabled_at_us >= made.created_at_us);
	OK(user_delete(&db, made.id, 2, &err), &err);
	FAILS(user_get(&db, made.id, &(struct user){0}, &err), &err, ERR_NOT_FOUND, "");
}

static void users_break_rules(void **state)
{
	struct db db = domain_caller();
	struct err err = ERR_INIT;
	struct user user = {0};
	int64_t id = new_user("rule-breaker");
	int64_t other = new_user("rule-keeper");
	const struct user_input taken = {
		.set = 3, .email = "RULE-breaker@example.org", .display_name = "x"};
	const struct user_input zone = {.set = 3 | USER_SET_TIME_ZONE,
					.email = "zone@example.org",
					.display_name = "x",
					.time_zone = "Europe/Atlantis"};
	const struct user_input zone_only = {.set = USER_SET_TIME_ZONE, .time_zone = "Mars/Crater"};

	(void)state;
	FAILS(user_create(&db, &taken, &user, &err), &err, ERR_CONFLICT, "email");
	FAILS(user_update(&db, other, 0, &taken, &user, &err), &err, ERR_CONFLICT, "email");
	FAILS(user_create(&db, &zone, &user, &err), &err, ERR_UNPROCESSABLE, "time_zone");
	FAILS(user_update(&db, id, 0, &zone_only, &user, &err), &err, ERR_UNPROCESSABLE,
	      "time_zone");
	FAILS(user_update(&db, id, 9, &taken, &user, &err), &err, ERR_PRECONDITION, "");
	FAILS(user_update(&db, NOWHERE, 0, &(struct user_input){.set = 0}, &user, &err), &err,
	      ERR_NOT_FOUND, "");
	FAILS(user_delete(&db, id, 9, &err), &err, ERR_PRECONDITION, "");
	FAILS(user_delete(&db, NOWHERE, 0, &err), &err, ERR_NOT_FOUND, "");
	(void)new_project("held by its owner", id);
	FAILS(user_delete(&db, id, 0, &err), &err, ERR_CONFLICT, "");
	assert_null(user.result);
	/* A refused create left nothing behind. */
	assert_int_equal(
		domain_number("SELECT count(*) FROM users WHERE email = 'zone@example.org'"), 0);
}

/* A user that was made without a profile row (by hand) has the defaults, and gets one. */
static void users_need_no_profile_row(void **state)
{
	AUTO(user_release) struct user user = {0};
	AUTO(user_release) struct user changed = {0};
	struct db db = domain_caller();
	struct err err = ERR_INIT;

	(void)state;
	domain_sql("INSERT INTO users (email, display_name) VALUES ('bare@example.org', 'Bare')");
	OK(user_get_by_email(&db, "bare@example.org", &user, &err), &err);
	assert_string_equal(user.time_zone, "UTC");
	OK(user_update(&db, user.id, 1,
		       &(struct user_input){.set = USER_SET_LOCALE, .locale = "fr"}, &changed,
		       &err),
	   &err);
	assert_string_equal(changed.locale, "fr");
	assert_string_equal(changed.time_zone, "UTC");
}

/* Projects and members ------------------------------------------------------------------------- */

static void projects_and_members(void **state)
{
	AUTO(project_release) struct project changed = {0};
	AUTO(project_release) struct project again = {0};
	AUTO(member_release) struct member member = {0};
	AUTO(member_release) struct member owner = {0};
	AUTO(page_release) struct page page = {0};
	struct db db = domain_caller();
	struct err err = ERR_INIT;
	struct member at;
	int64_t owner_id = new_user("owner");
	int64_t guest_id = new_user("guest");
	int64_t id = new_project("Members", owner_id);
	int64_t archived_at;

	(void)state;
	OK(project_update(
		   &db, id, 1,
		   &(struct project_input){.set = PROJECT_SET_ARCHIVED | PROJECT_SET_DESCRIPTION,
					   .archived = true,
					   .description = "d"},
		   &changed, &err),
	   &err);
	assert_string_equal(changed.name, "Members");
	assert_string_equal(changed.description, "d");
	archived_at = changed.archived_at_us;
	assert_true(archived_at > 0);
	OK(project_update(&db, id, 2,
			  &(struct project_input){.set = PROJECT_SET_ARCHIVED, .archived = true},
			  &again, &err),
	   &err);
	assert_true(again.archived_at_us == archived_at); /* the earlier time is kept */
	assert_int_equal(again.version, 3);

	OK(member_get(&db, id, owner_id, &owner, &err), &err);
	assert_string_equal(owner.role, "maintainer");
	OK(member_add(&db, id, guest_id, NULL, &member, &err), &err);
	assert_string_equal(member.role, "contributor");
	assert_string_equal(member.display_name, "guest");
	FAILS(member_add(&db, id, guest_id, NULL, &at, &err), &err, ERR_CONFLICT, "user_id");
	FAILS(member_add(&db, id, NOWHERE, NULL, &at, &err), &err, ERR_UNPROCESSABLE, "user_id");
	FAILS(member_add(&db, NOWHERE, guest_id, NULL, &at, &err), &err, ERR_NOT_FOUND, "");
	FAILS(member_update(&db, id, guest_id, "king", &at, &err), &err, ERR_UNPROCESSABLE, "role");
	FAILS(member_update(&db, id, NOWHERE, "observer", &at, &err), &err, ERR_NOT_FOUND, "");
	member_release(&member);
	OK(member_update(&db, id, guest_id, "observer", &member, &err), &err);
	assert_string_equal(member.role, "observer");
	OK(member_list(&db, id, &first_page, &page, &err), &err);
	assert_int_equal(page.count, 2);
	member_at(&page, 1, &at);
	assert_int_equal(at.user_id, guest_id);
	OK(member_delete(&db, id, guest_id, &err), &err);
	FAILS(member_delete(&db, id, guest_id, &err), &err, ERR_NOT_FOUND, "");
	FAILS(member_list(&db, NOWHERE, &first_page, &page, &err), &err, ERR_NOT_FOUND, "");
	OK(project_delete(&db, id, 3, &err), &err);
	FAILS(project_get(&db, id, &(struct project){0}, &err), &err, ERR_NOT_FOUND, "");
}

static void projects_break_rules(void **state)
{
	struct db db = domain_caller();
	struct err err = ERR_INIT;
	struct project project = {0};
	int64_t owner_id = new_user("breaker");
	int64_t id = new_project("Breaker", owner_id);
	const struct project_input taken = {.set = PROJECT_SET_NAME, .name = "BREAKER"};
	const struct project_input nobody = {.set = PROJECT_SET_NAME | PROJECT_SET_OWNER_ID,
					     .name = "Nobody's",
					     .owner_id = NOWHERE};

	(void)state;
	FAILS(project_create(&db, &taken, owner_id, &project, &err), &err, ERR_CONFLICT, "name");
	FAILS(project_create(&db, &nobody, 0, &project, &err), &err, ERR_UNPROCESSABLE, "owner_id");
	FAILS(project_update(&db, id, 0, &nobody, &project, &err), &err, ERR_UNPROCESSABLE,
	      "owner_id");
	FAILS(project_update(&db, id, 7, &taken, &project, &err), &err, ERR_PRECONDITION, "");
	FAILS(project_update(&db, NOWHERE, 0, &taken, &project, &err), &err, ERR_NOT_FOUND, "");
	(void)new_task("holds the project", id, owner_id);
	FAILS(project_delete(&db, id, 0, &err), &err, ERR_CONFLICT, "");
	FAILS(project_delete(&db, id, 5, &err), &err, ERR_PRECONDITION, "");
}

/* Tasks ---------------------------------------------------------------------------------------- */

static void tasks_are_written_and_read(void **state)
{
	AUTO(task_release) struct task made = {0};
	AUTO(task_release) struct task read = {0};
	struct db db = domain_caller();
	struct err err = ERR_INIT;
	int64_t user_id = new_user("tasker");
	int64_t project_id = new_project("Tasks", user_id);
	const struct task_input in = {
		.set = 0x1ff,
		.project_id = project_id,
		.assignee_id = user_id,
		.reporter_id = user_id,
		.due_at_us = DUE,
		.priority = 3,
		.status = "done",
		.title = "T\xc3\xa4sk \"1\"",
		.description = "a\nb",
		.metadata = "{\"k\": [1, null]}",
	};

	(void)state;
	OK(task_create(&db, &in, 0, &made, &err), &err);
	assert_int_equal(db.queries, 1);
	OK(task_get(&db, made.id, &read, &err), &err);
	assert_int_equal(db.queries, 2);
	assert_int_equal(read.project_id, project_id);
	assert_int_equal(read.assignee_id, user_id);
	assert_int_equal(read.reporter_id, user_id);
	assert_true(read.due_at_us == DUE);
	assert_true(read.completed_at_us == read.created_at_us);
	assert_int_equal(read.priority, 3);
	assert_int_equal(read.version, 1);
	assert_string_equal(read.status, "done");
	assert_string_equal(read.title, "T\xc3\xa4sk \"1\"");
	assert_string_equal(read.description, "a\nb");
	assert_string_equal(read.metadata, "{\"k\": [1, null]}");
	expect_events(made.id, "created/0/{}\n");
	FAILS(task_get(&db, NOWHERE, &read, &err), &err, ERR_NOT_FOUND, "");
}

static void tasks_keep_a_history(void **state)
{
	AUTO(task_release) struct task task = {0};
	struct db db = domain_caller();
	struct err err = ERR_INIT;
	int64_t user_id = new_user("historian");
	int64_t project_id = new_project("History", user_id);
	int64_t id = new_task("old", project_id, user_id);
	char expected[1024];
	const struct {
		struct task_input in;
		int32_t version;
	} steps[] = {
		{{.set = TASK_SET_TITLE | TASK_SET_PRIORITY, .title = "new", .priority = 1}, 2},
		{{.set = TASK_SET_TITLE, .title = "new"}, 2}, /* changes nothing */
		{{.set = 0}, 2},
		{{.set = TASK_SET_STATUS, .status = "done"}, 3},
		{{.set = TASK_SET_METADATA, .metadata = "{\"a\":{\"b\":1,\"c\":2}}"}, 4},
		{{.set = TASK_SET_METADATA, .metadata = "{\"a\":{\"b\":null}}"}, 5},
		{{.set = TASK_SET_METADATA}, 6},
		{{.set = TASK_SET_STATUS | TASK_SET_ASSIGNEE_ID,
		  .status = "todo",
		  .assignee_id = user_id},
		 7},
		{{.set = TASK_SET_ASSIGNEE_ID | TASK_SET_DUE_AT, .due_at_us = DUE}, 8},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(steps); i++) {
		task_release(&task);
		OK(task_update(&db, id, 0, &steps[i].in, user_id, &task, &err), &err);
		assert_int_equal(task.version, steps[i].version);
		assert_true((task.completed_at_us != TIME_NONE) ==
			    (strcmp(task.status, "done") == 0));
	}
	assert_int_equal(db.queries, ARRAY_LEN(steps));
	assert_string_equal(task.metadata, "{}");
	expect_events(
		id, lines(expected, sizeof(expected),
			  "created/%1$lld/{}\n"
			  "updated/%1$lld/{\"title\": [\"old\", \"new\"]}\n"
			  "updated/%1$lld/{\"status\": [\"todo\", \"done\"]}\n"
			  "updated/%1$lld/{\"metadata\": [{}, {\"a\": {\"b\": 1, \"c\": 2}}]}\n"
			  "updated/%1$lld/{\"metadata\": [{\"a\": {\"b\": 1, \"c\": 2}}, "
			  "{\"a\": {\"c\": 2}}]}\n"
			  "updated/%1$lld/{\"metadata\": [{\"a\": {\"c\": 2}}, {}]}\n"
			  "updated/%1$lld/{\"status\": [\"done\", \"todo\"], "
			  "\"assignee_id\": [null, %1$lld]}\n"
			  "updated/%1$lld/{\"due_at\": [null, \"%2$s\"], "
			  "\"assignee_id\": [%1$lld, null]}\n",
			  (long long)user_id,
			  domain_text("SELECT to_jsonb('2027-01-15T08:00:00.123456Z'::timestamptz)"
				      " #>> '{}'")));
}

static void tasks_break_rules(void **state)
{
	struct db db = domain_caller();
	struct err err = ERR_INIT;
	struct task task = {0};
	int64_t user_id = new_user("offender");
	int64_t project_id = new_project("Offences", user_id);
	int64_t id = new_task("t", project_id, user_id);
	const struct {
		struct task_input in;
		const char *field;
	} cases[] = {
		{{.set = TASK_SET_PROJECT_ID, .project_id = NOWHERE}, "project_id"},
		{{.set = TASK_SET_ASSIGNEE_ID, .assignee_id = NOWHERE}, "assignee_id"},
		{{.set = TASK_SET_REPORTER_ID, .reporter_id = NOWHERE}, "reporter_id"},
		{{.set = TASK_SET_METADATA, .metadata = "{\"a\": 1e999999}"}, "metadata"},
		{{.set = TASK_SET_METADATA, .metadata = "{\"a\": \"\\u0000\"}"}, "metadata"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct task_input create = cases[i].in;

		FAILS(task_update(&db, id, 0, &cases[i].in, user_id, &task, &err), &err,
		      ERR_UNPROCESSABLE, cases[i].field);
		if (!(create.set & TASK_SET_PROJECT_ID))
			create.project_id = project_id;
		create.set |= NEW_TASK;
		create.title = "x";
		FAILS(task_create(&db, &create, user_id, &task, &err), &err, ERR_UNPROCESSABLE,
		      cases[i].field);
	}
	FAILS(task_update(&db, id, 0, &(struct task_input){.set = TASK_SET_TITLE, .title = "u"},
			  NOWHERE, &task, &err),
	      &err, ERR_UNPROCESSABLE, "actor_id");
	FAILS(task_update(&db, id, 2, &(struct task_input){.set = 0}, 0, &task, &err), &err,
	      ERR_PRECONDITION, "");
	FAILS(task_update(&db, NOWHERE, 2, &(struct task_input){.set = 0}, 0, &task, &err), &err,
	      ERR_NOT_FOUND, "");
	FAILS(task_delete(&db, id, 2, &err), &err, ERR_PRECONDITION, "");
	expect_events(id, lines((char[64]){0}, 64, "created/%lld/{}\n", (long long)user_id));
	FAILS(user_delete(&db, user_id, 0, &err), &err, ERR_CONFLICT, "");
	OK(task_delete(&db, id, 1, &err), &err);
	FAILS(task_delete(&db, id, 0, &err), &err, ERR_NOT_FOUND, "");
	FAILS(event_list(&db, id, &first_page, &(struct page){0}, &err), &err, ERR_NOT_FOUND, "");
	assert_null(task.result);
}

/* The merge patch of RFC 7396, its own examples (appendix A) where both are objects. */
static void metadata_is_merged(void **state)
{
	static const struct {
		const char *before, *patch, *after;
	} cases[] = {
		{"{\"a\":\"b\"}", "{\"a\":\"c\"}", "{\"a\": \"c\"}"},
		{"{\"a\":\"b\"}", "{\"b\":\"c\"}", "{\"a\": \"b\", \"b\": \"c\"}"},
		{"{\"a\":\"b\"}", "{\"a\":null}", "{}"},
		{"{\"a\":\"b\",\"b\":\"c\"}", "{\"a\":null}", "{\"b\": \"c\"}"},
		{"{\"a\":[\"b\"]}", "{\"a\":\"c\"}", "{\"a\": \"c\"}"},
		{"{\"a\":\"c\"}", "{\"a\":[\"b\"]}", "{\"a\": [\"b\"]}"},
		{"{\"a\":{\"b\":\"c\"}}", "{\"a\":{\"b\":\"d\",\"c\":null}}",
		 "{\"a\": {\"b\": \"d\"}}"},
		{"{\"a\":[{\"b\":\"c\"}]}", "{\"a\":[1]}", "{\"a\": [1]}"},
		{"{\"e\":null}", "{\"a\":1}", "{\"a\": 1, \"e\": null}"},
		{"{}", "{\"a\":{\"bb\":{\"ccc\":null}}}", "{\"a\": {\"bb\": {}}}"},
	};
	struct db db = domain_caller();
	struct err err = ERR_INIT;
	int64_t user_id = new_user("merger");
	int64_t project_id = new_project("Merges", user_id);

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		AUTO(task_release) struct task made = {0};
		AUTO(task_release) struct task changed = {0};

		OK(task_create(&db,
			       &(struct task_input){.set = NEW_TASK | TASK_SET_METADATA,
						    .project_id = project_id,
						    .title = "m",
						    .metadata = cases[i].before},
			       user_id, &made, &err),
		   &err);
		OK(task_update(&db, made.id, 1,
			       &(struct task_input){.set = TASK_SET_METADATA,
						    .metadata = cases[i].patch},
			       0, &changed, &err),
		   &err);
		assert_string_equal(changed.metadata, cases[i].after);
	}
}

/* Writers at once ------------------------------------------------------------------------------ */

#define WRITERS 4
#define ROUNDS  25

struct writer {
	pthread_t thread;
	int number;
	int64_t task_id;
	int wins, refusals, mistakes;
};

/* Reads, and adds one to its own counter in the metadata if nobody else wrote since. */
static void *careful_writer(void *arg)
{
	struct writer *writer = arg;

	while (writer->wins < ROUNDS && writer->refusals < 1000 * ROUNDS) {
		AUTO(task_release) struct task seen = {0};
		AUTO(task_release) struct task now = {0};
		struct db db = domain_caller();
		struct err err = ERR_INIT;
		char patch[64];

		(void)snprintf(patch, sizeof(patch), "{\"w%d\":%d}", writer->number,
			       writer->wins + 1);
		if (task_get(&db, writer->task_id, &seen, &err) < 0 ||
		    (task_update(&db, writer->task_id, seen.version,
				 &(struct task_input){.set = TASK_SET_METADATA, .metadata = patch},
				 0, &now, &err) < 0 &&
		     err.code != ERR_PRECONDITION)) {
			writer->mistakes++;
			return NULL;
		}
		if (!now.result)
			writer->refusals++;
		else if (now.version == seen.version + 1)
			writer->wins++;
		else
			writer->mistakes++;
	}
	return NULL;
}

/* Does not look at versions: each write must count all the same. */
static void *careless_writer(void *arg)
{
	struct writer *writer = arg;

	for (int i = 0; i < ROUNDS; i++) {
		AUTO(task_release) struct task now = {0};
		struct db db = domain_caller();
		char patch[64];

		(void)snprintf(patch, sizeof(patch), "{\"w%d\":%d}", writer->number, i + 1);
		if (task_update(&db, writer->task_id, 0,
				&(struct task_input){.set = TASK_SET_METADATA, .metadata = patch},
				0, &now, NULL) < 0)
			writer->mistakes++;
	}
	return NULL;
}

static void writers_at_once(void *(*body)(void *), const char *name)
{
	struct writer writers[WRITERS] = {0};
	AUTO(task_release) struct task task = {0};
	struct db db = domain_caller();
	struct err err = ERR_INIT;
	int64_t user_id = new_user(name);
	int64_t id = new_task("contended", new_project(name, user_id), user_id);
	char sql[512];

	for (int i = 0; i < WRITERS; i++) {
		writers[i].number = i;
		writers[i].task_id = id;
		assert_int_equal(pthread_create(&writers[i].thread, NULL, body, &writers[i]), 0);
	}
	for (int i = 0; i < WRITERS; i++) {
		pthread_join(writers[i].thread, NULL);
		assert_int_equal(writers[i].mistakes, 0);
	}
	OK(task_get(&db, id, &task, &err), &err);
	assert_int_equal(task.version, 1 + WRITERS * ROUNDS);
	assert_string_equal(task.metadata, "{\"w0\": 25, \"w1\": 25, \"w2\": 25, \"w3\": 25}");
	/* The history is a chain: each event begins with what the one before left. */
	(void)snprintf(sql, sizeof(sql),
		       "SELECT count(*) FILTER (WHERE was = coalesce(before, '{}')) FROM ("
		       "SELECT changes #> '{metadata,0}' AS was,"
		       " lag(changes #> '{metadata,1}') OVER (ORDER BY id) AS before"
		       " FROM task_events WHERE task_id = %lld AND kind = 'updated') e",
		       (long long)id);
	assert_int_equal(domain_number(sql), WRITERS * ROUNDS);
}

static void careful_writers_lose_no_update(void **state)
{
	(void)state;
	writers_at_once(careful_writer, "careful");
}

static void careless_writers_lose_no_field(void **state)
{
	(void)state;
	writers_at_once(careless_writer, "careless");
}

/* Comments and tags ---------------------------------------------------------------------------- */

static void comments_are_written_and_read(void **state)
{
	AUTO(comment_release) struct comment made = {0};
	AUTO(comment_release) struct comment changed = {0};
	AUTO(comment_release) struct comment read = {0};
	AUTO(page_release) struct page page = {0};
	struct db db = domain_caller();
	struct err err = ERR_INIT;
	struct comment none;
	int64_t user_id = new_user("commenter");
	int64_t project_id = new_project("Comments", user_id);
	int64_t id = new_task("t", project_id, user_id);
	int64_t other = new_task("other", project_id, user_id);
	char expected[256];

	(void)state;
	OK(comment_list(&db, id, &first_page, &page, &err), &err);
	assert_int_equal(page.count, 0);
	page_release(&page);
	OK(comment_create(&db, id, 0, "first", user_id, &made, &err), &err);
	assert_int_equal(made.author_id, user_id);
	OK(comment_update(&db, id, made.id, 1, "changed", &changed, &err), &err);
	assert_int_equal(changed.version, 2);
	OK(comment_get(&db, id, made.id, &read, &err), &err);
	assert_string_equal(read.body, "changed");
	OK(comment_list(&db, id, &first_page, &page, &err), &err);
	assert_int_equal(page.count, 1);
	comment_at(&page, 0, &none);
	assert_string_equal(none.body, "changed");
	expect_events(
		id, lines(expected, sizeof(expected),
			  "created/%1$lld/{}\ncommented/%1$lld/{\"comment_id\": [null, %2$lld]}\n",
			  (long long)user_id, (long long)made.id));

	FAILS(comment_get(&db, other, made.id, &none, &err), &err, ERR_NOT_FOUND, "");
	FAILS(comment_update(&db, other, made.id, 0, "x", &none, &err), &err, ERR_NOT_FOUND, "");
	FAILS(comment_update(&db, id, made.id, 1, "x", &none, &err), &err, ERR_PRECONDITION, "");
	FAILS(comment_update(&db, id, made.id, 2, "", &none, &err), &err, ERR_UNPROCESSABLE,
	      "body");
	FAILS(comment_create(&db, NOWHERE, user_id, "x", 0, &none, &err), &err, ERR_NOT_FOUND, "");
	FAILS(comment_create(&db, id, NOWHERE, "x", 0, &none, &err), &err, ERR_UNPROCESSABLE,
	      "author_id");
	FAILS(comment_create(&db, id, user_id, "x", NOWHERE, &none, &err), &err, ERR_UNPROCESSABLE,
	      "actor_id");
	FAILS(comment_create(&db, id, 0, "x", 0, &none, &err), &err, ERR_UNPROCESSABLE,
	      "author_id");
	FAILS(comment_list(&db, NOWHERE, &first_page, &page, &err), &err, ERR_NOT_FOUND, "");
	FAILS(comment_delete(&db, id, made.id, 1, &err), &err, ERR_PRECONDITION, "");
	FAILS(comment_delete(&db, other, made.id, 0, &err), &err, ERR_NOT_FOUND, "");
	OK(comment_delete(&db, id, made.id, 2, &err), &err);
	FAILS(comment_delete(&db, id, made.id, 0, &err), &err, ERR_NOT_FOUND, "");
}

static void tags_are_written_and_read(void **state)
{
	AUTO(tag_release) struct tag made = {0};
	AUTO(tag_release) struct tag changed = {0};
	AUTO(tag_release) struct tag read = {0};
	struct db db = domain_caller();
	struct err err = ERR_INIT;
	struct tag none;
	const struct tag_input in = {.set = 3, .name = "Urgent", .colour = "#ff0000"};
	const struct tag_input blue = {.set = TAG_SET_COLOUR, .colour = "#0000ff"};

	(void)state;
	OK(tag_create(&db, &in, &made, &err), &err);
	FAILS(tag_create(&db, &(struct tag_input){.set = TAG_SET_NAME, .name = "URGENT"}, &none,
			 &err),
	      &err, ERR_CONFLICT, "name");
	OK(tag_update(&db, made.id, 1, &blue, &changed, &err), &err);
	OK(tag_get(&db, made.id, &read, &err), &err);
	assert_string_equal(read.name, "Urgent");
	assert_string_equal(read.colour, "#0000ff");
	assert_int_equal(read.version, 2);
	FAILS(tag_update(&db, made.id, 1, &blue, &none, &err), &err, ERR_PRECONDITION, "");
	FAILS(tag_update(&db, NOWHERE, 1, &blue, &none, &err), &err, ERR_NOT_FOUND, "");
	FAILS(tag_delete(&db, made.id, 1, &err), &err, ERR_PRECONDITION, "");
	OK(tag_delete(&db, made.id, 0, &err), &err);
	FAILS(tag_delete(&db, made.id, 0, &err), &err, ERR_NOT_FOUND, "");
	FAILS(tag_get(&db, made.id, &none, &err), &err, ERR_NOT_FOUND, "");
}

static void tasks_carry_tags(void **state)
{
	AUTO(page_release) struct page page = {0};
	struct db db = domain_caller();
	struct err err = ERR_INIT;
	struct tag tag = {0};
	bool added = false;
	int64_t user_id = new_user("tagger");
	int64_t id = new_task("t", new_project("Tags", user_id), user_id);
	int64_t tag_id = new_tag("carried");
	char sql[256];
	char expected[256];

	(void)state;
	OK(task_tag_add(&db, id, tag_id, user_id, &added, &tag, &err), &err);
	assert_true(added);
	assert_string_equal(tag.name, "carried");
	tag_release(&tag);
	OK(task_tag_add(&db, id, tag_id, user_id, &added, &tag, &err), &err);
	assert_false(added);
	tag_release(&tag);
	OK(task_tag_list(&db, id, &first_page, &page, &err), &err);
	assert_int_equal(page.count, 1);
	page_release(&page);
	FAILS(task_tag_add(&db, NOWHERE, tag_id, 0, NULL, &tag, &err), &err, ERR_NOT_FOUND, "");
	FAILS(task_tag_add(&db, id, NOWHERE, 0, NULL, &tag, &err), &err, ERR_UNPROCESSABLE,
	      "tag_id");
	OK(task_tag_remove(&db, id, tag_id, 0, &err), &err);
	FAILS(task_tag_remove(&db, id, tag_id, 0, &err), &err, ERR_NOT_FOUND, "");
	expect_events(id, lines(expected, sizeof(expected),
				"created/%1$lld/{}\ntagged/%1$lld/{\"tag\": [null, \"carried\"]}\n"
				"untagged/0/{\"tag\": [\"carried\", null]}\n",
				(long long)user_id));

	(void)snprintf(sql, sizeof(sql),
		       "WITH t AS (INSERT INTO tags (name) SELECT 'many-' || i"
		       " FROM generate_series(1, %d) i RETURNING id)"
		       " INSERT INTO task_tags SELECT %lld, id FROM t",
		       TASK_TAGS_MAX, (long long)id);
	domain_sql(sql);
	FAILS(task_tag_add(&db, id, tag_id, 0, NULL, &tag, &err), &err, ERR_CONFLICT, "tag_id");
	OK(task_tag_list(&db, id, &first_page, &page, &err), &err);
	assert_int_equal(page.count, 50);
	assert_string_equal(page.next, "");
}

/* Figures -------------------------------------------------------------------------------------- */

static void figures_are_exact(void **state)
{
	AUTO(page_release) struct page projects = {0};
	AUTO(page_release) struct page loads = {0};
	struct db db = domain_caller();
	struct err err = ERR_INIT;
	int64_t user_id = new_user("worker");
	int64_t project_id = new_project("Figures", user_id);
	int64_t counts[TASK_STATUS_COUNT];
	char sql[512];
	bool seen = false;

	(void)state;
	(void)snprintf(
		sql, sizeof(sql),
		"INSERT INTO tasks (project_id, assignee_id, reporter_id, priority, status,"
		" completed_at, due_at, title, updated_at) SELECT %lld, %lld, %lld, i %% 4,"
		" CASE WHEN i <= 5 THEN 'todo' WHEN i <= 7 THEN 'in_progress' ELSE 'done' END,"
		" CASE WHEN i > 7 THEN now() END,"
		" CASE WHEN i %% 2 = 0 THEN now() - interval '1 day' END, 'f',"
		" '2026-01-01T00:00:00Z'::timestamptz + i * interval '1 second'"
		" FROM generate_series(1, 20) i",
		(long long)project_id, (long long)user_id, (long long)user_id);
	domain_sql(sql);
	OK(report_project_summary(&db, &(struct page_request){.limit = "200"}, &projects, &err),
	   &err);
	for (size_t i = 0; i < projects.count; i++) {
		struct report_project row;

		report_project_at(&projects, i, &row);
		if (row.project_id != project_id)
			continue;
		seen = true;
		assert_string_equal(row.name, "Figures");
		assert_int_equal(row.tasks[TASK_TODO], 5);
		assert_int_equal(row.tasks[TASK_IN_PROGRESS], 2);
		assert_int_equal(row.tasks[TASK_DONE], 13);
		assert_int_equal(row.overdue, 3);
		assert_true(row.last_activity_us == INT64_C(1767225620000000));
	}
	assert_true(seen);
	OK(report_workload(&db, &(struct page_request){.limit = "200"}, &loads, &err), &err);
	seen = false;
	for (size_t i = 0; i < loads.count; i++) {
		struct report_workload row;

		report_workload_at(&loads, i, &row);
		assert_true(row.open > 0);
		if (row.user_id != user_id)
			continue;
		seen = true;
		assert_string_equal(row.display_name, "worker");
		assert_int_equal(row.open, 7);
		assert_int_equal(row.by_priority[0], 1); /* 4 */
		assert_int_equal(row.by_priority[1], 2); /* 1, 5 */
		assert_int_equal(row.by_priority[2], 2); /* 2, 6 */
		assert_int_equal(row.by_priority[3], 2); /* 3, 7 */
		assert_int_equal(row.overdue, 3);
	}
	assert_true(seen);
	domain_sql("ANALYZE tasks");
	OK(task_count_by_status(&db, counts, &err), &err);
	for (size_t i = 0; i < TASK_STATUS_COUNT; i++) {
		(void)snprintf(sql, sizeof(sql), "SELECT count(*) FROM tasks WHERE status = '%s'",
			       task_status_names[i]);
		assert_int_equal(counts[i], domain_number(sql));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(users_are_written_and_read),
		cmocka_unit_test(users_break_rules),
		cmocka_unit_test(users_need_no_profile_row),
		cmocka_unit_test(projects_and_members),
		cmocka_unit_test(projects_break_rules),
		cmocka_unit_test(tasks_are_written_and_read),
		cmocka_unit_test(tasks_keep_a_history),
		cmocka_unit_test(tasks_break_rules),
		cmocka_unit_test(metadata_is_merged),
		cmocka_unit_test(careful_writers_lose_no_update),
		cmocka_unit_test(careless_writers_lose_no_field),
		cmocka_unit_test(comments_are_written_and_read),
		cmocka_unit_test(tags_are_written_and_read),
		cmocka_unit_test(tasks_carry_tags),
		cmocka_unit_test(figures_are_exact),
	};

	return cmocka_run_group_tests(tests, domain_start, domain_stop);
}
