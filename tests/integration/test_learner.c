/* test_learner.c - lab_progress and lab_sessions: one lab at a time, counted hints, best scores. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <tasklab/base/attr.h>
#include <tasklab/db/conn.h>
#include <tasklab/lab/history.h>
#include <tasklab/lab/learner.h>

#include "ok.h"
#include "pg_fixture.h"

#define STARTERS 8

static struct pg *pg;

static int start_lab(const char *slug, bool beside, struct err *err)
{
	struct learner_session session = {.beside = beside, .scale = "small"};

	(void)snprintf(session.slug, sizeof(session.slug), "%s", slug);
	(void)snprintf(session.database, sizeof(session.database), "lab_%s", slug);
	return learner_start(pg_conninfo(pg), &session, "{\"role work_mem\": \"4MB\"}", err);
}

static int nothing(void **state)
{
	(void)state;
	pg_sql(pg, "TRUNCATE lab_sessions, lab_progress, lab_runs");
	return 0;
}

static void one_at_a_time(void **state)
{
	struct err err = ERR_INIT;

	(void)state;
	ok(learner_may_start(pg_conninfo(pg), "aa", false, &err), &err);
	ok(start_lab("aa", false, &err), &err);
	assert_int_equal(learner_may_start(pg_conninfo(pg), "bb", false, &err), -1);
	assert_int_equal(err.code, ERR_CONFLICT);
	assert_non_null(strstr(err.message, "`tasklab lab reset aa`"));
	assert_int_equal(start_lab("bb", false, &err), -1);
	assert_int_equal(err.code, ERR_CONFLICT);
	assert_non_null(strstr(err.message, "`tasklab lab reset aa`"));
	assert_int_equal(start_lab("aa", true, &err), -1);
	assert_non_null(strstr(err.message, "aa is active already"));
	ok(learner_end(pg_conninfo(pg), "aa", &err), &err);
	ok(learner_end(pg_conninfo(pg), "aa", &err), &err);
	ok(start_lab("bb", false, &err), &err);
}

static void beside(void **state)
{
	AUTO(freep) struct learner_session *sessions = NULL;
	struct err err = ERR_INIT;
	size_t n = 0;

	(void)state;
	ok(start_lab("cc", true, &err), &err);
	ok(start_lab("bb", true, &err), &err);
	ok(start_lab("aa", false, &err), &err); /* those beside stand in nobody's way */
	ok(learner_sessions(pg_conninfo(pg), &sessions, &n, &err), &err);
	assert_int_equal(n, 3);
	assert_string_equal(sessions[0].slug, "aa");
	assert_string_equal(sessions[0].database, "lab_aa");
	assert_string_equal(sessions[0].scale, "small");
	assert_string_equal(sessions[1].slug, "cc");
	assert_true(sessions[1].beside && sessions[1].started_us > 0);
	ok(learner_end(pg_conninfo(pg), NULL, &err), &err);
	free(TAKE(sessions));
	ok(learner_sessions(pg_conninfo(pg), &sessions, &n, &err), &err);
	assert_int_equal(n, 0);
}

struct starter {
	pthread_t thread;
	char slug[8];
	int result;
	struct err err;
};

static void *starter_main(void *arg)
{
	struct starter *starter = arg;

	starter->result = start_lab(starter->slug, false, &starter->err);
	return NULL;
}

static void one_of_many_wins(void **state)
{
	struct starter starters[STARTERS] = {0};
	int won = 0;

	(void)state;
	for (int i = 0; i < STARTERS; i++) {
		(void)snprintf(starters[i].slug, sizeof(starters[i].slug), "l%d", i);
		assert_int_equal(
			pthread_create(&starters[i].thread, NULL, starter_main, &starters[i]), 0);
	}
	for (int i = 0; i < STARTERS; i++) {
		pthread_join(starters[i].thread, NULL);
		won += starters[i].result == 0;
		if (starters[i].result < 0)
			assert_int_equal(starters[i].err.code, ERR_CONFLICT);
	}
	assert_int_equal(won, 1);
}

