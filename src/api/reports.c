/* reports.c - /api/v1/reports: figures over many tasks. */
#include <tasklab/domain/report.h>

#include "handlers.h"
#include "lab_request.h"
#include "reply.h"

static void put_project(struct json *json, const struct page *page, size_t i)
{
	struct report_project row;
	int64_t total = 0;

	report_project_at(page, i, &row);
	json_begin_object(json);
	json_kv_i64(json, "project_id", row.project_id);
	json_kv_string(json, "name", row.name);
	json_name(json, "tasks");
	json_begin_object(json);
	for (int status = 0; status < TASK_STATUS_COUNT; status++) {
		json_kv_i64(json, task_status_names[status], row.tasks[status]);
		total += row.tasks[status];
	}
	json_kv_i64(json, "total", total);
	json_end_object(json);
	json_kv_i64(json, "overdue", row.overdue);
	reply_kv_time(json, "last_activity_at", row.last_activity_us);
	json_end_object(json);
}

static int project_summary(struct api_call *call, struct http_reply *reply, struct err *err)
{
	AUTO(page_release) struct page page = {0};
	const struct page_request request = reply_page_request(call);

	if (report_project_summary(&call->db, &request, &page, err) < 0)
		return -1;
	return reply_list(call, reply, &page, put_project, err);
}

int report_project_summary_handler(struct api_call *call, struct http_reply *reply, struct err *err)
{
	return lab_cached(call, reply, project_summary, err);
}

static void put_workload(struct json *json, const struct page *page, size_t i)
{
	struct report_workload row;

	report_workload_at(page, i, &row);
	json_begin_object(json);
	json_kv_i64(json, "user_id", row.user_id);
	json_kv_string(json, "display_name", row.display_name);
	json_kv_i64(json, "open", row.open);
	json_name(json, "by_priority");
	json_begin_array(json);
	for (int priority = 0; priority <= TASK_PRIORITY_MAX; priority++)
		json_i64(json, row.by_priority[priority]);
	json_end_array(json);
	json_kv_i64(json, "overdue", row.overdue);
	json_end_object(json);
}

int report_workload_handler(struct api_call *call, struct http_reply *reply, struct err *err)
{
	AUTO(page_release) struct page page = {0};
	const struct page_request request = reply_page_request(call);

	if (report_workload(&call->db, &request, &page, err) < 0)
		return -1;
	return reply_list(call, reply, &page, put_workload, err);
}
