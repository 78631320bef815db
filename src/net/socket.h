/*
 * net/socket.h - what streams, dials and listeners do to descriptors; private to this floor.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

#include "base/util.h"

/* "connection refused": the system's words as they stand inside a sentence.  Valid until the next
 * call. */
const char *socket_errno_text(int number);
/* "127.0.0.1:2375", "[::1]:2375", "/path", or "unix" for an unnamed one; caller frees. */
char *socket_format_address(const struct sockaddr_storage *sa, socklen_t len) must_check;
/* "127.0.0.1"; "" when it is not an IP address; caller frees. */
char *socket_format_ip(const struct sockaddr_storage *sa) must_check;
/* Of an IP literal; the length for bind and connect, 0 when it is none. */
socklen_t socket_set_ip(struct sockaddr_storage *ret, const char *ip, uint16_t port);
bool socket_is_ip(const struct sockaddr_storage *sa);
bool socket_is_loopback(const struct sockaddr_storage *sa);
/* No delay for small writes; probes when idle, so that a silently dead peer is noticed. */
void socket_tune_tcp(int fd);
enum socket_delivery {
	SOCKET_DELIVERED, /* the peer has acknowledged all, or it is no TCP socket */
	SOCKET_WAITING,   /* for an acknowledgement, or for the peer to make room */
	SOCKET_SILENT,    /* the peer's host has not answered for silent_ms */
};
enum socket_delivery socket_delivery(int fd, int64_t silent_ms);
/* The pending error of the descriptor (0: none), which is thereby cleared. */
int socket_take_error(int fd);
