/* lab_cache.c - a short cache of answers, for the lab on cache stampedes. */
#include "lab_cache.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <tasklab/base/clock.h>
#include <tasklab/base/thread.h>

#define ENTRIES_MAX 16
#define KEY_MAX     512

struct entry {
	uint64_t door; /* 0: free */
	char key[KEY_MAX];
	struct buf body;
	int64_t filled_ns; /* 0: never */
	bool computing;    /* somebody does, for all */
};

struct lab_cache {
	pthread_mutex_t mutex;
	pthread_cond_t computed;
	struct entry entries[ENTRIES_MAX];
};

int lab_cache_new(struct lab_cache **ret, struct err *err)
{
	struct lab_cache *cache = calloc(1, sizeof(*cache));

	if (!cache)
		return err_no_memory(err);
	if (thread_cond_init(&cache->computed, err) < 0) {
		free(cache);
		return -1;
	}
	pthread_mutex_init(&cache->mutex, NULL);
	*ret = cache;
	return 0;
}

void lab_cache_freep(struct lab_cache **pointer)
{
	struct lab_cache *cache = *pointer;

	if (!cache)
		return;
	for (size_t i = 0; i < ENTRIES_MAX; i++)
		buf_release(&cache->entries[i].body);
	pthread_cond_destroy(&cache->computed);
	pthread_mutex_destroy(&cache->mutex);
	free(cache);
	*pointer = NULL;
}

/* Entries, under the mutex ----------------------------------------------------------------------
 */

/* The entry of the key, or the one that was filled longest ago, made free for it; NULL when all are
 * being computed. */
static struct entry *find_entry(struct lab_cache *cache, uint64_t door, const char *key)
{
	struct entry *oldest = NULL;

	for (size_t i = 0; i < ENTRIES_MAX; i++) {
		struct entry *entry = &cache->entries[i];

		if (entry->door == door && strcmp(entry->key, key) == 0)
			return entry;
		if (!entry->computing && (!oldest || entry->filled_ns < oldest->filled_ns))
			oldest = entry;
	}
	if (!oldest)
		return NULL;
	buf_release(&oldest->body);
	*oldest = (struct entry){.door = door};
	(void)snprintf(oldest->key, sizeof(oldest->key), "%s", key);
	return oldest;
}

static bool is_fresh(const struct entry *entry)
{
	return entry->filled_ns != 0 &&
	       clock_mono_ns() - entry->filled_ns < LAB_CACHE_TTL_MS * CLOCK_NS_PER_MS;
}

static int answer_from(const struct entry *entry, struct http_reply *reply)
{
	buf_append(http_reply_body(reply), entry->body.data, entry->body.len);
	return 0;
}

static int store(struct entry *entry, struct http_reply *reply, struct err *err)
{
	const struct buf *body = http_reply_body(reply);

	buf_release(&entry->body);
	entry->body = BUF_INIT(body->max);
	buf_append(&entry->body, body->data, body->len);
	if (buf_check(&entry->body, err) < 0)
		return -1;
	entry->filled_ns = clock_mono_ns();
	return 0;
}

/* Ways ------------------------------------------------------------------------------------------
 */

/* False: longer than a key can be. */
static bool write_key(const struct api_call *call, char key[KEY_MAX])
{
	size_t at = (size_t)snprintf(key, KEY_MAX, "%s?", http_request_path(call->request));

	for (size_t i = 0; i < http_query_count(call->request) && at < KEY_MAX; i++)
		at += (size_t)snprintf(key + at, KEY_MAX - at, "%s=%s&",
				       http_query_name(call->request, i),
				       http_query_value(call->request, i));
	return at < KEY_MAX;
}

/* True: the reply holds the answer. False: the caller computes it; *entry, when there is one, is to
 * be filled. */
static bool look(struct lab_cache *cache, const struct api_call *call, const char *key, int way,
		 struct http_reply *reply, struct entry **entry)
{
	int64_t deadline_ns = http_request_deadline_ns(call->request);
	LOCK(&cache->mutex);

	for (;;) {
		*entry = find_entry(cache, call->visit.number, key);
		if (!*entry)
			return false;
		if (is_fresh(*entry) ||
		    (way == GATE_STALE && (*entry)->computing && (*entry)->filled_ns != 0))
			return answer_from(*entry, reply) == 0;
		if (way == GATE_EXPIRING) {
			*entry = NULL; /* looked up again when it is filled */
			return false;
		}
		if (!(*entry)->computing) {
			(*entry)->computing = true;
			return false;
		}
		if (!thread_cond_wait_until(&cache->computed, &cache->mutex, deadline_ns)) {
			*entry = NULL;
			return false; /* the statement's deadline says what happened */
		}
	}
}

int lab_cache_answer(struct lab_cache *cache, struct api_call *call, struct http_reply *reply,
		     api_handler *compute, struct err *err)
{
	int way = call->visit.switches[GATE_REPORT_CACHE];
	struct entry *entry = NULL;
	char key[KEY_MAX];
	int result;

	if (!write_key(call, key))
		return compute(call, reply, err);
	if (look(cache, call, key, way, reply, &entry))
		return 0;
	result = compute(call, reply, err);
	LOCK(&cache->mutex);
	if (entry)
		entry->computing = false;
	else if (result == 0)
		entry = find_entry(cache, call->visit.number, key);
	if (result == 0 && entry)
		result = store(entry, reply, err);
	pthread_cond_broadcast(&cache->computed);
	return result;
}
