/* client.c - the requests of commands, each waited for, on libcurl's easy interface. */
#include <tasklab/load/client.h>

#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <tasklab/base/attr.h>

#define CONNECT_MS 1000L
#define URL_MAX    4096
#define HEADER_MAX 128

struct client {
	char *url;               /* without a slash at its end */
	char header[HEADER_MAX]; /* of every request; "": none */
	CURL *easy;
	struct client_answer answer; /* of the request under way */
	struct buf *into;
};

int client_new(const char *url, struct client **ret, struct err *err)
{
	AUTO(client_freep) struct client *client = calloc(1, sizeof(*client));
	size_t len = strlen(url);

	if (!client)
		return err_no_memory(err);
	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
		return err_set(err, ERR_INTERNAL, "libcurl does not start", "curl_global_init");
	while (len > 0 && url[len - 1] == '/')
		len--;
	client->url = strndup(url, len);
	client->easy = curl_easy_init();
	if (!client->url || !client->easy)
		return err_no_memory(err);
	*ret = TAKE(client);
	return 0;
}

void client_freep(struct client **client)
{
	if (!*client)
		return;
	if ((*client)->easy)
		curl_easy_cleanup((*client)->easy);
	free((*client)->url);
	free(*client);
	*client = NULL;
}

int client_header(struct client *client, const char *name, const char *value, struct err *err)
{
	if (snprintf(client->header, sizeof(client->header), "%s: %s", name, value) >= HEADER_MAX)
		return err_set(err, ERR_TOO_LARGE, "the header is too long", "%s", name);
	return 0;
}

static size_t on_body(char *data, size_t size, size_t n, void *arg)
{
	struct client *client = arg;

	buf_append(client->into, data, size * n);
	return client->into->failed ? 0 : size * n;
}

static size_t on_header(char *data, size_t size, size_t n, void *arg)
{
	static const char NAME[] = "location:";
	struct client *client = arg;
	size_t len = size * n, from = sizeof(NAME) - 1;

	if (len <= from || strncasecmp(data, NAME, from) != 0)
		return len;
	while (from < len && data[from] == ' ')
		from++;
	(void)snprintf(client->answer.location, sizeof(client->answer.location), "%.*s",
		       (int)strcspn(data + from, "\r\n"), data + from);
	return len;
}

static void set_options(struct client *client, const char *url, const char *method,
			const char *body, int64_t timeout_ms)
{
	CURL *easy = client->easy;

	curl_easy_reset(easy); /* options only: the connection stays */
	curl_easy_setopt(easy, CURLOPT_URL, url);
	curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(easy, CURLOPT_NOPROXY, "*");
	curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(easy, CURLOPT_USERAGENT, "tasklab");
	curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, CONNECT_MS);
	curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)timeout_ms);
	curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
	curl_easy_setopt(easy, CURLOPT_WRITEDATA, client);
	curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header);
	curl_easy_setopt(easy, CURLOPT_HEADERDATA, client);
	if (body) {
		curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE, (long)strlen(body));
		curl_easy_setopt(easy, CURLOPT_POSTFIELDS, body);
	}
	curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, method);
}

/* "Expect:" takes away the wait for 100 Continue. NULL: no memory. */
static struct curl_slist *make_headers(const char *own, const char *body)
{
	const char *const lines[] = {"Expect:", body ? "Content-Type: application/json" : "", own};
	struct curl_slist *list = NULL;

	for (size_t i = 0; i < ARRAY_LEN(lines); i++) {
		struct curl_slist *longer;

		if (!*lines[i])
			continue;
		longer = curl_slist_append(list, lines[i]);
		if (!longer) {
			curl_slist_free_all(list);
			return NULL;
		}
		list = longer;
	}
	return list;
}

int client_request(struct client *client, const char *method, const char *path, const char *body,
		   int64_t timeout_ms, struct buf *into, struct client_answer *ret, struct err *err)
{
	struct curl_slist *headers = make_headers(client->header, body);
	char url[URL_MAX];
	long status = 0;
	CURLcode result;

	if (!headers)
		return err_no_memory(err);
	(void)snprintf(url, sizeof(url), "%s%s", client->url, path);
	client->into = into;
	client->answer = (struct client_answer){.status = 0};
	set_options(client, url, method, body, timeout_ms);
	curl_easy_setopt(client->easy, CURLOPT_HTTPHEADER, headers);
	result = curl_easy_perform(client->easy);
	curl_easy_getinfo(client->easy, CURLINFO_RESPONSE_CODE, &status);
	curl_slist_free_all(headers);
	if (into->failed)
		return buf_check(into, err);
	if (result != CURLE_OK)
		return err_set(err, ERR_UNAVAILABLE, "the service does not answer", "%s %s: %s",
			       method, url, curl_easy_strerror(result));
	client->answer.status = (int)status;
	*ret = client->answer;
	return 0;
}
