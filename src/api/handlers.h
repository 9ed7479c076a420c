/* handlers.h - the handlers and tables of fields that the route table names. */
#ifndef TASKLAB_API_HANDLERS_H
#define TASKLAB_API_HANDLERS_H

#include "call.h"

/* comments.c: comments of a task, and its history */
api_handler comment_list_handler, comment_create_handler, comment_get_handler,
	comment_update_handler, comment_delete_handler, event_list_handler;
extern const struct field_set COMMENT_FIELDS, COMMENT_BODY_FIELDS;

/* labs.c */
api_handler lab_list_handler, lab_get_handler;

/* lab_runs.c */
api_handler lab_run_list_handler, lab_run_create_handler, lab_run_get_handler,
	lab_run_cancel_handler;
extern const struct field_set LAB_RUN_FIELDS, LAB_RUN_QUERY;

/* members.c */
api_handler member_list_handler, member_add_handler, member_get_handler, member_update_handler,
	member_delete_handler;
extern const struct field_set MEMBER_FIELDS, MEMBER_ROLE_FIELDS;

/* openapi.c */
api_handler openapi_handler;

/* projects.c */
api_handler project_list_handler, project_create_handler, project_get_handler,
	project_update_handler, project_delete_handler;
extern const struct field_set PROJECT_FIELDS, PROJECT_QUERY;

/* reports.c */
api_handler report_project_summary_handler, report_workload_handler;

/* system.c */
api_handler index_handler, healthz_handler, readyz_handler, metrics_handler;

/* tags.c: tags, and those of a task */
api_handler tag_list_handler, tag_create_handler, tag_get_handler, tag_update_handler,
	tag_delete_handler, task_tag_list_handler, task_tag_add_handler, task_tag_remove_handler;
extern const struct field_set TAG_FIELDS, TASK_TAG_FIELDS;

/* tasks.c */
api_handler task_list_handler, task_create_handler, task_get_handler, task_update_handler,
	task_delete_handler;
extern const struct field_set TASK_FIELDS, TASK_QUERY;

/* users.c */
api_handler user_list_handler, user_create_handler, user_get_handler, user_update_handler,
	user_delete_handler, me_get_handler, me_update_handler;
extern const struct field_set USER_FIELDS, USER_ME_FIELDS;

/* reply.c: the parameters of a list without filters */
extern const struct field_set LIST_QUERY;
extern const struct field_set METRICS_QUERY;

#endif
