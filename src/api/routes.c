/* routes.c - the route table: every path of the service, once. */
#include <pthread.h>

#include <tasklab/api/api.h>
#include <tasklab/base/attr.h>

#include "call.h"
#include "handlers.h"

/* Adding a route: one row here, beside the others of its path, and one handler in the file of its
 * resource (declared in handlers.h). The row makes the routing, the metric labels, the strict
 * decoding of parameters and body, and the entry in /openapi.json. Parameters in braces are read
 * by http_path_id. A literal segment wins over a parameter. HEAD is served by the GET rows.
 *
 *   method, flags (enum api_route_flag), template, handler, query, body, summary
 */
/* clang-format off */
#define ALWAYS    API_ROUTE_ALWAYS
#define TEXT      API_ROUTE_TEXT
#define LIST      API_ROUTE_LIST
#define VERSIONED API_ROUTE_VERSIONED
#define CREATE    API_ROUTE_IDEMPOTENT
#define ACCEPTED  API_ROUTE_ACCEPTED
static const struct api_route ROWS[] = {
	{HTTP_GET, ALWAYS | TEXT, "/metrics", metrics_handler, &METRICS_QUERY, NULL, "Metrics for Prometheus, as text, OpenMetrics or protobuf"},
	{HTTP_GET, ALWAYS, "/healthz", healthz_handler, NULL, NULL, "Is the process alive?"},
	{HTTP_GET, ALWAYS, "/readyz", readyz_handler, NULL, NULL, "Can it serve: database reachable, schema complete, not draining?"},
	{HTTP_GET, 0, "/", index_handler, NULL, NULL, "Links to the rest"},
	{HTTP_GET, 0, "/openapi.json", openapi_handler, NULL, NULL, "This description"},

	{HTTP_GET, LIST, "/api/v1/projects", project_list_handler, &PROJECT_QUERY, NULL, "List projects"},
	{HTTP_POST, CREATE | VERSIONED, "/api/v1/projects", project_create_handler, NULL, &PROJECT_FIELDS, "Create a project"},
	{HTTP_GET, VERSIONED, "/api/v1/projects/{id}", project_get_handler, NULL, NULL, "Read a project"},
	{HTTP_PATCH, VERSIONED, "/api/v1/projects/{id}", project_update_handler, NULL, &PROJECT_FIELDS, "Change a project"},
	{HTTP_DELETE, VERSIONED, "/api/v1/projects/{id}", project_delete_handler, NULL, NULL, "Delete a project without tasks"},

	{HTTP_GET, LIST, "/api/v1/projects/{id}/members", member_list_handler, &LIST_QUERY, NULL, "List a project's members"},
	{HTTP_POST, CREATE, "/api/v1/projects/{id}/members", member_add_handler, NULL, &MEMBER_FIELDS, "Add a member"},
	{HTTP_GET, 0, "/api/v1/projects/{id}/members/{user_id}", member_get_handler, NULL, NULL, "Read a member"},
	{HTTP_PATCH, 0, "/api/v1/projects/{id}/members/{user_id}", member_update_handler, NULL, &MEMBER_ROLE_FIELDS, "Change a member's role"},
	{HTTP_DELETE, 0, "/api/v1/projects/{id}/members/{user_id}", member_delete_handler, NULL, NULL, "Remove a member"},

	{HTTP_GET, LIST, "/api/v1/tasks", task_list_handler, &TASK_QUERY, NULL, "List and search tasks"},
	{HTTP_POST, CREATE | VERSIONED, "/api/v1/tasks", task_create_handler, NULL, &TASK_FIELDS, "Create a task"},
	{HTTP_GET, VERSIONED, "/api/v1/tasks/{id}", task_get_handler, NULL, NULL, "Read a task"},
	{HTTP_PATCH, VERSIONED, "/api/v1/tasks/{id}", task_update_handler, NULL, &TASK_FIELDS, "Change a task"},
	{HTTP_DELETE, VERSIONED, "/api/v1/tasks/{id}", task_delete_handler, NULL, NULL, "Delete a task with its comments and history"},

	{HTTP_GET, LIST, "/api/v1/tasks/{id}/comments", comment_list_handler, &LIST_QUERY, NULL, "List a task's comments"},
	{HTTP_POST, CREATE | VERSIONED, "/api/v1/tasks/{id}/comments", comment_create_handler, NULL, &COMMENT_FIELDS, "Comment on a task"},
	{HTTP_GET, VERSIONED, "/api/v1/tasks/{id}/comments/{comment_id}", comment_get_handler, NULL, NULL, "Read a comment"},
	{HTTP_PATCH, VERSIONED, "/api/v1/tasks/{id}/comments/{comment_id}", comment_update_handler, NULL, &COMMENT_BODY_FIELDS, "Change a comment"},
	{HTTP_DELETE, VERSIONED, "/api/v1/tasks/{id}/comments/{comment_id}", comment_delete_handler, NULL, NULL, "Delete a comment"},

	{HTTP_GET, LIST, "/api/v1/tasks/{id}/tags", task_tag_list_handler, &LIST_QUERY, NULL, "List a task's tags"},
	{HTTP_POST, CREATE, "/api/v1/tasks/{id}/tags", task_tag_add_handler, NULL, &TASK_TAG_FIELDS, "Put a tag on a task"},
	{HTTP_DELETE, 0, "/api/v1/tasks/{id}/tags/{tag_id}", task_tag_remove_handler, NULL, NULL, "Take a tag off a task"},

	{HTTP_GET, LIST, "/api/v1/tasks/{id}/events", event_list_handler, &LIST_QUERY, NULL, "Read a task's history"},

	{HTTP_GET, LIST, "/api/v1/tags", tag_list_handler, &LIST_QUERY, NULL, "List tags"},
	{HTTP_POST, CREATE | VERSIONED, "/api/v1/tags", tag_create_handler, NULL, &TAG_FIELDS, "Create a tag"},
	{HTTP_GET, VERSIONED, "/api/v1/tags/{id}", tag_get_handler, NULL, NULL, "Read a tag"},
	{HTTP_PATCH, VERSIONED, "/api/v1/tags/{id}", tag_update_handler, NULL, &TAG_FIELDS, "Change a tag"},
	{HTTP_DELETE, VERSIONED, "/api/v1/tags/{id}", tag_delete_handler, NULL, NULL, "Delete a tag, from all tasks too"},

	{HTTP_GET, LIST, "/api/v1/users", user_list_handler, &LIST_QUERY, NULL, "List users"},
	{HTTP_POST, CREATE | VERSIONED, "/api/v1/users", user_create_handler, NULL, &USER_FIELDS, "Create a user"},
	{HTTP_GET, VERSIONED, "/api/v1/users/me", me_get_handler, NULL, NULL, "Read the acting user"},
	{HTTP_PATCH, VERSIONED, "/api/v1/users/me", me_update_handler, NULL, &USER_ME_FIELDS, "Change the acting user"},
	{HTTP_GET, VERSIONED, "/api/v1/users/{id}", user_get_handler, NULL, NULL, "Read a user"},
	{HTTP_PATCH, VERSIONED, "/api/v1/users/{id}", user_update_handler, NULL, &USER_FIELDS, "Change a user"},
	{HTTP_DELETE, VERSIONED, "/api/v1/users/{id}", user_delete_handler, NULL, NULL, "Delete a user that owns nothing"},

	{HTTP_GET, 0, "/api/v1/labs", lab_list_handler, NULL, NULL, "List the labs; in the sandbox only, as all of labs"},
	{HTTP_GET, 0, "/api/v1/labs/{slug}", lab_get_handler, NULL, NULL, "Read a lab, without the answers of its quiz"},
	{HTTP_GET, LIST, "/api/v1/labs/{slug}/runs", lab_run_list_handler, &LIST_QUERY, NULL, "List a lab's runs, the latest first"},
	{HTTP_POST, ACCEPTED, "/api/v1/labs/{slug}/runs", lab_run_create_handler, NULL, &LAB_RUN_FIELDS, "Begin work on a lab; 409 while other work is under way"},
	{HTTP_GET, 0, "/api/v1/labs/{slug}/runs/{id}", lab_run_get_handler, &LAB_RUN_QUERY, NULL, "Read a run: how far it is, and its report when it has finished"},
	{HTTP_DELETE, 0, "/api/v1/labs/{slug}/runs/{id}", lab_run_cancel_handler, NULL, NULL, "Cancel a run that is under way"},

	{HTTP_GET, LIST, "/api/v1/reports/project-summary", report_project_summary_handler, &LIST_QUERY, NULL, "Tasks of each project by status"},
	{HTTP_GET, LIST, "/api/v1/reports/workload", report_workload_handler, &LIST_QUERY, NULL, "Open tasks of each user by priority"},
};
/* clang-format on */

