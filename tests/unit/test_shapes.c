/* test_shapes.c - the cache of prepared shapes keeps what was used last. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "db/shapes.h"

static const struct db_query query = {.name = "list", .index = 7};

/* As session.c does: the slot of a key, the oldest reused when there is none. */
static struct shape_slot *use(struct shapes *shapes, uint32_t key, bool *evicted)
{
	struct shape_slot *slot = shapes_find(shapes, shapes_id(&query, key));

	*evicted = false;
	if (slot)
		return slot;
	slot = shapes_oldest(shapes);
	*evicted = slot->prepared.live;
	shapes_assign(shapes, slot, shapes_id(&query, key), query.name, key);
	assert_false(slot->prepared.live);
	slot->prepared.live = true;
	return slot;
}

static void drops_the_least_recently_used(void **state)
{
	AUTO(shapes_release) struct shapes shapes;
	struct err err = ERR_INIT;
	bool evicted;

	(void)state;
	assert_int_equal(shapes_init(&shapes, 3, &err), 0);
	assert_string_equal(use(&shapes, 0x1f, &evicted)->name, "list/1f");
	(void)use(&shapes, 2, &evicted);
	(void)use(&shapes, 3, &evicted);
	assert_false(evicted);
	(void)use(&shapes, 0x1f, &evicted); /* now 2 is the oldest */
	(void)use(&shapes, 4, &evicted);
	assert_true(evicted);
	assert_null(shapes_find(&shapes, shapes_id(&query, 2)));
	assert_non_null(shapes_find(&shapes, shapes_id(&query, 0x1f)));
	assert_non_null(shapes_find(&shapes, shapes_id(&query, 3)));
	assert_non_null(shapes_find(&shapes, shapes_id(&query, 4)));
	assert_true(shapes_oldest(&shapes) == shapes_find(&shapes, shapes_id(&query, 0x1f)));
}

/* Against a model: the last max distinct keys are there, no others. */
static void agrees_with_a_model(void **state)
{
	enum { MAX = 13, KEYS = 40, STEPS = 20000 };
	AUTO(shapes_release) struct shapes shapes;
	struct err err = ERR_INIT;
	unsigned used_at[KEYS] = {0};
	uint32_t random = 1;

	(void)state;
	assert_int_equal(shapes_init(&shapes, MAX, &err), 0);
	for (unsigned step = 1; step <= STEPS; step++) {
		unsigned newer = 0;
		uint32_t key;
		bool evicted, known;

		random = random * 1103515245 + 12345;
		key = (random >> 16) % KEYS;
		for (unsigned k = 0; k < KEYS; k++)
			newer += used_at[k] > used_at[key];
		known = used_at[key] > 0 && newer < MAX;
		assert_int_equal(shapes_find(&shapes, shapes_id(&query, key)) != NULL, known);
		(void)use(&shapes, key, &evicted);
		used_at[key] = step;
	}
}

static void one_slot_is_enough(void **state)
{
	AUTO(shapes_release) struct shapes shapes;
	struct err err = ERR_INIT;
	bool evicted;

	(void)state;
	assert_int_equal(shapes_init(&shapes, 0, &err), 0);
	for (uint32_t key = 0; key < 10; key++) {
		(void)use(&shapes, key, &evicted);
		assert_int_equal(evicted, key > 0);
		assert_non_null(shapes_find(&shapes, shapes_id(&query, key)));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(drops_the_least_recently_used),
		cmocka_unit_test(agrees_with_a_model),
		cmocka_unit_test(one_slot_is_enough),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
