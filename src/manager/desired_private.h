/*
 * manager/desired_private.h - the index of what is kept of containers; for desired*.c only.
 */
#pragma once

#include "base/map.h"
#include "manager/desired.h"
#include "manager/manager.h"

struct node_kept;

struct wanted {
	char swarm_id[65], id[65];
	char *name; /* owned; NULL: not known */
	uint64_t epoch;
	int64_t priority;
	bool once; /* at most one copy */
	bool was_running;
	char *registry_auth; /* owned; NULL: none is known */
	struct node_kept *node;
	struct list link;         /* node_kept::wanted */
	UT_hash_handle hh, by_id; /* desired::wanted, desired::by_id */
};

/* An engine, also one that is not there. */
struct node_kept {
	char *engine_id; /* the key; "<daemon id>|<address>"; owned */
	char *name;      /* owned */
	struct list wanted;
	struct list due; /* desired::due; alone: not due */
	UT_hash_handle hh;
};

struct desired {
	struct manager *manager; /* borrowed */
	struct engine_listener engines;
	struct keep_listener kept;
	struct wanted *wanted;   /* owned */
	struct wanted *by_id;    /* the same, by the container's */
	struct node_kept *nodes; /* owned; they stay */
	struct list due;         /* whose containers have changed */
	struct deferred review;
	uint64_t readings; /* of keep, that the index shows */
};

struct wanted *desired_find(const struct desired *d, const char *swarm_id);
/* By any of its copies, on an engine that this manager has seen. */
bool desired_is_seen(const struct desired *d, const struct wanted *w);
/* This manager leads, and the index shows all. */
bool desired_may_change(const struct desired *d);
char *desired_key(const char *swarm_id) must_check;
/* The facts of a kept value, and where its body begins; NULL: it is none. */
yyjson_doc *desired_read_facts(const char *value, const char **ret_body) must_check;
const char *desired_node_name(const struct node_kept *n);

/* --- desired_lost.c --- */

/* The node answers: the operator's word about it is over. */
void desired_forget_word(struct desired *d, const struct engine *e);
/* Another manager may have heard it. */
void desired_remember_word(struct desired *d, struct engine *e);
