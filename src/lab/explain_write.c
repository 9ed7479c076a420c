/* explain_write.c - an explained statement for a terminal and as JSON. */
#include "explained.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <tasklab/base/json.h>
#include <tasklab/base/term.h>

#include "bench.h"
#include "plan_detail.h"
#include "plan_text.h"
#include "report_json.h"
#include "report_view.h"

#define ABREAST_FROM 170
#define ABREAST_GAP  3

static bool *mark_changed(const struct plan *plan, const struct plan *other)
{
	bool *changed = calloc(plan->count + 1, sizeof(*changed));

	if (changed && other)
		plan_mark_changed(plan, other, changed);
	return changed;
}

/* Text ----------------------------------------------------------------------------------------- */

static void put_head(const struct paint *paint, const struct explain_result *result)
{
	char where[200];

	paint_printf(paint, TERM_DIM, "PostgreSQL %d.%d, %s; %s%s\n",
		     result->server_version / 10000, result->server_version % 10000,
		     bench_place_text(&result->place, where, sizeof(where)),
		     result->analyzed ? "executed and rolled back" : "planned only",
		     result->generic ? ", for any parameters" : "");
}

static void put_plan(const struct paint *paint, const char *title, const struct plan *plan,
		     const struct plan *other, bool second, double most)
{
	AUTO(freep) bool *changed = mark_changed(plan, other);
	const struct plan_text how = {.changed = changed,
				      .mark = second ? "+" : "-",
				      .style = second ? TERM_CYAN : TERM_YELLOW,
				      .most_blocks = most};
	char cost[REPORT_CELL];

	if (!changed) {
		paint->out->failed = paint->out->no_memory = true;
		return;
	}
	paint_printf(paint, TERM_BOLD, "%s", title);
	paint_printf(paint, TERM_DIM, "  cost %s, planned in %.2f ms",
		     report_value(plan->nodes[0].total_cost, REPORT_COUNT, cost),
		     plan->planning_ms);
	if (plan_analyzed(plan))
		paint_printf(paint, TERM_DIM, ", executed in %.2f ms", plan->execution_ms);
	paint_text(paint, TERM_PLAIN, "\n");
	plan_text(paint, plan, &how);
}

static void put_two(const struct paint *paint, const struct explain_result *result)
{
	AUTO(buf_release) struct buf left = BUF_INIT(EXPLAIN_MAX);
	AUTO(buf_release) struct buf right = BUF_INIT(EXPLAIN_MAX);
	double most = fmax(plan_text_most(result->plan), plan_text_most(result->with));
	struct paint one = *paint, other = *paint;
	bool wide = paint->width >= ABREAST_FROM;

	if (wide)
		one.width = other.width = (paint->width - ABREAST_GAP) / 2;
	one.out = &left;
	other.out = &right;
	put_plan(&one, "As it is", result->plan, result->with, false, most);
	put_plan(&other, "With the hypothetical indexes", result->with, result->plan, true, most);
	if (wide) {
		paint_abreast(paint, &left, &right, (size_t)one.width + ABREAST_GAP);
		return;
	}
	buf_append(paint->out, buf_str(&left), left.len);
	buf_putc(paint->out, '\n');
	buf_append(paint->out, buf_str(&right), right.len);
	paint->out->failed |= left.failed || right.failed;
}

static void put_indexes(const struct paint *paint, const struct explain_result *result)
{
	static const char *const headers[] = {"", "*hypothetical index", ">size"};
	struct paint_table *table = paint_table_new(headers, ARRAY_LEN(headers));
	double before = result->plan->nodes[0].total_cost,
	       after = result->with->nodes[0].total_cost;
	char text[REPORT_CELL], other[REPORT_CELL];

	paint_text(paint, TERM_PLAIN, "\n");
	for (size_t i = 0; i < result->index_count; i++) {
		const struct explained_index *index = &result->indexes[i];

		paint_cell(table, index->used ? TERM_GREEN : TERM_YELLOW,
			   index->used ? "used" : "not used");
		paint_cell(table, TERM_PLAIN, index->definition);
		paint_cell(table, TERM_PLAIN,
			   report_value((double)index->bytes, REPORT_BYTES, text));
	}
	paint_table_end(table, paint, 2);
	paint_printf(paint, TERM_PLAIN, "\nestimated cost %s -> %s",
		     report_value(before, REPORT_COUNT, text),
		     report_value(after, REPORT_COUNT, other));
	if (*report_change(before, after, text))
		paint_printf(paint, after < before ? TERM_GREEN : TERM_PLAIN, ": %s", text);
	paint_text(paint, TERM_PLAIN, "\n");
	paint_wrap(
		paint, TERM_DIM, "",
		"Costs and sizes are the planner's estimates: build the index in a lab's database "
		"and compare to know.");
}