/* /metrics stands first, health behind it: so the routes of each kind of listener are a run. */
enum { METRICS_ROWS = 3, ROWS_BEFORE_SERVICE = 1 };

static struct http_route routes[ARRAY_LEN(ROWS)];
static pthread_once_t routes_once = PTHREAD_ONCE_INIT;

const struct api_route *api_route_rows(size_t *n)
{
	*n = ARRAY_LEN(ROWS);
	return ROWS;
}

/* The http room routes by the same rows; flags leads back from its row to ours. */
static void fill(void)
{
	for (size_t i = 0; i < ARRAY_LEN(ROWS); i++)
		routes[i] = (struct http_route){
			.method = ROWS[i].method,
			.template = ROWS[i].template,
			.handler = api_dispatch,
			.flags = (uint32_t)i,
			.options = (ROWS[i].flags & API_ROUTE_ALWAYS ? HTTP_ROUTE_ALWAYS : 0u) |
				   (ROWS[i].flags & API_ROUTE_TEXT ? HTTP_ROUTE_ANY_TYPE : 0u),
		};
}

const struct http_route *api_routes(size_t *n)
{
	pthread_once(&routes_once, fill);
	*n = ARRAY_LEN(ROWS);
	return routes;
}

const struct http_route *api_service_routes(size_t *n)
{
	const struct http_route *all = api_routes(n);

	*n -= ROWS_BEFORE_SERVICE;
	return all + ROWS_BEFORE_SERVICE;
}

const struct http_route *api_metrics_routes(size_t *n)
{
	const struct http_route *all = api_routes(n);

	*n = METRICS_ROWS;
	return all;
}
