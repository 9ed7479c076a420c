/* markdown.h - shows a Markdown text on a terminal. */
#ifndef TASKLAB_CMD_MARKDOWN_H
#define TASKLAB_CMD_MARKDOWN_H

#include <stdio.h>

/* Headings, code, emphasis and lists, line by line; everything else as it stands. */
void markdown_print(const char *text, FILE *stream);

#endif
