/* report_json.c - a report as one JSON object: docs/lab-report.md and lab-report.schema.json. */
#include "report_json.h"

#include <stdlib.h>
#include <string.h>

#include <tasklab/base/json.h>

#include "report_grade.h"
#include "report_write.h"

#define REPORT_VERSION 1

static void write_statements(struct json *json, const char *name,
			     const struct record_statements *statements)
{
	json_name(json, name);
	json_begin_object(json);
#define X(counter) json_kv_i64(json, #counter, statements->counter);
	RECORD_STATEMENT_COUNTERS(X)
#undef X
	json_end_object(json);
}

static void write_database(struct json *json, const struct record_database *database)
{
	json_name(json, "database");
	json_begin_object(json);
#define X(counter) json_kv_i64(json, #counter, database->counter);
	RECORD_DATABASE_COUNTERS(X)
#undef X
	json_end_object(json);
}

static void write_workload(struct json *json, const struct record_workload *workload)
{
	json_name(json, "workload");
	json_begin_object(json);
	json_kv_u64(json, "calls", workload->calls);
	json_kv_u64(json, "statements", workload->statements);
	json_kv_u64(json, "commits", workload->commits);
	json_kv_u64(json, "failed", workload->failed);
	json_kv_u64(json, "http_errors", workload->http_errors);
	json_kv_u64(json, "lock_waits", workload->lock_waits);
	json_name(json, "sqlstates");
	json_begin_array(json);
	for (size_t i = 0; i < workload->sqlstate_count; i++) {
		json_begin_object(json);
		json_kv_string(json, "state", workload->sqlstates[i].state);
		json_kv_u64(json, "count", workload->sqlstates[i].count);
		json_end_object(json);
	}
	json_end_array(json);
	json_end_object(json);
}

static void write_queries(struct json *json, const struct record *record)
{
	json_name(json, "queries");
	json_begin_array(json);
	for (size_t i = 0; i < record->query_count; i++) {
		const struct record_query *query = &record->queries[i];

		json_begin_object(json);
		json_kv_string(json, "sql", query->sql);
		json_kv_f64(json, "value", query->value);
		json_kv_string(json, "problem", *query->problem ? query->problem : NULL);
		json_end_object(json);
	}
	json_end_array(json);
}

static void write_tables(struct json *json, const struct record *record)
{
	json_name(json, "tables");
	json_begin_array(json);
	for (size_t i = 0; i < record->table_count; i++) {
		const struct record_table *table = &record->tables[i];

		json_begin_object(json);
		json_kv_string(json, "name", table->name);
#define X(counter) json_kv_i64(json, #counter, table->counter);
		RECORD_TABLE_COUNTERS(X)
#undef X
		json_kv_i64(json, "size_bytes", table->size_bytes);
		json_end_object(json);
	}
	json_end_array(json);
	json_name(json, "indexes");
	json_begin_array(json);
	for (size_t i = 0; i < record->index_count; i++) {
		const struct record_index *index = &record->indexes[i];

		json_begin_object(json);
		json_kv_string(json, "table", index->table);
		json_kv_string(json, "name", index->name);
#define X(counter) json_kv_i64(json, #counter, index->counter);
		RECORD_INDEX_COUNTERS(X)
#undef X
		json_kv_i64(json, "size_bytes", index->size_bytes);
		json_end_object(json);
	}
	json_end_array(json);
}

/* The histogram as pairs [upper bound in nanoseconds, count], empty buckets left out. */
static void write_latency(struct json *json, const struct hist *hist)
{
	json_name(json, "latency_ns");
	json_begin_object(json);
	json_kv_u64(json, "count", hist->count);
	json_kv_u64(json, "min", hist->count ? hist->min_ns : 0);
	json_kv_u64(json, "p50", hist_quantile_ns(hist, 0.5));
	json_kv_u64(json, "p95", hist_quantile_ns(hist, 0.95));
	json_kv_u64(json, "p99", hist_quantile_ns(hist, 0.99));
	json_kv_u64(json, "max", hist->max_ns);
	json_name(json, "buckets");
	json_begin_array(json);
	for (size_t i = 0; i < HIST_BUCKETS; i++) {
		if (hist->buckets[i] == 0)
			continue;
		json_begin_array(json);
		json_u64(json, hist_bucket_upper_ns(i));
		json_u64(json, hist->buckets[i]);
		json_end_array(json);
	}
	json_end_array(json);
	json_end_object(json);
}

static void write_node(struct json *json, const struct plan_node *node, bool changed)
{
	json_begin_object(json);
	json_kv_string(json, "type", node->type);
	json_kv_string(json, "relation", node->relation);
	json_kv_string(json, "index", node->index);
	json_kv_string(json, "condition", node->condition);
	json_kv_i64(json, "parent", node->parent);
	json_kv_u64(json, "depth", node->depth);
	json_kv_bool(json, "changed", changed);
	json_kv_f64(json, "total_cost", node->total_cost);
	json_kv_f64(json, "estimated_rows", node->estimated_rows);
	json_kv_f64(json, "actual_rows", node->actual_rows);
	json_kv_f64(json, "loops", node->loops);
	json_kv_f64(json, "rows_removed_by_filter", node->rows_removed_by_filter);
	json_kv_f64(json, "rows_removed_by_join_filter", node->rows_removed_by_join_filter);
	json_kv_f64(json, "rows_removed_by_recheck", node->rows_removed_by_recheck);
	json_kv_f64(json, "heap_fetches", node->heap_fetches);
	json_kv_f64(json, "lossy_blocks", node->lossy_blocks);
	json_kv_f64(json, "index_searches", node->index_searches);
	json_kv_bool(json, "subplan", node->subplan);
	json_kv_f64(json, "shared_blocks", node->shared_blocks);
	json_kv_f64(json, "temp_blocks", node->temp_blocks);
	json_kv_f64(json, "actual_ms", node->actual_ms);
	json_end_object(json);
}

