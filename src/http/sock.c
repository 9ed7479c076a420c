/* sock.c - the sockets behind civetweb's connections. */
#include "sock.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

/* The kernel's header has tcpi_bytes_received, which libc's <netinet/tcp.h> may lack. */
#include <linux/tcp.h>

#include <tasklab/base/attr.h>
#include <tasklab/base/clock.h>

#define LINGER_BYTES_MAX (INT64_C(4) << 20)
#define LINGER_NS_MAX    (500 * CLOCK_NS_PER_MS)
#define LINGER_QUIET_MS  100 /* silence after which the peer is taken to have finished */

union address {
	struct sockaddr any;
	struct sockaddr_in in;
	struct sockaddr_in6 in6;
};

static bool address_split(const union address *address, unsigned *port, char text[INET6_ADDRSTRLEN])
{
	const void *bytes;

	if (address->any.sa_family == AF_INET) {
		*port = ntohs(address->in.sin_port);
		bytes = &address->in.sin_addr;
	} else if (address->any.sa_family == AF_INET6) {
		*port = ntohs(address->in6.sin6_port);
		bytes = &address->in6.sin6_addr;
	} else {
		return false;
	}
	return !text || inet_ntop(address->any.sa_family, bytes, text, INET6_ADDRSTRLEN);
}

static bool is_local(int fd, unsigned port)
{
	union address address = {0};
	socklen_t len = sizeof(address);
	unsigned found = 0;

	return getsockname(fd, &address.any, &len) == 0 && address_split(&address, &found, NULL) &&
	       found == port;
}

static bool visit_one(int original, unsigned port, sock_visit *visit, void *arg)
{
	int listening = 0, fd;
	socklen_t len = sizeof(listening);
	bool more = true;

	if (!is_local(original, port))
		return true;
	fd = fcntl(original, F_DUPFD_CLOEXEC, 0);
	if (fd < 0)
		return true;
	/* Asked again: the number may have changed hands before it was duplicated. */
	if (is_local(fd, port) && getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listening, &len) == 0)
		more = visit(original, fd, listening != 0, arg);
	close(fd);
	return more;
}

void sock_each(unsigned port, sock_visit *visit, void *arg)
{
	DIR *dir = opendir("/proc/self/fd");
	const struct dirent *entry;

	if (!dir)
		return;
	while ((entry = readdir(dir)) != NULL) {
		char *end;
		long fd = strtol(entry->d_name, &end, 10);

		if (end == entry->d_name || *end != '\0' || fd == dirfd(dir))
			continue;
		if (!visit_one((int)fd, port, visit, arg))
			break;
	}
	closedir(dir);
}

struct find {
	const char *address;
	unsigned port;
	int fd;
};

static bool find_visit(int original, int fd, bool listening, void *arg)
{
	struct find *find = arg;
	char text[INET6_ADDRSTRLEN];
	union address peer = {0};
	socklen_t len = sizeof(peer);
	unsigned port = 0;

	(void)original;
	if (listening || getpeername(fd, &peer.any, &len) < 0 ||
	    !address_split(&peer, &port, text) || port != find->port ||
	    strcmp(text, find->address) != 0)
		return true;
	find->fd = fcntl(fd, F_DUPFD_CLOEXEC, 0);
	return false;
}

int sock_find(unsigned port, const char *remote_address, int remote_port)
{
	struct find find = {.address = remote_address, .port = (unsigned)remote_port, .fd = -1};

	sock_each(port, find_visit, &find);
	return find.fd;
}

static bool tcp_info(int fd, struct tcp_info *info)
{
	socklen_t len = sizeof(*info);

	memset(info, 0, sizeof(*info));
	return getsockopt(fd, IPPROTO_TCP, TCP_INFO, info, &len) == 0;
}

uint64_t sock_bytes_received(int fd)
{
	struct tcp_info info;

	return tcp_info(fd, &info) ? info.tcpi_bytes_received : 0;
}

unsigned sock_idle_ms(int fd)
{
	struct tcp_info info;
	int unread = 0;

	if (ioctl(fd, FIONREAD, &unread) < 0 || unread > 0)
		return 0;
	return tcp_info(fd, &info) ? info.tcpi_last_data_recv : 0;
}

/* Of a listening socket tcpi_unacked is the length of its accept queue (tcp_get_info). */
unsigned sock_backlog(int fd)
{
	struct tcp_info info;

	return tcp_info(fd, &info) ? info.tcpi_unacked : 0;
}

/* A TCP socket's filter sees segments from the TCP header on; byte 13 holds the flags. Segments
 * with SYN are dropped, so that handshakes under way can still end. */
int sock_refuse_new(int fd)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 13),
		BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, 0x02, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, 0),
		BPF_STMT(BPF_RET | BPF_K, UINT32_MAX),
	};
	struct sock_fprog program = {.len = ARRAY_LEN(code), .filter = code};

	return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program));
}

void sock_linger(int fd)
{
	int64_t end_ns = clock_mono_ns() + LINGER_NS_MAX;
	int64_t left = LINGER_BYTES_MAX;
	char discarded[4096];

	shutdown(fd, SHUT_WR);
	while (left > 0 && clock_mono_ns() < end_ns) {
		struct pollfd pollfd = {.fd = fd, .events = POLLIN};
		ssize_t n;

		if (poll(&pollfd, 1, LINGER_QUIET_MS) <= 0)
			return;
		n = recv(fd, discarded, sizeof(discarded), MSG_DONTWAIT);
		if (n <= 0)
			return;
		left -= n;
	}
}
