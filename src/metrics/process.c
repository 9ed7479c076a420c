/* process.c - the process_* metrics, as the guide to writing client libraries names them, from
 * proc(5), and the figures of the allocator. */
#include "store.h"

#include <dirent.h>
#include <errno.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include <tasklab/base/attr.h>
#include <tasklab/base/text.h>

#define PROC_FILE_MAX_BYTES (1U << 20)

/* Fields of /proc/self/stat, counted from the one after the command name (field 3 of proc(5)). */
#define STAT_NUM_THREADS 17
#define STAT_STARTTIME   19

static void collect_cpu(void)
{
	struct timespec ts;

	if (clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts) == 0)
		metric_counter_set(M_PROCESS_CPU_SECONDS_TOTAL,
				   (double)ts.tv_sec + (double)ts.tv_nsec / 1e9, 0);
}

static void collect_memory(void)
{
	AUTO(buf_release) struct buf text = BUF_INIT(PROC_FILE_MAX_BYTES);
	double page_bytes = (double)sysconf(_SC_PAGESIZE);
	char *end;
	double size, resident;

	if (text_read_file("/proc/self/statm", text.max, &text, NULL) < 0)
		return;
	size = (double)strtoull(buf_str(&text), &end, 10);
	resident = (double)strtoull(end, NULL, 10);
	metric_gauge_set(M_PROCESS_VIRTUAL_MEMORY_BYTES, size * page_bytes, 0);
	metric_gauge_set(M_PROCESS_RESIDENT_MEMORY_BYTES, resident * page_bytes, 0);
}

/* mallinfo(3): blocks within arenas, and those that were mapped singly (hblkhd). */
static void collect_allocator(void)
{
	struct mallinfo2 info = mallinfo2();

	metric_gauge_set(M_MALLOC_MAPPED_BYTES, (double)(info.arena + info.hblkhd), 0);
	metric_gauge_set(M_MALLOC_IN_USE_BYTES, (double)(info.uordblks + info.hblkhd), 0);
	metric_gauge_set(M_MALLOC_FREE_BYTES, (double)info.fordblks, 0);
}

static void collect_descriptors(void)
{
	DIR *directory = opendir("/proc/self/fd");
	struct rlimit limit;
	unsigned count = 0;

	if (directory) {
		while (readdir(directory))
			count++;
		closedir(directory);
		/* without "." and ".." and the descriptor that was used to look */
		metric_gauge_set(M_PROCESS_OPEN_FDS, count > 3 ? count - 3 : 0, 0);
	}
	if (getrlimit(RLIMIT_NOFILE, &limit) == 0)
		metric_gauge_set(M_PROCESS_MAX_FDS, (double)limit.rlim_cur, 0);
}

/* The command name may hold blanks and parentheses: fields are counted from its end. */
static const char *stat_field(const char *stat, unsigned field)
{
	const char *at = strrchr(stat, ')');

	if (!at)
		return NULL;
	at++;
	for (unsigned i = 0; i < field && at; i++)
		at = strchr(at + 1, ' ');
	return at;
}

static double boot_time_s(void)
{
	AUTO(buf_release) struct buf text = BUF_INIT(PROC_FILE_MAX_BYTES);
	const char *line;

	if (text_read_file("/proc/stat", text.max, &text, NULL) < 0)
		return 0;
	line = strstr(buf_str(&text), "\nbtime ");
	return line ? strtod(line + strlen("\nbtime "), NULL) : 0;
}

static void collect_stat(void)
{
	static double start_s; /* does not change; written under the scrape lock */
	AUTO(buf_release) struct buf text = BUF_INIT(PROC_FILE_MAX_BYTES);
	const char *threads, *started;

	if (text_read_file("/proc/self/stat", text.max, &text, NULL) < 0)
		return;
	threads = stat_field(buf_str(&text), STAT_NUM_THREADS);
	started = stat_field(buf_str(&text), STAT_STARTTIME);
	if (threads)
		metric_gauge_set(M_PROCESS_THREADS, strtod(threads, NULL), 0);
	if (start_s == 0 && started)
		start_s = boot_time_s() + strtod(started, NULL) / (double)sysconf(_SC_CLK_TCK);
	metric_gauge_set(M_PROCESS_START_TIME_SECONDS, start_s, 0);
}

void process_collect(void *arg)
{
	(void)arg;
	collect_cpu();
	collect_memory();
	collect_allocator();
	collect_descriptors();
	collect_stat();
}
