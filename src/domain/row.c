/* row.c - to rows and back: nullable values, what a write came to, which rule it broke. */
#include "row.h"

#include <stdio.h>

#include <tasklab/domain/rules.h>

struct db_arg row_arg_id(int64_t id)
{
	return id == 0 ? db_null() : db_i64(id);
}

struct db_arg row_arg_time(int64_t unix_us)
{
	return unix_us == TIME_NONE ? db_null() : db_time(unix_us);
}

int64_t row_time_us(const struct db_result *result, size_t row, size_t column)
{
	if (db_is_null(result, row, column))
		return TIME_NONE;
	return db_get_time_us(result, row, column);
}

int row_outcome(const struct db_result *result, int64_t version, const char *missing,
		struct err *err)
{
	/* A row that is deleted while a write of any version waits for it is still seen by the
	 * statement, but was not written. */
	if (db_rows(result) == 0 ||
	    (version == 0 && !db_get_bool(result, 0, db_columns(result) - 1)))
		return err_set(err, ERR_NOT_FOUND, missing, "no row, or deleted meanwhile");
	if (!db_get_bool(result, 0, db_columns(result) - 1))
		return err_set(err, ERR_PRECONDITION, "it was changed since; read it again",
			       "expected version %lld", (long long)version);
	return 0;
}

int row_explain(struct err *err, const struct row_rule *rules, size_t n)
{
	if (!err)
		return -1;
	for (size_t i = 0; i < n; i++) {
		if (!db_violates(err, rules[i].constraint))
			continue;
		err->code = rules[i].code;
		(void)snprintf(err->field, sizeof(err->field), "%s", rules[i].field);
		(void)snprintf(err->message, sizeof(err->message), "%s", rules[i].message);
		break;
	}
	return -1;
}
