/* shapes.h - the prepared statements of one connection: one slot a query, and a bounded cache of
 * shapes from which the least recently used one has to go. */
#ifndef DB_SHAPES_H
#define DB_SHAPES_H

#include <stdbool.h>
#include <stdint.h>

#include <tasklab/db/db.h>

#include "registry.h"

#define SHAPES_NAME_SIZE (REGISTRY_NAME_MAX + 10)

/* A statement on the server and the types it was prepared with (OIDs; 0: a NULL, inferred). */
struct prepared {
	bool live;  /* prepared under its name */
	bool stale; /* must be prepared anew */
	uint16_t types[DB_ARGS_MAX];
};

struct shape_slot {
	uint64_t id; /* shapes_id; UINT64_MAX while unused */
	struct prepared prepared;
	uint32_t newer, older; /* the list by use */
	uint32_t next;         /* in the hash bucket */
	char name[SHAPES_NAME_SIZE];
};

struct shapes {
	struct shape_slot *slots;
	uint32_t *buckets;
	uint32_t max, mask;
	uint32_t newest, oldest;
};

uint64_t shapes_id(const struct db_query *query, uint32_t key);
int shapes_init(struct shapes *shapes, unsigned max, struct err *err);
void shapes_release(struct shapes *shapes);
/* The slot of this id, now the most recently used; NULL when there is none. */
struct shape_slot *shapes_find(struct shapes *shapes, uint64_t id);
/* The slot that has to go next; when it is live, it must be deallocated before shapes_assign. */
struct shape_slot *shapes_oldest(struct shapes *shapes);
/* Gives the slot, emptied, to another id and makes it the most recently used. */
void shapes_assign(struct shapes *shapes, struct shape_slot *slot, uint64_t id, const char *name,
		   uint32_t key);

#endif
