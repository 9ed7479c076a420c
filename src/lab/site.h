/* site.h - what a job on a lab holds: the lock of the lab's databases, a way to be stopped, the
 * databases that it has made and must drop again.
 *
 * lab_<slug> is the learner's database, or that of a run; lab_<slug>_ref the broken state that a
 * learner's is compared with. One lock covers both.
 */
#ifndef TASKLAB_LAB_SITE_H
#define TASKLAB_LAB_SITE_H

#include <tasklab/base/term.h>
#include <tasklab/lab/catalogue.h>
#include <tasklab/seed/seed.h>

#include "guard.h"
#include "interrupt.h"
#include "requires.h"

struct site_options {
	const char *conninfo; /* the service's database; those of the labs stand beside it */
	const struct lab *lab;
	enum seed_scale scale;
	struct progress *progress; /* the caller's; may be NULL */
	int stop_fd;               /* when it becomes readable the job is given up; -1: none */
};

struct site {
	struct site_options options;
	const struct lab *lab;
	struct progress *progress;
	struct db_conn *guard;              /* in the service's database; holds the lock */
	int server_version;                 /* 150018 */
	char skipped[REQUIRES_REASON_SIZE]; /* why the lab does not apply to this server; "": it
					       does */
	char database[GUARD_NAME_SIZE], reference[GUARD_NAME_SIZE];
	struct interrupt interrupt;
	/* Of site.c and stand.c: */
	bool locked;                        /* the guard holds the lock */
	bool made_database, made_reference; /* to be dropped by site_close */
	bool unfinished;                    /* the template may be half-made */
};

/* Takes the lock and ends what a killed job left running. ERR_CONFLICT: another job has it. Where
 * skipped is set nothing has been taken, and site_close is all that may be done. */
int site_open(const struct site_options *options, struct site **ret, struct err *err);
/* Drops what was made and lets go of the lock. result is that of the job's work, and *err its
 * error; returns result, or -1 when something could not be dropped, which *err then says too. A
 * server that restarts is waited for. */
int site_close(struct site **site, int result, struct err *err);
/* Leaves the database for good. */
void site_keep(struct site *site, const char *database);
/* Drops it now, if the job has made it. */
int site_drop(struct site *site, const char *database, struct err *err);

/* A connection that the stop ends, to one of the lab's databases, or to the service's (NULL); as
 * "tasklab <database>" or under another application_name. */
int site_connect(struct site *site, const char *database, const char *application,
		 struct db_conn **ret, struct err *err);
bool site_stopped(const struct site *site);
/* -1 with ERR_UNAVAILABLE when the job is to be given up. */
int site_check_stop(const struct site *site, struct err *err);

#endif
