/* cmd_metrics.c - tasklab metrics --list: the metric table, for people, for checks and for docs/.
 */
#include <stdio.h>

#include <tasklab/base/buf.h>
#include <tasklab/base/json.h>
#include <tasklab/base/term.h>
#include <tasklab/cmd/cmd.h>
#include <tasklab/metrics/metrics.h>

#define LIST_MAX_BYTES (1U << 20)

#define MARKDOWN_HEAD                                                                              \
	"# Metrics\n\n"                                                                            \
	"Made by `tasklab metrics --list --markdown` from include/tasklab/metrics/table.h; do "    \
	"not "                                                                                     \
	"edit.\n\n"                                                                                \
	"`GET /metrics` answers in the Prometheus text format 0.0.4, in OpenMetrics 1.0 (with\n"   \
	"exemplars; `?created=true` adds `_created`) or as length-delimited protobuf (with "       \
	"native\n"                                                                                 \
	"histograms and exemplars), by the Accept header, and compressed by gzip when asked.\n"    \
	"Every histogram is classic and native at once. A native one has at most 160 buckets a\n"  \
	"series: beyond that its schema goes down by one. Label values come from fixed tables;\n"  \
	"`tasklab metrics --list` prints how many series there can be at most.\n"

static void put_labels(struct buf *out, const struct metric_info *info)
{
	for (size_t i = 0; i < info->label_count; i++)
		buf_printf(out, "%s%s", i > 0 ? "," : "", info->labels[i].text);
}

static void put_buckets(struct buf *out, const struct metric_info *info, const char *separator)
{
	for (size_t i = 0; i < info->bucket_count; i++) {
		buf_puts(out, i > 0 ? separator : "");
		buf_f64(out, info->buckets[i]);
	}
}

/* A short form for the terminal: how many classic buckets, and the native schema. */
static void put_bucket_count(struct buf *out, const struct metric_info *info)
{
	if (info->bucket_count > 0)
		buf_printf(out, "%zu, schema %d", info->bucket_count + 1, info->schema);
}

static int print_table(struct err *err)
{
	static const char *const headers[] = {"NAME",    "TYPE",        "UNIT", "LABELS",
					      "BUCKETS", ">MAX SERIES", "HELP"};
	struct term_table *table = term_table_new(headers, ARRAY_LEN(headers));

	if (!table)
		return err_no_memory(err);
	for (size_t i = 0; i < metrics_count(); i++) {
		AUTO(buf_release) struct buf labels = BUF_INIT(256);
		AUTO(buf_release) struct buf buckets = BUF_INIT(64);
		struct metric_info info;
		char series[32];

		metrics_info((enum metric)i, &info);
		put_labels(&labels, &info);
		put_bucket_count(&buckets, &info);
		term_table_row(table, (const char *const[]){info.name, info.type, info.unit,
							    buf_str(&labels), buf_str(&buckets),
							    term_count(info.max_series, series),
							    info.help});
	}
	term_table_print(table, stdout);
	return 0;
}

static void put_metric(struct json *json, const struct metric_info *info)
{
	json_begin_object(json);
	json_kv_string(json, "name", info->name);
	json_kv_string(json, "type", info->type);
	json_kv_string(json, "unit", info->unit);
	json_name(json, "labels");
	json_begin_array(json);
	for (size_t i = 0; i < info->label_count; i++)
		json_str(json, info->labels[i].text);
	json_end_array(json);
	if (info->bucket_count > 0) {
		json_name(json, "buckets");
		json_begin_array(json);
		for (size_t i = 0; i < info->bucket_count; i++)
			json_f64(json, info->buckets[i]);
		json_end_array(json);
		json_kv_i64(json, "schema", info->schema);
	}
	json_kv_u64(json, "max_series", info->max_series);
	json_kv_string(json, "help", info->help);
	json_end_object(json);
}

static int print_json(struct err *err)
{
	AUTO(buf_release) struct buf out = BUF_INIT(LIST_MAX_BYTES);
	struct json json = JSON_PRETTY(&out);

	json_begin_array(&json);
	for (size_t i = 0; i < metrics_count(); i++) {
		struct metric_info info;

		metrics_info((enum metric)i, &info);
		put_metric(&json, &info);
	}
	json_end_array(&json);
	if (buf_check(&out, err) < 0)
		return -1;
	puts(out.data);
	return 0;
}

static void put_section(struct buf *out, const struct metric_info *info)
{
	buf_printf(out, "\n## `%s`\n\n%s\n\n- type: %s\n", info->name, info->help, info->type);
	if (info->unit[0])
		buf_printf(out, "- unit: %s\n", info->unit);
	if (info->label_count > 0) {
		buf_puts(out, "- labels: ");
		put_labels(out, info);
		buf_putc(out, '\n');
	}
	if (info->bucket_count > 0) {
		buf_puts(out, "- classic buckets: ");
		put_buckets(out, info, ", ");
		buf_printf(out, ", +Inf\n- native buckets: schema %d\n", info->schema);
	}
}

/* docs/metrics.md. How many series there may be depends on the labels' values: --list tells. */
static int print_markdown(struct err *err)
{
	AUTO(buf_release) struct buf out = BUF_INIT(LIST_MAX_BYTES);

	buf_puts(&out, MARKDOWN_HEAD);
	for (size_t i = 0; i < metrics_count(); i++) {
		struct metric_info info;

		metrics_info((enum metric)i, &info);
		put_section(&out, &info);
	}
	if (buf_check(&out, err) < 0)
		return -1;
	fputs(out.data, stdout);
	return 0;
}

static int print(const struct cmd *cmd, bool markdown, struct err *err)
{
	char total[32], limit[32];

	if (markdown)
		return print_markdown(err);
	if (cmd->json)
		return print_json(err);
	if (print_table(err) < 0)
		return -1;
	printf("\nAt most %s series on /metrics (limit %s).\n",
	       term_count(metrics_max_series(), total), term_count(METRICS_SERIES_LIMIT, limit));
	return 0;
}

int cmd_metrics(struct cmd *cmd)
{
	bool list = false, markdown = false;
	const struct cmd_option options[] = {{"list", CMD_OPTION_FLAG, &list},
					     {"markdown", CMD_OPTION_FLAG, &markdown}};
	struct err err = ERR_INIT;

	if (cmd_options(cmd, options, ARRAY_LEN(options)) < 0)
		return CMD_USAGE;
	if (cmd->argc > 1)
		return cmd_usage(cmd, "unexpected argument \"%s\"", cmd->argv[1]);
	if (!list)
		return cmd_usage(cmd, "--list is missing");
	if (cmd_metrics_labels(cmd->config, &err) < 0 || print(cmd, markdown, &err) < 0)
		return cmd_fail(cmd, "cannot list the metrics", &err);
	return CMD_OK;
}
