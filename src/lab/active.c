/* active.c - follows lab_sessions, and keeps alive what an active lab needs. */
#include "active.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <tasklab/base/clock.h>
#include <tasklab/base/log.h>
#include <tasklab/base/thread.h>
#include <tasklab/lab/labels.h>

#include "traffic.h"

#define LOOK_NS    CLOCK_NS_PER_S
#define CONNECT_MS INT64_C(2000)
#define REASON_MAX sizeof(((struct err *)0)->message)

/* One that was taken up. Only the thread makes and frees them. */
struct entry {
	struct learner_session session;
	bool http;
	struct traffic *traffic;
	struct held *held; /* NULL: none */
};

/* Sessions of a lab that a job has started. */
struct given {
	char slug[LAB_SLUG_MAX + 1];
	struct held *held; /* NULL: none */
};

struct active {
	const struct engine *engine;
	const char *conninfo;
	struct gate *gate; /* NULL: none */
	pthread_t thread;
	bool begun;
	struct db_conn *conn;  /* to the service's database; NULL: to be opened */
	char last[REASON_MAX]; /* why the last look failed */
	pthread_mutex_t mutex; /* guards the rest */
	pthread_cond_t changed;
	bool draining, look, looking;
	char paused[LAB_SLUG_MAX + 1]; /* a job is under way on it; "": none */
	bool gone;                     /* which ends it */
	struct given given;
	struct entry entries[ACTIVE_MAX];
	size_t count;
};

/* Taking up ------------------------------------------------------------------------------------ */

/* The lab as it is now; site is one without a lock, for connections. */
static int open_held(struct active *active, const struct lab *lab, struct held **ret,
		     struct err *err)
{
	struct site site = {.options = {.conninfo = active->conninfo, .lab = lab}, .lab = lab};
	struct held *held;

	guard_lab_database(lab->slug, site.database);
	interrupt_init(&site.interrupt, active->conninfo, lab, -1);
	if (held_open(&site, site.database, &held, err) < 0)
		return -1;
	held_detach(held);
	*ret = held;
	return 0;
}

static int open_door(struct active *active, const struct learner_session *session, struct err *err)
{
	if (!active->gate)
		return err_set(err, ERR_INTERNAL, "labs over HTTP are not served here", "%s",
			       session->slug);
	return gate_open(active->gate, session->slug, session->database, err);
}

static void release(struct active *active, struct entry *entry)
{
	traffic_freep(&entry->traffic);
	if (entry->http && active->gate)
		gate_close(active->gate, entry->session.slug);
	held_closep(&entry->held);
}

static int fill(struct active *active, struct entry *entry, struct given *given, struct err *err)
{
	AUTO(catalogue_freep) struct catalogue *catalogue = NULL;
	const struct learner_session *session = &entry->session;
	const struct lab *lab;

	if (engine_catalogue(active->engine, &catalogue, err) < 0 ||
	    catalogue_find(catalogue, session->slug, &lab, err) < 0)
		return -1;
	if (strcmp(given->slug, session->slug) == 0)
		entry->held = TAKE(given->held);
	if (!entry->held && lab->session_count > 0 && open_held(active, lab, &entry->held, err) < 0)
		return -1;
	if (lab->workload.kind == LAB_WORKLOAD_HTTP) {
		if (open_door(active, session, err) < 0)
			return -1;
		entry->http = true;
	}
	return traffic_new(active->engine, active->conninfo, session->slug, &entry->traffic, err);
}

static int take_up(struct active *active, const struct learner_session *session,
		   struct given *given, struct err *err)
{
	struct entry entry = {.session = *session};

	if (active->count == ACTIVE_MAX)
		return err_set(err, ERR_TOO_LARGE, "too many labs are active", "%d are taken up",
			       ACTIVE_MAX);
	if (fill(active, &entry, given, err) < 0) {
		release(active, &entry);
		return -1;
	}
	log_event(LOG_INFO, "lab active", LOG_FIELDS(LOG_STR("lab", session->slug)));
	lab_label_active(lab_label(session->slug), true);
	LOCK(&active->mutex);
	active->entries[active->count++] = entry;
	return 0;
}

