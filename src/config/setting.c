/* setting.c - reads and shows the value of one setting by its type. */
#include "setting.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <tasklab/base/attr.h>
#include <tasklab/base/clock.h>
#include <tasklab/base/text.h>

const struct setting settings[SETTING_COUNT] = {
#define X(name, type, fallback, min, max, help)                                                    \
	{#name, fallback, help, SETTING_##type, min, max, offsetof(struct config, name)},
	CONFIG_SETTINGS(X)
#undef X
};

void setting_source(const struct config_origin *origin, size_t setting, struct buf *out)
{
	const char *name = settings[setting].name;

	switch (origin->of[setting].source) {
	case CONFIG_DEFAULT:
		buf_puts(out, "default");
		break;
	case CONFIG_FILE:
		buf_printf(out, "%s:%zu", origin->file, origin->of[setting].line);
		break;
	case CONFIG_VARIABLE:
		buf_puts(out, "TASKLAB_");
		for (; *name; name++)
			buf_putc(out,
				 *name >= 'a' && *name <= 'z' ? (char)(*name - 'a' + 'A') : *name);
		break;
	case CONFIG_FLAG:
		buf_puts(out, "--");
		for (; *name; name++)
			buf_putc(out, *name == '_' ? '-' : *name);
		break;
	}
}

static const struct {
	const char *suffix;
	int64_t factor;
} size_units[] = {{"G", 1 << 30}, {"g", 1 << 30}, {"M", 1 << 20}, {"m", 1 << 20},
		  {"k", 1 << 10}, {"K", 1 << 10}, {"", 1}};

static const struct {
	const char *suffix;
	int64_t factor;
} time_units[] = {{"h", 3600000}, {"m", 60000}, {"s", 1000}, {"ms", 1}};

static void put_size(struct buf *out, int64_t bytes)
{
	for (size_t i = 0; i < ARRAY_LEN(size_units); i++) {
		if (bytes != 0 && bytes % size_units[i].factor == 0) {
			buf_printf(out, "%" PRId64 "%s", bytes / size_units[i].factor,
				   size_units[i].suffix);
			return;
		}
	}
	buf_puts(out, "0");
}

static void put_time(struct buf *out, int64_t ms)
{
	for (size_t i = 0; i < ARRAY_LEN(time_units); i++) {
		if (ms != 0 && ms % time_units[i].factor == 0) {
			buf_printf(out, "%" PRId64 "%s", ms / time_units[i].factor,
				   time_units[i].suffix);
			return;
		}
	}
	buf_puts(out, "0s");
}

static bool parse_size(const char *text, int64_t *ret)
{
	char digits[24];
	size_t len = strspn(text, "0123456789");
	int64_t value;

	if (len == 0 || len >= sizeof(digits))
		return false;
	memcpy(digits, text, len);
	digits[len] = '\0';
	if (!text_i64(digits, 0, INT64_MAX, &value))
		return false;
	for (size_t i = 0; i < ARRAY_LEN(size_units); i++) {
		if (strcmp(text + len, size_units[i].suffix) == 0)
			return !__builtin_mul_overflow(value, size_units[i].factor, ret);
	}
	return false;
}

/* Whole milliseconds; unlike durations elsewhere, zero may be a setting ("do not wait"). */
static bool parse_time(const char *text, int64_t *ret)
{
	int64_t ns;

	if (strcmp(text, "0") == 0 || strcmp(text, "0s") == 0 || strcmp(text, "0ms") == 0) {
		*ret = 0;
		return true;
	}
	if (clock_parse_duration(text, &ns, NULL) < 0 || ns % CLOCK_NS_PER_MS != 0)
		return false;
	*ret = ns / CLOCK_NS_PER_MS;
	return true;
}

static bool parse_bool(const char *text, bool *ret)
{
	static const char *const on[] = {"on", "true", "yes", "1"};
	static const char *const off[] = {"off", "false", "no", "0"};

	for (size_t i = 0; i < ARRAY_LEN(on); i++) {
		if (strcmp(text, on[i]) == 0 || strcmp(text, off[i]) == 0) {
			*ret = strcmp(text, on[i]) == 0;
			return true;
		}
	}
	return false;
}

static bool is_choice(const char *choices, const char *word)
{
	size_t len = strlen(word);

	while (*choices) {
		size_t n = strcspn(choices, ",");

		if (n == len && memcmp(choices, word, n) == 0)
			return true;
		choices += choices[n] == ',' ? n + 1 : n;
	}
	return false;
}

void setting_help(const struct setting *setting, struct buf *help, struct buf *choices)
{
	const char *open = setting->type == SETTING_ENUM ? strrchr(setting->help, '{') : NULL;
	const char *close = open ? strchr(open, '}') : NULL;

	if (!close) {
		buf_puts(help, setting->help);
		return;
	}
	buf_append(help, setting->help, (size_t)(open - setting->help));
	while (help->len > 0 && help->data[help->len - 1] == ' ')
		help->data[--help->len] = '\0';
	buf_append(choices, open + 1, (size_t)(close - open - 1));
}

static void put_expected(struct buf *out, const struct setting *setting)
{
	AUTO(buf_release) struct buf help = BUF_INIT(512);

	switch (setting->type) {
	case SETTING_STR:
	case SETTING_SECRET:
	case SETTING_CONNINFO:
		buf_printf(out, "%" PRId64 " to %" PRId64 " bytes of UTF-8", setting->min,
			   setting->max);
		break;
	case SETTING_ENUM:
		buf_puts(out, "one of ");
		setting_help(setting, &help, out);
		break;
	case SETTING_INT:
		buf_printf(out, "a whole number from %" PRId64 " to %" PRId64, setting->min,
			   setting->max);
		break;
	case SETTING_BYTES:
		buf_puts(out, "a size such as 64k or 1M from ");
		put_size(out, setting->min);
		buf_puts(out, " to ");
		put_size(out, setting->max);
		break;
	case SETTING_MS:
		buf_puts(out, "a duration such as 250ms or 5s from ");
		put_time(out, setting->min);
		buf_puts(out, " to ");
		put_time(out, setting->max);
		break;
	case SETTING_BOOL:
		buf_puts(out, "on or off");
		break;
	}
}

static int wrong_value(const struct setting *setting, const char *source, const char *value,
		       struct err *err)
{
	AUTO(buf_release) struct buf expected = BUF_INIT(512);
	bool hidden = setting->type == SETTING_SECRET || setting->type == SETTING_CONNINFO;

	put_expected(&expected, setting);
	if (hidden)
		return err_field(err, ERR_INVALID, setting->name, "%s (from %s): expected %s",
				 setting->name, source, buf_str(&expected));
	return err_field(err, ERR_INVALID, setting->name,
			 "%s (from %s): expected %s, not \"%.64s\"", setting->name, source,
			 buf_str(&expected), value);
}

static int assign_text(const struct setting *setting, char **field, const char *source,
		       const char *value, struct err *err)
{
	AUTO(buf_release) struct buf help = BUF_INIT(512);
	AUTO(buf_release) struct buf choices = BUF_INIT(512);
	size_t len = strlen(value);
	char *copy;

	if (setting->type == SETTING_ENUM) {
		setting_help(setting, &help, &choices);
		if (!is_choice(buf_str(&choices), value))
			return wrong_value(setting, source, value, err);
	} else if (len < (size_t)setting->min || len > (size_t)setting->max ||
		   !text_utf8(value, len)) {
		return wrong_value(setting, source, value, err);
	}
	copy = strdup(value);
	if (!copy)
		return err_no_memory(err);
	free(*field);
	*field = copy;
	return 0;
}

int setting_assign(const struct setting *setting, struct config *config, const char *source,
		   const char *value, struct err *err)
{
	void *field = (char *)config + setting->offset;
	int64_t number = 0;
	bool ok = false;

	switch (setting->type) {
	case SETTING_STR:
	case SETTING_SECRET:
	case SETTING_CONNINFO:
	case SETTING_ENUM:
		return assign_text(setting, field, source, value, err);
	case SETTING_BOOL:
		return parse_bool(value, field) ? 0 : wrong_value(setting, source, value, err);
	case SETTING_INT:
		ok = text_i64(value, INT64_MIN, INT64_MAX, &number);
		break;
	case SETTING_BYTES:
		ok = parse_size(value, &number);
		break;
	case SETTING_MS:
		ok = parse_time(value, &number);
		break;
	}
	if (!ok || number < setting->min || number > setting->max)
		return wrong_value(setting, source, value, err);
	*(int64_t *)field = number;
	return 0;
}

void setting_show(const struct setting *setting, const struct config *config, struct buf *out)
{
	const void *field = (const char *)config + setting->offset;

	switch (setting->type) {
	case SETTING_STR:
	case SETTING_ENUM:
		buf_puts(out, *(char *const *)field);
		break;
	case SETTING_SECRET:
		buf_puts(out, **(char *const *)field ? "***" : "");
		break;
	case SETTING_CONNINFO:
		config_redact_conninfo(*(char *const *)field, out);
		break;
	case SETTING_INT:
		buf_i64(out, *(const int64_t *)field);
		break;
	case SETTING_BYTES:
		put_size(out, *(const int64_t *)field);
		break;
	case SETTING_MS:
		put_time(out, *(const int64_t *)field);
		break;
	case SETTING_BOOL:
		buf_puts(out, *(const bool *)field ? "on" : "off");
		break;
	}
}
