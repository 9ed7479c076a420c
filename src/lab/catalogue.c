/* catalogue.c - finds the folders of labs and keeps what is in them. */
#include <tasklab/lab/catalogue.h>

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <tasklab/base/text.h>

#include "format.h"
#include "schema.h"

#define CATALOGUE_MAX 500

bool lab_slug_valid(const char *slug)
{
	size_t length = strspn(slug, "abcdefghijklmnopqrstuvwxyz0123456789-");

	if (*slug < 'a' || *slug > 'z' || length > LAB_SLUG_MAX || slug[length] != '\0')
		return false;
	/* lab_<slug>_ref is a database of lab <slug>. */
	return length < strlen("-ref") || strcmp(slug + length - strlen("-ref"), "-ref") != 0;
}

/* All folders -------------------------------------------------------------------------------- */

static int add_problem(struct catalogue *catalogue, const char *slug, const struct err *why,
		       struct err *err)
{
	size_t n = catalogue->problem_count;
	struct lab_problem *grown =
		realloc(catalogue->problems, (n + 1) * sizeof(*catalogue->problems));

	if (!grown)
		return err_no_memory(err);
	catalogue->problems = grown;
	grown[n] = (struct lab_problem){.slug = strdup(slug), .err = *why};
	if (!grown[n].slug)
		return err_no_memory(err);
	catalogue->problem_count++;
	return 0;
}

static const struct lab *lab_by_slug(const struct catalogue *catalogue, const char *slug)
{
	for (size_t i = 0; i < catalogue->count; i++)
		if (strcmp(catalogue->labs[i].slug, slug) == 0)
			return &catalogue->labs[i];
	return NULL;
}

static int add_lab(struct catalogue *catalogue, const char *folder, const char *slug,
		   struct err *err)
{
	const struct lab *same = lab_by_slug(catalogue, slug);
	struct err why = ERR_INIT;
	struct lab *grown;
	struct lab lab = {.slug = NULL};

	if (same) {
		schema_fault(&why, folder, 1, "lab \"%s\" stands in %s already", slug,
			     same->folder);
		return add_problem(catalogue, slug, &why, err);
	}
	if (catalogue->count == CATALOGUE_MAX)
		return err_set(err, ERR_TOO_LARGE, "too many labs", "more than %d", CATALOGUE_MAX);
	if (format_read(folder, slug, &lab, &why) < 0)
		return add_problem(catalogue, slug, &why, err);
	grown = realloc(catalogue->labs, (catalogue->count + 1) * sizeof(*grown));
	if (!grown) {
		format_release(&lab);
		return err_no_memory(err);
	}
	catalogue->labs = grown;
	grown[catalogue->count++] = lab;
	return 0;
}

/* A folder below labs/ that has no lab.yaml is not a lab. */
static bool holds_lab(const char *folder, const char *name)
{
	AUTO(buf_release) struct buf path = BUF_INIT(8192);
	struct stat status;

	if (*name == '.')
		return false;
	buf_printf(&path, "%s/%s/lab.yaml", folder, name);
	return !path.failed && stat(buf_str(&path), &status) == 0;
}

static void free_names(struct dirent **names, int n)
{
	for (int i = 0; i < n; i++)
		free(names[i]);
	free(names);
}

static int load_folder(struct catalogue *catalogue, const char *folder, struct err *err)
{
	struct dirent **names = NULL;
	int n = scandir(folder, &names, NULL, alphasort);
	int result = 0;

	if (n < 0 && (errno == ENOENT || errno == ENOTDIR))
		return 0;
	if (n < 0)
		return err_errno(err, errno, "a folder of labs cannot be read", folder);
	for (int i = 0; i < n && result == 0; i++)
		if (holds_lab(folder, names[i]->d_name))
			result = add_lab(catalogue, folder, names[i]->d_name, err);
	free_names(names, n);
	return result;
}

static int compare_labs(const void *a, const void *b)
{
	const struct lab *left = a, *right = b;

	return strcmp(left->slug, right->slug);
}

int catalogue_load(const char *const *folders, size_t n, struct catalogue **ret, struct err *err)
{
	AUTO(catalogue_freep) struct catalogue *catalogue = calloc(1, sizeof(*catalogue));

	if (!catalogue)
		return err_no_memory(err);
	for (size_t i = 0; i < n; i++)
		if (load_folder(catalogue, folders[i], err) < 0)
			return -1;
	if (catalogue->count > 0)
		qsort(catalogue->labs, catalogue->count, sizeof(*catalogue->labs), compare_labs);
	*ret = TAKE(catalogue);
	return 0;
}

void catalogue_freep(struct catalogue **catalogue)
{
	if (!*catalogue)
		return;
	for (size_t i = 0; i < (*catalogue)->count; i++)
		format_release(&(*catalogue)->labs[i]);
	for (size_t i = 0; i < (*catalogue)->problem_count; i++)
		free((*catalogue)->problems[i].slug);
	free((*catalogue)->labs);
	free((*catalogue)->problems);
	free(*catalogue);
	*catalogue = NULL;
}

static const char *nearest_slug(const struct catalogue *catalogue, const char *slug)
{
	AUTO(freep) const char **slugs = calloc(catalogue->count + 1, sizeof(*slugs));

	for (size_t i = 0; slugs && i < catalogue->count; i++)
		slugs[i] = catalogue->labs[i].slug;
	return slugs ? text_nearest(slug, slugs, catalogue->count) : NULL;
}

int catalogue_find(const struct catalogue *catalogue, const char *slug, const struct lab **ret,
		   struct err *err)
{
	const struct lab *lab = lab_by_slug(catalogue, slug);
	const char *nearest;

	if (lab) {
		*ret = lab;
		return 0;
	}
	for (size_t i = 0; i < catalogue->problem_count; i++) {
		const struct lab_problem *problem = &catalogue->problems[i];

		if (strcmp(problem->slug, slug) == 0)
			return err_set(err, problem->err.code, problem->err.message, "%s",
				       problem->err.detail);
	}
	nearest = nearest_slug(catalogue, slug);
	return err_field(err, ERR_NOT_FOUND, "slug", "there is no lab \"%.60s\"%s%s%s", slug,
			 nearest ? "; did you mean \"" : "; `tasklab lab list` shows them",
			 nearest ? nearest : "", nearest ? "\"?" : "");
}