static void settings(void **state)
{
	AUTO(freep) char *text = NULL;
	struct err err = ERR_INIT;

	(void)state;
	assert_int_equal(learner_settings(pg_conninfo(pg), "aa", &text, &err), -1);
	assert_int_equal(err.code, ERR_NOT_FOUND);
	ok(start_lab("aa", false, &err), &err);
	ok(learner_settings(pg_conninfo(pg), "aa", &text, &err), &err);
	assert_string_equal(text, "{\"role work_mem\": \"4MB\"}");
}

static struct learner_progress progress_of(const char *slug)
{
	AUTO(freep) struct learner_progress *all = NULL;
	struct learner_progress found = {.best_score = -2};
	struct err err = ERR_INIT;
	size_t n = 0;

	ok(learner_progress(pg_conninfo(pg), &all, &n, &err), &err);
	for (size_t i = 0; i < n; i++)
		if (strcmp(all[i].slug, slug) == 0)
			found = all[i];
	return found;
}

static void progress(void **state)
{
	static const int expected[] = {1, 2, 3, 3};
	struct learner_progress aa;
	struct err err = ERR_INIT;
	int64_t solved_us;
	int hint = 0;

	(void)state;
	ok(start_lab("aa", false, &err), &err);
	aa = progress_of("aa");
	assert_true(aa.started_us > 0 && aa.best_score == -1 && aa.checks == 0);
	for (size_t i = 0; i < ARRAY_LEN(expected); i++) {
		ok(learner_hint(pg_conninfo(pg), "aa", &hint, &err), &err);
		assert_int_equal(hint, expected[i]);
	}
	ok(learner_check(pg_conninfo(pg), "aa", 40, false, &err), &err);
	aa = progress_of("aa");
	assert_true(aa.best_score == 40 && aa.solved_us == 0 && aa.hints == 3);
	ok(learner_check(pg_conninfo(pg), "aa", 90, true, &err), &err);
	aa = progress_of("aa");
	solved_us = aa.solved_us;
	assert_true(aa.best_score == 90 && solved_us > 0);
	ok(learner_check(pg_conninfo(pg), "aa", 80, true, &err), &err);
	ok(learner_end(pg_conninfo(pg), "aa", &err), &err);
	ok(start_lab("aa", false, &err), &err); /* a new start takes no glory away */
	aa = progress_of("aa");
	assert_true(aa.best_score == 90 && aa.solved_us == solved_us);
	assert_true(aa.checks == 3 && aa.hints == 0);
}

/* Checks and verifications stand in lab_runs too, and are no runs of their own. */
static void history(void **state)
{
	struct history_run run = {.slug = "aa", .scale = "small", .verdict = "passed"};
	struct history_run check = {.slug = "aa",
				    .scale = "medium",
				    .verdict = "failed",
				    .kind = "check",
				    .scored = true,
				    .score = 35};
	AUTO(freep) struct history_run *last = NULL;
	struct err err = ERR_INIT;
	size_t n = 0;

	(void)state;
	ok(history_store(pg_conninfo(pg), &run, "{}", &err), &err);
	ok(history_store(pg_conninfo(pg), &check, NULL, &err), &err);
	ok(history_last(pg_conninfo(pg), &last, &n, &err), &err);
	assert_int_equal(n, 1);
	assert_string_equal(last[0].scale, "small");
	check.score = 101;
	assert_int_equal(history_store(pg_conninfo(pg), &check, NULL, &err), -1);
}

static int setup(void **state)
{
	AUTO(db_conn_closep) struct db_conn *conn = NULL;

	(void)state;
	pg = pg_start(NULL);
	conn = ok_connect(pg_conninfo(pg), NULL);
	ok_migrate(conn);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	pg_remove(pg);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(one_at_a_time, nothing),
		cmocka_unit_test_setup(beside, nothing),
		cmocka_unit_test_setup(one_of_many_wins, nothing),
		cmocka_unit_test_setup(settings, nothing),
		cmocka_unit_test_setup(progress, nothing),
		cmocka_unit_test_setup(history, nothing),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
