/* address.c - listen addresses: parsing, telling loopback from the rest, connecting to them. */
#include "address.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <tasklab/base/text.h>

static int bad_address(const char *text, struct err *err)
{
	return err_set(err, ERR_INVALID, "not a listen address", "\"%s\": host:port is expected",
		       text);
}

int address_parse(const char *text, struct address *ret, struct err *err)
{
	struct address address = {.host = ""};
	const char *colon = strrchr(text, ':');
	const char *port = colon ? colon + 1 : text;
	const char *host = text;
	size_t len = colon ? (size_t)(colon - text) : 0;
	int64_t number;

	if (!text_i64(port, 0, UINT16_MAX, &number))
		return bad_address(text, err);
	if (len >= 2 && host[0] == '[' && host[len - 1] == ']') {
		host++;
		len -= 2;
	} else if (memchr(host, ':', len)) {
		return bad_address(text, err); /* IPv6 needs its brackets */
	}
	if (len >= sizeof(address.host))
		return bad_address(text, err);
	memcpy(address.host, host, len);
	memcpy(address.port, port, strlen(port) + 1);
	*ret = address;
	return 0;
}

bool address_is_loopback(const struct address *address)
{
	struct in_addr v4;
	struct in6_addr v6;

	if (strcmp(address->host, "localhost") == 0)
		return true;
	if (inet_pton(AF_INET, address->host, &v4) == 1)
		return (ntohl(v4.s_addr) >> 24) == IN_LOOPBACKNET;
	if (inet_pton(AF_INET6, address->host, &v6) == 1)
		return IN6_IS_ADDR_LOOPBACK(&v6);
	return false;
}

static const char *connect_host(const struct address *address)
{
	if (address->host[0] == '\0' || strcmp(address->host, "0.0.0.0") == 0)
		return "127.0.0.1";
	if (strcmp(address->host, "::") == 0)
		return "::1";
	return address->host;
}

/* SO_SNDTIMEO bounds connect(2) too (socket(7)). */
static int connect_one(const struct addrinfo *to, int timeout_ms)
{
	const struct timeval timeout = {timeout_ms / 1000, (timeout_ms % 1000) * 1000L};
	int fd = socket(to->ai_family, to->ai_socktype | SOCK_CLOEXEC, to->ai_protocol);
	int saved;

	if (fd < 0)
		return -1;
	if (setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof(timeout)) == 0 &&
	    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout)) == 0 &&
	    connect(fd, to->ai_addr, to->ai_addrlen) == 0)
		return fd;
	saved = errno;
	close(fd);
	errno = saved;
	return -1;
}

int address_connect(const struct address *address, int timeout_ms, struct err *err)
{
	const struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
	const char *host = connect_host(address);
	struct addrinfo *list = NULL;
	int fd = -1;
	int failed = getaddrinfo(host, address->port, &hints, &list);

	if (failed != 0)
		return err_set(err, ERR_UNAVAILABLE, "unknown host", "%s: %s", host,
			       gai_strerror(failed));
	for (const struct addrinfo *to = list; to && fd < 0; to = to->ai_next)
		fd = connect_one(to, timeout_ms);
	if (fd < 0)
		(void)err_set(err, ERR_UNAVAILABLE, "nothing answers there", "%s port %s: %s", host,
			      address->port, strerror(errno));
	freeaddrinfo(list);
	return fd;
}
