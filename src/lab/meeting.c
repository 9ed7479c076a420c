/* meeting.c - barriers between the sessions of a call. */
#include "meeting.h"

#include <stdint.h>

#include <tasklab/base/clock.h>
#include <tasklab/base/thread.h>

#define ASK_NS    (2 * CLOCK_NS_PER_MS)   /* between two questions to the server */
#define CANCEL_NS (100 * CLOCK_NS_PER_MS) /* between two attempts to end what others wait for */
#define ASK_MS    INT64_C(10000)          /* longest wait for an answer */

/* Of the given sessions, those that wait for a lock that lasts; extension and page locks come and
 * go within a statement. */
static const char SQL_WAITING[] =
	"SELECT DISTINCT l.pid FROM pg_locks l WHERE NOT l.granted AND l.pid = ANY ($1::bigint[])"
	" AND l.locktype NOT IN ('extend', 'page', 'frozenid')";

static const char SQL_CANCEL[] = "SELECT count(pg_cancel_backend(pid::int))"
				 " FROM unnest($1::bigint[]) AS pid";

int meeting_init(struct meeting *meeting, struct err *err)
{
	*meeting = (struct meeting){.count = 0};
	if (thread_cond_init(&meeting->changed, err) < 0)
		return -1;
	pthread_mutex_init(&meeting->mutex, NULL);
	return 0;
}

void meeting_release(struct meeting *meeting)
{
	pthread_cond_destroy(&meeting->changed);
	pthread_mutex_destroy(&meeting->mutex);
}

void meeting_begin(struct meeting *meeting)
{
	LOCK(&meeting->mutex);
	for (size_t i = 0; i < meeting->count; i++)
		meeting->parts[i] = (struct meeting_part){.conn = meeting->parts[i].conn,
							  .waits = meeting->parts[i].waits};
	meeting->failed = false;
	meeting->first = SIZE_MAX;
}

/* Whether the part may go on; blocked: the parts that wait for a lock, NULL: not known. */
static bool may_go_on(const struct meeting *meeting, size_t part, const bool *blocked)
{
	const struct meeting_part *own = &meeting->parts[part];

	for (size_t i = 0; i < meeting->count; i++) {
		const struct meeting_part *other = &meeting->parts[i];

		if (i != part && !other->ended && other->arrived < own->arrived &&
		    !(blocked && blocked[i]))
			return false;
	}
	return true;
}

/* Under the lock, after every change. */
static void settle(struct meeting *meeting, const bool *blocked)
{
	for (size_t i = 0; i < meeting->count; i++) {
		struct meeting_part *part = &meeting->parts[i];

		if (part->waiting && (!blocked || part->asked) && may_go_on(meeting, i, blocked))
			part->waiting = false;
	}
	pthread_cond_broadcast(&meeting->changed);
}

int meeting_wait(struct meeting *meeting, size_t part, bool wait, struct err *err)
{
	struct meeting_part *own = &meeting->parts[part];
	LOCK(&meeting->mutex);

	own->arrived++;
	own->waiting = wait;
	own->asked = false;
	settle(meeting, NULL);
	while (own->waiting && !meeting->failed)
		pthread_cond_wait(&meeting->changed, &meeting->mutex);
	own->waiting = false;
	if (meeting->failed)
		return err_set(err, ERR_CONFLICT, "another session of the call failed", "%s", "");
	return 0;
}

void meeting_end(struct meeting *meeting, size_t part, bool failed)
{
	LOCK(&meeting->mutex);
	meeting->parts[part].ended = true;
	if (failed && meeting->first == SIZE_MAX)
		meeting->first = part;
	meeting->failed = meeting->failed || failed;
	settle(meeting, NULL);
}

/* Conducting ----------------------------------------------------------------------------------- */

enum next { NEXT_END, NEXT_WAIT, NEXT_ASK, NEXT_CANCEL };

static enum next what_next(const struct meeting *meeting, bool stopped)
{
	bool all_ended = true, some_wait = false;

	for (size_t i = 0; i < meeting->count; i++) {
		all_ended = all_ended && meeting->parts[i].ended;
		some_wait = some_wait || meeting->parts[i].waiting;
	}
	if (all_ended)
		return NEXT_END;
	if (meeting->failed || stopped)
		return NEXT_CANCEL;
	return some_wait ? NEXT_ASK : NEXT_WAIT;
}

