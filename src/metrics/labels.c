/* labels.c - the label sets: registered before the start, rendered once. */
#include "rows.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include <tasklab/base/attr.h>
#include <tasklab/base/text.h>

#include "store.h"

#define SET_TEXT_MAX_BYTES (1U << 20)

struct label_set label_sets[LABELS_COUNT];

size_t label_set_size(enum metric_label_set set)
{
	return set == LABELS_NONE ? 1 : label_sets[set].n;
}

static size_t count_names(const char *names)
{
	size_t count = names[0] != '\0';

	for (; *names; names++)
		count += *names == ',';
	return count;
}

static bool rows_equal(const char *const *a, const char *const *b, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (strcmp(a[i], b[i]) != 0)
			return false;
	}
	return true;
}

int metrics_labels(enum metric_label_set set, const char *const *values, size_t n, struct err *err)
{
	const char *name = metric_label_names[set];
	size_t width = count_names(name);

	assert(set != LABELS_NONE && set < LABELS_COUNT && width <= LABELS_PER_SET_MAX);
	if (store_started())
		return err_set(err, ERR_INVALID, "label sets are registered before metrics_start",
			       "%s", name);
	for (size_t i = 0; i < n * width; i++) {
		if (!text_utf8(values[i], strlen(values[i])))
			return err_set(err, ERR_INVALID, "a label value is not UTF-8", "%s row %zu",
				       name, i / width);
	}
	for (size_t i = 0; i < n; i++) {
		for (size_t j = 0; j < i; j++) {
			if (rows_equal(values + i * width, values + j * width, width))
				return err_set(
					err, ERR_INVALID, "two rows of a label set are equal",
					"%s rows %zu and %zu: %s", name, j, i, values[i * width]);
		}
	}
	label_sets[set].name_count = width;
	label_sets[set].values = values;
	label_sets[set].n = n;
	return 0;
}

/* Exposition format: backslash, double quote and line feed are escaped in a label value. */
static void put_label_value(struct buf *out, const char *value)
{
	for (; *value; value++) {
		if (*value == '\n')
			buf_puts(out, "\\n");
		else if (*value == '\\' || *value == '"')
			buf_printf(out, "\\%c", *value);
		else
			buf_putc(out, *value);
	}
}

static void put_label_row(struct buf *out, const char *names, const char *const *values)
{
	for (size_t i = 0; *names; i++) {
		size_t len = strcspn(names, ",");

		if (i > 0)
			buf_putc(out, ',');
		buf_append(out, names, len);
		buf_puts(out, "=\"");
		put_label_value(out, values[i]);
		buf_putc(out, '"');
		names += names[len] == ',' ? len + 1 : len;
	}
}

static int label_set_render(enum metric_label_set id, struct err *err)
{
	struct label_set *set = &label_sets[id];

	set->text = BUF_INIT(SET_TEXT_MAX_BYTES);
	set->at = calloc(set->n + 1, sizeof(*set->at));
	if (!set->at)
		return err_no_memory(err);
	for (size_t i = 0; i < set->n; i++) {
		put_label_row(&set->text, metric_label_names[id],
			      set->values + i * set->name_count);
		set->at[i + 1] = set->text.len;
	}
	return buf_check(&set->text, err);
}

int label_sets_render(struct err *err)
{
	for (size_t i = 0; i < LABELS_COUNT; i++) {
		if (label_sets[i].values && label_set_render((enum metric_label_set)i, err) < 0)
			return -1;
	}
	return 0;
}

void label_sets_reset(void)
{
	for (size_t i = 0; i < LABELS_COUNT; i++) {
		buf_release(&label_sets[i].text);
		free(label_sets[i].at);
		label_sets[i] = (struct label_set){0};
	}
}
