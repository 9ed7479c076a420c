/* lab_request.c - requests with the header Tasklab-Lab. */
#include "lab_request.h"

#include "lab_cache.h"
#include "state.h"

int lab_enter(struct api_call *call, struct err *err)
{
	const char *name = http_request_header(call->request, "Tasklab-Lab");

	if (!name)
		return 0;
	if (!call->api->gate)
		return err_field(err, ERR_FORBIDDEN, "Tasklab-Lab",
				 "labs are part of the sandbox, which is off in this service");
	return gate_enter(call->api->gate, name, &call->visit, err);
}

enum task_tags lab_task_tags(const struct api_call *call)
{
	static const enum task_tags ways[] = {
		[GATE_JOINED] = TASK_TAGS_JOINED,
		[GATE_PER_TASK] = TASK_TAGS_PER_TASK,
		[GATE_BATCHED] = TASK_TAGS_BATCHED,
	};

	return call->visit.door ? ways[call->visit.switches[GATE_TASK_TAGS]] : TASK_TAGS_JOINED;
}

int lab_cached(struct api_call *call, struct http_reply *reply, api_handler *compute,
	       struct err *err)
{
	if (!call->visit.door || call->visit.switches[GATE_REPORT_CACHE] == GATE_OFF)
		return compute(call, reply, err);
	return lab_cache_answer(call->api->cache, call, reply, compute, err);
}
