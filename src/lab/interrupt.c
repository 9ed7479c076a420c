/* interrupt.c - the thread that waits for a stop and cancels a run's statements. */
#include "interrupt.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <tasklab/base/clock.h>
#include <tasklab/base/thread.h>

#define REPEAT_MS 100

static const char SQL_CANCEL[] =
	"SELECT count(pg_cancel_backend(pid)) FROM pg_stat_activity"
	" WHERE state = 'active' AND usename = current_user AND pid <> pg_backend_pid()"
	" AND (application_name = $1 OR datname = $2)";

/* True: the run has ended. */
static bool wait_for_end(const struct interrupt *interrupt, int timeout_ms)
{
	struct pollfd fd = {.fd = interrupt->end_fd, .events = POLLIN};

	return poll(&fd, 1, timeout_ms) > 0;
}

static void cancel_until_end(struct interrupt *interrupt)
{
	char application[GUARD_NAME_SIZE + sizeof(GUARD_APPLICATION)];
	AUTO(db_conn_closep) struct db_conn *conn = NULL;

	(void)snprintf(application, sizeof(application), "%s%s", GUARD_APPLICATION,
		       interrupt->database);
	/* Without a connection the flag alone must do: the server is gone anyway. */
	if (db_conn_open(interrupt->conninfo, NULL, GUARD_APPLICATION "stop", GUARD_CONNECT_MS,
			 &conn, NULL) < 0)
		return;
	do {
		const char *template = atomic_load(&interrupt->building) ? interrupt->template : "";

		db_conn_set_deadline(conn, clock_mono_ns() + GUARD_CONNECT_MS * CLOCK_NS_PER_MS);
		if (db_conn_query(conn, SQL_CANCEL,
				  DB_ARGS(db_text(application), db_text(template)), NULL, NULL) < 0)
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
		cancel_until_end(interrupt);
	}
	return NULL;
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
