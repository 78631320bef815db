/*
 * docker/build_query.h - the query of POST /build, as far as it decides about the engine.
 *
 * Build arguments named like scheduling expressions ("constraint:node": "=node-1", which is how
 * `--build-arg constraint:node==node-1` arrives) steer placement and never reach the builder; they
 * are not written into labels either.  Everything else passes as the client wrote it.
 */
#pragma once

#include <stdint.h>

#include "base/strv.h"
#include "base/uri.h"

struct build_query {
	struct strv affinities, constraints, whitelists;
	int64_t cpu_shares; /* as in the request: a number of CPUs; 0 when they are a weight */
	int64_t nano_cpus, memory_bytes;
	char *platform; /* "linux/arm64"; "" for none, or several at once; owned */
	char *args; /* build arguments without expressions, as JSON; NULL: as they came; owned */
};

/* Build arguments that are no object have no expressions: the engine has the words to refuse them.
 * most_cpus are those of the largest engine (docker/needs.h). */
void build_query_read(struct build_query *ret, const struct query *q, int64_t most_cpus);
void build_query_finish(struct build_query *b);
/* The query for an engine with that many CPUs: raw, unless something in it must change. */
char *build_query_format(const struct build_query *b, const struct query *q, const char *raw,
	int64_t engine_cpus) must_check;
/* Does the request say anything about where it wants to be built? */
bool build_query_is_choosy(const struct build_query *b);
