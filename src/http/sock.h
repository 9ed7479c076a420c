/* sock.h - the sockets behind civetweb's connections, which its interface does not show.
 *
 * They are found among the process's descriptors by their addresses. That takes a few system calls
 * a descriptor, so it is for refused requests and for the end of the server only. Each is visited
 * as a duplicate, so that the worker that owns it may close it meanwhile.
 */
#ifndef TASKLAB_HTTP_SOCK_H
#define TASKLAB_HTTP_SOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Visits every listening or connected TCP socket whose local port is port, until visit returns
 * false. original is the descriptor's own number, fd a duplicate that is closed afterwards. */
typedef bool sock_visit(int original, int fd, bool listening, void *arg);
void sock_each(unsigned port, sock_visit *visit, void *arg);

/* A duplicate, for the caller to close, of the connection from this peer; -1 when there is none. */
int sock_find(unsigned port, const char *remote_address, int remote_port);
/* Bytes that the connection has received in all; 0 when the kernel does not say. */
uint64_t sock_bytes_received(int fd);
/* Closes for writing and reads on for a moment, so that data on its way does not make the kernel
 * reset the connection before the peer has read the last answer (RFC 9112 section 9.6). */
void sock_linger(int fd);
/* Milliseconds since data arrived; 0 while some waits to be read, or when the kernel does not say.
 */
unsigned sock_idle_ms(int fd);
/* Connections that the listening socket has completed and no one has accepted. */
unsigned sock_backlog(int fd);
/* The listening socket sees no more connection attempts, while those that it has go on. */
int sock_refuse_new(int fd);

#endif
