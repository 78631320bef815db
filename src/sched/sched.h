/*
 * sched/sched.h - pure placement: (wish, nodes) -> node.
 *
 * No I/O and no state beyond the arguments: the caller lends the nodes for one decision.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/strbuf.h"
#include "base/strv.h"
#include "docker/availability.h"
#include "docker/config.h"
#include "docker/label_tally.h"
#include "docker/objects.h"
#include "docker/volume_use.h"

/* An engine as the scheduler sees it.  Everything is borrowed for the time of one call. */
struct node {
	const char *id;        /* "<engine id>|<addr>" */
	const char *engine_id; /* "<engine id>" */
	const char *name, *addr, *ip;
	const char *os, *arch; /* "linux", "amd64" (normalised); "" unknown */
	const struct labels *labels;
	const struct labels *given_labels; /* by an operator, which win; NULL: none */
	enum availability availability;
	struct container *const *containers; /* all states, PENDING included */
	size_t containers_count;
	struct label_tallies *tallies; /* of these containers */
	const struct image *images;
	size_t images_count;
	const struct network *networks;
	size_t networks_count;
	const struct volume *volumes;
	size_t volumes_count;
	const struct volume_uses *volume_uses;   /* by these containers, and fresh ones */
	int64_t used_nano_cpus, total_nano_cpus; /* total with overcommit */
	int64_t used_memory, total_memory;
	int health;   /* 0..100; above 0 is healthy */
	void *engine; /* the caller's */
};

struct sched; /* filters and strategy as configured */

/* NULL names give the defaults: all eight filters, spread.  Errors: "filter not supported",
 * "strategy not supported". */
struct sched *sched_create(
	const char *strategy, const struct strv *filters, struct error *err) must_check;
void sched_destroy(struct sched *s);
const char *sched_strategy_name(const struct sched *s);
/* All names that sched_create takes, but for aliases, appended; the default strategy first. */
void sched_strategies(struct strv *ret);
void sched_filters(struct strv *ret);                       /* in the default order */
char *sched_filter_names(const struct sched *s) must_check; /* "health, port, ..." */
/* What has the same value of this label stays together: if it can, or else nowhere (hard).  A few
 * keys are known from the start, softly; one that is known already is changed. */
void sched_keep_together(struct sched *s, const char *key, bool hard);
/* Volumes are made on every node, as by classic Swarm: they are preferred, and draw no harder. */
void sched_spread_volumes(struct sched *s);
/* Ties are broken by this seed's sequence; tests fix it.  A new one has a random seed. */
void sched_seed(struct sched *s, uint64_t seed);

/* What one request asks for, with all expressions parsed and compiled once. */
struct wish;
/* Copies what it needs.  ERROR_INVALID for a malformed expression, ERROR_TOO_LARGE for more than
 * 256 of a kind, with the texts of docs/scheduling.md as the default filters give them. */
struct wish *wish_create(const struct container_config *config, struct error *err) must_check;
/* Only expressions: for builds, networks, volumes, which take no container slot.  Lists may be
 * NULL; resources 0 for none. */
struct wish *wish_create_expressions(const struct strv *affinities, const struct strv *constraints,
	const struct strv *whitelists, int64_t nano_cpus, int64_t memory_bytes,
	struct error *err) must_check;
/* A kind of node, as in the `platform` of a query ("linux/arm64"); of a wish that has none yet. */
void wish_set_platform(struct wish *w, const char *platform);
/* Any kind of node will do. */
void wish_drop_platform(struct wish *w);
/* Of a wish that has none yet: for what shall stay together. */
void wish_set_labels(struct wish *w, const struct labels *labels);
/* The name that the container is to have; "" for none. */
const char *wish_name(const struct wish *w);
/* It takes the place of one that was on this node and has just been removed; NULL: of none. */
void wish_return_to(struct wish *w, const char *node_id);
/*
 * The networks that a wish names, so that whoever knows the cluster says which are meant: then no
 * node's list is walked by name.  NULL: there is none of that name.  What is not said is looked for
 * on every node.
 */
size_t wish_networks_count(const struct wish *w);
const char *wish_network(const struct wish *w, size_t i);
void wish_mean_network(struct wish *w, size_t i, const struct network *n);
void wish_destroy(struct wish *w);
/* One more hard affinity for this decision only ("image==x" after a failed pull); not written into
 * labels. */
bool wish_add_affinity(struct wish *w, const char *expression, struct error *err);
bool wish_add_constraint(struct wish *w, const char *expression, struct error *err);

/*
 * The nodes that fit into ret (an array of at least count pointers, scratch on failure): the best
 * first, the others in no particular order; *ret_count > 0 on success.
 *
 * Hard expressions, dependencies and resources decide who fits.  Then named volumes and soft
 * expressions, in this order, narrow the choice, each only if something remains: of two that
 * exclude each other the later is dropped.
 *
 * ERROR_UNAVAILABLE with the text of docs/scheduling.md, followed by lines that say how many
 * nodes each filter refused and, for dependencies, what is where.
 */
bool sched_place(struct sched *s, const struct wish *w, struct node *nodes, size_t count,
	struct node **ret, size_t *ret_count, struct error *err);

/*
 * What the latest sched_place came to, as JSON: {"Strategy":"spread","Nodes":3,"Refused":
 * {"constraint":2},"Fitting":1,"Preferred":1}.  A node counts for the first filter that refused it,
 * or for "resources"; Preferred are those that soft expressions and volumes left to the strategy.
 */
void sched_describe(const struct sched *s, struct strbuf *sb);

enum { SCHED_REFUSALS_MAX = 16 };

/* What is to be said of one node. */
struct sched_verdict {
	const struct node *node;                    /* borrowed */
	const char *refused_by[SCHED_REFUSALS_MAX]; /* filters, "cpus", "memory"; static */
	size_t refused_count;                       /* 0: it fits */
	double weight;      /* of the strategy, lower is better; 0 for one that is refused */
	int64_t containers; /* as the strategy counts them */
};
/* Each node by itself, before all filters, into ret (as many as nodes). */
void sched_judge(struct sched *s, const struct wish *w, struct node *nodes, size_t count,
	struct sched_verdict *ret);
