/* traffic.h - the background traffic on an active lab's database: its own workload, modestly.
 *
 * One client makes calls with the lab's parameters, 20 a second at most, and rests in between. A
 * workload that writes goes far slower, since dead rows stay: autovacuum is off in labs; and after
 * as many calls as a phase has cleanup.sql puts the data back. There is no traffic while somebody
 * holds the lock of the lab's databases: a check, a run or a reset, in this process or another.
 */
#ifndef LAB_TRAFFIC_H
#define LAB_TRAFFIC_H

#include <stdbool.h>

#include <tasklab/base/err.h>
#include <tasklab/lab/engine.h>

struct traffic;

/* slug and database are copied. The lab is read anew from the engine's folders at each beginning.
 */
int traffic_new(const struct engine *engine, const char *conninfo, const char *slug,
		struct traffic **ret, struct err *err);
/* Returns when no call is under way any more. */
void traffic_pause(struct traffic *traffic);
void traffic_go_on(struct traffic *traffic);
/* From now on this statement instead of slow.sql: what a learner made of it. */
int traffic_use(struct traffic *traffic, const char *statement, struct err *err);
void traffic_freep(struct traffic **traffic); /* NULL is passed over */

#endif
