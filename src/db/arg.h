/* arg.h - statement arguments in the form libpq sends: binary, with explicit types. */
#ifndef DB_ARG_H
#define DB_ARG_H

#include <stdint.h>

#include <tasklab/db/db.h>

/* Scalars are encoded in place, texts are pointed to, arrays take one allocation. Points into
 * itself: it must not be moved. */
struct args {
	int count;
	unsigned types[DB_ARGS_MAX]; /* type OIDs; 0: the server infers (NULLs only) */
	const char *values[DB_ARGS_MAX];
	int lengths[DB_ARGS_MAX];
	int formats[DB_ARGS_MAX]; /* 1: binary */
	uint64_t scalars[DB_ARGS_MAX];
	char *arrays;
};

/* Fills *ret; the caller's arguments must outlive it. */
int args_encode(const struct db_arg *args, size_t n, struct args *ret, struct err *err);
void args_release(struct args *args);

#endif
