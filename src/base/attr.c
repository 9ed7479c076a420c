/* attr.c - the cleanup function behind AUTO(freep). */
#include <tasklab/base/attr.h>

#include <stdlib.h>
#include <string.h>

void freep(void *pointer_to_pointer)
{
	void *pointer;

	/* memcpy, because the variable may be a pointer to any type */
	memcpy(&pointer, pointer_to_pointer, sizeof(pointer));
	free(pointer);
	pointer = NULL;
	memcpy(pointer_to_pointer, &pointer, sizeof(pointer));
}
