/* figures.c - the table of figures of a statement, and the label sets that they need. */
#include "figures.h"

#include "follow.h"

static const char *const time_ops[] = {"execution", "planning"};
static const char *const shared_ops[] = {"hit", "read", "dirtied", "written"};
static const char *const temp_ops[] = {"read", "written"};

const struct figure FIGURE_TABLE[FIGURE_COUNT] = {
#define X(metric, ops, op, sql) {metric, ops, op},
	FIGURES(X)
#undef X
};

static const char *names[NAMES_MAX];
static size_t name_count;

static void list_names(void)
{
	const char *const *more;
	size_t n = follow_names(&more);

	name_count = 0;
	for (size_t i = 0; i < db_query_count(); i++)
		names[name_count++] = db_query_name(i);
	for (size_t i = 0; i < n; i++)
		names[name_count++] = more[i];
}

static int register_ops(enum metric_label_set set, const char *(*values)[2], const char *const *ops,
			size_t n, struct err *err)
{
	for (size_t i = 0; i < name_count * n; i++) {
		values[i][0] = names[i / n];
		values[i][1] = ops[i % n];
	}
	return metrics_labels(set, &values[0][0], name_count * n, err);
}

int figures_labels_register(struct err *err)
{
	static const char *time[NAMES_MAX * ARRAY_LEN(time_ops)][2];
	static const char *shared[NAMES_MAX * ARRAY_LEN(shared_ops)][2];
	static const char *temp[NAMES_MAX * ARRAY_LEN(temp_ops)][2];

	list_names();
	if (metrics_labels(LABELS_STATEMENT, names, name_count, err) < 0 ||
	    register_ops(LABELS_STATEMENT_TIME, time, time_ops, ARRAY_LEN(time_ops), err) < 0 ||
	    register_ops(LABELS_STATEMENT_SHARED, shared, shared_ops, ARRAY_LEN(shared_ops), err) <
		    0)
		return -1;
	return register_ops(LABELS_STATEMENT_TEMP, temp, temp_ops, ARRAY_LEN(temp_ops), err);
}

size_t figures_names(void)
{
	return name_count;
}
