/*
 * names/zone.h - what a name asks for; pure.
 *
 * Under the domain "swarm" are
 *
 *   NAME.swarm               the container of that name
 *   SERVICE.PROJECT.swarm    the containers of a Compose service
 *   NODE.node.swarm          a node
 *
 * and before the first two may stand _PORT._tcp or _PORT._udp: one port of theirs, by its number
 * inside the container.  Names in *.in-addr.arpa and *.ip6.arpa ask for a node by its address.
 */
#pragma once

#include <netinet/in.h>
#include <stdbool.h>

#include "base/error.h"
#include "docker/port.h"
#include "names/packet.h"

#define ZONE_NODES "node"

enum zone_kind {
	ZONE_OUTSIDE, /* nothing of ours */
	ZONE_APEX,    /* the domain itself */
	ZONE_NODE,    /* name; "" for the place where nodes stand */
	ZONE_THING,   /* name: of a container or service */
	ZONE_ADDRESS, /* ip */
};

enum zone_ports {
	ZONE_ALL_PORTS,
	ZONE_ONE_PORT,
	ZONE_NO_PORT, /* _tcp alone, under which others are, or a port that cannot be */
};

struct zone_question {
	enum zone_kind kind;
	char name[PACKET_NAME_MAX];
	char ip[INET6_ADDRSTRLEN];
	enum zone_ports ports;
	enum port_protocol protocol;
	uint16_t port;
};

/* "swarm." or "swarm": in lower case, without the last dot; caller frees.  NULL and ERROR_INVALID
 * when it is no domain. */
char *zone_domain_parse(const char *text, struct error *err) must_check;
/* name as in struct packet_query. */
void zone_read(struct zone_question *ret, const char *domain, const char *name);
