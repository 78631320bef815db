/*
 * A pool of nodes made of literals, and what a create request does to it.
 *
 * Node N is called node-N-name, its engine's id is node-N-id; it is healthy, empty, and has no
 * CPUs and memory to reserve.  Requests are bodies of POST /containers/create, read by the same
 * code as in the product; a reservation is the same record too.
 */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "sched/sched.h"

#define POOL_MAX  128
#define POOL_NONE SIZE_MAX
#define GIB       (INT64_C(1) << 30)
#define CPU       INT64_C(1000000000)

struct pool {
	struct sched *sched;
	struct node nodes[POOL_MAX];
	struct node *ranked[POOL_MAX];
	size_t count, ranked_count;
	struct error err; /* of the last request that failed */
};

/* NULL for the defaults; filters separated by commas. */
struct pool *pool_create(size_t count, const char *strategy, const char *filters);
void pool_destroy(struct pool *p);

void pool_set_label(struct pool *p, size_t node, const char *key, const char *value);
void pool_set_size(struct pool *p, size_t node, int64_t memory_bytes, int64_t cpus);
/* A running container; its record is made from a create body (NULL: "{}"). */
struct container *pool_add(
	struct pool *p, size_t node, const char *name, const char *id, const char *body);
void pool_clear(struct pool *p, size_t node);
/* Tags and digests are separated by commas. */
void pool_add_image(
	struct pool *p, size_t node, const char *id, const char *tags, const char *digests);
void pool_add_network(struct pool *p, size_t node, const char *name, const char *scope);
/* A local one that may have been in use; borrowed until the next. */
struct volume *pool_add_volume(struct pool *p, size_t node, const char *name);
/* One that nothing has mounted yet. */
void pool_add_fresh_volume(struct pool *p, size_t node, const char *name);

/* The numbers of all nodes that fit, ascending, as text ("02"), or "E"; free(). */
char *pool_fitting(struct pool *p, const char *body);
/* With the `platform` of the query. */
char *pool_fitting_platform(struct pool *p, const char *body, const char *platform);
/* Places and reserves on the best; POOL_NONE when there is none. */
size_t pool_run(struct pool *p, const char *body);
/* The same with `env` ("constraint:x==y", at most 4) as all there is in the request. */
char *pool_fitting_env(struct pool *p, const char *const *env);
char *pool_env_body(const char *const *env);

/* Fails with the name of the case. */
void check_text(const char *name, const char *got, const char *expected);

struct env_case {
	const char *name;
	const char *env[4];
	const char *expected;
};
void check_env_cases(struct pool *p, const struct env_case *cases, size_t count);

struct body_case {
	const char *name, *body, *expected;
};
void check_body_cases(struct pool *p, const struct body_case *cases, size_t count);
