/*
 * manager/desired.h - how containers that must come back were to be, beyond their nodes and ours.
 *
 * Of every container with a policy that makes it anew, one text is kept (keep.h) for as long as it
 * is there: name, node, and the body that makes it again.  It is written before the create is
 * answered, and follows what its engine says of it.  So a manager that has never seen the engine
 * knows what was on it: the containers that are lost are those that are kept, and that no engine
 * has which this manager has seen.
 *
 * A node that this manager has seen fail needs none of this: its records are in memory
 * (reschedule.h).  One that is taken out of discovery while it answers has not failed, and its
 * containers are forgotten.
 */
#pragma once

#include "docker/container.h"
#include "manager/keep.h"

struct desired;
struct manager;

/* The cluster is there. */
struct desired *desired_create(struct manager *m) must_check;
/* NULL is fine. */
void desired_destroy(struct desired *d);

/* Keep it as it is now; w as in keep.h.  False, and w is not begun: it has no policy or no name, or
 * a newer copy of it is kept. */
bool desired_keep(
	struct desired *d, const struct container *c, struct keep_write *w, struct task *t);

/* This copy on this engine was removed by a client, who wants none of the others either.  True: of
 * what was kept, there are others.  One that is not kept is left out. */
bool desired_forget(struct desired *d, const struct engine *e, const char *id);

/* X-Registry-Auth with which its create was asked for; only in memory, for as long as it is kept.
 * One that is not kept is left out. */
void desired_remember_auth(struct desired *d, const char *swarm_id, const char *registry_auth);
/* Borrowed; NULL: none is known. */
const char *desired_auth(const struct desired *d, const char *swarm_id);

/* One that is lost, and may be made anew as far as its policy goes. */
struct desired_lost {
	const char *swarm_id; /* borrowed until the loop turns, as are the others */
	const char *id;       /* of the container */
	const char *address;  /* of its engine */
	const char *node;     /* its name */
	const char *engine_id;
	struct engine
		*engine; /* a member at its address that has not answered yet; NULL: none is */
	int64_t priority;
	bool was_running;
	bool replaced; /* another daemon, which is a member, answers at its address */
};
/* In an array that the caller frees; NULL when there is none. */
struct desired_lost *desired_list_lost(struct desired *d, size_t *ret_count) must_check;
/* Whether it still is; and its name and body (owned by the caller). */
bool desired_find_lost(struct desired *d, const char *swarm_id, struct desired_lost *ret,
	char **ret_name, char **ret_body);
/* What a client writes of one on a node that nobody has seen, whatever its policy: name, id or
 * swarm id. */
bool desired_find_unseen(struct desired *d, const char *what, struct desired_lost *ret);
/* Nodes that lost containers were on, without those that were declared lost. */
size_t desired_count_gone(struct desired *d);
/* What was on the node and names the container by its old id (who shares its namespaces) names it
 * by the new one. */
void desired_tell_followers(
	struct desired *d, const char *node, const char *old_id, const char *new_id);

/* It was made anew; the old copy is on an engine that is out of reach, or was. */
void desired_leave_behind(struct desired *d, const char *swarm_id, const char *engine_id);
/* An old copy, and what was made anew in its place has been removed. */
bool desired_is_left_over(const struct desired *d, const struct container *c);
/* The engine's containers were read, and nothing of them has to go any more. */
void desired_settle(struct desired *d, const struct engine *e);

struct desired_node {
	char *id, *name, *address;
};
void desired_node_copy(struct desired_node *to, const struct desired_node *from);
void desired_node_finish(struct desired_node *n);
/* Nodes that this manager has never seen and that containers wait for, because they are promised
 * one copy at most; borrowed until the loop turns, in an array that the caller frees. */
struct desired_node *desired_list_waiting(struct desired *d, size_t *ret_count) must_check;

/* The operator's word that nothing of what was on a node runs any more; kept until it answers.
 * name: of a node that is out of reach, or that this manager has never seen.  ERROR_NOT_FOUND, or
 * ERROR_INVALID for one that answers. */
bool desired_declare_lost(struct desired *d, const char *name, struct error *err);
/* A node that was kept of, and that this manager has never seen. */
bool desired_knows_node(struct desired *d, const char *name);
