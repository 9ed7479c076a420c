/* interrupt.c - the thread that waits for a stop and cancels a job's statements. */
#include "interrupt.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <tasklab/base/clock.h>
#include <tasklab/base/thread.h>

#define REPEAT_MS 100

/* The engine's own sessions and those that the lab holds, which have names of their own. */
static const char SQL_CANCEL[] =
	"SELECT count(pg_cancel_backend(pid)) FROM pg_stat_activity"
	" WHERE state = 'active' AND usename = current_user AND pid <> pg_backend_pid()"
	" AND (application_name = ANY($1) OR datname = $2"
	" OR (datname = ANY($3) AND application_name = ANY($4)))";

/* True: the job has ended. */
static bool wait_for_end(const struct interrupt *interrupt, int timeout_ms)
{
	struct pollfd fd = {.fd = interrupt->end_fd, .events = POLLIN};

	return poll(&fd, 1, timeout_ms) > 0;
}

struct names {
	char databases[2][GUARD_NAME_SIZE];
	char applications[2][GUARD_NAME_SIZE + sizeof(GUARD_APPLICATION)];
};

static void fill_names(const struct lab *lab, struct names *names)
{
	guard_lab_database(lab->slug, names->databases[0]);
	guard_reference_database(lab->slug, names->databases[1]);
	for (size_t i = 0; i < 2; i++)
		(void)snprintf(names->applications[i], sizeof(names->applications[i]), "%s%s",
			       GUARD_APPLICATION, names->databases[i]);
}

static int cancel_all(const struct interrupt *interrupt, struct db_conn *conn)
{
	const struct lab *lab = interrupt->lab;
	const char *template = atomic_load(&interrupt->building) ? interrupt->template : "";
	const char *sessions[LAB_SESSIONS_MAX];
	struct names names;
	const char *const databases[] = {names.databases[0], names.databases[1]};
	const char *const applications[] = {names.applications[0], names.applications[1]};

	fill_names(lab, &names);
	for (size_t i = 0; i < lab->session_count; i++)
		sessions[i] = lab->sessions[i].name;
	db_conn_set_deadline(conn, clock_mono_ns() + GUARD_CONNECT_MS * CLOCK_NS_PER_MS);
	return db_conn_query(conn, SQL_CANCEL,
			     DB_ARGS(db_texts(applications, 2), db_text(template),
				     db_texts(databases, 2),
				     db_texts(sessions, lab->session_count)),
			     NULL, NULL);
}

static void cancel_until_end(struct interrupt *interrupt)
{
	AUTO(db_conn_closep) struct db_conn *conn = NULL;

	/* Without a connection the flag and the limit must do: the server is gone anyway. */
	if (db_conn_open(interrupt->conninfo, NULL, GUARD_APPLICATION "stop", GUARD_CONNECT_MS,
			 &conn, NULL) < 0)
		return;
	do {
		if (cancel_all(interrupt, conn) < 0)
			return;
	} while (!wait_for_end(interrupt, REPEAT_MS));
}

static void *interrupt_main(void *arg)
{
	struct interrupt *interrupt = arg;
	struct pollfd fds[] = {{.fd = interrupt->stop_fd, .events = POLLIN},
			       {.fd = interrupt->end_fd, .events = POLLIN}};

	while (poll(fds, ARRAY_LEN(fds), -1) < 0 && errno == EINTR)
		;
	if (fds[1].revents == 0 && fds[0].revents != 0) {
		atomic_store(&interrupt->stop, true);
		atomic_store(&interrupt->limit_ns,
			     clock_mono_ns() + INTERRUPT_PATIENCE_MS * CLOCK_NS_PER_MS);
		cancel_until_end(interrupt);
	}
	return NULL;
}

void interrupt_init(struct interrupt *interrupt, const char *conninfo, const struct lab *lab,
		    int stop_fd)
{
	*interrupt = (struct interrupt){
		.conninfo = conninfo, .lab = lab, .stop_fd = stop_fd, .limit_ns = CLOCK_NEVER};
}

int interrupt_start(struct interrupt *interrupt, struct err *err)
{
	interrupt->started = false;
	interrupt->end_fd = -1;
	if (interrupt->stop_fd < 0)
		return 0;
	interrupt->end_fd = eventfd(0, EFD_CLOEXEC);
	if (interrupt->end_fd < 0)
		return err_errno(err, errno, "the run cannot be watched", "eventfd");
	if (thread_start(&interrupt->thread, "lab-stop", interrupt_main, interrupt, err) < 0) {
		(void)close(interrupt->end_fd);
		return -1;
	}
	interrupt->started = true;
	return 0;
}

void interrupt_end(struct interrupt *interrupt)
{
	const uint64_t one = 1;

	if (!interrupt->started)
		return;
	/* The counter of an eventfd takes one without fail. */
	while (write(interrupt->end_fd, &one, sizeof(one)) < 0 && errno == EINTR)
		;
	pthread_join(interrupt->thread, NULL);
	(void)close(interrupt->end_fd);
	interrupt->started = false;
}
