/* worker.c - the event loop of one worker, on libcurl's multi interface and a timer descriptor. */
#include "worker.h"

#include <curl/curl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <tasklab/base/clock.h>
#include <tasklab/base/thread.h>

#include "operations.h"

#define URL_MAX 4096
#define TICK_MS 100 /* how soon a stop is seen */

/* One request under way, and its curl handle, which is used again for the next. */
struct slot {
	CURL *easy;
	struct curl_slist *headers; /* of this request */
	bool busy;
	size_t operation;
	int64_t intended_ns;
	struct operation_request request;
	struct buf answer;
	char etag[KNOWN_ETAG_SIZE];
};

struct worker {
	struct run *run;
	pthread_t thread;
	CURLM *multi;
	int timer_fd;
	unsigned slot_count;
	unsigned busy;
	int64_t pending_ns; /* intended start of the arrival that was taken; -1: none */
	uint64_t pending;
	bool done; /* no more arrivals */
	struct slot slots[];
};

/* Answers -------------------------------------------------------------------------------------- */

static size_t on_body(char *data, size_t size, size_t n, void *arg)
{
	struct buf *answer = arg;

	buf_append(answer, data, size * n);
	return answer->failed ? 0 : size * n;
}

static size_t on_header(char *data, size_t size, size_t n, void *arg)
{
	static const char NAME[] = "etag:";
	struct slot *slot = arg;
	size_t len = size * n;

	if (len > sizeof(NAME) - 1 && strncasecmp(data, NAME, sizeof(NAME) - 1) == 0) {
		const char *value = data + sizeof(NAME) - 1, *end = data + len;

		while (value < end && *value == ' ')
			value++;
		while (end > value && (end[-1] == '\r' || end[-1] == '\n' || end[-1] == ' '))
			end--;
		if ((size_t)(end - value) < sizeof(slot->etag)) {
			memcpy(slot->etag, value, (size_t)(end - value));
			slot->etag[end - value] = '\0';
		}
	}
	return len;
}

static size_t code_of(CURL *easy, CURLcode result)
{
	long status = 0;

	switch (result) {
	case CURLE_OK:
		curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
		return (size_t)status;
	case CURLE_COULDNT_RESOLVE_HOST:
	case CURLE_COULDNT_CONNECT:
		return STATS_FAILURE_FIRST + STATS_CONNECT;
	case CURLE_OPERATION_TIMEDOUT:
		return STATS_FAILURE_FIRST + STATS_TIMEOUT;
	case CURLE_GOT_NOTHING:
	case CURLE_SEND_ERROR:
	case CURLE_RECV_ERROR:
	case CURLE_PARTIAL_FILE:
		return STATS_FAILURE_FIRST + STATS_BROKEN;
	default:
		return STATS_FAILURE_FIRST + STATS_OTHER;
	}
}

static void finish(struct worker *worker, struct slot *slot, size_t code)
{
	struct run *run = worker->run;

	stats_record(run->stats, slot->operation, code, clock_mono_ns() - slot->intended_ns);
	if (code <= STATS_STATUS_MAX)
		operation_learn(run->known, slot->operation, &slot->request, (int)code,
				buf_str(&slot->answer), slot->etag);
	curl_multi_remove_handle(worker->multi, slot->easy);
	slot->busy = false;
	worker->busy--;
	atomic_fetch_sub(&run->in_flight, 1);
	progress_add(run->progress, 1);
}

static void take_answers(struct worker *worker)
{
	CURLMsg *message;
	int left;

	while ((message = curl_multi_info_read(worker->multi, &left)) != NULL) {
		CURLcode result = message->data.result;
		CURL *easy = message->easy_handle;
		char *slot = NULL;

		if (message->msg != CURLMSG_DONE)
			continue;
		curl_easy_getinfo(easy, CURLINFO_PRIVATE, &slot);
		finish(worker, (struct slot *)(void *)slot, code_of(easy, result));
	}
}

/* Requests ------------------------------------------------------------------------------------- */

static void set_common(CURL *easy, struct buf *answer, long timeout_ms)
{
	curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(easy, CURLOPT_NOPROXY, "*");
	curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(easy, CURLOPT_USERAGENT, "tasklab-load");
	curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, WORKER_CONNECT_MS);
	curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, timeout_ms);
	curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
	curl_easy_setopt(easy, CURLOPT_WRITEDATA, answer);
}

/* "Expect:" takes away the wait for 100 Continue. A header that finds no memory is left out; the
 * service's answer says so. */
