/* result.h - a db_result is libpq's PGresult under another name, so that none is allocated. */
#ifndef DB_RESULT_H
#define DB_RESULT_H

#include <libpq-fe.h>

#include <tasklab/db/db.h>

struct db_result *result_from_pg(PGresult *pg); /* takes it over */
void result_clearp(PGresult **pg);              /* for AUTO() */

#endif
