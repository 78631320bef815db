/*
 * cmd/top_view.h - measured load, node by node, out of what engines say of their containers.
 *
 * No I/O: who asks the engines says which containers there are, is told which of them to measure,
 * and brings two samples of each.
 */
#pragma once

#include <stdint.h>
#include <stdio.h>
#include <yyjson.h>

#include "base/error.h"

/* One answer of GET /containers/{id}/stats. */
struct top_sample {
	int64_t at_ns, cpu_ns;            /* wall; used since the container began */
	int64_t before_ns, before_cpu_ns; /* the same a moment earlier; 0: it does not say */
	int64_t memory_bytes;             /* without the file cache that can be given back */
};
/* False: it is none of a container that runs. */
bool top_sample_read(struct top_sample *ret, yyjson_val *stats);
/* CPUs used between two samples of one container; before may be NULL.  Negative: not known. */
double top_sample_cpus(const struct top_sample *before, const struct top_sample *now);

struct top_container {
	char *id, *name; /* owned */
	size_t node;     /* in top_view::nodes */
	size_t ordinal;  /* of its node */
	struct top_sample first;
	bool sampled, measured; /* once; and cpus and memory are known */
	double cpus;
	int64_t memory_bytes;
};

struct top_node {
	char *name, *state; /* owned */
	double cpus;        /* that it has */
	int64_t memory_bytes;
	size_t running, measured; /* containers */
	double used_cpus;         /* by those that were measured */
	int64_t used_memory;
	double rank;                         /* private; higher comes first */
	const struct top_container *busiest; /* NULL: none was measured */
};

struct top_view {
	struct top_node *nodes; /* owned */
	size_t nodes_count;
	struct top_container *containers; /* owned; those to measure */
	size_t count;
};

enum top_order { TOP_CPU, TOP_MEMORY, TOP_CONTAINERS, TOP_NAME };
/* "cpu", "memory", "containers", "name" */
bool top_order_parse(const char *text, enum top_order *ret, struct error *err);

/*
 * nodes: GET /nodes.  containers: GET /v1.24/containers/json of those that run, where a name is
 * "/node/name".  At most limit of them are to be measured, as many of each node as of the others.
 */
void top_view_init(struct top_view *v, yyjson_val *nodes, yyjson_val *containers, size_t limit);
void top_view_finish(struct top_view *v);
/* The next sample of a container; NULL: it did not answer. */
void top_view_take(struct top_view *v, size_t container, yyjson_val *stats);
/* When all samples are there: the busiest first. */
void top_view_sum(struct top_view *v, enum top_order order);

void top_view_print(const struct top_view *v, FILE *out);
/* A list of doc. */
yyjson_mut_val *top_view_json(const struct top_view *v, yyjson_mut_doc *doc) must_check;
