/* thread.h - the little that pthreads lack here: monotonic condition variables, named threads. */
#ifndef TASKLAB_BASE_THREAD_H
#define TASKLAB_BASE_THREAD_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include <tasklab/base/attr.h>
#include <tasklab/base/err.h>

/* AUTO unlock: LOCK(&pool->mutex); releases at the end of the scope. */
static inline pthread_mutex_t *thread_lock(pthread_mutex_t *mutex)
{
	pthread_mutex_lock(mutex);
	return mutex;
}
static inline void thread_unlockp(pthread_mutex_t **mutex)
{
	if (*mutex)
		pthread_mutex_unlock(*mutex);
}
#define LOCK(mutex) AUTO(thread_unlockp) UNUSED pthread_mutex_t *lock_held_ = thread_lock(mutex)

int thread_start(pthread_t *ret, const char *name, void *(*body)(void *), void *arg,
		 struct err *err);
int thread_cond_init(pthread_cond_t *cond, struct err *err); /* on CLOCK_MONOTONIC */
/* Waits for a signal or the monotonic deadline; false when the deadline passed. */
bool thread_cond_wait_until(pthread_cond_t *cond, pthread_mutex_t *mutex, int64_t deadline_ns);

#endif
