/* print.c - lists the settings in force. */
#include <errno.h>
#include <stdio.h>

#include <tasklab/base/attr.h>
#include <tasklab/base/json.h>
#include <tasklab/base/term.h>

#include "setting.h"

#define VALUE_MAX_BYTES 8192
#define LIST_MAX_BYTES  (1U << 20)

static int print_json(const struct config *config, FILE *stream, struct err *err)
{
	AUTO(buf_release) struct buf out = BUF_INIT(LIST_MAX_BYTES);
	AUTO(buf_release) struct buf value = BUF_INIT(VALUE_MAX_BYTES);
	AUTO(buf_release) struct buf source = BUF_INIT(VALUE_MAX_BYTES);
	struct json json = JSON_PRETTY(&out);

	json_begin_array(&json);
	for (size_t i = 0; i < SETTING_COUNT; i++) {
		buf_reset(&value);
		buf_reset(&source);
		setting_show(&settings[i], config, &value);
		setting_source(config->origin, i, &source);
		json_begin_object(&json);
		json_kv_string(&json, "name", settings[i].name);
		json_kv_string(&json, "value", buf_str(&value));
		json_kv_string(&json, "source", buf_str(&source));
		json_kv_string(&json, "help", settings[i].help);
		json_end_object(&json);
	}
	json_end_array(&json);
	buf_putc(&out, '\n');
	if (buf_check(&out, err) < 0)
		return -1;
	fwrite(out.data, 1, out.len, stream);
	return 0;
}

static int print_table(const struct config *config, FILE *stream, struct err *err)
{
	static const char *const headers[] = {"NAME", "VALUE", "SOURCE", "HELP"};
	struct term_table *table = term_table_new(headers, ARRAY_LEN(headers));
	AUTO(buf_release) struct buf value = BUF_INIT(VALUE_MAX_BYTES);
	AUTO(buf_release) struct buf source = BUF_INIT(VALUE_MAX_BYTES);

	if (!table)
		return err_no_memory(err);
	for (size_t i = 0; i < SETTING_COUNT; i++) {
		buf_reset(&value);
		buf_reset(&source);
		setting_show(&settings[i], config, &value);
		setting_source(config->origin, i, &source);
		term_table_row(table, (const char *const[]){settings[i].name, buf_str(&value),
							    buf_str(&source), settings[i].help});
	}
	term_table_print(table, stream);
	return 0;
}

int config_print(const struct config *config, FILE *stream, bool json, struct err *err)
{
	int rc = json ? print_json(config, stream, err) : print_table(config, stream, err);

	if (rc == 0 && (fflush(stream) != 0 || ferror(stream)))
		return err_errno(err, errno, "cannot print the settings", "write");
	return rc;
}
