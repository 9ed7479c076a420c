/* evidence.c - checks an item of evidence, and judges it. */
#include "evidence.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <tasklab/base/text.h>

#include "kinds.h"
#include "record.h"

static int unknown_kind(const struct lab_evidence *item, struct err *err)
{
	size_t n;
	const struct kind *kinds = kind_table(&n);
	const char *names[64], *nearest;

	for (size_t i = 0; i < n && i < ARRAY_LEN(names); i++)
		names[i] = kinds[i].name;
	nearest = text_nearest(item->kind, names, n < ARRAY_LEN(names) ? n : ARRAY_LEN(names));
	return err_field(err, ERR_INVALID, "kind",
			 "kind: expected one of those in docs/labs.md, found \"%.40s\"%s%s%s",
			 item->kind, nearest ? "; did you mean \"" : "", nearest ? nearest : "",
			 nearest ? "\"?" : "");
}

static bool bounded(const struct lab_bounds *bounds)
{
	return !isnan(bounds->at_least) || !isnan(bounds->at_most);
}

static int check_keys(const struct lab_evidence *item, const struct kind *kind, struct err *err)
{
	const struct {
		const char *name;
		const char *value;
		unsigned bit;
	} keys[] = {{"node", item->node, KIND_NODE},
		    {"sql", item->sql, KIND_SQL},
		    {"sqlstate", item->sqlstate, KIND_SQLSTATE},
		    {"relation", item->relation, KIND_RELATION},
		    {"index", item->index, KIND_INDEX}};

	for (size_t i = 0; i < ARRAY_LEN(keys); i++)
		if (keys[i].value && !(kind->keys & keys[i].bit))
			return err_field(err, ERR_INVALID, keys[i].name,
					 "%s: %s does not read it, expected none", keys[i].name,
					 kind->name);
	for (size_t i = 0; i < ARRAY_LEN(keys) && (kind->keys & KIND_NEEDS); i++) {
		if (!(kind->keys & keys[i].bit))
			continue;
		if (!keys[i].value)
			return err_field(err, ERR_INVALID, keys[i].name, "%s: expected a \"%s\"",
					 kind->name, keys[i].name);
		break;
	}
	return 0;
}

static int check_scales(const struct lab_evidence *item, struct err *err)
{
	for (size_t i = 0; i < item->scales.count; i++) {
		const char *scale = item->scales.items[i];

		if (strcmp(scale, "small") != 0 && strcmp(scale, "medium") != 0 &&
		    strcmp(scale, "large") != 0)
			return err_field(err, ERR_INVALID, "scales",
					 "scales: expected small, medium or large, found \"%.40s\"",
					 scale);
	}
	return 0;
}

int evidence_check(const struct lab_evidence *item, struct err *err)
{
	const struct kind *kind = kind_find(item->kind);

	if (!kind)
		return unknown_kind(item, err);
	if (check_keys(item, kind, err) < 0 || check_scales(item, err) < 0)
		return -1;
	if (kind->needs_bounds && !bounded(&item->before) && !bounded(&item->after) &&
	    isnan(item->down_by) && isnan(item->up_by))
		return err_field(err, ERR_INVALID, "kind",
				 "%s: expected a bound: before, after, down_by or up_by",
				 kind->name);
	return 0;
}

/* Judging ------------------------------------------------------------------------------------- */

static void add_text(char *out, size_t size, const char *format, ...) PRINTF(3, 4);

static void add_text(char *out, size_t size, const char *format, ...)
{
	size_t at = strlen(out);
	va_list args;

	va_start(args, format);
	vsnprintf(out + at, size - at, format, args);
	va_end(args);
}

static void claim_bounds(struct evidence_verdict *verdict, const char *phase,
			 const struct lab_bounds *bounds)
{
	if (!isnan(bounds->at_least))
		add_text(verdict->claim, sizeof(verdict->claim), ", %s at least %g", phase,
			 bounds->at_least);
	if (!isnan(bounds->at_most))
		add_text(verdict->claim, sizeof(verdict->claim), ", %s at most %g", phase,
			 bounds->at_most);
}

static void write_claim(const struct lab_evidence *item, const struct kind *kind,
			struct evidence_verdict *verdict)
{
	size_t size = sizeof(verdict->claim);

	snprintf(verdict->claim, size, "%s", kind->name);
	if (item->node)
		add_text(verdict->claim, size, " %s", item->node);
	if (item->sqlstate)
		add_text(verdict->claim, size, " %s", item->sqlstate);
	if (item->sql)
		add_text(verdict->claim, size, " %.60s%s", item->sql,
			 strlen(item->sql) > 60 ? "..." : "");
	if (item->relation)
		add_text(verdict->claim, size, " on %s", item->relation);
	if (item->index)
		add_text(verdict->claim, size, " using %s", item->index);
	claim_bounds(verdict, "before", &item->before);
	claim_bounds(verdict, "after", &item->after);
	if (!isnan(item->down_by))
		add_text(verdict->claim, size, ", down by %g times", item->down_by);
	if (!isnan(item->up_by))
		add_text(verdict->claim, size, ", up by %g times", item->up_by);
}

