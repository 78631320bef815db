/*
 * election/election.h - who of several managers leads.
 *
 * Each of them is a candidate and a follower of one key of the store, docker/swarm/leader, whose
 * value is the leader's address; classic managers use the same key in the same way.  All that is
 * said from here is who the leader is, and whether we are.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

struct kv;
struct kv_lock;
struct election;

struct election_ops {
	/* Borrowed; NULL: nobody leads, as far as the store says.  Ours exactly while we lead. */
	void (*handle_leader)(void *arg, const char *address);
	/* After election_resign: the next one may lead, or must wait until our time is over. */
	void (*handle_resigned)(void *arg);
};
struct election_config {
	const char *address; /* copied; of this manager, as the others reach it */
	int64_t ttl_ms;      /* after which a silent leader is replaced */
	const struct election_ops *ops;
	void *arg;
};

/* kv is borrowed and outlives the election.  Handlers run from the loop, not from inside. */
struct election *election_create(struct kv *kv, const struct election_config *config) must_check;
/* What is won with it: for writes that only the leader makes.  Lent as long as the election lives.
 */
struct kv_lock *election_lock(const struct election *e);
/* At this moment, by the clock: the time of a leader that was frozen is over though nobody has
 * told it so yet. */
bool election_leads(const struct election *e);
/* We neither lead (handle_leader, from inside) nor want to any more. */
void election_resign(struct election *e);
/* Without a word to anybody.  NULL is fine. */
void election_destroy(struct election *e);
