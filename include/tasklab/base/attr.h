/* attr.h - compiler attributes and the few macros every room uses. */
#ifndef TASKLAB_BASE_ATTR_H
#define TASKLAB_BASE_ATTR_H

#include <stddef.h>

/* Runs fn(&variable) when the variable leaves its scope: AUTO(buf_release) struct buf buf; */
#define AUTO(fn) __attribute__((cleanup(fn)))

/* Checks printf arguments: the format is argument f, its values start at argument a. */
#define PRINTF(f, a) __attribute__((format(printf, f, a)))

#define MUST_CHECK __attribute__((warn_unused_result))
#define UNUSED     __attribute__((unused))
#define NORETURN   __attribute__((noreturn))

#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))

/* Moves a pointer out of its variable, which becomes NULL and so is not cleaned up. */
#define TAKE(p)                                                                                    \
	__extension__({                                                                            \
		__typeof__(p) take_value_ = (p);                                                   \
		(p) = NULL;                                                                        \
		take_value_;                                                                       \
	})

/* AUTO(freep) char *s: frees what s points to. */
void freep(void *pointer_to_pointer);

#endif
