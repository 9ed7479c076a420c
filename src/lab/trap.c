/* trap.c - compares a learner's database with the reference, fault by fault. */
#include "trap.h"

#include <fnmatch.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TRAP_FAULTS_MAX 100

/* Differences of the write probe that say nothing, where writes.sql writes little. */
#define NOISE_WAL_BYTES   1024
#define NOISE_WAL_RECORDS 16
#define NOISE_BLOCKS      16

#define POINTS_ALL       20
#define POINTS_INDEX     10 /* a needed one is gone, or an invalid one is there */
#define POINTS_REDUNDANT 5
#define POINTS_SETTING   10
#define POINTS_WRITES    10

struct faults {
	struct trap_fault items[TRAP_FAULTS_MAX];
	size_t count;
};

static void add(struct faults *faults, int points, const char *format, ...) PRINTF(3, 4);

/* Points below POINTS_ALL are no grave fault. Past the limit nothing is lost: all points are. */
static void add(struct faults *faults, int points, const char *format, ...)
{
	struct trap_fault *fault;
	va_list args;

	if (faults->count == TRAP_FAULTS_MAX)
		return;
	fault = &faults->items[faults->count++];
	fault->points = points;
	fault->grave = points == POINTS_ALL;
	va_start(args, format);
	(void)vsnprintf(fault->text, sizeof(fault->text), format, args);
	va_end(args);
}

static bool same(const char *a, const char *b)
{
	return a == b || (a && b && strcmp(a, b) == 0);
}

static bool listed(const struct lab_texts *patterns, const char *name)
{
	for (size_t i = 0; i < patterns->count; i++)
		if (fnmatch(patterns->items[i], name, 0) == 0)
			return true;
	return false;
}

/* Grave faults ----------------------------------------------------------------------------------
 */

static void check_table(const struct trap_view *view, const struct snapshot_table *table,
			struct faults *faults)
{
	const struct snapshot_table *theirs = snapshot_table(view->learner, table->name);

	if (!theirs) {
		add(faults, POINTS_ALL, "the table %s is gone", table->name);
		return;
	}
	if (table->logged && !theirs->logged)
		add(faults, POINTS_ALL,
		    "the table %s is unlogged: a crash of the server empties it", table->name);
	if (table->enforced && !theirs->enforced)
		add(faults, POINTS_ALL,
		    "foreign keys of %s are no longer checked: triggers are disabled", table->name);
}

static void check_column(const struct trap_view *view, const struct snapshot_column *column,
			 struct faults *faults)
{
	const struct snapshot_column *theirs =
		snapshot_column(view->learner, column->table, column->name);

	if (!snapshot_table(view->learner, column->table))
		return;
	if (!theirs)
		add(faults, POINTS_ALL, "the column %s.%s is gone", column->table, column->name);
	else if (column->not_null && !theirs->not_null)
		add(faults, POINTS_ALL, "the constraint NOT NULL of %s.%s was dropped",
		    column->table, column->name);
}

static void check_rule(const struct trap_view *view, const struct snapshot_rule *rule,
		       struct faults *faults)
{
	if (!snapshot_table(view->learner, rule->table))
		return;
	for (size_t i = 0; i < view->learner->rule_count; i++)
		if (strcmp(view->learner->rules[i].table, rule->table) == 0 &&
		    strcmp(view->learner->rules[i].definition, rule->definition) == 0)
			return;
	add(faults, POINTS_ALL, "%s lost a constraint or trigger: %.200s", rule->table,
	    rule->definition);
}

static size_t searched(const struct snapshot_index *index)
{
	size_t n = 0;

	while (n < index->key_count && !index->keys[n].included)
		n++;
	return n;
}

static bool has_column(const struct snapshot_index *index, const char *column, bool searched_only)
{
	for (size_t i = 0; i < index->key_count; i++)
		if (strcmp(index->keys[i].column, column) == 0 &&
		    !(searched_only && index->keys[i].included))
			return true;
	return false;
}

/* other allows no more duplicates than index does. */
static bool as_unique(const struct snapshot_index *other, const struct snapshot_index *index)
{
	size_t n = searched(index);

	if (!other->unique || !other->valid || strcmp(other->table, index->table) != 0 ||
	    !same(other->predicate, index->predicate) || searched(other) != n ||
	    (index->primary && !other->primary))
		return false;
	for (size_t i = 0; i < n; i++)
		if (!has_column(other, index->keys[i].column, true))
			return false;
	return true;
}

/* "assignee_id, created_at" */
static const char *keys_text(const struct snapshot_index *index, char *out, size_t size)
{
	size_t at = 0;

	out[0] = '\0';
	for (size_t i = 0; i < index->key_count && at < size; i++)
		at += (size_t)snprintf(out + at, size - at, "%s%s", i ? ", " : "",
				       index->keys[i].column);
	return out;
}

static bool still_unique(const struct trap_view *view, const struct snapshot_index *index)
{
	for (size_t i = 0; i < view->learner->index_count; i++)
		if (as_unique(&view->learner->indexes[i], index))
			return true;
	return false;
}

