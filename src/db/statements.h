/* statements.h - db_statement_*: what pg_stat_statements counted for the registered queries. */
#ifndef DB_STATEMENTS_H
#define DB_STATEMENTS_H

#include <tasklab/db/conn.h>

struct statements;

int statements_new(struct statements **ret, struct err *err);
void statements_free(struct statements *statements);
/* The server may be another one now, or have another catalog: identifiers are learned anew. */
void statements_relearn(struct statements *statements);
int statements_collect(struct statements *statements, struct db_conn *conn, struct err *err);

#endif
