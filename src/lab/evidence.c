/* evidence.c - the kinds of evidence, and how an item is judged. */
#include "evidence.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "record.h"

typedef double evidence_figure(const struct lab_evidence *item, const struct record *record);

/* Keys of lab.yaml that a kind reads. */
enum { READS_NODE = 1, READS_RELATION = 2, READS_INDEX = 4 };

struct evidence_kind {
	const char *name;
	const char *figure_name;
	evidence_figure *figure;
	unsigned reads;
	bool needs_bounds; /* means nothing without bounds of the lab's */
	/* Bounds of the kind itself, beside those of the lab; NaN: none. */
	struct lab_bounds before, after;
};

/* Figures ------------------------------------------------------------------------------------- */

/* Sampled plans with a node that matches. */
static double figure_plans_with_node(const struct lab_evidence *item, const struct record *record)
{
	double n = 0;

	if (record->plan_count == 0)
		return NAN;
	for (size_t i = 0; i < record->plan_count; i++)
		n += plan_count(record->plans[i], item->node, item->relation, item->index) > 0;
	return n;
}

static double figure_plans_without_node(const struct lab_evidence *item,
					const struct record *record)
{
	return (double)record->plan_count - figure_plans_with_node(item, record);
}

static double figure_rows_removed(const struct lab_evidence *item, const struct record *record)
{
	double sum = 0;

	if (record->plan_count == 0)
		return NAN;
	for (size_t i = 0; i < record->plan_count; i++)
		sum += plan_rows_removed(record->plans[i], item->relation);
	return sum / (double)record->plan_count;
}

static double figure_misestimate(const struct lab_evidence *item, const struct record *record)
{
	double worst = NAN;

	for (size_t i = 0; i < record->plan_count; i++)
		worst = fmax(worst, plan_misestimate(record->plans[i], item->relation));
	return worst;
}

/* What nested statements read counts too: a function's or a trigger's work is the call's work. */
static double figure_shared_blocks(const struct lab_evidence *item, const struct record *record)
{
	const struct record_statements *top = &record->top, *nested = &record->nested;

	(void)item;
	if (top->calls <= 0)
		return NAN;
	return (double)(top->shared_blks_hit + top->shared_blks_read + nested->shared_blks_hit +
			nested->shared_blks_read) /
	       (double)top->calls;
}

static double figure_temp_blocks(const struct lab_evidence *item, const struct record *record)
{
	const struct record_statements *top = &record->top, *nested = &record->nested;

	(void)item;
	if (top->calls <= 0)
		return NAN;
	return (double)(top->temp_blks_read + top->temp_blks_written + nested->temp_blks_read +
			nested->temp_blks_written) /
	       (double)top->calls;
}

/* Parameter rows whose answer is not that of the phase before. */
static double figure_differing(const struct lab_evidence *item, const struct record *record)
{
	(void)item;
	return record->differing < 0 ? NAN : (double)record->differing;
}

/* The table -----------------------------------------------------------------------------------
 * Adding a kind is one row here, one figure above, and a line in docs/labs.md. */

#define ANY                                                                                        \
	{                                                                                          \
		NAN, NAN                                                                           \
	}
#define AT_LEAST(n)                                                                                \
	{                                                                                          \
		(n), NAN                                                                           \
	}
#define AT_MOST(n)                                                                                 \
	{                                                                                          \
		NAN, (n)                                                                           \
	}

/* clang-format off */
static const struct evidence_kind KINDS[] = {
	/* name, what the figure is, figure, keys it reads, needs bounds, before, after */
	{"estimate-off-by", "largest misestimate of rows", figure_misestimate, READS_RELATION, true, ANY, ANY},
	{"plan-node-forbidden", "sampled plans with it", figure_plans_with_node,
	 READS_NODE | READS_RELATION | READS_INDEX, false, AT_LEAST(1), AT_MOST(0)},
	{"plan-node-required", "sampled plans without it", figure_plans_without_node,
	 READS_NODE | READS_RELATION | READS_INDEX, false, ANY, AT_MOST(0)},
	{"rows-removed-by-filter", "rows removed by filter per call", figure_rows_removed, READS_RELATION, true, ANY, ANY},
	{"same-rows", "parameter rows with another answer", figure_differing, 0, false, ANY, AT_MOST(0)},
	{"shared-blocks-per-call", "shared blocks per call", figure_shared_blocks, 0, true, ANY, ANY},
	{"temp-blocks-per-call", "temporary blocks per call", figure_temp_blocks, 0, true, ANY, ANY},
};
/* clang-format on */

