/* record.c - storage of what is known of one phase. */
#include "record.h"

#include <stdlib.h>
#include <string.h>

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
	for (size_t i = 0; i < (*record)->query_count; i++)
		free((*record)->queries[i].sql);
	free((*record)->queries);
	hist_freep(&(*record)->latency);
	free((*record)->answers);
	free(*record);
	*record = NULL;
}

int record_make_tables(struct record *record, size_t n, struct err *err)
{
	record->tables = calloc(n + 1, sizeof(*record->tables));
	return record->tables ? 0 : err_no_memory(err);
}

int record_make_indexes(struct record *record, size_t n, struct err *err)
{
	record->indexes = calloc(n + 1, sizeof(*record->indexes));
	return record->indexes ? 0 : err_no_memory(err);
}

int record_make_answers(struct record *record, size_t n, struct err *err)
{
	record->answers = calloc(n + 1, sizeof(*record->answers));
	return record->answers ? 0 : err_no_memory(err);
}

int record_add_plan(struct record *record, struct plan **plan, struct err *err)
{
	struct plan **grown =
		realloc(record->plans, (record->plan_count + 1) * sizeof(struct plan *));

	if (!grown)
		return err_no_memory(err);
	record->plans = grown;
	grown[record->plan_count++] = TAKE(*plan);
	return 0;
}

const struct record_query *record_query(const struct record *record, const char *sql)
{
	for (size_t i = 0; i < record->query_count; i++)
		if (strcmp(record->queries[i].sql, sql) == 0)
			return &record->queries[i];
	return NULL;
}

size_t record_samples(const struct record *record)
{
	return record->plan_count ? record->plans[record->plan_count - 1]->sample + 1 : 0;
}

const struct plan *record_plan(const struct record *record, size_t sample, size_t step)
{
	for (size_t i = 0; i < record->plan_count; i++)
		if (record->plans[i]->sample == sample && record->plans[i]->step == step)
			return record->plans[i];
	return NULL;
}

double record_calls(const struct record *record)
{
	return (double)record->workload.calls;
}

double record_calls_per_second(const struct record *record)
{
	if (record->wall_ns <= 0)
		return 0;
	return (double)record->latency->count * 1e9 / (double)record->wall_ns;
}
