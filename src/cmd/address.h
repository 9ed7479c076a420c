/* address.h - listen addresses as settings spell them: host:port, [v6]:port, :port, port. */
#ifndef TASKLAB_CMD_ADDRESS_H
#define TASKLAB_CMD_ADDRESS_H

#include <stdbool.h>
#include <stdint.h>

#include <tasklab/base/err.h>

struct address {
	char host[256]; /* without brackets; "" means every address */
	char port[6];   /* decimal */
};

int address_parse(const char *text, struct address *ret, struct err *err);
/* True for 127.0.0.0/8, ::1 and localhost: reachable from this machine only. */
bool address_is_loopback(const struct address *address);
/* A connected socket to a service that listens there (a wildcard is reached by loopback), with
 * timeout_ms as the limit of connecting, and of each read and write. -1 with ERR_UNAVAILABLE. */
int address_connect(const struct address *address, int timeout_ms, struct err *err);

#endif
