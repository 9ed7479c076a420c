/* operations.c - the table of operations and their requests. */
#include "operations.h"

#include <inttypes.h>
#include <string.h>

#include <tasklab/base/attr.h>
#include <tasklab/base/clock.h>
#include <tasklab/base/json.h>

#define DAY_US (INT64_C(86400) * CLOCK_US_PER_S)

/* Words of the sandbox's data, and one that hardly anything has. People search for a thing, or for
 * a thing with a quality. */
static const char *const WORDS[] = {"login",       "report",    "query",   "billing", "search",
				    "invoice",     "export",    "cache",   "timeout", "deadlock",
				    "translation", "watermark", "kelvomar"};
static const char *const QUALITIES[] = {"slow", "broken", "missing", "stale"};
static const char *const THINGS[] = {"login page", "invoice export",  "search box",
				     "report",     "email template",  "dashboard",
				     "upload",     "permission check"};

static const char *word(struct rand *rand, const char *const *words, size_t n)
{
	return words[rand_below(rand, n)];
}

static bool get(struct operation_request *request, const char *format, int64_t id)
{
	if (id == 0)
		return false;
	request->method = "GET";
	buf_puts(&request->path, "/api/v1/");
	buf_puts(&request->path, format);
	buf_i64(&request->path, id);
	return true;
}

static bool get_of_task(struct known *known, struct rand *rand, struct operation_request *request,
			const char *what)
{
	if (!get(request, "tasks/", known_popular(known, KNOWN_TASK, rand)))
		return false;
	buf_puts(&request->path, what);
	return true;
}

/* reads ---------------------------------------------------------------------------------------- */

static bool make_task_get(struct known *known, struct rand *rand, struct operation_request *request)
{
	request->task_id = known_popular(known, KNOWN_TASK, rand);
	return get(request, "tasks/", request->task_id);
}

static bool make_comment_list(struct known *known, struct rand *rand,
			      struct operation_request *request)
{
	return get_of_task(known, rand, request, "/comments");
}

static bool make_event_list(struct known *known, struct rand *rand,
			    struct operation_request *request)
{
	return get_of_task(known, rand, request, "/events");
}

static bool make_task_tag_list(struct known *known, struct rand *rand,
			       struct operation_request *request)
{
	return get_of_task(known, rand, request, "/tags");
}

static bool make_project_get(struct known *known, struct rand *rand,
			     struct operation_request *request)
{
	return get(request, "projects/", known_popular(known, KNOWN_PROJECT, rand));
}

static bool make_member_list(struct known *known, struct rand *rand,
			     struct operation_request *request)
{
	if (!get(request, "projects/", known_popular(known, KNOWN_PROJECT, rand)))
		return false;
	buf_puts(&request->path, "/members");
	return true;
}

static bool make_user_get(struct known *known, struct rand *rand, struct operation_request *request)
{
	return get(request, "users/", known_popular(known, KNOWN_USER, rand));
}

/* lists ---------------------------------------------------------------------------------------- */

static void list_path(struct operation_request *request, const char *path)
{
	request->method = "GET";
	buf_reset(&request->path);
	buf_puts(&request->path, path);
}

static void put_time(struct buf *path, const char *name, int64_t unix_us)
{
	char text[CLOCK_RFC3339_SIZE];

	clock_format_rfc3339(unix_us, text);
	buf_printf(path, "&%s=%s", name, text);
}

/* What people look at: the newest, what is open, a project, a person, what is due or urgent. */
static bool make_task_list(struct known *known, struct rand *rand,
			   struct operation_request *request)
{
	static const char *const SORTS[] = {"-created_at", "-updated_at", "created_at",
					    "-priority"};
	int64_t project = known_popular(known, KNOWN_PROJECT, rand);
	int64_t user = known_popular(known, KNOWN_USER, rand);
	int64_t now = clock_real_us();

	list_path(request, "/api/v1/tasks?limit=");
	buf_u64(&request->path, rand_below(rand, 4) == 0 ? 50 : 20);
	switch (rand_below(rand, 8)) {
	case 0:
		buf_puts(&request->path, "&status=todo");
		break;
	case 1:
		buf_puts(&request->path, "&status=in_progress");
		break;
	case 2:
		buf_puts(&request->path, "&priority=3&status=todo");
		break;
	case 3:
		put_time(&request->path, "due_after", now);
		put_time(&request->path, "due_before", now + 14 * DAY_US);
		buf_puts(&request->path, "&sort=due_at");
		break;
	case 4:
	case 5:
		if (project)
			buf_printf(&request->path, "&project_id=%" PRId64, project);
		break;
	case 6:
		if (user)
			buf_printf(&request->path, "&assignee_id=%" PRId64, user);
		break;
	default:
		buf_printf(&request->path, "&sort=%s", word(rand, SORTS, ARRAY_LEN(SORTS)));
		break;
	}
	return true;
}

static bool make_task_next(struct known *known, struct rand *rand UNUSED,
			   struct operation_request *request)
{
	char link[SCAN_LINK_SIZE];

