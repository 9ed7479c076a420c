/* config.c - gathers the settings: defaults, then a file, then TASKLAB_* variables, then flags. */
#include <tasklab/config/config.h>

#include <assert.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <tasklab/base/attr.h>
#include <tasklab/base/text.h>

#include "setting.h"

#define FILE_MAX_BYTES   65536
#define NAME_SIZE        64
#define PREFIX           "TASKLAB_"
#define SOURCE_MAX_BYTES (PATH_MAX + 64)

extern char **environ;

size_t config_count(void)
{
	return SETTING_COUNT;
}

const char *config_name(size_t setting)
{
	return settings[setting].name;
}

/* The index of a setting, or SETTING_COUNT. */
static size_t find_setting(const char *name)
{
	size_t i = 0;

	while (i < SETTING_COUNT && strcmp(settings[i].name, name) != 0)
		i++;
	return i;
}

enum config_source config_source(const struct config *config, const char *name)
{
	size_t i = find_setting(name);

	assert(i < SETTING_COUNT);
	return config->origin->of[i].source;
}

static int unknown_setting(const char *source, const char *name, struct err *err)
{
	const char *names[SETTING_COUNT];
	const char *nearest;

	for (size_t i = 0; i < SETTING_COUNT; i++)
		names[i] = settings[i].name;
	nearest = text_nearest(name, names, SETTING_COUNT);
	return err_field(err, ERR_INVALID, name, "%.128s: there is no setting \"%.60s\"%s%s%s",
			 source, name, nearest ? "; did you mean \"" : "", nearest ? nearest : "",
			 nearest ? "\"?" : "");
}

/* Sets one setting and remembers where its value came from. */
static int assign(struct config *config, size_t i, enum config_source source, size_t line,
		  const char *value, struct err *err)
{
	AUTO(buf_release) struct buf text = BUF_INIT(SOURCE_MAX_BYTES);

	config->origin->of[i].source = source;
	config->origin->of[i].line = line;
	setting_source(config->origin, i, &text);
	return setting_assign(&settings[i], config, buf_str(&text), value, err);
}

static int load_defaults(struct config *config, struct err *err)
{
	for (size_t i = 0; i < SETTING_COUNT; i++) {
		if (assign(config, i, CONFIG_DEFAULT, 0, settings[i].fallback, err) < 0)
			return -1;
	}
	return 0;
}

/* File ----------------------------------------------------------------------------------------- */

static char *trim(char *text)
{
	size_t len;

	text += strspn(text, " \t\r");
	len = strlen(text);
	while (len > 0 && strchr(" \t\r", text[len - 1]))
		len--;
	text[len] = '\0';
	return text;
}

static int load_line(struct config *config, size_t number, char *line, bool *seen, struct err *err)
{
	char source[PATH_MAX + 24];
	char *equals, *name;
	size_t i;

	line = trim(line);
	if (line[0] == '\0' || line[0] == '#')
		return 0;
	snprintf(source, sizeof(source), "%s:%zu", config->origin->file, number);
	equals = strchr(line, '=');
	if (!equals)
		return err_field(err, ERR_INVALID, "config", "%.128s: expected name = value",
				 source);
	*equals = '\0';
	name = trim(line);
	i = find_setting(name);
	if (i == SETTING_COUNT)
		return unknown_setting(source, name, err);
	if (seen[i])
		return err_field(err, ERR_INVALID, name, "%.128s: %s is set a second time", source,
				 name);
	seen[i] = true;
	return assign(config, i, CONFIG_FILE, number, trim(equals + 1), err);
}