static void wait_a_while(struct meeting *meeting, int64_t ns)
{
	(void)thread_cond_wait_until(&meeting->changed, &meeting->mutex, clock_mono_ns() + ns);
}

/* The server processes of parts that are neither at a barrier nor at their end; under the lock. */
static size_t running(struct meeting *meeting, int64_t pids[SCRIPT_SESSIONS_MAX])
{
	size_t n = 0;

	for (size_t i = 0; i < meeting->count; i++) {
		struct meeting_part *part = &meeting->parts[i];

		part->asked = part->waiting;
		part->noted = waits_note(part->waits);
		if (!part->waiting && !part->ended)
			pids[n++] = db_conn_backend_pid(part->conn);
	}
	return n;
}

/* Without the lock. A connection that failed is closed, and the next question opens another. */
static int query(struct meeting_server *server, const char *sql, const int64_t *pids, size_t n,
		 struct db_result **ret, struct err *err)
{
	if (!server->monitor && server->connect(server->arg, &server->monitor, err) < 0)
		return -1;
	db_conn_set_deadline(server->monitor, clock_mono_ns() + ASK_MS * CLOCK_NS_PER_MS);
	if (db_conn_query(server->monitor, sql, DB_ARGS(db_i64s(pids, n)), ret, err) == 0)
		return 0;
	db_conn_closep(&server->monitor);
	return -1;
}

static bool is_among(const struct db_result *pids, int64_t pid)
{
	for (size_t i = 0; i < db_rows(pids); i++)
		if (db_get_i64(pids, i, 0) == pid)
			return true;
	return false;
}

/* Only a wait that is counted lets others go on, or it could be over before it is. */
static void take_answer(struct meeting *meeting, const struct db_result *waiting)
{
	bool blocked[SCRIPT_SESSIONS_MAX] = {false};

	for (size_t i = 0; i < meeting->count; i++) {
		struct meeting_part *part = &meeting->parts[i];

		blocked[i] = is_among(waiting, db_conn_backend_pid(part->conn)) &&
			     waits_seen(part->waits, part->noted);
	}
	settle(meeting, blocked);
}

/* Under the lock, which is let go while the server is asked. */
static int ask_server(struct meeting *meeting, struct meeting_server *server, struct err *err)
{
	AUTO(db_result_freep) struct db_result *waiting = NULL;
	int64_t pids[SCRIPT_SESSIONS_MAX];
	size_t n = running(meeting, pids);
	int result;

	pthread_mutex_unlock(&meeting->mutex);
	result = query(server, SQL_WAITING, pids, n, &waiting, err);
	pthread_mutex_lock(&meeting->mutex);
	if (result < 0)
		return -1;
	take_answer(meeting, waiting);
	wait_a_while(meeting, ASK_NS);
	return 0;
}

/* Under the lock, which is let go meanwhile. What fails is tried again. */
static void cancel(struct meeting *meeting, struct meeting_server *server)
{
	int64_t pids[SCRIPT_SESSIONS_MAX];
	size_t n;

	meeting->failed = true;
	pthread_cond_broadcast(&meeting->changed);
	n = running(meeting, pids);
	pthread_mutex_unlock(&meeting->mutex);
	(void)query(server, SQL_CANCEL, pids, n, NULL, NULL);
	pthread_mutex_lock(&meeting->mutex);
	if (what_next(meeting, true) != NEXT_END)
		wait_a_while(meeting, CANCEL_NS);
}

int meeting_conduct(struct meeting *meeting, struct meeting_server *server, struct err *err)
{
	int result = 0;
	LOCK(&meeting->mutex);

	for (;;) {
		switch (what_next(meeting, server->stopped(server->arg) || result < 0)) {
		case NEXT_END:
			return result;
		case NEXT_WAIT:
			wait_a_while(meeting, CANCEL_NS);
			break;
		case NEXT_ASK:
			result = ask_server(meeting, server, err);
			break;
		case NEXT_CANCEL:
			cancel(meeting, server);
			break;
		}
	}
}
