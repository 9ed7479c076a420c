/* interrupt.h - ends what a job does on the server when somebody asks it to stop.
 *
 * A thread waits for the stop descriptor. When it becomes readable the stop flag is set, and the
 * statements that the job has under way are cancelled, again and again until the job has noticed.
 * A server that does not answer is waited for no longer than INTERRUPT_PATIENCE_MS.
 */
#ifndef TASKLAB_LAB_INTERRUPT_H
#define TASKLAB_LAB_INTERRUPT_H

#include <pthread.h>
#include <stdatomic.h>

#include <tasklab/base/err.h>
#include <tasklab/lab/catalogue.h>

#include "guard.h"

#define INTERRUPT_PATIENCE_MS INT64_C(10000)

struct interrupt {
	const char *conninfo;
	const struct lab *lab;          /* the sessions of its databases are cancelled */
	char template[GUARD_NAME_SIZE]; /* and those in it while it is being made */
	int stop_fd;
	int end_fd; /* eventfd: the job has ended */
	atomic_bool stop;
	_Atomic int64_t limit_ns; /* for db_conn_set_limit of every connection of the job */
	atomic_bool building;     /* the job makes the template */
	pthread_t thread;
	bool started;
};

void interrupt_init(struct interrupt *interrupt, const char *conninfo, const struct lab *lab,
		    int stop_fd);
/* With stop_fd -1 there is only the flag. The structure must not move afterwards. */
int interrupt_start(struct interrupt *interrupt, struct err *err);
/* Nothing is cancelled after this returned. */
void interrupt_end(struct interrupt *interrupt);

#endif
