/*
 * fixture.h - a loop with a cluster on it, and what its bus said.
 */
#pragma once

#include "fake_engine.h"

#include "base/strv.h"
#include "cluster/cluster.h"
#include "cluster/engine_private.h"
#include "cluster/find_container.h"
#include "cluster/members.h"

struct fixture {
	struct loop *loop;
	struct cluster *cluster;
	struct bus_listener listener;
	struct strv actions; /* of events, in order: "start", "engine_connect" */
};

/* A cluster with intervals that never pass within a test. */
void fixture_create(struct fixture *fx);
void fixture_destroy(struct fixture *fx);
/* Members by address, ended by NULL; NULL, NULL for none. */
void fixture_members(struct fixture *fx, const char *first, ...) __attribute__((sentinel));
/* The engine with this address. */
struct engine *fixture_engine(struct fixture *fx, const char *addr);
/* Makes the fake's engine the only member and waits until it is healthy. */
struct engine *fixture_join(struct fixture *fx, struct fake_engine *f);
/* How often the action was heard. */
size_t fixture_heard(const struct fixture *fx, const char *action);
/* A member without a daemon, as if validated; the loop must not turn. */
struct engine *fixture_validated(struct fixture *fx, const char *name, const char *daemon_id);
/* A running container on it. */
struct container *fixture_container(
	struct engine *e, const char *id, const char *swarm_id, const char *name);
/* One more of an engine's list, from the text of its entry; the test fails when it is none. */
void fixture_image(struct engine *e, const char *entry);
void fixture_network(struct engine *e, const char *entry);
void fixture_volume(struct engine *e, const char *entry);
