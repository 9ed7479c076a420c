/* row.h - to rows and back: nullable values, what a write came to, which rule it broke. */
#ifndef DOMAIN_ROW_H
#define DOMAIN_ROW_H

#include <stddef.h>
#include <stdint.h>

#include <tasklab/db/db.h>

/* SQL texts of updates: bit b of the set in $3 chooses between parameter $n and the column. */
#define ROW_SET(bit, parameter, column)                                                            \
	"CASE WHEN $3::int & " bit " <> 0 THEN " parameter " ELSE " column " END"

/* A value, or null for 0 and TIME_NONE. */
struct db_arg row_arg_id(int64_t id);
struct db_arg row_arg_time(int64_t unix_us);
/* A time, or TIME_NONE for null. */
int64_t row_time_us(const struct db_result *result, size_t row, size_t column);

/* A versioned update or delete answers with no row (there is no such row), or one row whose last
 * column tells whether it was done; if not, the version differed. 0, ERR_NOT_FOUND with message
 * missing, or ERR_PRECONDITION. */
int row_outcome(const struct db_result *result, int64_t version, const char *missing,
		struct err *err);

/* What a violated constraint means to the client of one operation. */
struct row_rule {
	const char *constraint;
	enum err_code code;
	const char *field;
	const char *message;
};

/* Rewrites *err, keeping its detail, when it comes from one of the constraints. Returns -1. */
int row_explain(struct err *err, const struct row_rule *rules, size_t n);

#endif
