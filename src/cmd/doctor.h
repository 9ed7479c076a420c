/* doctor.h - the checks of `tasklab doctor`. */
#ifndef TASKLAB_CMD_DOCTOR_H
#define TASKLAB_CMD_DOCTOR_H

#include <stddef.h>

#include <tasklab/config/config.h>
#include <tasklab/db/conn.h>

enum doctor_level { DOCTOR_OK, DOCTOR_SKIP, DOCTOR_WARN, DOCTOR_FAIL };

struct doctor_finding {
	enum doctor_level level;
	char what[256];
	char mend[256]; /* "" when nothing need be done */
};

struct doctor {
	const struct config *config;
	struct db_conn
		*conn; /* NULL: the database cannot be reached, and checks of it are skipped */
};

/* In the order in which they run: those of the database stand behind the one that connects. */
struct doctor_check {
	const char *name;
	void (*run)(struct doctor *doctor, struct doctor_finding *finding);
};
extern const struct doctor_check doctor_checks[];
extern const size_t doctor_check_count;

void doctor_release(struct doctor *doctor);

#endif
