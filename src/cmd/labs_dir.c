/* labs_dir.c - finds the shipped labs beside the running program. */
#include "labs_dir.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <tasklab/base/buf.h>

static int program_folder(char out[PATH_MAX], struct err *err)
{
	ssize_t len = readlink("/proc/self/exe", out, PATH_MAX - 1);

	if (len < 0)
		return err_errno(err, errno, "the program's own place cannot be found",
				 "/proc/self/exe");
	out[len] = '\0';
	*strrchr(out, '/') = '\0';
	return 0;
}

int labs_dir_shipped(char **ret, struct err *err)
{
	static const char *const places[] = {"../share/tasklab/labs", "share/tasklab/labs"};
	char folder[PATH_MAX];
	struct stat status;

	if (program_folder(folder, err) < 0)
		return -1;
	for (size_t i = 0; i < ARRAY_LEN(places); i++) {
		AUTO(buf_release) struct buf path = BUF_INIT((size_t)PATH_MAX + 64);

		buf_printf(&path, "%s/%s", folder, places[i]);
		if (buf_check(&path, err) < 0)
			return -1;
		if (stat(buf_str(&path), &status) == 0) {
			*ret = realpath(buf_str(&path), NULL);
			return *ret ? 0
				    : err_errno(err, errno, "the labs cannot be found",
						buf_str(&path));
		}
	}
	return err_set(err, ERR_NOT_FOUND, "the shipped labs are not beside the program",
		       "neither %s/%s nor %s/%s", folder, places[0], folder, places[1]);
}

int labs_folders(const struct config *config, struct labs_folders *ret, struct err *err)
{
	struct labs_folders folders = {.count = 1};

	if (labs_dir_shipped(&folders.shipped, err) < 0)
		return -1;
	folders.items[0] = folders.shipped;
	if (config->labs_dir && *config->labs_dir)
		folders.items[folders.count++] = config->labs_dir;
	*ret = folders;
	return 0;
}

void labs_folders_release(struct labs_folders *folders)
{
	free(folders->shipped);
	folders->shipped = NULL;
}
