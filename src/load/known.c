/* known.c - bounded tables of what answers told. */
#include "known.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <tasklab/base/text.h>
#include <tasklab/base/thread.h>

struct known *known_new(void)
{
	struct known *known = calloc(1, sizeof(*known));

	if (known)
		pthread_mutex_init(&known->mutex, NULL);
	return known;
}

void known_freep(struct known **known)
{
	if (!*known)
		return;
	pthread_mutex_destroy(&(*known)->mutex);
	free(*known);
	*known = NULL;
}

static size_t place(int64_t id, size_t n)
{
	return (size_t)(text_hash64(&id, sizeof(id)) % n);
}

void known_id(struct known *known, enum known_kind kind, int64_t id)
{
	LOCK(&known->mutex);
	struct known_ids *ids = &known->ids[kind];
	int64_t *at = &ids->id[place(id, KNOWN_IDS)];

	if (id <= 0)
		return;
	if (*at == 0)
		ids->count++;
	*at = id;
}

void known_forget(struct known *known, enum known_kind kind, int64_t id)
{
	LOCK(&known->mutex);
	struct known_ids *ids = &known->ids[kind];
	int64_t *at = &ids->id[place(id, KNOWN_IDS)];

	if (id <= 0 || *at != id)
		return;
	*at = 0;
	ids->count--;
}

/* The next taken place from there on. */
static int64_t from_place(const struct known_ids *ids, size_t at)
{
	if (ids->count == 0)
		return 0;
	while (ids->id[at % KNOWN_IDS] == 0)
		at++;
	return ids->id[at % KNOWN_IDS];
}

int64_t known_popular(struct known *known, enum known_kind kind, struct rand *rand)
{
	LOCK(&known->mutex);
	/* n^u with u even in [0, 1) has a density in proportion to 1/rank. */
	double rank = pow(KNOWN_IDS, rand_f64(rand));

	return from_place(&known->ids[kind], (size_t)rank - 1);
}

int64_t known_any(struct known *known, enum known_kind kind, struct rand *rand)
{
	LOCK(&known->mutex);

	return from_place(&known->ids[kind], (size_t)rand_below(rand, KNOWN_IDS));
}

void known_link(struct known *known, const char *link)
{
	LOCK(&known->mutex);

	if (link[0] == '\0')
		return;
	if (known->links == KNOWN_LINKS) {
		memmove(known->link[0], known->link[1],
			sizeof(known->link) - sizeof(known->link[0]));
		known->links--;
	}
	strncpy(known->link[known->links], link, SCAN_LINK_SIZE - 1);
	known->links++;
}

bool known_take_link(struct known *known, char link[SCAN_LINK_SIZE])
{
	LOCK(&known->mutex);

	if (known->links == 0)
		return false;
	memcpy(link, known->link[--known->links], SCAN_LINK_SIZE);
	return true;
}

void known_etag(struct known *known, int64_t task_id, const char *etag)
{
	LOCK(&known->mutex);
	struct known_etag *at = &known->etags[place(task_id, KNOWN_TAGS)];
	size_t len = strlen(etag);

	if (task_id <= 0 || len == 0 || len >= KNOWN_ETAG_SIZE)
		return;
	at->task_id = task_id;
	memcpy(at->etag, etag, len + 1);
}

bool known_take_etag(struct known *known, struct rand *rand, struct known_etag *ret)
{
	LOCK(&known->mutex);
	size_t start = (size_t)rand_below(rand, KNOWN_TAGS);

	for (size_t i = 0; i < KNOWN_TAGS; i++) {
		struct known_etag *at = &known->etags[(start + i) % KNOWN_TAGS];

		if (at->task_id == 0)
			continue;
		*ret = *at;
		at->task_id = 0;
		return true;
	}
	return false;
}