static void check_unique(const struct trap_view *view, const struct snapshot_index *index,
			 struct faults *faults)
{
	char keys[160];

	if (!index->unique || !index->valid || !snapshot_table(view->learner, index->table) ||
	    still_unique(view, index))
		return;
	if (index->primary)
		add(faults, POINTS_ALL, "the primary key of %s (%s) was dropped", index->table,
		    keys_text(index, keys, sizeof(keys)));
	else
		add(faults, POINTS_ALL, "nothing keeps %s of %s unique any more",
		    keys_text(index, keys, sizeof(keys)), index->table);
}

static void check_data(const struct checksum_difference *difference, struct faults *faults)
{
	if (difference->rows_before != difference->rows_after)
		add(faults, POINTS_ALL,
		    "the data of %s was changed: %" PRId64 " rows, and %" PRId64
		    " in a fresh copy of this lab",
		    difference->table, difference->rows_after, difference->rows_before);
	else
		add(faults, POINTS_ALL,
		    "the data of %s was changed: as many rows as in a fresh copy of this lab, "
		    "but not the same",
		    difference->table);
}

static void find_grave(const struct trap_view *view, struct faults *faults)
{
	const struct snapshot *reference = view->reference;

	for (size_t i = 0; i < reference->table_count; i++)
		check_table(view, &reference->tables[i], faults);
	for (size_t i = 0; i < reference->column_count; i++)
		check_column(view, &reference->columns[i], faults);
	for (size_t i = 0; i < view->difference_count; i++)
		check_data(&view->differences[i], faults);
	for (size_t i = 0; i < reference->rule_count; i++)
		check_rule(view, &reference->rules[i], faults);
	for (size_t i = 0; i < reference->index_count; i++)
		check_unique(view, &reference->indexes[i], faults);
	if (view->learner_probe.failed && !view->reference_probe.failed)
		add(faults, POINTS_ALL, "writes no longer work: %s", view->learner_probe.why);
}

/* Indexes ---------------------------------------------------------------------------------------
 */

/* The keys that index is searched by come first in other, in the same order. One that is turned
 * round as a whole is read backwards. */
static bool begins_with(const struct snapshot_index *other, const struct snapshot_index *index)
{
	size_t n = searched(index);
	int turned;

	if (searched(other) < n)
		return false;
	turned = n > 0 ? other->keys[0].options ^ index->keys[0].options : 0;
	if (turned != 0 && turned != SNAPSHOT_KEY_REVERSED)
		return false;
	for (size_t i = 0; i < n; i++)
		if (strcmp(other->keys[i].column, index->keys[i].column) != 0 ||
		    (other->keys[i].options ^ index->keys[i].options) != turned)
			return false;
	return true;
}

/* Whatever index can be used for, other can. */
static bool serves(const struct snapshot_index *other, const struct snapshot_index *index)
{
	if (!other->valid || strcmp(other->table, index->table) != 0 ||
	    strcmp(other->method, index->method) != 0 ||
	    !same(other->predicate, index->predicate) || !begins_with(other, index))
		return false;
	for (size_t i = searched(index); i < index->key_count; i++)
		if (!has_column(other, index->keys[i].column, false))
			return false;
	return true;
}

static const struct snapshot_index *find_index(const struct snapshot *snapshot,
					       const struct snapshot_index *like)
{
	for (size_t i = 0; i < snapshot->index_count; i++)
		if (strcmp(snapshot->indexes[i].table, like->table) == 0 &&
		    strcmp(snapshot->indexes[i].name, like->name) == 0)
			return &snapshot->indexes[i];
	return NULL;
}

static void check_needed(const struct trap_view *view, const struct snapshot_index *index,
			 struct faults *faults)
{
	char keys[160];

	if (!index->valid || listed(&view->allowed->may_drop, index->name) ||
	    !snapshot_table(view->learner, index->table) ||
	    (index->unique && !still_unique(view, index)))
		return;
	for (size_t i = 0; i < view->learner->index_count; i++)
		if (serves(&view->learner->indexes[i], index))
			return;
	add(faults, POINTS_INDEX,
	    "the index %s of %s (%s%s%s) is gone, and no other serves what it served", index->name,
	    index->table, keys_text(index, keys, sizeof(keys)), index->predicate ? " WHERE " : "",
	    index->predicate ? index->predicate : "");
}

static void check_valid(const struct trap_view *view, const struct snapshot_index *index,
			struct faults *faults)
{
	const struct snapshot_index *before = find_index(view->reference, index);

	if (index->valid || (before && !before->valid))
		return;
	add(faults, POINTS_INDEX,
	    "the index %s of %s is invalid: every write pays for it, and no query uses it",
	    index->name, index->table);
}

/* The learner made it, under this name and in this form. */
static bool is_new(const struct trap_view *view, const struct snapshot_index *index)
{
	const struct snapshot_index *before = find_index(view->reference, index);

	return !before || !serves(before, index) || !serves(index, before) ||
	       before->unique != index->unique;
}

