/* report_reset.c - the databases of labs, and what a reset did to them. */
#include <tasklab/lab/reset.h>

void reset_text(const struct reset_database *databases, size_t n, struct buf *out)
{
	size_t dropped = 0;

	for (size_t i = 0; i < n; i++) {
		const struct reset_database *one = &databases[i];

		if (one->dropped)
			buf_printf(out, "%s %s\n",
				   one->exists ? "dropped" : "ended the sessions of", one->name);
		else if (one->state == RESET_IN_USE)
			buf_printf(out, "left %s alone: a run uses it now\n", one->name);
		dropped += one->dropped;
	}
	if (dropped == 0)
		buf_puts(out, "nothing was left behind\n");
}

void reset_json(const struct reset_database *databases, size_t n, bool touched_only,
		struct json *json)
{
	json_begin_array(json);
	for (size_t i = 0; i < n; i++) {
		const struct reset_database *one = &databases[i];

		if (touched_only && !one->dropped && one->state != RESET_IN_USE)
			continue;
		json_begin_object(json);
		json_kv_string(json, "name", one->name);
		json_kv_string(json, "kind", one->kind == RESET_LAB ? "lab" : "template");
		json_kv_string(json, "state", reset_state_name(one->state));
		json_kv_i64(json, "bytes", one->bytes);
		json_kv_string(json, "about", one->about);
		json_kv_bool(json, "dropped", one->dropped);
		json_end_object(json);
	}
	json_end_array(json);
}
