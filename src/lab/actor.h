/* actor.h - one session of a caller: it sends the steps of its part of the script.
 *
 * A statement that fails with an SQLSTATE that the lab lets pass (workload.may_fail, or an item of
 * evidence that counts it) is counted, the transaction that it stood in is rolled back, and what is
 * left of that transaction is passed over. Any other failure is an error.
 */
#ifndef TASKLAB_LAB_ACTOR_H
#define TASKLAB_LAB_ACTOR_H

#include "meeting.h"
#include "runner.h"

/* A step's prepared statement; one without a name is prepared each time. */
struct actor_statement {
	char name[24];
	bool prepared;
};

/* One call: what all its sessions are told. */
struct actor_call {
	size_t row;              /* of the parameters */
	bool undo;               /* inside BEGIN ... ROLLBACK */
	struct meeting *meeting; /* where barriers are; NULL: there is one session */
};

struct actor {
	const struct runner_job *job;
	const struct script_session *script;
	size_t number; /* among the sessions of the script */
	struct db_conn *conn;
	struct actor_statement *statements; /* one a step */
	const char *values[DB_ARGS_MAX + 1];
	struct record_workload seen;
	struct waits waits;
	bool skipping; /* what is left of a transaction that was rolled back */
};

/* Connects, and prepares what can be prepared before the first call. What it opened is closed by
 * actor_close, also after a failure. */
int actor_open(struct actor *actor, const struct runner_job *job, size_t session, struct err *err);
void actor_close(struct actor *actor);
int actor_play(struct actor *actor, const struct actor_call *call, struct err *err);
/* Sends the session's statistics to the server's shared ones; a transaction of its own. */
int actor_flush(struct actor *actor, struct err *err);
/* Adds what has been counted of the session so far. */
void actor_add_counts(const struct actor *actor, struct record_workload *into);

#endif
