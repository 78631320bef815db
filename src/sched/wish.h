/*
 * sched/wish.h - what one request asks for, ready to be compared with nodes.
 *
 * Private to this floor; sched.h has the functions that make wishes.  Everything is copied from the
 * request, so that the request may be edited while the wish lives.
 */
#pragma once

#include "docker/label.h"
#include "docker/port.h"
#include "sched/expr.h"
#include "sched/sched.h"

/* A container that must be on the same node. */
struct wish_dependency {
	char *name; /* owned; as written, without what follows ':' */
	char *item; /* owned; how error texts list it, "--link=db:db"; NULL: they do not */
};

struct wish_port {
	struct port_use use; /* address counted */
	char *text;          /* owned; as written */
};

enum network_reach {
	NETWORK_UNKNOWN, /* to every engine; one of them will say so */
	NETWORK_FIXED,   /* where it is, and nowhere else */
	NETWORK_SPREADS,
	NETWORK_SPANS, /* all engines, or all that are in their swarm */
};

struct wish_network {
	char *name;             /* owned */
	bool meant;             /* the two below are known */
	const char *logical_id; /* interned, owned; NULL: of none */
	enum network_reach reach;
};

struct wish {
	struct expr_list affinities, constraints, whitelists;

	struct wish_port *ports; /* owned; bindings, or what is exposed on the host's network */
	size_t ports_count;
	uint16_t lowest_port, highest_port; /* of all ports with a number; 0 when there is none */
	bool host_network;

	struct wish_dependency *dependencies; /* owned */
	size_t dependencies_count, dependencies_cap;
	struct labels replaced; /* those of the container whose place it takes; none: of no one */
	char *name;             /* owned; "" for none */
	char *returns_to;       /* owned; id of the node where the last one of its name was; NULL */
	struct labels labels;   /* all of its labels */
	struct strv volumes;    /* named ones */
	bool follows_volumes;   /* no: it says itself which node it wants */
	bool outlives_node;     /* it is started elsewhere when its node fails */
	struct wish_network *networks; /* owned; without those that every engine has */
	size_t networks_count, networks_cap;
	char *os, *arch; /* owned; NULL: any */

	int64_t nano_cpus, memory_bytes; /* 0 for no request */
	bool is_container;               /* takes one of the node's container slots */
};

/* The container is removed as soon as this one is there. */
bool wish_replaces(const struct wish *w, const struct container *c);
/* Docker's name of an architecture, for that and for what kernels call it: "x86_64" is "amd64".
 * Others are given back. */
const char *wish_arch_name(const char *arch);
