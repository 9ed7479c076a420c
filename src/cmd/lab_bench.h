/* lab_bench.h - the options of compare and explain that say where. */
#ifndef TASKLAB_CMD_LAB_BENCH_H
#define TASKLAB_CMD_LAB_BENCH_H

#include <tasklab/cmd/cmd.h>
#include <tasklab/lab/bench.h>

struct lab_bench {
	const char *scale; /* --scale: a clone */
	struct bench_where where;
};

/* Reads the scale, and holds that at most one place is named. -1 after a message (usage). */
int lab_bench_where(const struct cmd *cmd, struct lab_bench *bench);

#endif