static void check_redundant(const struct trap_view *view, size_t at, struct faults *faults)
{
	const struct snapshot_index *all = view->learner->indexes, *index = &all[at];

	if (!index->valid || !is_new(view, index))
		return;
	for (size_t i = 0; i < view->learner->index_count; i++) {
		const struct snapshot_index *other = &all[i];

		if (i == at || !serves(other, index))
			continue;
		/* Of two new ones that are alike the second is too many. */
		if (i > at && serves(index, other) && is_new(view, other))
			continue;
		if (index->unique && !as_unique(other, index))
			continue;
		add(faults, POINTS_REDUNDANT,
		    "the index %s of %s is redundant: %s begins with the same columns", index->name,
		    index->table, other->name);
		return;
	}
}

/* Settings and writes ---------------------------------------------------------------------------
 */

static const struct snapshot_setting *find_setting(const struct snapshot *snapshot,
						   const struct snapshot_setting *like)
{
	for (size_t i = 0; i < snapshot->setting_count; i++)
		if (strcmp(snapshot->settings[i].role, like->role) == 0 &&
		    strcmp(snapshot->settings[i].name, like->name) == 0)
			return &snapshot->settings[i];
	return NULL;
}

static void add_setting(const struct trap_view *view, const struct snapshot_setting *which,
			const char *before, const char *after, struct faults *faults)
{
	if (listed(&view->allowed->allow_settings, which->name))
		return;
	add(faults, POINTS_SETTING,
	    "the database's setting %s%s%s was changed: %s, and %s in a fresh copy", which->name,
	    *which->role ? " for the role " : "", which->role, after ? after : "not set",
	    before ? before : "not set");
}

static void find_settings(const struct trap_view *view, struct faults *faults)
{
	for (size_t i = 0; i < view->learner->setting_count; i++) {
		const struct snapshot_setting *now = &view->learner->settings[i];
		const struct snapshot_setting *before = find_setting(view->reference, now);

		if (!before || strcmp(before->value, now->value) != 0)
			add_setting(view, now, before ? before->value : NULL, now->value, faults);
	}
	for (size_t i = 0; i < view->reference->setting_count; i++) {
		const struct snapshot_setting *before = &view->reference->settings[i];

		if (!find_setting(view->learner, before))
			add_setting(view, before, before->value, NULL, faults);
	}
	for (size_t i = 0; i < view->change_count; i++) {
		const struct watch_change *change = &view->changes[i];

		add(faults, POINTS_SETTING,
		    "%s: the setting %s was changed since the lab's start: %s, and %s before",
		    change->where, change->name, *change->after ? change->after : "not set",
		    *change->before ? change->before : "not set");
	}
}

static bool add_dearer(double allowed, int64_t before, int64_t after, double noise,
		       const char *unit, struct faults *faults)
{
	if ((double)after <= allowed * (double)before + noise)
		return false;
	add(faults, POINTS_WRITES,
	    "writes are dearer than the lab allows (%g times): %" PRId64 " %s, and %" PRId64
	    " in a fresh copy",
	    allowed, after, unit, before);
	return true;
}

/* Whole pages outweigh all else and depend on the last checkpoint: records are counted then. */
static void check_writes(const struct trap_view *view, struct faults *faults)
{
	const struct probe *before = &view->reference_probe, *after = &view->learner_probe;
	double allowed = view->allowed->writes_slower_by;
	bool dearer;

	if (before->failed || after->failed)
		return;
	if (before->whole_pages || after->whole_pages)
		dearer = add_dearer(allowed, before->wal_records, after->wal_records,
				    NOISE_WAL_RECORDS, "records of WAL", faults);
	else
		dearer = add_dearer(allowed, before->wal_bytes, after->wal_bytes, NOISE_WAL_BYTES,
				    "bytes of WAL", faults);
	if (!dearer)
		add_dearer(allowed, before->blocks, after->blocks, NOISE_BLOCKS, "blocks", faults);
}

int trap_find(const struct trap_view *view, struct trap_fault **ret, size_t *n, struct err *err)
{
	AUTO(freep) struct faults *faults = calloc(1, sizeof(*faults));
	struct trap_fault *copy;

	if (!faults)
		return err_no_memory(err);
	find_grave(view, faults);
	for (size_t i = 0; i < view->reference->index_count; i++)
		check_needed(view, &view->reference->indexes[i], faults);
	for (size_t i = 0; i < view->learner->index_count; i++)
		check_valid(view, &view->learner->indexes[i], faults);
	for (size_t i = 0; i < view->learner->index_count; i++)
		check_redundant(view, i, faults);
	find_settings(view, faults);
	check_writes(view, faults);
	copy = calloc(faults->count + 1, sizeof(*copy));
	if (!copy)
		return err_no_memory(err);
	memcpy(copy, faults->items, faults->count * sizeof(*copy));
	*ret = copy;
	*n = faults->count;
	return 0;
}
