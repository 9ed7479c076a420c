/* rules.c - checks single values that come from outside. */
#include <tasklab/domain/rules.h>

#include <stdbool.h>
#include <string.h>

#include <tasklab/base/text.h>

static bool is_alpha(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_alnum(char c)
{
	return is_alpha(c) || (c >= '0' && c <= '9');
}

int rule_text(const char *field, const char *value, size_t min, size_t max, struct err *err)
{
	size_t bytes;
	size_t length;

	if (!value)
		return err_field(err, ERR_UNPROCESSABLE, field, "must not be null");
	bytes = strlen(value);
	if (!text_utf8(value, bytes))
		return err_field(err, ERR_UNPROCESSABLE, field, "must be well-formed UTF-8");
	length = text_utf8_length(value, bytes);
	if (length < min || length > max)
		return err_field(err, ERR_UNPROCESSABLE, field,
				 "must be %zu to %zu characters long", min, max);
	return 0;
}

int rule_line(const char *field, const char *value, size_t min, size_t max, struct err *err)
{
	bool blank = true;

	if (rule_text(field, value, min, max, err) < 0)
		return -1;
	for (const char *c = value; *c; c++) {
		if ((unsigned char)*c < 0x20 || *c == 0x7f)
			return err_field(err, ERR_UNPROCESSABLE, field,
					 "must not hold control characters");
		blank = blank && *c == ' ';
	}
	if (blank && min > 0)
		return err_field(err, ERR_UNPROCESSABLE, field, "must not be blank");
	return 0;
}

int rule_choice(const char *field, const char *value, const char *const *choices, size_t n,
		struct err *err)
{
	char all[128] = "";
	char *end = all;

	for (size_t i = 0; i < n; i++) {
		if (value && strcmp(value, choices[i]) == 0)
			return 0;
		if ((size_t)(end - all) + strlen(choices[i]) + sizeof(", ") < sizeof(all))
			end = stpcpy(stpcpy(end, i > 0 ? ", " : ""), choices[i]);
	}
	return err_field(err, ERR_UNPROCESSABLE, field, "must be one of: %s", all);
}

int rule_range(const char *field, int64_t value, int64_t min, int64_t max, struct err *err)
{
	if (value >= min && value <= max)
		return 0;
	return err_field(err, ERR_UNPROCESSABLE, field, "must be %lld to %lld", (long long)min,
			 (long long)max);
}

int rule_time(const char *field, int64_t unix_us, struct err *err)
{
	if (unix_us >= RULE_TIME_MIN && unix_us <= RULE_TIME_MAX)
		return 0;
	return err_field(err, ERR_UNPROCESSABLE, field, "must be in the years 0001 to 9999");
}

int rule_id(const char *field, int64_t id, struct err *err)
{
	if (id > 0)
		return 0;
	return err_field(err, ERR_UNPROCESSABLE, field, "must be a positive id");
}

int rule_email(const char *field, const char *value, struct err *err)
{
	const char *at;

	if (rule_line(field, value, 3, 254, err) < 0)
		return -1;
	at = strchr(value, '@');
	if (!at || at == value || at[1] == '\0' || strchr(at + 1, '@') || strchr(value, ' '))
		return err_field(err, ERR_UNPROCESSABLE, field, "must be an email address");
	return 0;
}

/* Parts of letters, digits, '_', '+' and '-' between slashes, the first letter a capital. */
static bool is_zone_name(const char *name)
{
	bool part = false;

	if (*name < 'A' || *name > 'Z')
		return false;
	for (const char *c = name; *c; c++) {
		if (*c == '/' ? !part : !is_alnum(*c) && !strchr("_+-", *c))
			return false;
		part = *c != '/';
	}
	return part;
}

int rule_time_zone(const char *field, const char *value, struct err *err)
{
	if (rule_line(field, value, 1, 64, err) < 0)
		return -1;
	if (!is_zone_name(value))
		return err_field(err, ERR_UNPROCESSABLE, field,
				 "must be a time zone such as UTC or Europe/Berlin");
	return 0;
}

/* RFC 5646 section 2.1, the shape only: a language of 2 to 8 letters, then subtags of 1 to 8. */
int rule_locale(const char *field, const char *value, struct err *err)
{
	size_t run = 0;
	size_t subtags = 0;

	if (rule_line(field, value, 2, 35, err) < 0)
		return -1;
	for (const char *c = value;; c++) {
		if (*c == '-' || *c == '\0') {
			if (run < (subtags == 0 ? 2 : 1) || run > 8)
				break;
			if (*c == '\0')
				return 0;
			subtags++;
			run = 0;
		} else if (subtags == 0 ? is_alpha(*c) : is_alnum(*c)) {
			run++;
		} else {
			break;
		}
	}
	return err_field(err, ERR_UNPROCESSABLE, field,
			 "must be a language tag such as en or pt-BR");
}

int rule_json_object(const char *field, const char *value, size_t max, unsigned depth,
		     struct err *err)
{
	unsigned level = 0;
	bool string = false;

	if (!value || *value != '{')
		return err_field(err, ERR_UNPROCESSABLE, field, "must be an object");
	if (strlen(value) > max)
		return err_field(err, ERR_UNPROCESSABLE, field, "must be at most %zu bytes of JSON",
				 max);
	for (const char *c = value; *c; c++) {
		if (string && *c == '\\' && c[1])
			c++;
		else if (*c == '"')
			string = !string;
		else if (!string && (*c == '{' || *c == '['))
			level++;
		else if (!string && (*c == '}' || *c == ']') && level > 0)
			level--;
		if (level > depth)
			return err_field(err, ERR_UNPROCESSABLE, field,
					 "must not be nested deeper than %u levels", depth);
	}
	return 0;
}
