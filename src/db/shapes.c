/* shapes.c - a hash table with a list by use, in two allocations of fixed size. */
#include "shapes.h"

#include <stdio.h>
#include <stdlib.h>

#define NONE      UINT32_MAX
#define UNUSED_ID UINT64_MAX

uint64_t shapes_id(const struct db_query *query, uint32_t key)
{
	return (uint64_t)query->index << 32 | key;
}

/* Fibonacci hashing (Knuth, The Art of Computer Programming, volume 3, 6.4). */
static uint32_t bucket_of(const struct shapes *shapes, uint64_t id)
{
	return (uint32_t)(id * UINT64_C(0x9E3779B97F4A7C15) >> 32) & shapes->mask;
}

int shapes_init(struct shapes *shapes, unsigned max, struct err *err)
{
	uint32_t buckets = 1;

	max = max > 0 ? max : 1;
	while (buckets < max)
		buckets *= 2;
	*shapes = (struct shapes){.max = max, .mask = buckets - 1, .oldest = max - 1};
	shapes->slots = calloc(max, sizeof(*shapes->slots));
	shapes->buckets = malloc(buckets * sizeof(*shapes->buckets));
	if (!shapes->slots || !shapes->buckets) {
		shapes_release(shapes);
		return err_no_memory(err);
	}
	for (uint32_t i = 0; i < buckets; i++)
		shapes->buckets[i] = NONE;
	for (uint32_t i = 0; i < max; i++) {
		shapes->slots[i].id = UNUSED_ID;
		shapes->slots[i].newer = i > 0 ? i - 1 : NONE;
		shapes->slots[i].older = i + 1 < max ? i + 1 : NONE;
	}
	return 0;
}

void shapes_release(struct shapes *shapes)
{
	free(shapes->slots);
	free(shapes->buckets);
	*shapes = (struct shapes){.slots = NULL};
}

static void make_newest(struct shapes *shapes, uint32_t i)
{
	struct shape_slot *slot = &shapes->slots[i];

	if (shapes->newest == i)
		return;
	shapes->slots[slot->newer].older = slot->older;
	if (slot->older != NONE)
		shapes->slots[slot->older].newer = slot->newer;
	else
		shapes->oldest = slot->newer;
	slot->newer = NONE;
	slot->older = shapes->newest;
	shapes->slots[shapes->newest].newer = i;
	shapes->newest = i;
}

struct shape_slot *shapes_find(struct shapes *shapes, uint64_t id)
{
	uint32_t i = shapes->buckets[bucket_of(shapes, id)];

	while (i != NONE && shapes->slots[i].id != id)
		i = shapes->slots[i].next;
	if (i == NONE)
		return NULL;
	make_newest(shapes, i);
	return &shapes->slots[i];
}

struct shape_slot *shapes_oldest(struct shapes *shapes)
{
	return &shapes->slots[shapes->oldest];
}

static void unlink_from_bucket(struct shapes *shapes, uint32_t i)
{
	uint32_t *at = &shapes->buckets[bucket_of(shapes, shapes->slots[i].id)];

	while (*at != i)
		at = &shapes->slots[*at].next;
	*at = shapes->slots[i].next;
}

void shapes_assign(struct shapes *shapes, struct shape_slot *slot, uint64_t id, const char *name,
		   uint32_t key)
{
	uint32_t i = (uint32_t)(slot - shapes->slots);
	uint32_t *bucket = &shapes->buckets[bucket_of(shapes, id)];

	if (slot->id != UNUSED_ID)
		unlink_from_bucket(shapes, i);
	slot->id = id;
	slot->prepared = (struct prepared){.live = false};
	slot->next = *bucket;
	*bucket = i;
	(void)snprintf(slot->name, sizeof(slot->name), "%s/%x", name, (unsigned)key);
	make_newest(shapes, i);
}
