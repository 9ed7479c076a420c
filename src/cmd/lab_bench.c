/* lab_bench.c - reads the options of compare and explain that say where. */
#include "lab_bench.h"

#include "lab_words.h"

int lab_bench_where(const struct cmd *cmd, struct lab_bench *bench)
{
	struct bench_where *where = &bench->where;

	where->scale = SEED_SMALL;
	where->clone = bench->scale != NULL;
	if (bench->scale && lab_scale(cmd, bench->scale, &where->scale) != CMD_OK)
		return -1;
	if (where->clone + (where->database != NULL) + where->app_data > 1) {
		(void)cmd_usage(cmd,
				"--scale, --in and --app-data name different places: choose one");
		return -1;
	}
	return 0;
}
