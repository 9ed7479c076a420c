/* report.c - saves a run's reports as files. */
#include <tasklab/lab/report.h>

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <tasklab/base/text.h>

#include "result.h"

static int save(const struct run_result *result, const char *folder, const char *extension,
		const char *data, size_t len, struct err *err)
{
	AUTO(buf_release) struct buf path = BUF_INIT(8192);

	buf_printf(&path, "%s/%s-%s.%s", folder, result->lab->slug, seed_scale_name(result->scale),
		   extension);
	if (buf_check(&path, err) < 0)
		return -1;
	return text_write_file(buf_str(&path), data, len, err);
}

static int save_text(const struct run_result *result, const char *folder, struct err *err)
{
	AUTO(freep) char *text = NULL;
	size_t len = 0;
	FILE *stream = open_memstream(&text, &len);

	if (!stream)
		return err_no_memory(err);
	report_text(result, stream);
	if (fclose(stream) != 0)
		return err_errno(err, errno, "the report cannot be written", "memory stream");
	return save(result, folder, "txt", text, len, err);
}

int report_save(const struct run_result *result, const char *folder, struct err *err)
{
	AUTO(buf_release) struct buf json = BUF_INIT(REPORT_JSON_MAX);

	if (mkdir(folder, 0777) < 0 && errno != EEXIST)
		return err_errno(err, errno, "the folder of the report cannot be made", folder);
	if (report_json(result, &json, err) < 0)
		return -1;
	buf_putc(&json, '\n');
	if (buf_check(&json, err) < 0 ||
	    save(result, folder, "json", buf_str(&json), json.len, err) < 0)
		return -1;
	return save_text(result, folder, err);
}
