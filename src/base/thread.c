/* thread.c - named threads and condition variables on the monotonic clock. */
#include <tasklab/base/thread.h>

#include <errno.h>
#include <stdio.h>
#include <time.h>

#include <tasklab/base/clock.h>

#define NAME_SIZE 16 /* the kernel's limit, pthread_setname_np(3) */

int thread_start(pthread_t *ret, const char *name, void *(*body)(void *), void *arg,
		 struct err *err)
{
	char short_name[NAME_SIZE];
	int rc = pthread_create(ret, NULL, body, arg);

	if (rc != 0)
		return err_errno(err, rc, "cannot start a thread", name);
	snprintf(short_name, sizeof(short_name), "%s", name);
	pthread_setname_np(*ret, short_name);
	return 0;
}

int thread_cond_init(pthread_cond_t *cond, struct err *err)
{
	pthread_condattr_t attr;
	int rc = pthread_condattr_init(&attr);

	if (rc == 0) {
		rc = pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
		if (rc == 0)
			rc = pthread_cond_init(cond, &attr);
		pthread_condattr_destroy(&attr);
	}
	if (rc != 0)
		return err_errno(err, rc, "cannot make a condition variable", "pthread_cond_init");
	return 0;
}

bool thread_cond_wait_until(pthread_cond_t *cond, pthread_mutex_t *mutex, int64_t deadline_ns)
{
	struct timespec ts;

	if (deadline_ns == CLOCK_NEVER) {
		pthread_cond_wait(cond, mutex);
		return true;
	}
	if (deadline_ns < 0)
		deadline_ns = 0;
	ts.tv_sec = deadline_ns / CLOCK_NS_PER_S;
	ts.tv_nsec = deadline_ns % CLOCK_NS_PER_S;
	return pthread_cond_timedwait(cond, mutex, &ts) != ETIMEDOUT;
}
