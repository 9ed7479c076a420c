/* err.c - fills the one error value and knows what each code means. */
#include <tasklab/base/err.h>

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* What follows are the functions behind them. */
#undef err_set
#undef err_field
#undef err_no_memory
#undef err_errno
#undef err_pass

static const struct {
	int status;
	const char *name, *title;
} codes[] = {
#define X(name, status, title) [name] = {status, #name, title},
	ERR_CODES(X)
#undef X
};

int err_set(struct err *err, enum err_code code, const char *message, const char *detail_format,
	    ...)
{
	va_list args;

	if (!err)
		return -1;
	*err = (struct err){.code = code};
	snprintf(err->message, sizeof(err->message), "%s", message);
	va_start(args, detail_format);
	vsnprintf(err->detail, sizeof(err->detail), detail_format, args);
	va_end(args);
	return -1;
}

int err_field(struct err *err, enum err_code code, const char *field, const char *message_format,
	      ...)
{
	va_list args;

	if (!err)
		return -1;
	*err = (struct err){.code = code};
	snprintf(err->field, sizeof(err->field), "%s", field);
	va_start(args, message_format);
	vsnprintf(err->message, sizeof(err->message), message_format, args);
	va_end(args);
	return -1;
}

int err_no_memory(struct err *err)
{
	return err_set(err, ERR_NO_MEMORY, "out of memory", "");
}

int err_errno(struct err *err, int error_number, const char *message, const char *what)
{
	char text[128];

	/* The GNU strerror_r may return a static string instead of filling text. */
	return err_set(err, ERR_INTERNAL, message, "%s: %s", what,
		       strerror_r(error_number, text, sizeof(text)));
}

int err_pass(struct err *err, const struct err *why)
{
	if (err)
		*err = *why;
	return -1;
}

int err_http_status(enum err_code code)
{
	return code < ERR_CODE_COUNT ? codes[code].status : 500;
}

const char *err_title(enum err_code code)
{
	return codes[code < ERR_CODE_COUNT ? code : ERR_INTERNAL].title;
}

const char *err_name(enum err_code code)
{
	return codes[code < ERR_CODE_COUNT ? code : ERR_INTERNAL].name;
}
