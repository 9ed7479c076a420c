/* known.h - what the generator has learnt from answers: ids, links to next pages, entity tags.
 *
 * Bounded, and shared by the workers under one lock. An id keeps its place for the whole run, and
 * places are chosen by a power law, so the same tasks stay popular.
 */
#ifndef TASKLAB_LOAD_KNOWN_H
#define TASKLAB_LOAD_KNOWN_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <tasklab/base/rand.h>

#include "scan.h"

#define KNOWN_IDS       4096 /* of each kind */
#define KNOWN_LINKS     64
#define KNOWN_TAGS      256 /* entity tags */
#define KNOWN_ETAG_SIZE 32

enum known_kind { KNOWN_TASK, KNOWN_PROJECT, KNOWN_USER, KNOWN_TAG, KNOWN_KINDS };

struct known_ids {
	int64_t id[KNOWN_IDS]; /* at a place given by its hash; 0: none */
	size_t count;
};

struct known_etag {
	int64_t task_id;
	char etag[KNOWN_ETAG_SIZE];
};

struct known {
	pthread_mutex_t mutex;
	struct known_ids ids[KNOWN_KINDS];
	char link[KNOWN_LINKS][SCAN_LINK_SIZE];
	size_t links;
	struct known_etag etags[KNOWN_TAGS];
};

struct known *known_new(void); /* NULL when out of memory */
void known_freep(struct known **known);

void known_id(struct known *known, enum known_kind kind, int64_t id);
void known_forget(struct known *known, enum known_kind kind, int64_t id);
/* An id by a power law over the places, or any with equal chance; 0 when none is known. */
int64_t known_popular(struct known *known, enum known_kind kind, struct rand *rand);
int64_t known_any(struct known *known, enum known_kind kind, struct rand *rand);

void known_link(struct known *known, const char *link);
/* Takes the latest link; false when there is none. */
bool known_take_link(struct known *known, char link[SCAN_LINK_SIZE]);

/* The version of a task that the client saw last. Taking one removes it: a version is changed once.
 */
void known_etag(struct known *known, int64_t task_id, const char *etag);
bool known_take_etag(struct known *known, struct rand *rand, struct known_etag *ret);

#endif
