/* term.c - what people see: colour, progress bars, figures. */
#include <tasklab/base/term.h>

#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <tasklab/base/attr.h>
#include <tasklab/base/buf.h>
#include <tasklab/base/clock.h>
#include <tasklab/base/text.h>
#include <tasklab/base/thread.h>

#define DRAW_EVERY_NS (100 * CLOCK_NS_PER_MS)
#define LABEL_SIZE    48
#define BAR_CELLS     24

/* Of term_pretend. */
static _Thread_local struct {
	FILE *stream;
	bool colour;
	int width;
} pretended;

void term_pretend(FILE *stream, bool colour, int width)
{
	pretended.stream = stream;
	pretended.colour = colour;
	pretended.width = width;
}

bool term_is_tty(FILE *stream)
{
	return stream == pretended.stream || isatty(fileno(stream)) == 1;
}

int term_width(FILE *stream)
{
	struct winsize size;

	if (stream == pretended.stream)
		return pretended.width;
	if (ioctl(fileno(stream), TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
		return size.ws_col;
	return 80;
}

static bool has_colour(FILE *stream)
{
	const char *no_color = getenv("NO_COLOR");
	const char *term = getenv("TERM");

	if (stream == pretended.stream)
		return pretended.colour;
	if (no_color && no_color[0] != '\0')
		return false;
	return term && strcmp(term, "dumb") != 0 && term_is_tty(stream);
}

const char *term_on(FILE *stream, enum term_style style)
{
	static const char *const sequences[] = {
		[TERM_PLAIN] = "",        [TERM_BOLD] = "\033[1m",   [TERM_DIM] = "\033[2m",
		[TERM_RED] = "\033[31m",  [TERM_GREEN] = "\033[32m", [TERM_YELLOW] = "\033[33m",
		[TERM_BLUE] = "\033[34m", [TERM_CYAN] = "\033[36m",
	};

	return has_colour(stream) ? sequences[style] : "";
}

const char *term_off(FILE *stream)
{
	return has_colour(stream) ? "\033[0m" : "";
}

/* Progress ------------------------------------------------------------------------------------- */

struct progress {
	_Atomic uint64_t done;
	_Atomic int64_t next_draw_ns;
	pthread_mutex_t mutex; /* guards what follows, and the terminal */
	uint64_t total;
	int64_t start_ns, part_ns; /* of the whole, of the part that total counts */
	uint64_t tenth;            /* last one told on a pipe */
	bool hidden, tty, utf8;
	char label[LABEL_SIZE];
};

static bool is_utf8_locale(void)
{
	static const char *const names[] = {"LC_ALL", "LC_CTYPE", "LANG"};

	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		const char *value = getenv(names[i]);

		if (value && value[0] != '\0')
			return strcasestr(value, "utf-8") || strcasestr(value, "utf8");
	}
	return false;
}

static void set_label(struct progress *progress, const char *label)
{
	(void)snprintf(progress->label, sizeof(progress->label), "%s", label);
}

static struct progress *new_progress(const char *label, bool hidden)
{
	struct progress *progress = calloc(1, sizeof(*progress));

	if (!progress)
		return NULL;
	pthread_mutex_init(&progress->mutex, NULL);
	progress->start_ns = progress->part_ns = clock_mono_ns();
	progress->next_draw_ns = hidden ? INT64_MAX : progress->start_ns;
	progress->hidden = hidden;
	set_label(progress, label);
	return progress;
}

struct progress *progress_new(const char *label, uint64_t total)
{
	struct progress *progress = new_progress(label, false);

	if (!progress)
		return NULL;
	progress->total = total;
	progress->tty = term_is_tty(stderr);
	progress->utf8 = is_utf8_locale();
	return progress;
}

struct progress *progress_new_hidden(const char *label)
{
	return new_progress(label, true);
}

static unsigned progress_percent(const struct progress *progress, uint64_t done)
{
	if (progress->total == 0)
		return 0;
	return done >= progress->total ? 100
				       : (unsigned)((double)done * 100 / (double)progress->total);
}

static void put_bar(struct buf *line, const struct progress *progress, unsigned percent)
{
	unsigned full = BAR_CELLS * percent / 100;

	for (unsigned i = 0; i < BAR_CELLS; i++) {
		if (progress->utf8)
			buf_puts(line, i < full ? "\u2588" : "\u2591");
		else
			buf_putc(line, i < full ? '#' : '.');
	}
}

static void put_left(struct buf *line, const struct progress *progress, uint64_t done)
{
	double elapsed_s = (double)(clock_mono_ns() - progress->part_ns) / 1e9;
	double left_s;

	if (done == 0 || done >= progress->total || elapsed_s < 1)
		return;
	left_s = elapsed_s * (double)(progress->total - done) / (double)done;
	if (left_s < 360000)
		buf_printf(line, "  %u:%02u left", (unsigned)left_s / 60, (unsigned)left_s % 60);
}

static void put_counts(struct buf *line, const struct progress *progress, uint64_t done)
{
	char text[32];

	buf_puts(line, term_count(done, text));
	if (progress->total > 0)
		buf_printf(line, "/%s", term_count(progress->total, text));
}

/* With the mutex held. */
static void progress_draw(struct progress *progress, uint64_t done)
{
	AUTO(buf_release) struct buf line = BUF_INIT(1024);
	unsigned percent = progress_percent(progress, done);
	/* label, figures, the time left and what separates them */
	bool room = term_width(stderr) >= LABEL_SIZE + BAR_CELLS + 40;

	buf_printf(&line, "\r%s  ", progress->label);
	if (progress->total > 0 && room)
		put_bar(&line, progress, percent);
	if (progress->total > 0)
		buf_printf(&line, "  %2u %%  ", percent);
	put_counts(&line, progress, done);
	if (room)
		put_left(&line, progress, done);
	buf_puts(&line, "\033[K");
	fputs(buf_str(&line), stderr);
	fflush(stderr);
}

static void progress_line(struct progress *progress, uint64_t done)
{
	AUTO(buf_release) struct buf line = BUF_INIT(1024);
	unsigned percent = progress_percent(progress, done);

	if (percent / 10 <= progress->tenth || percent == 100) /* the end has its own line */
		return;
	progress->tenth = percent / 10;
	buf_printf(&line, "%s  %2u %%  ", progress->label, percent);
	put_counts(&line, progress, done);
	fprintf(stderr, "%s\n", buf_str(&line));
}

void progress_add(struct progress *progress, uint64_t done)
{
	int64_t now, due;
	uint64_t all;

	if (!progress)
		return;
	all = atomic_fetch_add(&progress->done, done) + done;
	now = clock_mono_ns();
	due = atomic_load(&progress->next_draw_ns);
	/* One thread wins each tenth of a second. */
	if (now < due ||
	    !atomic_compare_exchange_strong(&progress->next_draw_ns, &due, now + DRAW_EVERY_NS))
		return;
	LOCK(&progress->mutex);
	if (progress->tty)
		progress_draw(progress, all);
	else
		progress_line(progress, all);
}

void progress_label(struct progress *progress, const char *label)
{
	if (!progress)
		return;
	LOCK(&progress->mutex);
	if (strncmp(progress->label, label, LABEL_SIZE - 1) == 0)
		return;
	set_label(progress, label);
	if (progress->tty)
		progress_draw(progress, atomic_load(&progress->done));
}

void progress_total(struct progress *progress, uint64_t total)
{
	if (!progress)
		return;
	LOCK(&progress->mutex);
	atomic_store(&progress->done, 0);
	progress->total = total;
	progress->tenth = 0;
	progress->part_ns = clock_mono_ns();
}

void progress_read(struct progress *progress, char *label, size_t size, uint64_t *done,
		   uint64_t *total)
{
	if (label && size > 0)
		label[0] = '\0';
	if (done)
		*done = 0;
	if (total)
		*total = 0;
	if (!progress)
		return;
	LOCK(&progress->mutex);
	if (label)
		(void)snprintf(label, size, "%s", progress->label);
	if (done)
		*done = atomic_load(&progress->done);
	if (total)
		*total = progress->total;
}

void progress_end(struct progress *progress, bool ok)
{
	AUTO(buf_release) struct buf line = BUF_INIT(1024);
	char took[32];
	uint64_t done;

	if (!progress)
		return;
	done = atomic_load(&progress->done);
	if (progress->hidden || (done == 0 && progress->total == 0))
		goto out;
	term_duration_ns((uint64_t)(clock_mono_ns() - progress->start_ns), took);
	buf_printf(&line, "%s%s  %s  ", progress->tty ? "\r" : "", progress->label,
		   ok ? "done" : "stopped at");
	put_counts(&line, progress, done);
	buf_printf(&line, "  in %s%s\n", took, progress->tty ? "\033[K" : "");
	fputs(buf_str(&line), stderr);
	fflush(stderr);
out:
	pthread_mutex_destroy(&progress->mutex);
	free(progress);
}

/* Figures -------------------------------------------------------------------------------------- */

char *term_count(uint64_t value, char out[32])
{
	char digits[24];
	int len = snprintf(digits, sizeof(digits), "%" PRIu64, value);
	char *to = out;

	for (int i = 0; i < len; i++) {
		if (i > 0 && (len - i) % 3 == 0)
			*to++ = ',';
		*to++ = digits[i];
	}
	*to = '\0';
	return out;
}

char *term_bytes(uint64_t value, char out[32])
{
	static const char *const names[] = {"B", "kB", "MB", "GB", "TB", "PB", "EB"};
	double scaled = (double)value;
	size_t unit = 0;

	while (scaled >= 1023.95 &&
	       unit + 1 < ARRAY_LEN(names)) { /* 1023.95 would print as 1024.0 */
		scaled /= 1024;
		unit++;
	}
	snprintf(out, 32, unit == 0 ? "%.0f %s" : "%.1f %s", scaled, names[unit]);
	return out;
}

char *term_duration_ns(uint64_t ns, char out[32])
{
	double value = (double)ns;
	uint64_t rounded_s = ns / UINT64_C(1000000000) + (ns % UINT64_C(1000000000) >= 500000000);

	if (ns < 1000)
		snprintf(out, 32, "%" PRIu64 " ns", ns);
	else if (value < 999.5e3)
		snprintf(out, 32, "%.3g us", value / 1e3);
	else if (value < 999.5e6)
		snprintf(out, 32,
			 value < 9.995e6   ? "%.2f ms"
			 : value < 99.95e6 ? "%.1f ms"
					   : "%.0f ms",
			 value / 1e6);
	else if (value < 59.95e9)
		snprintf(out, 32, value < 9.995e9 ? "%.2f s" : "%.1f s", value / 1e9);
	else
		snprintf(out, 32, "%" PRIu64 "m%02" PRIu64 "s", rounded_s / 60, rounded_s % 60);
	return out;
}
