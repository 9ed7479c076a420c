/* record.c - storage of what is known of one phase. */
#include "record.h"

#include <stdlib.h>

int record_new(struct record **ret, struct err *err)
{
	struct record *record = calloc(1, sizeof(*record));
	struct hist *latency = hist_new();

	if (!record || !latency) {
		free(record);
		hist_freep(&latency);
		return err_no_memory(err);
	}
	record->differing = -1;
	record->latency = latency;
	*ret = record;
	return 0;
}

void record_freep(struct record **record)
{
	if (!*record)
		return;
	for (size_t i = 0; i < (*record)->plan_count; i++)
		plan_freep(&(*record)->plans[i]);
	free((*record)->plans);
	free((*record)->tables);
	free((*record)->indexes);
	hist_freep(&(*record)->latency);
	free((*record)->answers);
	free(*record);
	*record = NULL;
}

double record_calls_per_second(const struct record *record)
{
	if (record->wall_ns <= 0)
		return 0;
	return (double)record->latency->count * 1e9 / (double)record->wall_ns;
}
