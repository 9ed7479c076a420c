/* watch.c - cuts connections whose peer holds a worker too long. */
#include "watch.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <tasklab/base/clock.h>
#include <tasklab/base/thread.h>

#include "sock.h"

struct slot {
	bool used;
	int64_t deadline_ns; /* CLOCK_NEVER once it was cut */
	enum watch_cut cut;
	char remote[64];
	int remote_port;
};

struct watch {
	pthread_t thread;
	pthread_mutex_t mutex;
	pthread_cond_t changed;
	bool stopping;
	int64_t next_ns; /* when the thread wakes up */
	unsigned port;
	size_t count;
	struct slot slots[];
};

/* With the mutex held, so that the connection is still the one that the slot tells of. */
static void slot_cut(const struct watch *watch, struct slot *slot)
{
	/* With it, closing drops what the peer does not take instead of keeping it in the kernel.
	 */
	const struct linger drop = {.l_onoff = 1, .l_linger = 0};
	int fd = sock_find(watch->port, slot->remote, slot->remote_port);

	slot->deadline_ns = CLOCK_NEVER;
	if (fd < 0)
		return;
	if (slot->cut == WATCH_CUT_ALL)
		(void)setsockopt(fd, SOL_SOCKET, SO_LINGER, &drop, sizeof(drop));
	shutdown(fd, slot->cut == WATCH_CUT_READ ? SHUT_RD : SHUT_RDWR);
	close(fd);
}

/* Cuts what is due; returns when the next one is. */
static int64_t cut_due(struct watch *watch)
{
	int64_t now_ns = clock_mono_ns(), next_ns = CLOCK_NEVER;

	for (size_t i = 0; i < watch->count; i++) {
		struct slot *slot = &watch->slots[i];

		if (slot->used && slot->deadline_ns <= now_ns)
			slot_cut(watch, slot);
		if (slot->used && slot->deadline_ns < next_ns)
			next_ns = slot->deadline_ns;
	}
	return next_ns;
}

static void *watch_run(void *arg)
{
	struct watch *watch = arg;

	pthread_mutex_lock(&watch->mutex);
	while (!watch->stopping) {
		watch->next_ns = cut_due(watch);
		if (watch->next_ns == CLOCK_NEVER)
			pthread_cond_wait(&watch->changed, &watch->mutex);
		else
			(void)thread_cond_wait_until(&watch->changed, &watch->mutex,
						     watch->next_ns);
	}
	pthread_mutex_unlock(&watch->mutex);
	return NULL;
}

int watch_new(size_t slots, struct watch **ret, struct err *err)
{
	struct watch *watch = calloc(1, sizeof(*watch) + slots * sizeof(watch->slots[0]));

	if (!watch)
		return err_no_memory(err);
	watch->count = slots;
	pthread_mutex_init(&watch->mutex, NULL);
	if (thread_cond_init(&watch->changed, err) < 0 ||
	    thread_start(&watch->thread, "http-watch", watch_run, watch, err) < 0) {
		free(watch);
		return -1;
	}
	*ret = watch;
	return 0;
}

void watch_port(struct watch *watch, unsigned port)
{
	LOCK(&watch->mutex);
	watch->port = port;
}

void watch_freep(struct watch **watch)
{
	if (!*watch)
		return;
	pthread_mutex_lock(&(*watch)->mutex);
	(*watch)->stopping = true;
	pthread_cond_signal(&(*watch)->changed);
	pthread_mutex_unlock(&(*watch)->mutex);
	pthread_join((*watch)->thread, NULL);
	pthread_cond_destroy(&(*watch)->changed);
	pthread_mutex_destroy(&(*watch)->mutex);
	free(*watch);
	*watch = NULL;
}

size_t watch_begin(struct watch *watch, const char *remote, int remote_port, int64_t deadline_ns,
		   enum watch_cut cut)
{
	LOCK(&watch->mutex);
	size_t i = 0;

	while (i < watch->count && watch->slots[i].used)
		i++;
	assert(i < watch->count);
	watch->slots[i] = (struct slot){
		.used = true, .deadline_ns = deadline_ns, .cut = cut, .remote_port = remote_port};
	(void)snprintf(watch->slots[i].remote, sizeof(watch->slots[i].remote), "%s", remote);
	/* Stretches begin with later and later deadlines, so the thread is seldom woken early. */
	if (deadline_ns < watch->next_ns) {
		watch->next_ns = deadline_ns;
		pthread_cond_signal(&watch->changed);
	}
	return i;
}

void watch_end(struct watch *watch, size_t slot)
{
	LOCK(&watch->mutex);
	watch->slots[slot].used = false;
}
