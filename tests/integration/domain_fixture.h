/* domain_fixture.h - the migrated schema on a private server, a pool on it, and plain SQL beside.
 */
#ifndef TESTS_DOMAIN_FIXTURE_H
#define TESTS_DOMAIN_FIXTURE_H

#include <stdint.h>

#include <tasklab/db/conn.h>
#include <tasklab/db/db.h>

/* For cmocka's group setup and teardown. */
int domain_start(void **state);
int domain_stop(void **state);

/* A caller with a generous deadline. */
struct db domain_caller(void);
/* SQL by a connection of its own; a failure fails the test. */
void domain_sql(const char *sql);
int64_t domain_number(const char *sql);
/* The first column of the first row as text, in a buffer that the next call overwrites. */
const char *domain_text(const char *sql);
/* All rows of a bigint column; the caller frees. */
int64_t *domain_numbers(const char *sql, size_t *n);

/* Fails the test with the error's words unless result is 0. */
#define OK(result, err) domain_expect_ok(__FILE__, __LINE__, result, err)
/* Fails unless result is -1 with this code and field; resets the error. */
#define FAILS(result, err, code, field)                                                            \
	domain_expect_error(__FILE__, __LINE__, result, err, code, field)
void domain_expect_ok(const char *file, int line, int result, struct err *err);
void domain_expect_error(const char *file, int line, int result, struct err *err,
			 enum err_code code, const char *field);

#endif