static int load_file(struct config *config, const char *path, struct err *err)
{
	AUTO(buf_release) struct buf text = BUF_INIT(FILE_MAX_BYTES);
	bool seen[SETTING_COUNT] = {false};
	char *rest;
	size_t number = 0;

	if (text_read_file(path, FILE_MAX_BYTES, &text, err) < 0)
		return -1;
	snprintf(config->origin->file, sizeof(config->origin->file), "%s", path);
	if (memchr(buf_str(&text), '\0', text.len))
		return err_field(err, ERR_INVALID, "config", "%.128s: has a NUL byte", path);
	rest = text.data;
	for (char *line; rest && (line = strsep(&rest, "\n"));) {
		if (load_line(config, ++number, line, seen, err) < 0)
			return -1;
	}
	return 0;
}

/* Environment ---------------------------------------------------------------------------------- */

static bool is_other_variable(const char *name)
{
	static const char *const others[] = {
#define X(name) name,
		CONFIG_OTHER_VARIABLES(X)
#undef X
	};

	for (size_t i = 0; i < ARRAY_LEN(others); i++) {
		if (strcmp(name, others[i]) == 0)
			return true;
	}
	return false;
}

/* "TASKLAB_DB_POOL_MAX" -> "db_pool_max" */
static void setting_of_variable(const char *variable, char name[NAME_SIZE])
{
	size_t n = 0;

	for (const char *at = variable + strlen(PREFIX); *at && n < NAME_SIZE - 1; at++)
		name[n++] = *at >= 'A' && *at <= 'Z' ? (char)(*at - 'A' + 'a') : *at;
	name[n] = '\0';
}

static int load_variable(struct config *config, const char *variable, const char *value,
			 struct err *err)
{
	char name[NAME_SIZE];
	size_t i;

	if (is_other_variable(variable))
		return 0;
	setting_of_variable(variable, name);
	i = find_setting(name);
	/* TASKLAB_listen is as unknown as TASKLAB_LISTNE */
	if (i == SETTING_COUNT || strpbrk(variable, "abcdefghijklmnopqrstuvwxyz"))
		return unknown_setting(variable, name, err);
	return assign(config, i, CONFIG_VARIABLE, 0, value, err);
}

static int load_environment(struct config *config, struct err *err)
{
	for (char **entry = environ; entry && *entry; entry++) {
		AUTO(freep) char *variable = NULL;
		const char *equals = strchr(*entry, '=');

		if (strncmp(*entry, PREFIX, strlen(PREFIX)) != 0 || !equals)
			continue;
		variable = strndup(*entry, (size_t)(equals - *entry));
		if (!variable)
			return err_no_memory(err);
		if (load_variable(config, variable, equals + 1, err) < 0)
			return -1;
	}
	return 0;
}

/* Flags ---------------------------------------------------------------------------------------- */

struct flag {
	char name[NAME_SIZE];       /* as a setting: db_pool_max */
	char source[NAME_SIZE + 2]; /* as given: --db-pool-max */
	const char *value;          /* behind '=', or NULL */
};

static bool flag_split(const char *arg, struct flag *ret)
{
	size_t len;

	if (strncmp(arg, "--", 2) != 0)
		return false;
	len = strcspn(arg + 2, "=");
	if (len == 0 || len >= sizeof(ret->name))
		return false;
	memcpy(ret->source, arg, len + 2);
	ret->source[len + 2] = '\0';
	for (size_t i = 0; i < len; i++)
		ret->name[i] = arg[2 + i] == '-' ? '_' : arg[2 + i];
	ret->name[len] = '\0';
	ret->value = arg[2 + len] == '=' ? arg + 2 + len + 1 : NULL;
	return true;
}

static bool is_on_off(const char *text)
{
	return text && (strcmp(text, "on") == 0 || strcmp(text, "off") == 0);
}

/* The setting that a flag means, or SETTING_COUNT; --no-name gives a boolean the value off. */
static size_t flag_setting(struct flag *flag)
{
	size_t i = find_setting(flag->name);

	if (i < SETTING_COUNT || strncmp(flag->name, "no_", 3) != 0 || flag->value)
		return i;
	i = find_setting(flag->name + 3);
	if (i < SETTING_COUNT && settings[i].type != SETTING_BOOL)
		return SETTING_COUNT;
	flag->value = "off";
	return i;
}

