/*
 * discovery/discovery_private.h - what discovery.c and the schemes know of each other; for
 * discovery/ only.
 */
#pragma once

#include "discovery/discovery.h"
#include "net/loop.h"

struct discovery_config {
	struct loop *loop;
	const struct discovery_url *url; /* lent for the time of create() */
	const struct strv *options;      /* likewise */
	int64_t heartbeat_ms;
	const struct discovery_ops *ops;
	void *arg;
	struct error *err; /* may be NULL; set by a create() that returns NULL */
};

/* Embedded as the first thing that every scheme's create() fills with discovery_init, and its
 * destroy() ends with discovery_finish. */
struct discovery {
	const struct discovery_backend *backend;
	struct loop *loop;
	const struct discovery_ops *ops;
	void *arg;
	int64_t heartbeat_ms;
	struct strv members; /* as last told */
	bool told;           /* any list at all */
};

struct discovery_backend {
	void (*destroy)(struct discovery *d);
	void (*reload)(struct discovery *d);            /* NULL: the source cannot change */
	struct kv *(*store)(const struct discovery *d); /* NULL: there is none */
};

static inline void discovery_init(struct discovery *d, const struct discovery_backend *backend,
	const struct discovery_config *config)
{
	*d = (struct discovery){
		.backend = backend,
		.loop = config->loop,
		.ops = config->ops,
		.arg = config->arg,
		.heartbeat_ms = config->heartbeat_ms,
	};
}

/* handle_members, unless this is the list that was told last.  Takes the content. */
void discovery_tell(struct discovery *d, struct strv *members);
void discovery_tell_error(struct discovery *d, const struct error *err);
void discovery_finish(struct discovery *d);
