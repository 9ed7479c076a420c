/* labs_dir.h - where the shipped labs are. */
#ifndef TASKLAB_CMD_LABS_DIR_H
#define TASKLAB_CMD_LABS_DIR_H

#include <tasklab/base/err.h>

/* Beside the program: <prefix>/share/tasklab/labs when installed, share/tasklab/labs in the build
 * tree (a link that the build makes). The caller frees *ret. */
int labs_dir_shipped(char **ret, struct err *err);

#endif
