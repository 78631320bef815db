/*
 * manager/publish.h - published ports answer at the manager's address, too.
 *
 * For each TCP and UDP port that a running container publishes the manager listens on its own
 * address, under the same number, and relays to the container's node.  Every manager does, whoever
 * leads.  What cannot be relayed (the number is taken here, or not allowed, or another container
 * holds it) is told in the log and as an event of the container, which is not harmed; it is tried
 * again from time to time.
 *
 * Numbers that an engine would choose are chosen here, so that no two containers of the pool have
 * one.
 */
#pragma once

#include "base/strv.h"
#include "docker/config.h"

struct call;
struct container;
struct engine;
struct manager;
struct placing;
struct publish;
struct task;

struct publish_config {
	bool all; /* but those that refuse by LABEL_RELAY; else only those that ask for it */
	const char *host;     /* IP literal to listen on, "" for all; borrowed */
	uint16_t first, last; /* to choose from; first is 0: the engines choose */
};

/* From now on m->publish; c is copied but for host. */
struct publish *publish_create(struct manager *m, const struct publish_config *c) must_check;
/* Closes all ports.  Before the cluster's end; NULL is fine. */
void publish_destroy(struct publish *p);

/* The address of ours where this port leads to this container, "" for all of them; NULL: to
 * nowhere at present. */
const char *publish_host(
	const struct publish *p, const struct container *c, const struct port_use *u);

/* For a container that is about to be made.  p may be NULL: ports are not relayed. */

/* Numbers for the bindings that leave them to the engine. */
void publish_choose(struct publish *p, struct container_config *config);
/* The container asks for all ports that its image exposes, so the image is to be looked at before
 * numbers can be chosen: */
bool publish_needs_image(const struct publish *p, const struct container_config *config);
/* ... asks the engine that was chosen, ... */
void publish_ask_image(struct call *call, const struct placing *placing, struct task *waiter);
/* ... and chooses, if it has answered. */
void publish_learn_image(
	struct publish *p, const struct call *call, struct container_config *config);
/* A sentence for every port that a container of another node holds already. */
void publish_warn(const struct publish *p, const struct engine *e,
	const struct container_config *config, struct strv *warnings);