static bool fail(struct evidence_verdict *verdict, const char *format, ...) PRINTF(2, 3);

static bool fail(struct evidence_verdict *verdict, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(verdict->reason, sizeof(verdict->reason), format, args);
	va_end(args);
	return false;
}

/* What one phase has to say of an item. */
struct side {
	const char *phase;
	double figure;
	const char *problem; /* why there is no figure, where that is known; "" */
};

static struct side side_of(const struct lab_evidence *item, const struct kind *kind,
			   const char *phase, const struct record *record)
{
	const struct record_query *query = item->sql ? record_query(record, item->sql) : NULL;

	return (struct side){.phase = phase,
			     .figure = kind->figure(item, record),
			     .problem = query ? query->problem : ""};
}

static bool measured(struct evidence_verdict *verdict, const struct kind *kind,
		     const struct side *side)
{
	if (!isnan(side->figure))
		return true;
	return fail(verdict, "%s: not measured %s%s%s", kind->figure_name, side->phase,
		    *side->problem ? ": " : "", side->problem);
}

static bool within(struct evidence_verdict *verdict, const struct kind *kind,
		   const struct side *side, const struct lab_bounds *bounds)
{
	if (!bounded(bounds))
		return true;
	if (!measured(verdict, kind, side))
		return false;
	if (side->figure < bounds->at_least)
		return fail(verdict, "%s: %g %s, at least %g was due", kind->figure_name,
			    side->figure, side->phase, bounds->at_least);
	if (side->figure > bounds->at_most)
		return fail(verdict, "%s: %g %s, at most %g was due", kind->figure_name,
			    side->figure, side->phase, bounds->at_most);
	return true;
}

static bool by_ratio(struct evidence_verdict *verdict, const struct kind *kind,
		     const struct side *large, const struct side *small, double ratio,
		     const char *direction)
{
	if (isnan(ratio))
		return true;
	if (!measured(verdict, kind, large) || !measured(verdict, kind, small))
		return false;
	if (large->figure <= 0 || large->figure < ratio * small->figure)
		return fail(verdict, "%s: from %g to %g, %s by %g times was due", kind->figure_name,
			    verdict->before, verdict->after, direction, ratio);
	return true;
}

static bool applies(const struct lab_evidence *item, const struct evidence_where *where,
		    struct evidence_verdict *verdict)
{
	bool listed = item->scales.count == 0;

	for (size_t i = 0; i < item->scales.count; i++)
		listed = listed || strcmp(item->scales.items[i], where->scale) == 0;
	if (!listed)
		return fail(verdict, "does not hold at the %s scale", where->scale);
	if (where->server_major < item->versions.min || where->server_major > item->versions.max)
		return fail(verdict, "does not hold on PostgreSQL %d", where->server_major);
	return true;
}

static bool holds(const struct lab_evidence *item, const struct kind *kind,
		  const struct side *before, const struct side *after, struct evidence_verdict *ret)
{
	return within(ret, kind, before, &kind->before) &&
	       within(ret, kind, before, &item->before) && within(ret, kind, after, &kind->after) &&
	       within(ret, kind, after, &item->after) &&
	       by_ratio(ret, kind, before, after, item->down_by, "down") &&
	       by_ratio(ret, kind, after, before, item->up_by, "up");
}

void evidence_judge(const struct lab_evidence *item, const struct evidence_where *where,
		    const struct record *before, const struct record *after,
		    struct evidence_verdict *ret)
{
	const struct kind *kind = kind_find(item->kind);
	struct side left, right;

	memset(ret, 0, sizeof(*ret));
	ret->item = item;
	ret->outcome = EVIDENCE_NOT_HELD;
	if (!kind) { /* the catalogue lets none through */
		(void)fail(ret, "unknown kind");
		return;
	}
	left = side_of(item, kind, "before", before);
	right = side_of(item, kind, "after", after);
	ret->before = left.figure;
	ret->after = right.figure;
	write_claim(item, kind, ret);
	if (!applies(item, where, ret))
		ret->outcome = EVIDENCE_SKIPPED;
	else if (holds(item, kind, &left, &right, ret))
		ret->outcome = EVIDENCE_HELD;
}

const char *evidence_outcome_name(enum evidence_outcome outcome)
{
	static const char *const names[] = {"held", "not held", "skipped"};

	return names[outcome];
}
