/* caller.h - makes the calls of one client: all sessions of the script, at the same time.
 *
 * A script with one session is played by the thread that calls; with several each has a thread of
 * its own, which waits between calls.
 */
#ifndef TASKLAB_LAB_CALLER_H
#define TASKLAB_LAB_CALLER_H

#include "actor.h"

struct caller;

int caller_open(const struct runner_job *job, struct caller **ret, struct err *err);
void caller_closep(struct caller **caller);
/* call->meeting is the caller's to set. */
int caller_call(struct caller *caller, const struct actor_call *call, struct err *err);
int caller_flush(struct caller *caller, struct err *err);
/* Adds what has been counted so far. */
void caller_add_counts(const struct caller *caller, struct record_workload *into);
size_t caller_sessions(const struct caller *caller);
struct actor *caller_session(struct caller *caller, size_t i);

#endif