static void set_headers(struct slot *slot)
{
	char line[KNOWN_ETAG_SIZE + 16];
	struct curl_slist *list = NULL;

	curl_slist_free_all(slot->headers);
	if (slot->request.body.len > 0) {
		list = curl_slist_append(list,
					 strcmp(slot->request.method, "PATCH") == 0
						 ? "Content-Type: application/merge-patch+json"
						 : "Content-Type: application/json");
		list = curl_slist_append(list, "Expect:");
	}
	if (slot->request.if_match[0]) {
		(void)snprintf(line, sizeof(line), "If-Match: %s", slot->request.if_match);
		list = curl_slist_append(list, line);
	}
	slot->headers = list;
	curl_easy_setopt(slot->easy, CURLOPT_HTTPHEADER, list);
}

static void set_request(struct run *run, struct slot *slot)
{
	char url[URL_MAX];

	(void)snprintf(url, sizeof(url), "%s%s", run->url, buf_str(&slot->request.path));
	curl_easy_reset(slot->easy); /* options only: its connections stay with the multi handle */
	set_common(slot->easy, &slot->answer, LOAD_REQUEST_MAX_MS);
	curl_easy_setopt(slot->easy, CURLOPT_PRIVATE, slot);
	curl_easy_setopt(slot->easy, CURLOPT_URL, url);
	curl_easy_setopt(slot->easy, CURLOPT_HEADERFUNCTION, on_header);
	curl_easy_setopt(slot->easy, CURLOPT_HEADERDATA, slot);
	if (slot->request.body.len > 0) {
		curl_easy_setopt(slot->easy, CURLOPT_POSTFIELDSIZE, (long)slot->request.body.len);
		curl_easy_setopt(slot->easy, CURLOPT_POSTFIELDS, buf_str(&slot->request.body));
	}
	curl_easy_setopt(slot->easy, CURLOPT_CUSTOMREQUEST, slot->request.method);
	set_headers(slot);
}

static struct slot *free_slot(struct worker *worker)
{
	for (unsigned i = 0; i < worker->slot_count; i++) {
		if (!worker->slots[i].busy)
			return &worker->slots[i];
	}
	return NULL;
}

static void launch(struct worker *worker, struct slot *slot, uint64_t arrival, int64_t intended_ns)
{
	struct run *run = worker->run;
	struct rand rand;

	/* What arrival i asks for depends on the seed, on i and on what was learnt. */
	rand_init_stream(&rand, run->seed, arrival);
	slot->operation = operation_draw(run->known, &rand, &slot->request);
	slot->intended_ns = intended_ns;
	slot->etag[0] = '\0';
	buf_reset(&slot->answer);
	set_request(run, slot);
	slot->busy = true;
	worker->busy++;
	atomic_fetch_add(&run->in_flight, 1);
	if (curl_multi_add_handle(worker->multi, slot->easy) != CURLM_OK)
		finish(worker, slot, STATS_FAILURE_FIRST + STATS_OTHER);
}

/* The loop ------------------------------------------------------------------------------------- */

/* Takes the next arrival of the run, unless one is waiting for its time already. */
static bool have_pending(struct worker *worker)
{
	struct run *run = worker->run;

	if (worker->pending_ns >= 0)
		return true;
	if (worker->done)
		return false;
	worker->pending = atomic_fetch_add(&run->next, 1);
	if (worker->pending >= run->count) {
		worker->done = true;
		return false;
	}
	worker->pending_ns = run->start_ns + schedule_at_ns(&run->schedule, worker->pending);
	return true;
}

/* Sends what is due, as far as there are slots. */
static void launch_due(struct worker *worker)
{
	struct slot *slot;

	while ((slot = free_slot(worker)) != NULL && have_pending(worker)) {
		int64_t intended_ns = worker->pending_ns;
		int64_t late_ns = clock_mono_ns() - intended_ns;

		if (late_ns < 0)
			return;
		worker->pending_ns = -1;
		if (late_ns > worker->run->late_max_ns) {
			stats_dropped(worker->run->stats);
			progress_add(worker->run->progress, 1);
			continue;
		}
		launch(worker, slot, worker->pending, intended_ns);
	}
}

/* Sleeps until something can be done. poll(2) counts in milliseconds, which would show in the
 * latencies; so a timer descriptor wakes it for the next arrival. */
