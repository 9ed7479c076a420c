/* lab_request.h - requests with the header Tasklab-Lab: served by the normal handlers from a lab's
 * database, in the ways that its switches name (lab/gate.h). Without the header nothing changes. */
#ifndef TASKLAB_API_LAB_REQUEST_H
#define TASKLAB_API_LAB_REQUEST_H

#include <tasklab/domain/task.h>

#include "call.h"

/* ERR_FORBIDDEN outside the sandbox, ERR_CONFLICT when the lab is not active. */
int lab_enter(struct api_call *call, struct err *err);

/* Switch task_tags. */
enum task_tags lab_task_tags(const struct api_call *call);
/* Switch report_cache: answers a GET from the lab's cache, or by compute. */
int lab_cached(struct api_call *call, struct http_reply *reply, api_handler *compute,
	       struct err *err);

#endif
