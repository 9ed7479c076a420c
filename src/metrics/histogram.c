/* histogram.c - one histogram of a snapshot, as the formats want it. */
#include "histogram.h"

bool histogram_is_empty(const struct snapshot *snapshot, size_t series)
{
	return snapshot->cells[series + HIST_FILLED].count == 0;
}

/* The next cell that is not empty, at *cell or after it. */
static bool next_cell(const struct snapshot *snapshot, const struct layout *layout, size_t series,
		      size_t *cell, uint64_t *count)
{
	const union cell *slots = &snapshot->cells[series + HIST_SLOTS];

	while (*cell < layout->shape.cells) {
		size_t line = slots[*cell / CELLS_PER_LINE].count;

		if (line == 0) {
			*cell = (*cell / CELLS_PER_LINE + 1) * CELLS_PER_LINE;
			continue;
		}
		*count = snapshot->cells[line + *cell % CELLS_PER_LINE].count;
		if (*count > 0)
			return true;
		++*cell;
	}
	return false;
}

void histogram_read(const struct snapshot *snapshot, const struct layout *layout, size_t series,
		    struct histogram *ret)
{
	const union cell *cells = &snapshot->cells[series];
	uint64_t count;

	memset(ret, 0, sizeof(*ret));
	ret->sum = cells[HIST_SUM].count;
	for (size_t cell = 0; next_cell(snapshot, layout, series, &cell, &count); cell++) {
		ret->classic[layout->shape.classic_of[cell]] += count;
		ret->count += count;
	}
	for (size_t i = 0; i <= layout->shape.buckets; i++) {
		size_t line = cells[HIST_SLOTS + layout->lines + i].count;

		if (line != 0 && snapshot->cells[line + EXEMPLAR_TIME].count != 0)
			ret->exemplars[i] = &snapshot->cells[line];
	}
}

/* False when there are more buckets than ret can hold. */
static bool native_try(const struct snapshot *snapshot, const struct layout *layout, size_t series,
		       unsigned halvings, struct native *ret)
{
	uint64_t count;

	ret->schema = layout->shape.schema - (int)halvings;
	ret->zero_count = 0;
	ret->n = 0;
	for (size_t cell = 0; next_cell(snapshot, layout, series, &cell, &count); cell++) {
		int index;

		if (cell == layout->shape.classic_of[cell]) {
			ret->zero_count += count;
			continue;
		}
		index = shape_index(&layout->shape, cell);
		for (unsigned i = 0; i < halvings; i++)
			index = native_halve(index);
		if (ret->n == 0 || ret->buckets[ret->n - 1].index != index) {
			if (ret->n == NATIVE_LIMIT)
				return false;
			ret->buckets[ret->n].index = index;
			ret->buckets[ret->n++].count = 0;
		}
		ret->buckets[ret->n - 1].count += count;
	}
	return true;
}

/* Buckets only ever fill up, so that a schema that was lowered stays low. */
void native_read(const struct snapshot *snapshot, const struct layout *layout, size_t series,
		 struct native *ret)
{
	unsigned halvings = 0;

	while (!native_try(snapshot, layout, series, halvings, ret))
		halvings++;
}
