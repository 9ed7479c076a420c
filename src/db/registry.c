/* registry.c - keeps every named query; its order is by name, so that listings are stable. */
#include "registry.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define NAME_CHARACTERS "abcdefghijklmnopqrstuvwxyz0123456789_"

static struct db_query *queries[DB_QUERY_MAX];
static size_t query_count;
static struct db_query *unfit; /* beyond DB_QUERY_MAX */
static bool sealed;
static pthread_once_t seal_once = PTHREAD_ONCE_INIT;

/* Runs before main, in one thread. */
void db_query_register(struct db_query *query)
{
	assert(!sealed);
	if (query_count == DB_QUERY_MAX) {
		unfit = query;
		return;
	}
	query->index = (int)query_count;
	queries[query_count++] = query;
}

static int by_name(const void *a, const void *b)
{
	const struct db_query *const *left = a;
	const struct db_query *const *right = b;

	return strcmp((*left)->name, (*right)->name);
}

static void seal(void)
{
	qsort(queries, query_count, sizeof(*queries), by_name);
	for (size_t i = 0; i < query_count; i++)
		queries[i]->index = (int)i;
	sealed = true;
}

int registry_seal(struct err *err)
{
	pthread_once(&seal_once, seal);
	if (unfit)
		return err_set(err, ERR_INTERNAL, "too many queries are registered",
			       "query %s is beyond DB_QUERY_MAX", unfit->name);
	for (size_t i = 0; i < query_count; i++) {
		const char *name = queries[i]->name;

		if (!*name || strlen(name) > REGISTRY_NAME_MAX ||
		    name[strspn(name, NAME_CHARACTERS)] != '\0')
			return err_set(err, ERR_INTERNAL, "a query's name is malformed", "\"%s\"",
				       name);
		if (i > 0 && strcmp(queries[i - 1]->name, name) == 0)
			return err_set(err, ERR_INTERNAL, "two queries have one name", "%s", name);
	}
	return 0;
}

size_t db_query_count(void)
{
	return query_count;
}

const char *db_query_name(size_t index)
{
	assert(index < query_count);
	return queries[index]->name;
}
