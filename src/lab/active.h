/* active.h - the labs that are active, in the service: held sessions, background traffic, doors.
 *
 * What is active stands in lab_sessions, whoever wrote it; a thread looks there every second and
 * when it is told to. A lab that appears is taken up: its sessions are opened, its traffic
 * begins, and requests with its name are let in where it is one over HTTP. One that has gone is let
 * go. So a restart of the service goes on with what was active.
 */
#ifndef LAB_ACTIVE_H
#define LAB_ACTIVE_H

#include <stdbool.h>

#include <tasklab/base/err.h>
#include <tasklab/lab/engine.h>
#include <tasklab/lab/learner.h>

#include "held.h"

#define ACTIVE_MAX ENGINE_ACTIVE_MAX /* at once; further ones are not taken up */

struct active;

/* gate may be NULL; it and conninfo must stay. */
int active_new(const struct engine *engine, const char *conninfo, struct gate *gate,
	       struct active **ret, struct err *err);
/* Begins to look. */
int active_begin(struct active *active, struct err *err);
/* Looks no more, and keeps nobody waiting for a look. */
void active_drain(struct active *active);
void active_freep(struct active **active); /* lets all go; NULL is passed over */

/* Before a job on the lab: its traffic rests until active_go_on, and it is neither taken up nor let
 * go. gone: the job ends the lab, so it is let go at once. */
void active_pause(struct active *active, const char *slug, bool gone);
/* held: the sessions of a lab that the job has started, taken over; may be NULL. */
void active_go_on(struct active *active, const char *slug, struct held *held);
/* The statement that a learner made of slow.sql is what the lab's traffic uses from now on. */
void active_use(struct active *active, const char *slug, const char *statement);
/* Those that were taken up; returns how many, ACTIVE_MAX at most. */
size_t active_list(struct active *active, struct learner_session ret[ACTIVE_MAX]);

#endif
