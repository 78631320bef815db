/*
 * manager/manager.h - introduces the cluster to the scheduler.
 *
 * Placing is one turn of the loop: nodes are views of the engines' own records, lent to the
 * scheduler for one decision, and the reservation enters the chosen engine's list at once.
 */
#pragma once

#include "cluster/cluster.h"
#include "docker/translate.h"
#include "sched/sched.h"

struct manager {
	struct loop *loop;
	struct cluster *cluster; /* borrowed */
	struct sched *sched;     /* borrowed */
	bool volumes_everywhere; /* swarm.volumes: local ones are made on every node */
	double reschedule_share; /* swarm.reschedule-share: of nodes that may be missing */
	uint32_t create_retry;   /* swarm.createretry: plain retries of a failed create */

	struct list works;                   /* struct work::link: what is under way */
	size_t retiring;                     /* of it, those of manager/retire.h */
	struct list network_spreads;         /* struct network_spread::link: instances being made */
	struct list network_claims;          /* struct network_claim::link: names being made */
	struct decisions *decisions;         /* owned; why containers are where they are */
	struct builds *builds;               /* owned; which engine a build is on */
	struct keep *keep;                   /* owned; what outlives this manager */
	struct node_settings *node_settings; /* owned; what operators said about nodes */
	struct desired *desired;             /* owned; the containers in it */
	const char *shared_socket;     /* its own, for containers; borrowed; NULL: none is shared */
	struct drain *drain;           /* set by its owner; NULL: none is drained */
	struct publish *publish;       /* set by its owner; NULL: published ports are not relayed */
	struct withdrawer *withdrawer; /* set by its owner; NULL: services are not registered */
	struct list withdrawals;       /* struct withdrawal::link: containers about to end */

	bool acting;              /* private; see manager_may_act */
	bool (*leads)(void *arg); /* private; NULL: nobody is to be asked */
	void *leads_arg;
	int64_t acting_since_ms; /* monotonic; of the newest change to true */

	struct node *nodes; /* scratch for one decision */
	struct node **ranked;
	size_t nodes_cap;
};

/* Asked before everything that changes an engine: of several managers only the one that leads may.
 * What is under way ends before its next effect, as soon as it may no longer.  True at first. */
bool manager_may_act(const struct manager *m);
void manager_set_acting(struct manager *m, bool acting);
/* One of several managers: not acting before it is set, and leads(arg) is asked each time as well,
 * because a process that was frozen learns late that another one leads. */
void manager_set_replicated(struct manager *m, bool (*leads)(void *arg), void *arg);
/* The same with ERROR_UNAVAILABLE and a sentence. */
bool manager_check_acting(const struct manager *m, struct error *err);

/* Whether anything new may come to it: an operator has neither paused nor drained it. */
bool manager_is_open(const struct manager *m, const struct engine *e);

/* The best engine for the wish; borrowed.  NULL with the scheduler's text. */
struct engine *manager_place(struct manager *m, struct wish *w, struct error *err);
/* The same among the engines that `accepts` likes (NULL: all); arg is handed to it. */
struct engine *manager_place_among(struct manager *m, struct wish *w,
	bool (*accepts)(const struct engine *e, const void *arg), const void *arg,
	struct error *err);
/* The best of the engines that can do all of it.  When only others fit, ERROR_INVALID names the one
 * that would have been chosen, and both versions (translate_need_refuse). */
struct engine *manager_place_needing(struct manager *m, struct wish *w,
	const struct translate_need *need, struct api_version client, struct error *err);
/* All engines that fit the wish, best first; borrowed, in an array that the caller frees.  NULL
 * with the scheduler's text. */
struct engine **manager_place_all(
	struct manager *m, struct wish *w, size_t *ret_count, struct error *err) must_check;
/* What is to be said of each validated engine for this wish, in an array that the caller frees; the
 * engine is in the node. Borrowed until the next decision. */
struct sched_verdict *manager_judge(
	struct manager *m, struct wish *w, size_t *ret_count) must_check;
/* Any healthy engine, in rotation.  NULL with `No healthy node available in the cluster`. */
struct engine *manager_any_engine(struct manager *m, struct error *err);