static void let_go(struct active *active, size_t i)
{
	struct entry entry = active->entries[i];

	{
		LOCK(&active->mutex);
		active->count--;
		memmove(&active->entries[i], &active->entries[i + 1],
			(active->count - i) * sizeof(entry));
	}
	release(active, &entry);
	lab_label_active(lab_label(entry.session.slug), false);
	log_event(LOG_INFO, "lab no longer active", LOG_FIELDS(LOG_STR("lab", entry.session.slug)));
}

/* Looking -------------------------------------------------------------------------------------- */

static const struct entry *entry_of(const struct active *active, const char *slug)
{
	for (size_t i = 0; i < active->count; i++) {
		if (strcmp(active->entries[i].session.slug, slug) == 0)
			return &active->entries[i];
	}
	return NULL;
}

static bool is_among(const struct learner_session *sessions, size_t n,
		     const struct learner_session *session)
{
	for (size_t i = 0; i < n; i++) {
		if (strcmp(sessions[i].slug, session->slug) == 0 &&
		    sessions[i].started_us == session->started_us)
			return true;
	}
	return false;
}

/* What the learner changed since: switches of a lab over HTTP. A wrong one is theirs to find. While
 * a job counts sessions it reads them itself. */
static void refresh(struct active *active, const char *paused)
{
	for (size_t i = 0; i < active->count; i++) {
		const struct entry *entry = &active->entries[i];

		if (entry->http && strcmp(entry->session.slug, paused) != 0)
			(void)gate_refresh(active->gate, entry->session.slug, NULL);
	}
}

static int read_sessions(struct active *active, struct learner_session **ret, size_t *n,
			 struct err *err)
{
	if (!active->conn && db_conn_open(active->conninfo, NULL, "tasklab labs", CONNECT_MS,
					  &active->conn, err) < 0)
		return -1;
	if (learner_sessions_over(active->conn, ret, n, err) == 0)
		return 0;
	db_conn_closep(&active->conn);
	return -1;
}

/* paused is left as it is. */
static int look(struct active *active, const char *paused, struct given *given, struct err *err)
{
	AUTO(freep) struct learner_session *sessions = NULL;
	size_t n = 0;
	int result = 0;

	if (read_sessions(active, &sessions, &n, err) < 0)
		return -1;
	for (size_t i = active->count; i-- > 0;) {
		const struct learner_session *session = &active->entries[i].session;

		if (strcmp(session->slug, paused) != 0 && !is_among(sessions, n, session))
			let_go(active, i);
	}
	for (size_t i = 0; i < n; i++) {
		if (strcmp(sessions[i].slug, paused) != 0 && !entry_of(active, sessions[i].slug) &&
		    take_up(active, &sessions[i], given, err) < 0)
			result = -1;
	}
	refresh(active, paused);
	return result;
}

/* Once for each reason. A service without its schema has no labs, and says so by itself. */
static void tell(struct active *active, int result, const struct err *err)
{
	if (result == 0)
		active->last[0] = '\0';
	if (result == 0 || strcmp(active->last, err->message) == 0)
		return;
	(void)snprintf(active->last, REASON_MAX, "%s", err->message);
	log_event(LOG_WARN, "active labs are not followed",
		  LOG_FIELDS(LOG_STR("message", err->message), LOG_STR("detail", err->detail)));
}

/* The thread ----------------------------------------------------------------------------------- */

/* False: it is over. Fills what the look is about. */
static bool wait_for_look(struct active *active, char paused[LAB_SLUG_MAX + 1], bool *gone,
			  struct given *given)
{
	int64_t due_ns = clock_mono_ns() + LOOK_NS;
	LOCK(&active->mutex);

	active->looking = false;
	pthread_cond_broadcast(&active->changed);
	while (!active->draining && !active->look) {
		if (!thread_cond_wait_until(&active->changed, &active->mutex, due_ns))
			break;
	}
	active->look = false;
	active->looking = !active->draining;
	memcpy(paused, active->paused, sizeof(active->paused));
	*gone = active->gone;
	*given = active->given;
	active->given.held = NULL;
	return !active->draining;
}

