/* serve.h - the service as part of another command: no engine of its own, no signals, no log. */
#ifndef TASKLAB_CMD_SERVE_H
#define TASKLAB_CMD_SERVE_H

#include <tasklab/base/err.h>
#include <tasklab/config/config.h>

struct serve;

/* What config points to must stay as long; its listen address may have port 0. */
int serve_begin(const struct config *config, struct serve **ret, struct err *err);
void serve_endp(struct serve **serve);

#endif
