/* health.c - asks a running service how it is, over a plain socket. */
#include "health.h"

#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "address.h"

#define REPLY_MAX     8192
#define REQUEST_BYTES 512

/* Sends one request and returns the status of its answer, or -1. */
static int ask(int fd, const struct address *address, const char *path, struct err *err)
{
	char request[REQUEST_BYTES];
	char reply[REPLY_MAX];
	size_t got = 0;
	ssize_t n;
	int status;
	int len = snprintf(request, sizeof(request),
			   "GET %s HTTP/1.1\r\nHost: %s:%s\r\nConnection: close\r\n\r\n", path,
			   address->host[0] ? address->host : "localhost", address->port);

	if (send(fd, request, (size_t)len, MSG_NOSIGNAL) != len)
		return err_set(err, ERR_UNAVAILABLE, "the service does not answer", "send failed");
	while (got < sizeof(reply) - 1 &&
	       (n = recv(fd, reply + got, sizeof(reply) - 1 - got, 0)) > 0)
		got += (size_t)n;
	reply[got] = '\0';
	if (sscanf(reply, "HTTP/1.%*1[01] %3d", &status) != 1)
		return err_set(err, ERR_UNAVAILABLE, "the service does not answer",
			       "no HTTP status within %d ms", HEALTH_TIMEOUT_MS);
	return status;
}

int health_ask(const char *listen, const char *path, struct err *err)
{
	struct address address;
	int fd, status;

	if (address_parse(listen, &address, err) < 0)
		return -1;
	fd = address_connect(&address, HEALTH_TIMEOUT_MS, err);
	if (fd < 0)
		return -1;
	status = ask(fd, &address, path, err);
	close(fd);
	if (status >= 0 && status != 200)
		return err_set(err, ERR_UNAVAILABLE, "the service is not well", "%s answers %d",
			       path, status);
	return status < 0 ? -1 : 0;
}
