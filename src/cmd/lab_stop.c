/* lab_stop.c - turns Ctrl-C, SIGTERM and a closed terminal into a readable descriptor. */
#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "lab_words.h"

void lab_stop_closep(int *fd)
{
	if (*fd >= 0)
		(void)close(*fd);
}

static volatile sig_atomic_t stop_write_fd = -1;

static void on_stop(int signal_number)
{
	static const char said[] = "\nstopping; a second time ends at once, and leaves it to "
				   "\"tasklab lab reset\" to clear up\n";
	const uint64_t one = 1;
	int saved = errno;

	(void)signal_number;
	if (write(stop_write_fd, &one, sizeof(one)) < 0 ||
	    write(STDERR_FILENO, said, sizeof(said) - 1) < 0)
		errno = saved; /* nothing that a handler could do about it */
	errno = saved;
}

int lab_stop_catch(int *ret, struct err *err)
{
	static const int signals[] = {SIGINT, SIGTERM, SIGHUP};
	struct sigaction action = {.sa_handler = on_stop,
				   .sa_flags = (int)SA_RESETHAND | SA_RESTART};
	int fd = eventfd(0, EFD_CLOEXEC);

	if (fd < 0)
		return err_errno(err, errno, "signals cannot be caught", "eventfd");
	stop_write_fd = fd;
	(void)sigemptyset(&action.sa_mask);
	for (size_t i = 0; i < ARRAY_LEN(signals); i++)
		(void)sigaction(signals[i], &action, NULL);
	*ret = fd;
	return 0;
}
