/* labs.h - what the handlers of labs and of their runs share. */
#ifndef TASKLAB_API_LABS_H
#define TASKLAB_API_LABS_H

#include <tasklab/lab/engine.h>

#include "call.h"

/* ERR_FORBIDDEN when the sandbox is off. */
int labs_engine(const struct api_call *call, struct engine **ret, struct err *err);
/* The catalogue as it is now, and the lab that the path names in it. */
int labs_find(const struct api_call *call, struct engine **engine, struct catalogue **catalogue,
	      const struct lab **ret, struct err *err);
/* One object: a job without its report. */
void labs_put_job(struct json *json, const struct engine_job *job);

#endif
