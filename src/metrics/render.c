/* render.c - an answer to a scrape: the format that was asked for, of one snapshot. */
#include "expose.h"

#include <zlib.h>

#include <tasklab/base/attr.h>
#include <tasklab/base/clock.h>

#include "negotiate.h"

#define GZIP_WINDOW_BITS (15 + 16) /* the largest window; 16 asks for the gzip header */
#define GZIP_MEMORY      8

bool series_is_touched(const struct snapshot *snapshot, enum metric metric, size_t cell)
{
	const struct metric_row *row = &metric_rows[metric];

	if (row->set0 == LABELS_NONE && row->set1 == LABELS_NONE)
		return true;
	switch (row->type) {
	case METRIC_COUNTER:
		return snapshot->cells[cell].count > 0;
	case METRIC_HISTOGRAM:
		return !histogram_is_empty(snapshot, cell);
	case METRIC_COUNTER_SET:
	case METRIC_GAUGE:
		break;
	}
	return store_gauge_touched(snapshot, cell);
}

static int render(enum format format, bool created, struct buf *out, struct err *err)
{
	int64_t start_ns = clock_mono_ns();
	struct snapshot snapshot;

	if (!store_started())
		return err_set(err, ERR_UNAVAILABLE, "metrics are not started", "");
	store_snapshot_begin(&snapshot);
	for (int i = 0; i < METRIC_COUNT; i++) {
		if (format == FORMAT_PROTOBUF)
			proto_family(out, &snapshot, (enum metric)i);
		else
			text_family(out, &snapshot, (enum metric)i,
				    format == FORMAT_TEXT ? TEXT_PROMETHEUS : TEXT_OPENMETRICS,
				    created);
	}
	store_snapshot_end();
	if (format == FORMAT_OPENMETRICS)
		buf_puts(out, "# EOF\n");
	metric_gauge_set(M_TASKLAB_SCRAPE_DURATION_SECONDS,
			 (double)(clock_mono_ns() - start_ns) / 1e9, 0);
	return buf_check(out, err);
}

/* RFC 1952, at the lowest effort: the scraper is near. */
static int gzip_append(struct buf *out, const struct buf *text, struct err *err)
{
	z_stream stream = {.next_in = (Bytef *)text->data, .avail_in = (uInt)text->len};
	size_t room;
	int rc;

	if (deflateInit2(&stream, Z_BEST_SPEED, Z_DEFLATED, GZIP_WINDOW_BITS, GZIP_MEMORY,
			 Z_DEFAULT_STRATEGY) != Z_OK)
		return err_no_memory(err);
	room = deflateBound(&stream, (uLong)text->len);
	stream.next_out = (Bytef *)buf_reserve(out, room);
	stream.avail_out = (uInt)room;
	rc = stream.next_out ? deflate(&stream, Z_FINISH) : Z_MEM_ERROR;
	if (rc == Z_STREAM_END)
		buf_commit(out, room - stream.avail_out);
	deflateEnd(&stream);
	if (buf_check(out, err) < 0)
		return -1;
	return rc == Z_STREAM_END
		       ? 0
		       : err_set(err, ERR_INTERNAL, "cannot compress", "deflate: %d", rc);
}

int metrics_render(const struct metrics_request *request, struct buf *out,
		   const char **content_type, const char **content_encoding, struct err *err)
{
	AUTO(buf_release) struct buf text = BUF_INIT(out->max);
	enum format format = negotiate_format(request->accept);
	bool gzip = negotiate_gzip(request->accept_encoding);

	if (render(format, request->created, gzip ? &text : out, err) < 0 ||
	    (gzip && gzip_append(out, &text, err) < 0))
		return -1;
	*content_type = format_content_types[format];
	*content_encoding = gzip ? "gzip" : NULL;
	return 0;
}

int metrics_render_text(struct buf *out, struct err *err)
{
	return render(FORMAT_TEXT, false, out, err);
}
