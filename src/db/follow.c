/* follow.c - keeps what is followed, for the monitor's thread to look at. */
#include "follow.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include <tasklab/base/thread.h>

static const char *const *names;
static size_t name_count;

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER; /* guards the rest */
static struct follow followed[DB_FOLLOW_MAX];
static size_t followed_count;
static uint64_t version;

int db_follow_names(const char *const *values, size_t n, struct err *err)
{
	if (n > DB_FOLLOW_NAMES_MAX)
		return err_set(err, ERR_TOO_LARGE, "too many names of followed statements",
			       "%zu, at most %d", n, DB_FOLLOW_NAMES_MAX);
	names = values;
	name_count = n;
	return 0;
}

size_t follow_names(const char *const **ret)
{
	*ret = names;
	return name_count;
}

static bool same(const struct follow *follow, const char *database, const int64_t *ids, size_t n)
{
	return strcmp(follow->database, database) == 0 && follow->count == n &&
	       memcmp(follow->ids, ids, n * sizeof(*ids)) == 0;
}

/* With the mutex held: its place, or that behind the last. */
static size_t place_of(size_t name)
{
	size_t i = 0;

	while (i < followed_count && followed[i].name != name)
		i++;
	return i;
}

void db_follow(size_t name, const char *database, const int64_t *ids, size_t n)
{
	LOCK(&mutex);
	size_t at = place_of(name);
	struct follow *follow = &followed[at];

	if (n > DB_FOLLOW_IDS_MAX)
		n = DB_FOLLOW_IDS_MAX;
	if (at == DB_FOLLOW_MAX || (at < followed_count && same(follow, database, ids, n)))
		return;
	version++;
	*follow = (struct follow){.version = version, .name = name, .count = n};
	(void)snprintf(follow->database, sizeof(follow->database), "%s", database);
	memcpy(follow->ids, ids, n * sizeof(*ids));
	if (at == followed_count)
		followed_count++;
}

void db_unfollow(size_t name)
{
	LOCK(&mutex);
	size_t at = place_of(name);

	if (at == followed_count)
		return;
	followed_count--;
	memmove(&followed[at], &followed[at + 1], (followed_count - at) * sizeof(followed[0]));
}

size_t follow_copy(struct follow ret[DB_FOLLOW_MAX])
{
	LOCK(&mutex);

	memcpy(ret, followed, followed_count * sizeof(followed[0]));
	return followed_count;
}
