/* cmd_metrics.c - tasklab metrics --list: the metric table, for people and for checks. */
#include <stdio.h>

#include <tasklab/base/buf.h>
#include <tasklab/base/json.h>
#include <tasklab/base/term.h>
#include <tasklab/cmd/cmd.h>
#include <tasklab/metrics/metrics.h>

#define LIST_MAX_BYTES (1U << 20)

static void put_labels(struct buf *out, const struct metric_info *info)
{
	for (size_t i = 0; i < info->label_count; i++)
		buf_printf(out, "%s%s", i > 0 ? "," : "", info->labels[i].text);
}

static int print_table(struct err *err)
{
	static const char *const headers[] = {"NAME",   "TYPE",        "UNIT",
					      "LABELS", ">MAX SERIES", "HELP"};
	struct term_table *table = term_table_new(headers, ARRAY_LEN(headers));

	if (!table)
		return err_no_memory(err);
	for (size_t i = 0; i < metrics_count(); i++) {
		AUTO(buf_release) struct buf labels = BUF_INIT(256);
		struct metric_info info;
		char series[32];

		metrics_info((enum metric)i, &info);
		put_labels(&labels, &info);
		term_table_row(table, (const char *const[]){
					      info.name, info.type, info.unit, buf_str(&labels),
					      term_count(info.max_series, series), info.help});
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

int cmd_metrics(struct cmd *cmd)
{
	bool list = false;
	const struct cmd_option options[] = {{"list", CMD_OPTION_FLAG, &list}};
	struct err err = ERR_INIT;
	char total[32], limit[32];

	if (cmd_options(cmd, options, ARRAY_LEN(options)) < 0)
		return CMD_USAGE;
	if (cmd->argc > 1)
		return cmd_usage(cmd, "unexpected argument \"%s\"", cmd->argv[1]);
	if (!list)
		return cmd_usage(cmd, "--list is missing");
	if (cmd_metrics_labels(&err) < 0 || (cmd->json ? print_json(&err) : print_table(&err)) < 0)
		return cmd_fail(cmd, "cannot list the metrics", &err);
	if (!cmd->json)
		printf("\nAt most %s series on /metrics (limit %s).\n",
		       term_count(metrics_max_series(), total),
		       term_count(METRICS_SERIES_LIMIT, limit));
	return CMD_OK;
}
