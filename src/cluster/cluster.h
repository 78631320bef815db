/*
 * cluster/cluster.h - all engines and all that is on them.
 *
 * One writer, no locks.  The cluster owns its engines; members come and go through members.h, and
 * what each file of the floor keeps for all engines lies here.  Placement is not its business: it
 * only reserves what somebody decided.
 */
#pragma once

#include "cluster/bus.h"
#include "cluster/engine.h"
#include "cluster/gate.h"
#include "net/tls.h"

struct cluster_config {
	int64_t refresh_min_ms, refresh_max_ms; /* 30 s, 60 s */
	uint32_t failure_retry;                 /* 3 */
	double overcommit;                      /* 0.05 */
	bool keeps_services;                    /* as in struct engine_terms */
	struct tls_context *tls;                /* for engines; NULL: plain; counted */
};

struct lookup;
struct departed;
struct execs;
struct finders;

struct cluster {
	struct loop *loop;
	struct cluster_config config;
	struct engine **engines; /* owned references; validated (healthy or not) and pending ones
				    together */
	size_t engines_count, engines_cap;
	struct engine_terms terms;      /* lent to the engines */
	struct engine_listener counter; /* private */
	size_t healthy, validated;      /* counts */
	struct lookup *lookup;          /* private to find_container.c */
	struct execs *execs;
	struct departed *departed;
	struct finders *finders; /* private to find_*.c */
	struct bus *bus;
	struct list behind, fresh_waits; /* engine::behind, fresh_wait::link; private to fresh */
	/* How many engines are being asked who they are, and how many are being read, at once. */
	struct gate connecting, loading;
	size_t rotation; /* of cluster_any_healthy; private */
};

/* Hears of every engine, present and to come; engine_unlisten ends it. */
void cluster_listen(struct cluster *cluster, struct engine_listener *l);

enum cluster_which {
	CLUSTER_ALL, /* pending ones too */
	CLUSTER_VALIDATED,
	CLUSTER_HEALTHY,
};
/* The first engine of the kind at or after *at, which moves behind it; NULL: none is left. */
struct engine *cluster_next(const struct cluster *cluster, enum cluster_which which, size_t *at);
/* All of them, in no particular order, while none comes or goes; `e` is a pointer to an engine. */
#define cluster_each(e, cluster, which)                                                            \
	for (size_t at_##e = 0; ((e) = cluster_next((cluster), (which), &at_##e));)
struct engine *cluster_find_engine(struct cluster *cluster,
	const char *name_or_id); /* node name, composite id, daemon id, address */
/* Any healthy engine, in rotation; NULL when there is none. */
struct engine *cluster_any_healthy(struct cluster *cluster);
/* Of the validated engine that has most; 0 without any. */
int64_t cluster_most_cpus(const struct cluster *cluster);
/* All engines (pending too) in natural order of their names; caller frees the array, the engines
 * are borrowed. */
struct engine **cluster_sorted_engines(struct cluster *cluster, size_t *ret_count) must_check;
