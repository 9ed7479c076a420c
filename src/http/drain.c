/* drain.c - the end of a server without a lost request.
 *
 * mg_stop drops whatever is on its way, so by the time it is called nothing may be. Closing a
 * listening socket resets the connections that wait in its accept queue; so first new connection
 * attempts are dropped by a filter, and only when the queue has been empty for a moment is the
 * socket closed, by putting another descriptor in its place: civetweb goes on polling that one.
 * Then each connection is answered with Connection: close at its next request. One that has been
 * silent for a while is shut for reading: its worker sees the end of the input, unless a request
 * has come in after all, which it answers.
 */
#include "drain.h"

#include <fcntl.h>
#include <stdbool.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include <tasklab/base/clock.h>

#include "sock.h"

#define STEP_NS    (10 * CLOCK_NS_PER_MS)
#define ACCEPT_NS  (100 * CLOCK_NS_PER_MS) /* for handshakes under way: a round trip */
#define SILENCE_MS 300U                    /* after which a connection is taken to be idle */

static bool filter_visit(int original, int fd, bool listening, void *arg)
{
	(void)original;
	(void)arg;
	if (listening)
		(void)sock_refuse_new(fd); /* without it they are served until the queue is empty */
	return true;
}

static bool backlog_visit(int original, int fd, bool listening, void *arg)
{
	unsigned *waiting = arg;

	(void)original;
	if (listening)
		*waiting += sock_backlog(fd);
	return true;
}

static bool close_visit(int original, int fd, bool listening, void *arg)
{
	const int *quiet = arg;

	/* dup3, by number: ThreadSanitizer takes it for a mistake to replace a descriptor that
	 * another thread uses, which is the purpose here. */
	if (listening && syscall(SYS_dup3, *quiet, original, O_CLOEXEC) >= 0)
		shutdown(fd, SHUT_RDWR);
	return true;
}

static void set_readable(int quiet, bool readable)
{
	struct itimerspec at = {.it_value = {.tv_nsec = readable ? 1 : 0}};

	(void)timerfd_settime(quiet, 0, &at, NULL);
}

/* The shutdown wakes civetweb's poll, which looks at the descriptor anew but would sleep on without
 * watching it; so that it returns and starts afresh, there is something to read for a moment. */
static void replace_listener(unsigned port, int quiet)
{
	set_readable(quiet, true);
	sock_each(port, close_visit, &quiet);
	clock_sleep_until(clock_mono_ns() + STEP_NS);
	set_readable(quiet, false);
}

static bool silent_visit(int original, int fd, bool listening, void *arg)
{
	size_t *open = arg;

	(void)original;
	if (listening)
		return true;
	++*open;
	if (sock_idle_ms(fd) >= SILENCE_MS)
		shutdown(fd, SHUT_RD);
	return true;
}

static void wait_for_accepts(unsigned port, int64_t deadline_ns)
{
	int64_t empty_ns = clock_mono_ns();

	for (;;) {
		int64_t now_ns = clock_mono_ns();
		unsigned waiting = 0;

		sock_each(port, backlog_visit, &waiting);
		if (waiting > 0)
			empty_ns = now_ns;
		if (now_ns - empty_ns >= ACCEPT_NS || now_ns >= deadline_ns)
			return;
		clock_sleep_until(now_ns + STEP_NS);
	}
}

static void wait_for_connections(unsigned port, int64_t deadline_ns)
{
	for (;;) {
		int64_t now_ns = clock_mono_ns();
		size_t open = 0;

		sock_each(port, silent_visit, &open);
		if (open == 0 || now_ns >= deadline_ns)
			return;
		clock_sleep_until(now_ns + STEP_NS);
	}
}

void drain(unsigned port, int64_t deadline_ns)
{
	/* A timer that is not set is never readable. */
	int quiet = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);

	sock_each(port, filter_visit, NULL);
	wait_for_accepts(port, deadline_ns);
	if (quiet >= 0)
		replace_listener(port, quiet);
	wait_for_connections(port, deadline_ns);
	if (quiet >= 0) {
		set_readable(quiet, true); /* civetweb's poll returns and sees mg_stop at once */
		close(quiet);
	}
}
