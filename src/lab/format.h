/* format.h - what a lab's folder may hold, read and checked.
 *
 * format.c has the tables of lab.yaml's keys and of the files beside it, format_check.c the rules
 * that no table can hold. A mistake is "file:line: what was expected".
 */
#ifndef TASKLAB_LAB_FORMAT_H
#define TASKLAB_LAB_FORMAT_H

#include <tasklab/base/err.h>
#include <tasklab/lab/catalogue.h>

/* Reads <folder>/<slug>; the lab is the caller's (format_release). On failure *ret is untouched. */
int format_read(const char *folder, const char *slug, struct lab *ret, struct err *err);
void format_release(struct lab *lab);
/* The rules on a lab whose keys and files have been read; path is that of its lab.yaml. */
int format_check(const struct lab *lab, const char *path, struct err *err);

#endif
