/* health.h - asks a running service how it is, over a plain socket. */
#ifndef TASKLAB_CMD_HEALTH_H
#define TASKLAB_CMD_HEALTH_H

#include <tasklab/base/err.h>

#define HEALTH_TIMEOUT_MS 2000

/* 0 when a service that listens there answers GET path with 200. */
int health_ask(const char *listen, const char *path, struct err *err);

#endif
