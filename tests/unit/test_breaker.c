/* test_breaker.c - the breaker's states, step by step. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "db/breaker.h"

#define OPEN_NS 500

static void opens_after_failures_in_a_row(void **state)
{
	struct breaker breaker;

	(void)state;
	breaker_init(&breaker, 3, OPEN_NS);
	assert_false(breaker_failed(&breaker, 1));
	assert_false(breaker_failed(&breaker, 2));
	breaker_answered(&breaker); /* ends the row */
	assert_false(breaker_failed(&breaker, 3));
	assert_false(breaker_failed(&breaker, 4));
	assert_int_equal(breaker.state, DB_BREAKER_CLOSED);
	assert_true(breaker_failed(&breaker, 5));
	assert_int_equal(breaker.state, DB_BREAKER_OPEN);
	assert_false(breaker_failed(&breaker, 6)); /* it is open already */
	assert_int_equal(breaker.probe_at_ns, 5 + OPEN_NS);
}

static void an_answer_does_not_close_it(void **state)
{
	struct breaker breaker;

	(void)state;
	breaker_init(&breaker, 1, OPEN_NS);
	assert_true(breaker_failed(&breaker, 0));
	breaker_answered(&breaker);
	assert_int_equal(breaker.state, DB_BREAKER_OPEN);
}

static void probes_after_its_time(void **state)
{
	struct breaker breaker;

	(void)state;
	breaker_init(&breaker, 1, OPEN_NS);
	assert_false(breaker_probes(&breaker, 0)); /* closed */
	assert_true(breaker_failed(&breaker, 100));
	assert_false(breaker_probes(&breaker, 100 + OPEN_NS - 1));
	assert_int_equal(breaker.state, DB_BREAKER_OPEN);
	assert_true(breaker_probes(&breaker, 100 + OPEN_NS));
	assert_int_equal(breaker.state, DB_BREAKER_HALF_OPEN);

	/* The probe fails: open again, for as long, and nobody is told twice. */
	assert_false(breaker_failed(&breaker, 1000));
	assert_int_equal(breaker.state, DB_BREAKER_OPEN);
	assert_false(breaker_probes(&breaker, 1000 + OPEN_NS - 1));
	assert_true(breaker_probes(&breaker, 1000 + OPEN_NS));

	breaker_connected(&breaker);
	assert_int_equal(breaker.state, DB_BREAKER_CLOSED);
	assert_int_equal(breaker.failures, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(opens_after_failures_in_a_row),
		cmocka_unit_test(an_answer_does_not_close_it),
		cmocka_unit_test(probes_after_its_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