	/* A link of the same host, as the service writes it. */
	if (!known_take_link(known, link) || link[0] != '/')
		return false;
	list_path(request, link);
	return true;
}

static bool make_task_search(struct known *known UNUSED, struct rand *rand,
			     struct operation_request *request)
{
	list_path(request, "/api/v1/tasks?limit=20&q=");
	if (rand_below(rand, 2) == 0)
		buf_printf(&request->path, "%s%%20", word(rand, QUALITIES, ARRAY_LEN(QUALITIES)));
	buf_puts(&request->path, word(rand, WORDS, ARRAY_LEN(WORDS)));
	return true;
}

static bool make_project_list(struct known *known UNUSED, struct rand *rand UNUSED,
			      struct operation_request *request)
{
	list_path(request, "/api/v1/projects?limit=50&archived=false");
	return true;
}

static bool make_tag_list(struct known *known UNUSED, struct rand *rand UNUSED,
			  struct operation_request *request)
{
	list_path(request, "/api/v1/tags?limit=100");
	return true;
}

static bool make_user_list(struct known *known UNUSED, struct rand *rand UNUSED,
			   struct operation_request *request)
{
	list_path(request, "/api/v1/users?limit=50");
	return true;
}

static bool make_report_projects(struct known *known UNUSED, struct rand *rand UNUSED,
				 struct operation_request *request)
{
	list_path(request, "/api/v1/reports/project-summary?limit=10");
	return true;
}

static bool make_report_workload(struct known *known UNUSED, struct rand *rand UNUSED,
				 struct operation_request *request)
{
	list_path(request, "/api/v1/reports/workload?limit=20");
	return true;
}

/* writes --------------------------------------------------------------------------------------- */

static void put_title(struct json *json, struct rand *rand)
{
	AUTO(buf_release) struct buf title = BUF_INIT(200);

	buf_printf(&title, "Check the %s %s", word(rand, QUALITIES, ARRAY_LEN(QUALITIES)),
		   word(rand, THINGS, ARRAY_LEN(THINGS)));
	json_kv_string(json, "title", buf_str(&title));
}

static bool make_task_create(struct known *known, struct rand *rand,
			     struct operation_request *request)
{
	struct json json = JSON_INIT(&request->body);
	int64_t project = known_popular(known, KNOWN_PROJECT, rand);

	if (project == 0)
		return false;
	request->method = "POST";
	buf_puts(&request->path, "/api/v1/tasks");
	json_begin_object(&json);
	json_kv_i64(&json, "project_id", project);
	put_title(&json, rand);
	json_kv_i64(&json, "priority", (int64_t)rand_below(rand, 4));
	if (rand_below(rand, 2) == 0)
		json_kv_time_us(&json, "due_at",
				clock_real_us() + (int64_t)(1 + rand_below(rand, 30)) * DAY_US);
	json_end_object(&json);
	return true;
}

/* With the entity tag of a read before, as a client that shows a form does. */
static bool make_task_update(struct known *known, struct rand *rand,
			     struct operation_request *request)
{
	struct json json = JSON_INIT(&request->body);
	struct known_etag seen;
	uint64_t draw = rand_below(rand, 10);

	if (!known_take_etag(known, rand, &seen))
		return false;
	get(request, "tasks/", seen.task_id);
	request->method = "PATCH";
	request->task_id = seen.task_id;
	memcpy(request->if_match, seen.etag, sizeof(seen.etag));
	json_begin_object(&json);
	if (draw < 6)
		json_kv_string(&json, "status",
			       draw < 4   ? "done"
			       : draw < 5 ? "in_progress"
					  : "todo");
	else if (draw < 8)
		json_kv_i64(&json, "priority", (int64_t)rand_below(rand, 4));
	else
		put_title(&json, rand);
	json_end_object(&json);
	return true;
}

static bool make_comment_create(struct known *known, struct rand *rand,
				struct operation_request *request)
{
	struct json json = JSON_INIT(&request->body);

	if (!get(request, "tasks/", known_any(known, KNOWN_TASK, rand)))
		return false;
	request->method = "POST";
	buf_puts(&request->path, "/comments");
	json_begin_object(&json);
	json_kv_string(&json, "body",
		       rand_below(rand, 2) ? "Seen again this morning."
					   : "I will look at it today.");
	json_end_object(&json);
	return true;
}

/* Any task, not the popular ones: a task carries a limited number of tags. */
static bool make_task_tag_add(struct known *known, struct rand *rand,
			      struct operation_request *request)
{
	struct json json = JSON_INIT(&request->body);
	int64_t tag = known_popular(known, KNOWN_TAG, rand);

	if (tag == 0 || !get(request, "tasks/", known_any(known, KNOWN_TASK, rand)))
		return false;
	request->method = "POST";
	buf_puts(&request->path, "/tags");
	json_begin_object(&json);
	json_kv_i64(&json, "tag_id", tag);
	json_end_object(&json);
	return true;
}

