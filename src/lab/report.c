/* report.c - writes a run's report in any of its formats, to a buffer, a stream or a folder. */
#include <tasklab/lab/report.h>

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include <tasklab/base/text.h>

#include "report_text.h"
#include "report_write.h"

#define FILE_COLUMNS 100 /* of text that no terminal asked for */

/* Any view ------------------------------------------------------------------------------------- */

static int write_text(const struct report_view *view, const struct report_look *look,
		      struct buf *out)
{
	struct paint paint = {.out = out, .width = FILE_COLUMNS};

	if (look) {
		paint.colour = look->colour;
		paint.width = look->width > 0 ? look->width : FILE_COLUMNS;
	}
	if (paint.width < PAINT_WIDTH_MIN)
		paint.width = PAINT_WIDTH_MIN;
	report_view_text(view, &paint);
	return 0;
}

int report_view_write(const struct report_view *view, enum report_format format,
		      const struct report_look *look, struct buf *out, struct err *err)
{
	int result = 0;

	switch (format) {
	case REPORT_TEXT:
		result = write_text(view, look, out);
		break;
	case REPORT_JSON:
		result = report_view_json(view, out, err);
		break;
	case REPORT_MARKDOWN:
		result = report_view_markdown(view, out, err);
		break;
	case REPORT_HTML:
		result = report_view_html(view, out, err);
		break;
	}
	return result < 0 ? -1 : buf_check(out, err);
}

void report_view_print(const struct report_view *view, FILE *stream)
{
	AUTO(buf_release) struct buf out = BUF_INIT(REPORT_MAX);
	const struct paint paint = paint_for(stream, &out);

	report_view_text(view, &paint);
	if (out.failed)
		(void)fputs("(out of memory)\n", stream);
	else
		(void)fwrite(buf_str(&out), 1, out.len, stream);
}

static int save(const struct report_view *view, const char *folder, enum report_format format,
		const char *extension, struct err *err)
{
	AUTO(buf_release) struct buf out = BUF_INIT(REPORT_MAX);
	AUTO(buf_release) struct buf path = BUF_INIT(8192);
	char name[200];

	report_file_name(view, name, sizeof(name));
	buf_printf(&path, "%s/%s.%s", folder, name, extension);
	if (buf_check(&path, err) < 0 || report_view_write(view, format, NULL, &out, err) < 0)
		return -1;
	if (format == REPORT_JSON)
		buf_putc(&out, '\n');
	if (buf_check(&out, err) < 0)
		return -1;
	return text_write_file(buf_str(&path), buf_str(&out), out.len, err);
}

/* The names of the formats, and of their files. */
static const struct {
	enum report_format format;
	const char *name, *extension;
} FORMATS[] = {
	{REPORT_JSON, "json", "json"},
	{REPORT_TEXT, "text", "txt"},
	{REPORT_MARKDOWN, "markdown", "md"},
	{REPORT_HTML, "html", "html"},
};

int report_view_save(const struct report_view *view, const char *folder, struct err *err)
{
	if (mkdir(folder, 0777) < 0 && errno != EEXIST)
		return err_errno(err, errno, "the folder of the report cannot be made", folder);
	for (size_t i = 0; i < ARRAY_LEN(FORMATS); i++)
		if (save(view, folder, FORMATS[i].format, FORMATS[i].extension, err) < 0)
			return -1;
	return 0;
}

bool report_format_parse(const char *name, enum report_format *ret)
{
	for (size_t i = 0; i < ARRAY_LEN(FORMATS); i++) {
		if (strcmp(FORMATS[i].name, name) == 0) {
			*ret = FORMATS[i].format;
			return true;
		}
	}
	return false;
}

/* A run ---------------------------------------------------------------------------------------- */

int report_write(const struct run_result *result, enum report_format format,
		 const struct report_look *look, struct buf *out, struct err *err)
{
	struct report_view view;

	report_view_of_run(result, &view);
	return report_view_write(&view, format, look, out, err);
}

void report_text(const struct run_result *result, FILE *stream)
{
	struct report_view view;

	report_view_of_run(result, &view);
	report_view_print(&view, stream);
}

int report_json(const struct run_result *result, struct buf *out, struct err *err)
{
	return report_write(result, REPORT_JSON, NULL, out, err);
}

int report_save(const struct run_result *result, const char *folder, struct err *err)
{
	struct report_view view;

	report_view_of_run(result, &view);
	return report_view_save(&view, folder, err);
}
