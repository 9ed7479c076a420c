/* gate.h - the databases that requests with the header Tasklab-Lab are served from.
 *
 * A lab over HTTP shows on the service's own dashboards, since the service's own handlers answer
 * it, from the lab's database. While such a lab is active the engine keeps a door open under the
 * lab's slug; while a check records the broken state beside it, one more, under the slug and
 * ".reference".
 *
 * What is wrong in these labs stands in the service, where nobody can mend it with SQL. So the
 * lab's database holds the service's switches, as a team would keep feature flags, in lab.switches
 * (name, value): which of several ways, each of them real code, the handlers take. To change one is
 * to deploy the other way.
 */
#ifndef TASKLAB_LAB_GATE_H
#define TASKLAB_LAB_GATE_H

#include <stddef.h>
#include <stdint.h>

#include <tasklab/base/err.h>
#include <tasklab/db/db.h>

#define GATE_NAME_SIZE 64

/* X(id, name in lab.switches, values: the first is what holds without a row). Adding a switch is
 * one row here and the handler that asks for it. */
#define GATE_SWITCHES(X)                                                                           \
	X(GATE_CONNECTIONS, "connections", "pooled", "per_request")                                \
	X(GATE_REPORT_CACHE, "report_cache", "off", "expiring", "single_flight",                   \
	  "stale_while_revalidate")                                                                \
	X(GATE_TASK_TAGS, "task_tags", "joined", "per_task", "batched")

enum gate_switch {
#define X(id, ...) id,
	GATE_SWITCHES(X)
#undef X
		GATE_SWITCH_COUNT
};

/* Positions in the rows above. */
enum gate_connections { GATE_POOLED, GATE_PER_REQUEST };
enum gate_report_cache { GATE_OFF, GATE_EXPIRING, GATE_SINGLE_FLIGHT, GATE_STALE };
enum gate_task_tags { GATE_JOINED, GATE_PER_TASK, GATE_BATCHED };

struct gate;

struct gate_options {
	const char *conninfo;     /* the service's database; those of the labs stand beside it */
	unsigned max_connections; /* of the pool of each door */
	int64_t wait_ms, connect_ms, statement_ms; /* as of the service's pool */
};

int gate_new(const struct gate_options *options, struct gate **ret, struct err *err);
/* Closes what is open; nobody may be inside any more. */
void gate_freep(struct gate **gate);

/* Opens a door to the database and reads its switches. ERR_CONFLICT when it is open already. */
int gate_open(struct gate *gate, const char *name, const char *database, struct err *err);
/* Reads the switches anew. ERR_UNPROCESSABLE names a switch with a value that there is not; then
 * those from before stay in force. */
int gate_refresh(struct gate *gate, const char *name, struct err *err);
/* Lets nobody in any more and waits for those inside; none of that name: nothing. */
void gate_close(struct gate *gate, const char *name);

/* One request's stay. */
struct gate_visit {
	struct gate_door *door; /* NULL: a request without the header */
	struct db_pool *pool;
	uint64_t number; /* of the door; no two have the same */
	int switches[GATE_SWITCH_COUNT];
};

/* ERR_CONFLICT when no lab of that name is active. */
int gate_enter(struct gate *gate, const char *name, struct gate_visit *ret, struct err *err);
void gate_leave(struct gate *gate, struct gate_visit *visit);

#endif
