/* status.c - the status codes that this server sends. */
#include "status.h"

#include <string.h>

#include <tasklab/base/attr.h>

static const struct {
	int status;
	const char *label;
	const char *line;
} statuses[] = {
#define X(code, reason) {code, #code, "HTTP/1.1 " #code " " reason "\r\n"},
	HTTP_STATUSES(X)
#undef X
};

size_t status_index(int status)
{
	for (size_t i = 0; i < ARRAY_LEN(statuses); i++) {
		if (statuses[i].status == status)
			return i;
	}
	return ARRAY_LEN(statuses);
}

size_t status_count(void)
{
	return ARRAY_LEN(statuses);
}

const char *status_label(size_t index)
{
	return index < ARRAY_LEN(statuses) ? statuses[index].label : "other";
}

const char *status_line(int status, size_t *len)
{
	size_t index = status_index(status);
	const char *line = statuses[index < ARRAY_LEN(statuses) ? index : status_index(500)].line;

	*len = strlen(line);
	return line;
}
