/* lab_bench.c - reads the options of compare and explain that say where. */
#include "lab_bench.h"

int lab_bench_where(const struct cmd *cmd, struct lab_bench *bench)
{
	struct bench_where *where = &bench->where;

	where->scale = SEED_SMALL;
	where->clone = bench->scale != NULL;
	if (bench->scale && !seed_scale_parse(bench->scale, &where->scale)) {
		(void)cmd_usage(cmd, "--scale %s: expected small, medium or large", bench->scale);
		return -1;
	}
	if (where->clone + (where->database != NULL) + where->app_data > 1) {
		(void)cmd_usage(cmd,
				"--scale, --in and --app-data name different places: choose one");
		return -1;
	}
	return 0;
}