static const struct evidence_kind *kind_by_name(const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(KINDS); i++)
		if (strcmp(KINDS[i].name, name) == 0)
			return &KINDS[i];
	return NULL;
}

static int unknown_kind(const struct lab_evidence *item, struct err *err)
{
	char names[200] = "";
	size_t at = 0;

	for (size_t i = 0; i < ARRAY_LEN(KINDS) && at < sizeof(names); i++)
		at += (size_t)snprintf(names + at, sizeof(names) - at, "%s%s", i ? ", " : "",
				       KINDS[i].name);
	return err_field(err, ERR_INVALID, "kind", "kind: expected one of %s, found \"%s\"", names,
			 item->kind);
}

static bool bounded(const struct lab_bounds *bounds)
{
	return !isnan(bounds->at_least) || !isnan(bounds->at_most);
}

static int check_keys(const struct lab_evidence *item, const struct evidence_kind *kind,
		      struct err *err)
{
	const struct {
		const char *name;
		const char *value;
		unsigned bit;
	} keys[] = {{"node", item->node, READS_NODE},
		    {"relation", item->relation, READS_RELATION},
		    {"index", item->index, READS_INDEX}};

	for (size_t i = 0; i < ARRAY_LEN(keys); i++)
		if (keys[i].value && !(kind->reads & keys[i].bit))
			return err_field(err, ERR_INVALID, keys[i].name,
					 "%s: %s does not read it, expected none", keys[i].name,
					 kind->name);
	if ((kind->reads & READS_NODE) && !item->node)
		return err_field(err, ERR_INVALID, "node", "%s: expected a \"node\"", kind->name);
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
	const struct evidence_kind *kind = kind_by_name(item->kind);

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

static void write_claim(const struct lab_evidence *item, const struct evidence_kind *kind,
			struct evidence_verdict *verdict)
{
	size_t size = sizeof(verdict->claim);

	snprintf(verdict->claim, size, "%s", kind->name);
	if (item->node)
		add_text(verdict->claim, size, " %s", item->node);
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

static bool within(struct evidence_verdict *verdict, const struct evidence_kind *kind,
		   const char *phase, double figure, const struct lab_bounds *bounds)
{
	if (!bounded(bounds))
		return true;
	if (isnan(figure))
		return fail(verdict, "%s: not measured %s", kind->figure_name, phase);
	if (figure < bounds->at_least)
		return fail(verdict, "%s: %g %s, at least %g was due", kind->figure_name, figure,
			    phase, bounds->at_least);
	if (figure > bounds->at_most)
		return fail(verdict, "%s: %g %s, at most %g was due", kind->figure_name, figure,
			    phase, bounds->at_most);
	return true;
}

static bool by_ratio(struct evidence_verdict *verdict, const struct evidence_kind *kind,
		     double large, double small, double ratio, const char *direction)
{
	if (isnan(ratio))
		return true;
	if (isnan(large) || isnan(small))
		return fail(verdict, "%s: not measured in both phases", kind->figure_name);
	if (large <= 0 || large < ratio * small)
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

void evidence_judge(const struct lab_evidence *item, const struct evidence_where *where,
		    const struct record *before, const struct record *after,
		    struct evidence_verdict *ret)
{
	const struct evidence_kind *kind = kind_by_name(item->kind);

	memset(ret, 0, sizeof(*ret));
	ret->item = item;
	ret->outcome = EVIDENCE_NOT_HELD;
	if (!kind) { /* the catalogue lets none through */
		(void)fail(ret, "unknown kind");
		return;
	}
	ret->before = kind->figure(item, before);
	ret->after = kind->figure(item, after);
	write_claim(item, kind, ret);
	if (!applies(item, where, ret)) {
		ret->outcome = EVIDENCE_SKIPPED;
		return;
	}
	if (within(ret, kind, "before", ret->before, &kind->before) &&
	    within(ret, kind, "before", ret->before, &item->before) &&
	    within(ret, kind, "after", ret->after, &kind->after) &&
	    within(ret, kind, "after", ret->after, &item->after) &&
	    by_ratio(ret, kind, ret->before, ret->after, item->down_by, "down") &&
	    by_ratio(ret, kind, ret->after, ret->before, item->up_by, "up"))
		ret->outcome = EVIDENCE_HELD;
}

const char *evidence_outcome_name(enum evidence_outcome outcome)
{
	static const char *const names[] = {"held", "not held", "skipped"};

	return names[outcome];
}