/* What was given; all point into argv. */
struct flags {
	const char *file;
	const char *values[SETTING_COUNT];
};

/* Takes the value of a flag from behind its '=' or from the next argument; a boolean needs none.
 * False when there is none. *used tells whether the next argument was it. */
static bool flag_value(struct flag *flag, bool is_boolean, const char *next, bool *used)
{
	*used = false;
	if (flag->value)
		return true;
	if (is_boolean && !is_on_off(next)) {
		flag->value = "on";
		return true;
	}
	flag->value = next;
	*used = true;
	return next != NULL;
}

/* Takes the settings' flags out of argv and closes the gaps. */
static int take_flags(int *argc, char **argv, struct flags *flags, struct err *err)
{
	int to = 0, at = 0;

	while (at < *argc && (at == 0 || strcmp(argv[at], "--") != 0)) {
		struct flag flag;
		bool is_flag = at > 0 && flag_split(argv[at], &flag);
		bool is_file = is_flag && strcmp(flag.name, "config") == 0;
		size_t i = is_flag && !is_file ? flag_setting(&flag) : SETTING_COUNT;
		bool used;

		if (!is_file && i == SETTING_COUNT) {
			argv[to++] = argv[at++];
			continue;
		}
		if (!flag_value(&flag, !is_file && settings[i].type == SETTING_BOOL,
				at + 1 < *argc ? argv[at + 1] : NULL, &used))
			return err_field(err, ERR_INVALID, flag.name, "%s: expected a value",
					 flag.source);
		if (is_file)
			flags->file = flag.value;
		else
			flags->values[i] = flag.value;
		at += used ? 2 : 1;
	}
	while (at < *argc)
		argv[to++] = argv[at++];
	argv[to] = NULL;
	*argc = to;
	return 0;
}

static int load_flags(struct config *config, const struct flags *flags, struct err *err)
{
	for (size_t i = 0; i < SETTING_COUNT; i++) {
		if (flags->values[i] &&
		    assign(config, i, CONFIG_FLAG, 0, flags->values[i], err) < 0)
			return -1;
	}
	return 0;
}

/* All ------------------------------------------------------------------------------------------ */

void config_freep(struct config **config)
{
	if (!*config)
		return;
	for (size_t i = 0; i < SETTING_COUNT; i++) {
		void *field = (char *)*config + settings[i].offset;

		if (settings[i].type <= SETTING_ENUM)
			freep(field);
	}
	free((*config)->origin);
	free(*config);
	*config = NULL;
}

static struct config *config_new(void)
{
	AUTO(config_freep) struct config *config = calloc(1, sizeof(*config));

	if (config)
		config->origin = calloc(1, sizeof(*config->origin));
	return config && config->origin ? TAKE(config) : NULL;
}

static int check_together(const struct config *config, struct err *err)
{
	if (config->db_pool_min > config->db_pool_max)
		return err_field(err, ERR_INVALID, "db_pool_min",
				 "db_pool_min: expected at most db_pool_max");
	return 0;
}

int config_load(int *argc, char **argv, struct config **ret, struct err *err)
{
	AUTO(config_freep) struct config *config = config_new();
	struct flags flags = {0};
	const char *file;

	if (!config)
		return err_no_memory(err);
	if (take_flags(argc, argv, &flags, err) < 0 || load_defaults(config, err) < 0)
		return -1;
	file = flags.file ? flags.file : getenv("TASKLAB_CONFIG");
	if (file && (flags.file || file[0] != '\0') && load_file(config, file, err) < 0)
		return -1;
	if (load_environment(config, err) < 0 || load_flags(config, &flags, err) < 0 ||
	    check_together(config, err) < 0)
		return -1;
	*ret = TAKE(config);
	return 0;
}
