/* bench.h - where statements that belong to no lab are tried. */
#ifndef TASKLAB_LAB_BENCH_H
#define TASKLAB_LAB_BENCH_H

#include <stdbool.h>

#include <tasklab/base/err.h>
#include <tasklab/seed/seed.h>

/* At most one of clone, database and app_data. */
struct bench_where {
	bool clone; /* a clone of the data set, made for this and dropped again */
	enum seed_scale scale;
	const char *database; /* "active": the active lab's; a lab's slug; or a database's name */
	bool app_data;        /* the service's own database */
};

/* A lab's database may be written to, but everything is rolled back. In any other that exists, the
 * service's own among them, transactions are read only. */
enum bench_kind { BENCH_CLONE, BENCH_LAB, BENCH_READ_ONLY };

struct bench_place {
	enum bench_kind kind;
	enum seed_scale scale;
	char database[64]; /* of a clone: its name while it is there */
};

/* What unasked is when where asks for nothing: a clone, or the active lab's database and, without
 * one, the service's. ERR_NOT_FOUND: there is no such database. */
enum bench_unasked { BENCH_UNASKED_CLONE, BENCH_UNASKED_ACTIVE };
int bench_find(const char *conninfo, const struct bench_where *where, enum bench_unasked unasked,
	       struct bench_place *ret, struct err *err);

#endif
