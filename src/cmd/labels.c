/* labels.c - the label sets of all rooms, registered in one place. */
#include <tasklab/api/api.h>
#include <tasklab/cmd/cmd.h>
#include <tasklab/db/db.h>
#include <tasklab/http/server.h>
#include <tasklab/lab/catalogue.h>
#include <tasklab/lab/labels.h>
#include <tasklab/metrics/metrics.h>

#include "labs_dir.h"

static int register_build(struct err *err)
{
	static const char *values[4]; /* LABELS_BUILD: version, revision, compiler, libpq */
	const struct cmd_build *build = cmd_build();

	values[0] = build->version;
	values[1] = build->revision;
	values[2] = build->compiler;
	values[3] = build->libpq;
	return metrics_labels(LABELS_BUILD, values, 1, err);
}

static int register_labs(const struct config *config, struct err *err)
{
	AUTO(labs_folders_release) struct labs_folders folders = {.count = 0};
	AUTO(catalogue_freep) struct catalogue *catalogue = NULL;

	if (!config->sandbox)
		return 0;
	if (labs_folders(config, &folders, err) < 0 ||
	    catalogue_load(folders.items, folders.count, &catalogue, err) < 0)
		return -1;
	return lab_labels_register(catalogue, err);
}

int cmd_metrics_labels(const struct config *config, struct err *err)
{
	size_t n;
	const struct http_route *routes = api_routes(&n);

	if (register_build(err) < 0 || register_labs(config, err) < 0 ||
	    http_labels_register(routes, n, err) < 0 || db_labels_register(err) < 0 ||
	    api_labels_register(err) < 0)
		return -1;
	return 0;
}