static void let_go_of(struct active *active, const char *slug)
{
	for (size_t i = active->count; i-- > 0;) {
		if (strcmp(active->entries[i].session.slug, slug) == 0)
			let_go(active, i);
	}
}

static void *active_main(void *arg)
{
	struct active *active = arg;
	char paused[LAB_SLUG_MAX + 1] = "";
	struct given given = {.held = NULL};
	bool gone = false;

	do {
		struct err err = ERR_INIT;

		if (gone)
			let_go_of(active, paused);
		tell(active, look(active, paused, &given, &err), &err);
		held_closep(&given.held); /* of a lab that was ended meanwhile */
	} while (wait_for_look(active, paused, &gone, &given));
	held_closep(&given.held);
	return NULL;
}

/* Jobs ----------------------------------------------------------------------------------------- */

static struct traffic *traffic_of(struct active *active, const char *slug)
{
	const struct entry *entry = entry_of(active, slug);

	return entry ? entry->traffic : NULL;
}

/* With the mutex held: the thread looks now, and has looked when this returns. */
static void look_now(struct active *active)
{
	active->look = true;
	pthread_cond_broadcast(&active->changed);
	while ((active->look || active->looking) && !active->draining)
		pthread_cond_wait(&active->changed, &active->mutex);
}

/* A call that is under way may last: it is waited for without the mutex. The thread frees no
 * traffic of a lab that is paused, but what is gone it has let go, and nobody works on while it
 * drains. */
void active_pause(struct active *active, const char *slug, bool gone)
{
	struct traffic *traffic;

	{
		LOCK(&active->mutex);
		(void)snprintf(active->paused, sizeof(active->paused), "%s", slug);
		active->gone = gone;
		look_now(active);
		traffic = gone || active->draining ? NULL : traffic_of(active, slug);
	}
	if (traffic)
		traffic_pause(traffic);
}

void active_go_on(struct active *active, const char *slug, struct held *held)
{
	LOCK(&active->mutex);
	struct traffic *traffic = traffic_of(active, slug);

	if (traffic)
		traffic_go_on(traffic);
	active->paused[0] = '\0';
	active->gone = false;
	held_closep(&active->given.held);
	active->given.held = held;
	(void)snprintf(active->given.slug, sizeof(active->given.slug), "%s", slug);
	look_now(active);
}

void active_use(struct active *active, const char *slug, const char *statement)
{
	LOCK(&active->mutex);
	struct traffic *traffic = traffic_of(active, slug);

	if (traffic)
		(void)traffic_use(traffic, statement, NULL);
}

size_t active_list(struct active *active, struct learner_session ret[ACTIVE_MAX])
{
	LOCK(&active->mutex);

	for (size_t i = 0; i < active->count; i++)
		ret[i] = active->entries[i].session;
	return active->count;
}

/* Life ----------------------------------------------------------------------------------------- */

int active_new(const struct engine *engine, const char *conninfo, struct gate *gate,
	       struct active **ret, struct err *err)
{
	struct active *active = calloc(1, sizeof(*active));

	if (!active)
		return err_no_memory(err);
	if (thread_cond_init(&active->changed, err) < 0) {
		free(active);
		return -1;
	}
	pthread_mutex_init(&active->mutex, NULL);
	active->engine = engine;
	active->conninfo = conninfo;
	active->gate = gate;
	active->looking = true;
	lab_labels_idle();
	*ret = active;
	return 0;
}

int active_begin(struct active *active, struct err *err)
{
	if (thread_start(&active->thread, "lab-active", active_main, active, err) < 0)
		return -1;
	active->begun = true;
	return 0;
}

void active_drain(struct active *active)
{
	LOCK(&active->mutex);

	active->draining = true;
	pthread_cond_broadcast(&active->changed);
}

void active_freep(struct active **pointer)
{
	struct active *active = *pointer;

	if (!active)
		return;
	active_drain(active);
	if (active->begun)
		pthread_join(active->thread, NULL);
	while (active->count > 0)
		release(active, &active->entries[--active->count]);
	held_closep(&active->given.held);
	db_conn_closep(&active->conn);
	pthread_cond_destroy(&active->changed);
	pthread_mutex_destroy(&active->mutex);
	free(active);
	*pointer = NULL;
}
