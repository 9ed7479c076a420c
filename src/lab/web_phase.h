/* web_phase.h - one phase of a lab over HTTP: requests in place of statements. */
#ifndef TASKLAB_LAB_WEB_PHASE_H
#define TASKLAB_LAB_WEB_PHASE_H

#include <tasklab/lab/web.h>

#include "record.h"
#include "stand.h"

/* As phase_record, with the requests of lab.yaml. ERR_UNPROCESSABLE where no service was lent. */
int web_phase_record(struct stand *stand, const char *label, const struct params *params,
		     struct record **ret, struct err *err);

/* What was lent; NULL: nothing. */
const struct web *web_lent(void);

#endif
