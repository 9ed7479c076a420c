/* setting.h - one row of the settings table as data: reading and showing its values. */
#ifndef CONFIG_SETTING_H
#define CONFIG_SETTING_H

#include <limits.h>
#include <stddef.h>
#include <stdint.h>

#include <tasklab/base/buf.h>
#include <tasklab/config/config.h>

enum setting_type {
	SETTING_STR,
	SETTING_SECRET,
	SETTING_CONNINFO,
	SETTING_ENUM,
	SETTING_INT,
	SETTING_BYTES,
	SETTING_MS,
	SETTING_BOOL
};

struct setting {
	const char *name, *fallback, *help;
	enum setting_type type;
	int64_t min, max;
	size_t offset; /* of its field in struct config */
};

enum {
	SETTING_COUNT = 0
#define X(name, type, fallback, min, max, help) +1
	CONFIG_SETTINGS(X)
#undef X
};

extern const struct setting settings[SETTING_COUNT];

/* Where each value came from. */
struct config_origin {
	char file[PATH_MAX];
	struct {
		enum config_source source;
		size_t line; /* of the file */
	} of[SETTING_COUNT];
};

/* "default", "app.conf:3", "TASKLAB_LISTEN", "--listen" */
void setting_source(const struct config_origin *origin, size_t setting, struct buf *out);
/* Parses value into the setting's field. The error says what was expected, and from which source.
 */
int setting_assign(const struct setting *setting, struct config *config, const char *source,
		   const char *value, struct err *err);
/* The value as a person would write it, secrets hidden. */
void setting_show(const struct setting *setting, const struct config *config, struct buf *out);
/* The help without the choices in braces, and the choices: "auto,json,text" or "". */
void setting_help(const struct setting *setting, struct buf *help, struct buf *choices);

#endif