void report_json_plan(struct json *json, const struct plan *plan, const bool *changed)
{
	json_begin_object(json);
	json_kv_u64(json, "sample", plan->sample);
	json_kv_u64(json, "step", plan->step);
	json_kv_f64(json, "jit_functions", plan->jit_functions);
	json_kv_f64(json, "planning_ms", plan->planning_ms);
	json_kv_f64(json, "execution_ms", plan->execution_ms);
	json_name(json, "nodes");
	json_begin_array(json);
	for (size_t i = 0; i < plan->count; i++)
		write_node(json, &plan->nodes[i], changed[i]);
	json_end_array(json);
	json_name(json, "explain");
	json_raw(json, plan->json, strlen(plan->json));
	json_end_object(json);
}

/* Nodes are marked as changed against the other side's plan of the same sample and step. */
static int write_plan(struct json *json, const struct report_view *view, size_t side,
		      const struct plan *plan, struct err *err)
{
	const struct report_place place = {plan->sample, plan->step};
	AUTO(freep) bool *changed = report_changed(view, side, &place);

	if (!changed)
		return err_no_memory(err);
	report_json_plan(json, plan, changed);
	return 0;
}

static int write_side(struct json *json, const struct report_view *view, size_t side,
		      struct err *err)
{
	const struct report_side *one = &view->side[side];
	const struct record *record = one->record;

	json_name(json, side ? "after" : "before");
	json_begin_object(json);
	json_kv_string(json, "label", one->label);
	json_kv_string(json, "script", one->script);
	json_name(json, "requests");
	json_begin_array(json);
	for (size_t i = 0; one->requests && i < one->requests->count; i++)
		json_str(json, one->requests->items[i]);
	json_end_array(json);
	json_kv_string(json, "change", one->change);
	json_kv_i64(json, "wall_ns", record->wall_ns);
	json_kv_f64(json, "calls_per_second", record_calls_per_second(record));
	write_latency(json, record->latency);
	write_statements(json, "statement", &record->top);
	write_statements(json, "nested", &record->nested);
	write_workload(json, &record->workload);
	write_database(json, &record->database);
	write_tables(json, record);
	write_queries(json, record);
	json_name(json, "plans");
	json_begin_array(json);
	for (size_t i = 0; i < record->plan_count; i++)
		if (write_plan(json, view, side, record->plans[i], err) < 0)
			return -1;
	json_end_array(json);
	json_end_object(json);
	return 0;
}

static void write_evidence(struct json *json, const struct report_view *view)
{
	json_name(json, "evidence");
	json_begin_array(json);
	for (size_t i = 0; i < view->verdict_count; i++) {
		const struct evidence_verdict *verdict = &view->verdicts[i];

		json_begin_object(json);
		json_kv_string(json, "kind", verdict->item->kind);
		json_kv_string(json, "claim", verdict->claim);
		json_kv_string(json, "outcome", evidence_outcome_name(verdict->outcome));
		json_kv_string(json, "reason", *verdict->reason ? verdict->reason : NULL);
		json_kv_f64(json, "before", verdict->before);
		json_kv_f64(json, "after", verdict->after);
		json_end_object(json);
	}
	json_end_array(json);
}

static void write_equivalence(struct json *json, const struct report_view *view)
{
	const struct record *before = view->side[0].record, *after = view->side[1].record;
	uint64_t rows = 0;

	for (size_t i = 0; i < before->answer_count; i++)
		rows += before->answers[i].rows;
	json_name(json, "equivalence");
	json_begin_object(json);
	json_kv_u64(json, "parameter_rows", view->parameters);
	json_kv_u64(json, "rows_compared", rows);
	if (after->differing >= 0)
		json_kv_i64(json, "differing_parameter_rows", after->differing);
	else
		json_kv_string(json, "differing_parameter_rows", NULL);
	json_end_object(json);
}

static void write_notes(struct json *json, const struct report_view *view)
{
	json_kv_string(json, "note", view->notes[0]);
	json_name(json, "notes");
	json_begin_array(json);
	for (size_t i = 0; i < REPORT_NOTES && view->notes[i]; i++)
		json_str(json, view->notes[i]);
	json_end_array(json);
}

int report_view_json(const struct report_view *view, struct buf *out, struct err *err)
{
	struct json json = JSON_INIT(out);

	json_begin_object(&json);
	json_kv_i64(&json, "report_version", REPORT_VERSION);
	json_kv_string(&json, "kind", view->kind);
	json_kv_string(&json, "lab", view->slug);
	json_kv_string(&json, "title", view->title);
	json_kv_string(&json, "scale", view->scale);
	json_kv_i64(&json, "server_version", view->server_version);
	json_kv_time_us(&json, "started_at", view->started_us);
	json_kv_time_us(&json, "finished_at", view->finished_us);
	json_kv_string(&json, "verdict", view->verdict);
	write_notes(&json, view);
	report_grade_json(&json, view);
	if (!view->skipped)
		write_evidence(&json, view);
	if (view->empty) {
		json_end_object(&json);
		return 0;
	}
	json_kv_u64(&json, "clients", view->clients);
	json_kv_string(&json, "database", view->database);
	json_kv_string(&json, "kept_database", view->kept ? view->database : NULL);
	write_equivalence(&json, view);
	if (write_side(&json, view, 0, err) < 0 || write_side(&json, view, 1, err) < 0)
		return -1;
	json_end_object(&json);
	return 0;
}
