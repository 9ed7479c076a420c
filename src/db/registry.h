/* registry.h - every named query of the binary. */
#ifndef DB_REGISTRY_H
#define DB_REGISTRY_H

#include <tasklab/db/db.h>

/* A prepared name has 63 characters at most; a shape adds "/" and eight digits. */
#define REGISTRY_NAME_MAX 50

/* Sorts the registry by name and numbers it, once; later registrations are refused (asserted).
 * ERR_INTERNAL names two queries of one name, or one whose name is malformed. */
int registry_seal(struct err *err);

#endif