static void wait_for_events(struct worker *worker)
{
	struct curl_waitfd timer = {.fd = worker->timer_fd, .events = CURL_WAIT_POLLIN};
	bool timed = worker->pending_ns >= 0 && worker->busy < worker->slot_count;
	struct itimerspec when = {.it_value = {.tv_sec = 0}};

	if (timed) {
		when.it_value.tv_sec = worker->pending_ns / CLOCK_NS_PER_S;
		when.it_value.tv_nsec = worker->pending_ns % CLOCK_NS_PER_S;
		timerfd_settime(worker->timer_fd, TFD_TIMER_ABSTIME, &when, NULL);
	}
	curl_multi_poll(worker->multi, &timer, timed ? 1 : 0, TICK_MS, NULL);
}

/* What has no answer when the time is up counts as unfinished. */
static void abandon(struct worker *worker)
{
	for (unsigned i = 0; i < worker->slot_count; i++) {
		if (worker->slots[i].busy)
			finish(worker, &worker->slots[i], STATS_FAILURE_FIRST + STATS_UNFINISHED);
	}
}

static void *worker_main(void *arg)
{
	struct worker *worker = arg;
	int64_t abandon_ns = CLOCK_NEVER;
	int running;

	for (;;) {
		if (abandon_ns == CLOCK_NEVER && atomic_load(worker->run->stop)) {
			abandon_ns = clock_mono_ns() + WORKER_DRAIN_NS;
			worker->done = true;
			worker->pending_ns = -1;
		}
		launch_due(worker);
		curl_multi_perform(worker->multi, &running);
		take_answers(worker);
		if (worker->busy < worker->slot_count && have_pending(worker) &&
		    worker->pending_ns <= clock_mono_ns())
			continue;
		if (worker->done && worker->busy == 0)
			return NULL;
		if (clock_mono_ns() >= abandon_ns) {
			abandon(worker);
			return NULL;
		}
		wait_for_events(worker);
	}
}

/* Life ----------------------------------------------------------------------------------------- */

static void worker_free(struct worker *worker)
{
	for (unsigned i = 0; i < worker->slot_count; i++) {
		struct slot *slot = &worker->slots[i];

		if (slot->easy)
			curl_easy_cleanup(slot->easy);
		curl_slist_free_all(slot->headers);
		operation_request_release(&slot->request);
		buf_release(&slot->answer);
	}
	if (worker->multi)
		curl_multi_cleanup(worker->multi);
	if (worker->timer_fd >= 0)
		close(worker->timer_fd);
	free(worker);
}

static int worker_prepare(struct worker *worker, struct err *err)
{
	worker->timer_fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
	worker->multi = curl_multi_init();
	if (worker->timer_fd < 0 || !worker->multi)
		return err_no_memory(err);
	curl_multi_setopt(worker->multi, CURLMOPT_MAXCONNECTS, (long)worker->slot_count);
	for (unsigned i = 0; i < worker->slot_count; i++) {
		struct slot *slot = &worker->slots[i];

		operation_request_init(&slot->request);
		slot->answer = BUF_INIT(WORKER_ANSWER_MAX);
		slot->easy = curl_easy_init();
		if (!slot->easy)
			return err_no_memory(err);
	}
	return 0;
}

int worker_start(struct run *run, unsigned slots, struct worker **ret, struct err *err)
{
	struct worker *worker = calloc(1, sizeof(*worker) + slots * sizeof(struct slot));

	if (!worker)
		return err_no_memory(err);
	worker->run = run;
	worker->slot_count = slots;
	worker->timer_fd = -1;
	worker->pending_ns = -1;
	if (worker_prepare(worker, err) < 0 ||
	    thread_start(&worker->thread, "load", worker_main, worker, err) < 0) {
		worker_free(worker);
		return -1;
	}
	*ret = worker;
	return 0;
}

void worker_joinp(struct worker **worker)
{
	if (!*worker)
		return;
	pthread_join((*worker)->thread, NULL);
	worker_free(*worker);
	*worker = NULL;
}

int worker_fetch(const char *url, const char *path, int64_t timeout_ms, int *status,
		 struct buf *body, struct err *err)
{
	AUTO(buf_release) struct buf unwanted = BUF_INIT(WORKER_ANSWER_MAX);
	CURL *easy = curl_easy_init();
	char whole[URL_MAX];
	size_t code;

	if (!easy)
		return err_no_memory(err);
	(void)snprintf(whole, sizeof(whole), "%s%s", url, path);
	set_common(easy, body ? body : &unwanted, (long)timeout_ms);
	curl_easy_setopt(easy, CURLOPT_URL, whole);
	code = code_of(easy, curl_easy_perform(easy));
	*status = code <= STATS_STATUS_MAX ? (int)code : 0;
	curl_easy_cleanup(easy);
	return 0;
}
