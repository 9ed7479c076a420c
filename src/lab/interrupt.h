/* interrupt.h - ends what a run does on the server when somebody asks it to stop.
 *
 * A thread waits for the stop descriptor. When it becomes readable the stop flag is set, and the
 * statements that the run has under way are cancelled, again and again until the run has noticed.
 */
#ifndef TASKLAB_LAB_INTERRUPT_H
#define TASKLAB_LAB_INTERRUPT_H

#include <pthread.h>
#include <stdatomic.h>

#include <tasklab/base/err.h>

#include "guard.h"

struct interrupt {
	const char *conninfo;
	char database[GUARD_NAME_SIZE]; /* of the run: its sessions are cancelled */
	char template[GUARD_NAME_SIZE]; /* sessions in it are cancelled while it is being made */
	int stop_fd;
	int end_fd; /* eventfd: the run has ended */
	atomic_bool stop;
	atomic_bool building; /* the run makes the template */
	pthread_t thread;
	bool started;
};

/* With stop_fd -1 there is only the flag. The structure must not move afterwards. */
int interrupt_start(struct interrupt *interrupt, struct err *err);
/* Nothing is cancelled after this returned. */
void interrupt_end(struct interrupt *interrupt);

#endif
