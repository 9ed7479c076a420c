/* method.h - method names to enum http_method. */
#ifndef TASKLAB_HTTP_METHOD_H
#define TASKLAB_HTTP_METHOD_H

#include <stdbool.h>

#include <tasklab/http/server.h>

/* Methods are case-sensitive (RFC 9110 section 9.1). */
bool method_parse(const char *name, enum http_method *ret);

#endif
