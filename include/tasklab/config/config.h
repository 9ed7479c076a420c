/* config.h - the settings in force: flags, then TASKLAB_* variables, then a file, then defaults. */
#ifndef TASKLAB_CONFIG_CONFIG_H
#define TASKLAB_CONFIG_CONFIG_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include <tasklab/base/buf.h>
#include <tasklab/base/err.h>
#include <tasklab/config/settings.h>

typedef char *config_type_STR, *config_type_SECRET, *config_type_CONNINFO, *config_type_ENUM;
typedef int64_t config_type_INT, config_type_BYTES, config_type_MS;
typedef bool config_type_BOOL;

struct config {
#define X(name, type, value, min, max, help) config_type_##type name;
	CONFIG_SETTINGS(X)
#undef X
	struct config_origin *origin; /* which source gave each setting */
};

/* Takes the settings' flags out of argv (--name value, --name=value; --config FILE; booleans also
 * as --name and --no-name) and leaves the rest in place, *argc lowered; what follows "--" is left
 * alone. A file has lines of name = value; a line that begins with # is a comment. The file is
 * --config, else $TASKLAB_CONFIG. Errors (ERR_INVALID) name the setting, its source, and what was
 * expected. An unknown TASKLAB_* variable is an error too, with the nearest name. */
int config_load(int *argc, char **argv, struct config **ret, struct err *err);
void config_freep(struct config **config);
/* Aligned listing or JSON array: name, value (secrets and URL passwords as ***), source, help. */
int config_print(const struct config *config, FILE *stream, bool json, struct err *err);

enum config_source { CONFIG_DEFAULT, CONFIG_FILE, CONFIG_VARIABLE, CONFIG_FLAG };
/* Where a setting's value came from; the name is one of the table. */
enum config_source config_source(const struct config *config, const char *name);

/* The settings' names, in the order of the table: for help and for "did you mean". */
size_t config_count(void);
const char *config_name(size_t setting);
/* Writes a libpq URI or keyword/value string with *** in place of every password. What is not
 * understood is hidden as a whole. */
void config_redact_conninfo(const char *conninfo, struct buf *out);

#endif
