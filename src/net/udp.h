/*
 * net/udp.h - a UDP port of this host, whose answers leave from the address that was written to.
 *
 * A client takes answers from no other address, so each datagram comes with the one that it was
 * sent to.  What cannot be sent at once is lost, as datagrams may be.
 */
#pragma once

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>
#include <sys/types.h>

#include "base/error.h"

struct udp {
	int fd; /* non-blocking; -1: not open */
	sa_family_t family;
};

/* Who talks, and to which of our addresses; what is not set is zero, so that two can be compared as
 * bytes. */
struct udp_peer {
	struct sockaddr_storage client;
	struct in6_addr local; /* IPv4: its first four bytes */
	socklen_t client_len;
};

/* host is an IP literal, "" for all of this host's addresses.  ERROR_CONFLICT in the words of
 * net/listen.h. */
bool udp_open(struct udp *ret, const char *host, uint16_t port, struct error *err);
/* Any number of times. */
void udp_close(struct udp *u);
/* The length of the next datagram, or -1 with errno. */
ssize_t udp_receive(const struct udp *u, void *data, size_t size, struct udp_peer *ret);
bool udp_send(const struct udp *u, const struct udp_peer *to, const void *data, size_t len);
/* The address that the peer wrote to, as an IP literal; IPv4 in its own form. */
void udp_local_ip(const struct udp *u, const struct udp_peer *peer, char ret[INET6_ADDRSTRLEN]);
