/* lab_service.h - work on labs through the service, when one runs on the same database. */
#ifndef TASKLAB_CMD_LAB_SERVICE_H
#define TASKLAB_CMD_LAB_SERVICE_H

#include <stdbool.h>
#include <stdint.h>

#include <tasklab/base/buf.h>
#include <tasklab/cmd/cmd.h>
#include <tasklab/lab/catalogue.h>

struct lab_service;

/* Looks for the service at the configured listen address, and says on stderr whether it is used, or
 * why the work is done stand-alone: then *ret is NULL. local: it is not looked for. */
void lab_service_find(const struct cmd *cmd, const char *slug, bool local,
		      struct lab_service **ret);
void lab_service_freep(struct lab_service **service);

/* A job that is done. */
struct lab_service_job {
	int64_t id;
	bool accepted;
	char files[LAB_SLUG_MAX + 32]; /* names its report's files, to which an extension comes */
};

/* Has the service do the work that body says (docs/api.md), shows its progress, and waits for the
 * end. When stop_fd becomes readable the job is cancelled. -1: it failed or was cancelled, and *err
 * says what the service said. */
int lab_service_work(struct lab_service *service, const char *body, int stop_fd,
		     struct lab_service_job *ret, struct err *err);
/* The report as text for standard output, as JSON, ...: format is a name of the API's. */
int lab_service_report(struct lab_service *service, const struct lab_service_job *job,
		       const char *format, struct buf *out, struct err *err);
/* Prints the report as the command's reader wants it: text, or JSON with --json. */
int lab_service_print(const struct cmd *cmd, struct lab_service *service,
		      const struct lab_service_job *job, struct buf *buf, struct err *err);
/* The report's files as report_save (lab/report.h) and check_save (lab/check.h) write them. */
int lab_service_save(struct lab_service *service, const struct lab_service_job *job,
		     const char *folder, struct err *err);

#endif