static void put_legend(const struct paint *paint, const struct explain_result *result)
{
	paint_text(paint, TERM_PLAIN, "\n");
	if (result->analyzed)
		paint_wrap(paint, TERM_DIM, "",
			   "Rows and expected rows are per loop; off says that there were so many "
			   "times more (\u00d7) or fewer (\u00f7) than expected. Blocks and time "
			   "include those of the nodes below.");
	else
		paint_wrap(paint, TERM_DIM, "",
			   "Costs are in the planner's units, those of the nodes below included. "
			   "--analyze executes the statement as well.");
}

void explain_text(const struct explain_result *result, FILE *stream)
{
	AUTO(buf_release) struct buf out = BUF_INIT(EXPLAIN_MAX);
	const struct paint paint = paint_for(stream, &out);

	put_head(&paint, result);
	paint_text(&paint, TERM_PLAIN, "\n");
	if (result->with) {
		put_two(&paint, result);
		put_indexes(&paint, result);
	} else {
		put_plan(&paint, "Plan", result->plan, NULL, false, 0);
		put_legend(&paint, result);
	}
	if (out.failed)
		(void)fputs("(out of memory)\n", stream);
	else
		(void)fwrite(buf_str(&out), 1, out.len, stream);
}

/* JSON ----------------------------------------------------------------------------------------- */

static int write_plan(struct json *json, const char *name, const struct plan *plan,
		      const struct plan *other, struct err *err)
{
	AUTO(freep) bool *changed = plan ? mark_changed(plan, other) : NULL;

	json_name(json, name);
	if (!plan) {
		json_nil(json);
		return 0;
	}
	if (!changed)
		return err_no_memory(err);
	report_json_plan(json, plan, changed);
	return 0;
}

static void write_indexes(struct json *json, const struct explain_result *result)
{
	json_name(json, "hypothetical");
	json_begin_array(json);
	for (size_t i = 0; i < result->index_count; i++) {
		const struct explained_index *index = &result->indexes[i];

		json_begin_object(json);
		json_kv_string(json, "definition", index->definition);
		json_kv_string(json, "name", index->name);
		json_kv_i64(json, "bytes", index->bytes);
		json_kv_bool(json, "used", index->used);
		json_end_object(json);
	}
	json_end_array(json);
}

int explain_json(const struct explain_result *result, struct buf *out, struct err *err)
{
	static const char *const places[] = {
		[BENCH_CLONE] = "clone", [BENCH_LAB] = "lab", [BENCH_READ_ONLY] = "read only"};
	bool clone = result->place.kind == BENCH_CLONE;
	struct json json = JSON_INIT(out);

	json_begin_object(&json);
	json_kv_string(&json, "place", places[result->place.kind]);
	json_kv_string(&json, "database", clone ? NULL : result->place.database);
	json_kv_string(&json, "scale", clone ? seed_scale_name(result->place.scale) : NULL);
	json_kv_i64(&json, "server_version", result->server_version);
	json_kv_bool(&json, "analyzed", result->analyzed);
	json_kv_bool(&json, "generic", result->generic);
	if (write_plan(&json, "plan", result->plan, result->with, err) < 0 ||
	    write_plan(&json, "with", result->with, result->plan, err) < 0)
		return -1;
	write_indexes(&json, result);
	json_end_object(&json);
	return buf_check(out, err);
}
