/*
 * register/service.h - the services of a container, as registrator names them; pure.
 *
 * One service is one port of a running container that others reach: a published one at its node's
 * address, or, when asked for, one inside at the container's own.
 */
#pragma once

#include <stdint.h>

#include "base/strv.h"
#include "docker/label.h"

struct container;

/* Of an engine: the address to register for what is published there. */
#define LABEL_REGISTER_IP "com.docker.swarm.register.ip"

enum service_health {
	SERVICE_UNCHECKED, /* nobody looks: as good as passing */
	SERVICE_PASSING,
	SERVICE_WARNING,
	SERVICE_CRITICAL,
};
extern const char *const service_health_texts[]; /* those of Consul; "" for unchecked */

struct service {
	char *id, *name;       /* owned */
	char *ip;              /* a literal; owned */
	char *container;       /* its host name; owned */
	uint16_t port, inside; /* at the ip, and in the container */
	struct strv tags;      /* sorted, each once */
	struct labels attributes;
	enum service_health health;
};

struct services {
	struct service *items; /* owned */
	size_t count, cap;
};

struct service_terms {
	/* Of the node. */
	const char *node; /* its name */
	const char *ip;   /* for what is published there; "": not known, and nothing is registered
			   */
	/* Of the operator. */
	bool internal;        /* ports inside, at the container's own address */
	bool named_only;      /* services that were given a name */
	const char *ip_label; /* containers' label with their address; NULL: none */
	const char *tags;     /* for all services, separated by commas; NULL: none */
};

/* Those of the container, appended.  joined: that whose network it uses, or NULL. */
void service_read(struct services *ret, const struct container *c, const struct container *joined,
	const struct service_terms *terms);
void services_finish(struct services *s);
/* Of "container:<id>"; NULL: it has a network of its own. */
const char *service_joined_id(const struct container *c);
