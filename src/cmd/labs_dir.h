/* labs_dir.h - where the labs are: those that were shipped, and a person's own. */
#ifndef TASKLAB_CMD_LABS_DIR_H
#define TASKLAB_CMD_LABS_DIR_H

#include <tasklab/base/attr.h>
#include <tasklab/base/err.h>
#include <tasklab/config/config.h>

struct labs_folders {
	char *shipped;
	const char *items[2]; /* shipped, and the setting's where it is set */
	size_t count;
};

/* What items point to lives as long as the structure and the settings do. */
int labs_folders(const struct config *config, struct labs_folders *ret, struct err *err);
void labs_folders_release(struct labs_folders *folders);

/* Beside the program: <prefix>/share/tasklab/labs when installed, share/tasklab/labs in the build
 * tree (a link that the build makes). The caller frees *ret. */
int labs_dir_shipped(char **ret, struct err *err);

#endif