/* Adding an operation is a row here and its make function; the weights add up to 1000. */
/* clang-format off */
const struct operation OPERATIONS[] = {
	{"task_list",       150, LESSON_TASKS,    make_task_list}, /* first: sent where others cannot be */
	{"task_get",        370, LESSON_TASK,     make_task_get},
	{"task_next",        60, LESSON_TASKS,    make_task_next},
	{"task_search",      50, LESSON_TASKS,    make_task_search},
	{"comment_list",     60, LESSON_NONE,     make_comment_list},
	{"event_list",       30, LESSON_NONE,     make_event_list},
	{"task_tag_list",    20, LESSON_NONE,     make_task_tag_list},
	{"project_get",      30, LESSON_NONE,     make_project_get},
	{"project_list",     15, LESSON_PROJECTS, make_project_list},
	{"member_list",      15, LESSON_NONE,     make_member_list},
	{"user_get",         20, LESSON_NONE,     make_user_get},
	{"user_list",         5, LESSON_USERS,    make_user_list},
	{"tag_list",          5, LESSON_TAGS,     make_tag_list},
	{"report_projects",   5, LESSON_NONE,     make_report_projects},
	{"report_workload",   5, LESSON_NONE,     make_report_workload},
	{"task_create",      50, LESSON_TASK,     make_task_create},
	{"task_update",      60, LESSON_TASK,     make_task_update},
	{"comment_create",   35, LESSON_NONE,     make_comment_create},
	{"task_tag_add",     15, LESSON_NONE,     make_task_tag_add},
};
const size_t OPERATION_COUNT = ARRAY_LEN(OPERATIONS);

const struct operation_primer OPERATION_PRIMERS[] = {
	{"/api/v1/projects?limit=200&archived=false", LESSON_PROJECTS},
	{"/api/v1/users?limit=200", LESSON_USERS},
	{"/api/v1/tags?limit=200", LESSON_TAGS},
	{"/api/v1/tasks?limit=200", LESSON_TASKS},
	{"/api/v1/tasks?limit=200&sort=created_at", LESSON_TASKS},
	{"/api/v1/tasks?limit=200&sort=-priority", LESSON_TASKS},
	{"/api/v1/tasks?limit=200&status=todo", LESSON_TASKS},
	{NULL, LESSON_NONE},
};
/* clang-format on */

void operation_request_init(struct operation_request *request)
{
	*request = (struct operation_request){.path = BUF_INIT(OPERATION_PATH_MAX),
					      .body = BUF_INIT(OPERATION_BODY_MAX)};
}

void operation_request_release(struct operation_request *request)
{
	buf_release(&request->path);
	buf_release(&request->body);
}

static void operation_request_reset(struct operation_request *request)
{
	buf_reset(&request->path);
	buf_reset(&request->body);
	request->method = "GET";
	request->if_match[0] = '\0';
	request->task_id = 0;
}

size_t operation_draw(struct known *known, struct rand *rand, struct operation_request *request)
{
	uint64_t draw = rand_below(rand, OPERATION_WEIGHTS);
	size_t i = 0;

	while (draw >= OPERATIONS[i].weight)
		draw -= OPERATIONS[i++].weight;
	operation_request_reset(request);
	if (!OPERATIONS[i].make(known, rand, request)) {
		i = 0;
		operation_request_reset(request);
		OPERATIONS[i].make(known, rand, request);
	}
	return i;
}

/* Learning ------------------------------------------------------------------------------------- */

struct lesson {
	struct known *known;
	enum operation_lesson about;
};

static void learn_item(const struct scan_item *item, void *arg)
{
	const struct lesson *lesson = arg;

	switch (lesson->about) {
	case LESSON_TASKS:
	case LESSON_TASK:
		known_id(lesson->known, KNOWN_TASK, item->id);
		known_id(lesson->known, KNOWN_USER, item->assignee_id);
		break;
	case LESSON_PROJECTS:
		if (!item->archived)
			known_id(lesson->known, KNOWN_PROJECT, item->id);
		break;
	case LESSON_USERS:
		known_id(lesson->known, KNOWN_USER, item->id);
		break;
	case LESSON_TAGS:
		known_id(lesson->known, KNOWN_TAG, item->id);
		break;
	case LESSON_NONE:
		break;
	}
}

void operation_learn_list(struct known *known, enum operation_lesson about, const char *body)
{
	struct lesson lesson = {known, about};
	char next[SCAN_LINK_SIZE];

	if (scan_list(body, learn_item, &lesson, next) && about == LESSON_TASKS)
		known_link(known, next);
}

void operation_learn(struct known *known, size_t operation, const struct operation_request *request,
		     int status, const char *body, const char *etag)
{
	struct lesson lesson = {known, LESSON_TASK};
	struct scan_item item;

	if (status == 404 && request->task_id)
		known_forget(known, KNOWN_TASK, request->task_id);
	if (status != 200 && status != 201)
		return;
	if (OPERATIONS[operation].lesson == LESSON_TASK) {
		if (!scan_object(body, &item))
			return;
		learn_item(&item, &lesson);
		known_etag(known, item.id, etag);
	} else if (OPERATIONS[operation].lesson != LESSON_NONE) {
		operation_learn_list(known, OPERATIONS[operation].lesson, body);
	}
}
