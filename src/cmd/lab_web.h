/* lab_web.h - the client that labs over HTTP are lent, and a service where none runs. */
#ifndef TASKLAB_CMD_LAB_WEB_H
#define TASKLAB_CMD_LAB_WEB_H

#include <tasklab/cmd/cmd.h>
#include <tasklab/lab/catalogue.h>
#include <tasklab/lab/web.h>

struct lab_web {
	struct web web;
	char url[64];
};

/* Lends the engine of this process a client to the service that listens on that port of this
 * machine. The structure must stay as long as jobs are done, and not move. */
void lab_web_lend(struct lab_web *web, struct gate *gate, unsigned port);
void lab_web_take_back(void);

/* Where one of the labs works over HTTP and is worked on stand-alone: a service of the command's
 * own, on a free port of the loopback interface, until serve_endp. Other labs need none: *ret stays
 * NULL.
 */
struct serve;
int lab_web_begin(const struct cmd *cmd, const struct lab *labs, size_t n, struct serve **ret,
		  struct err *err);

#endif
