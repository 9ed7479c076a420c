/* params.c - reads the parameter rows of a workload. */
#include "params.h"

#include <stdlib.h>

#define OID_INTEGER 23

int params_read(struct db_conn *conn, const char *sql, size_t rows, struct params *ret,
		struct err *err)
{
	AUTO(db_result_freep) struct db_result *result = NULL;
	AUTO(freep) const char **values = NULL;
	AUTO(freep) unsigned *types = NULL;
	size_t columns, least = rows == PARAMS_ALL ? 0 : 1;

	if (db_conn_query_text(conn, sql, DB_NO_ARGS, &result, err) < 0)
		return -1;
	columns = db_columns(result);
	if (rows == PARAMS_ALL)
		rows = db_rows(result) == 0            ? 1
		       : db_rows(result) < PARAMS_MOST ? db_rows(result)
						       : PARAMS_MOST;
	if (columns < least || columns >= DB_ARGS_MAX || db_rows(result) < rows)
		return err_set(err, ERR_UNPROCESSABLE,
			       "params.sql does not give the workload's parameter rows",
			       "%zu rows of %zu columns, expected %zu or more rows of %zu to %d",
			       db_rows(result), columns, rows, least, DB_ARGS_MAX - 1);
	values = calloc(rows * columns + 1, sizeof(*values));
	types = calloc(columns + 1, sizeof(*types));
	if (!values || !types)
		return err_no_memory(err);
	for (size_t i = 0; i < columns; i++)
		types[i] = db_column_type(result, i);
	types[columns] = OID_INTEGER;
	for (size_t i = 0; i < rows * columns; i++)
		values[i] = db_get_text(result, i / columns, i % columns);
	*ret = (struct params){.result = TAKE(result),
			       .values = TAKE(values),
			       .types = TAKE(types),
			       .rows = rows,
			       .columns = columns};
	return 0;
}

void params_release(struct params *params)
{
	free(params->values);
	free(params->types);
	db_result_freep(&params->result);
	*params = (struct params){.result = NULL};
}

const char *const *params_row(const struct params *params, size_t row)
{
	return params->values + row * params->columns;
}
