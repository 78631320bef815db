/*
 * cluster/members.c - a cluster is put together and taken apart; engines come and go.
 */
#include "cluster/members.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/metrics.h"
#include "cluster/departed.h"
#include "cluster/engine_private.h"
#include "cluster/execs.h"
#include "cluster/find_container.h"
#include "cluster/find_private.h"
#include "cluster/fresh.h"
#include "cluster/monitor.h"

/*
 * A thousand engines that are all met at once would cost a thousand handshakes and half-read lists
 * at once, and every one of them would be late.
 */
enum {
	CONNECTING_MAX = 256,
	LOADING_MAX = 128,
};

static void count_state(struct engine_listener *l, struct engine *e, enum engine_state before)
{
	struct cluster *cluster = container_of(l, struct cluster, counter);

	cluster->validated += (size_t)engine_state_is_validated(e->state) -
			      (size_t)engine_state_is_validated(before);
	cluster->healthy += (size_t)engine_is_healthy(e) - (size_t)(before == ENGINE_HEALTHY);
	metric_set(METRIC_engines_healthy, (int64_t)cluster->healthy);
	if (e->state == ENGINE_DISCONNECTED)
		fresh_settle(e, UINT64_MAX);
}

struct cluster *members_create(struct loop *loop, const struct cluster_config *config)
{
	struct cluster *cluster = xnew(struct cluster);

	cluster->loop = loop;
	cluster->config = *config;
	if (config->tls)
		tls_context_ref(config->tls);
	cluster->terms = (struct engine_terms){
		.loop = loop,
		.tls = config->tls,
		.failure_retry = config->failure_retry,
		.overcommit_percent = (int64_t)(config->overcommit * 100),
		.keeps_services = config->keeps_services,
	};
	listeners_init(&cluster->terms.listeners);
	cluster->lookup = lookup_create();
	cluster->execs = execs_create();
	cluster->departed = departed_create();
	cluster->finders = finders_create();
	cluster->counter.handle_state = count_state;
	cluster_listen(cluster, &cluster->counter); /* first: the counts are right for all others */
	cluster->bus = bus_create(&cluster->terms.listeners);
	list_init(&cluster->behind);
	list_init(&cluster->fresh_waits);
	gate_init(&cluster->connecting, CONNECTING_MAX);
	gate_init(&cluster->loading, LOADING_MAX);
	return cluster;
}

static void remove_engine(struct cluster *cluster, struct engine *e)
{
	struct engine *last = cluster->engines[cluster->engines_count - 1];

	assert(cluster->engines[e->position] == e);
	cluster->engines[e->position] = last;
	last->position = e->position;
	cluster->engines_count--;
	monitor_destroy(steal(e->monitor));
	engine_disconnect(e);
	engine_unref(e);
}

void members_destroy(struct cluster *cluster)
{
	if (!cluster)
		return;
	while (cluster->engines_count)
		remove_engine(cluster, cluster->engines[cluster->engines_count - 1]);
	free(cluster->engines);
	lookup_destroy(cluster->lookup);
	execs_destroy(cluster->execs);
	departed_destroy(cluster->departed);
	loop_free_rest(cluster->loop); /* marks in the indexes */
	finders_destroy(cluster->finders);
	bus_destroy(cluster->bus);
	listeners_finish(&cluster->terms.listeners);
	if (cluster->config.tls)
		tls_context_unref(cluster->config.tls);
	free(cluster);
}

static void add_engine(struct cluster *cluster, const char *addr)
{
	auto_error struct error err = ERROR_INIT;
	struct engine *e = engine_create(cluster, &cluster->terms, addr, &err);

	if (!e) {
		log_fields(LOG_WARN, "Ignoring a malformed address", "addr", addr, "error",
			error_text(&err), NULL);
		return;
	}
	array_reserve(cluster->engines, cluster->engines_count, cluster->engines_cap);
	e->position = cluster->engines_count;
	cluster->engines[cluster->engines_count++] = e;
	e->monitor = monitor_create(e);
}

static int compare_texts(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static bool contains_sorted(const struct strv *sorted, const char *s)
{
	return sorted->count &&
	       bsearch(&s, sorted->items, sorted->count, sizeof(*sorted->items), compare_texts);
}

static void sorted_addresses(const struct cluster *cluster, struct strv *ret)
{
	for (size_t i = 0; i < cluster->engines_count; i++)
		strv_add(ret, cluster->engines[i]->addr);
	strv_sort(ret);
}

void members_set(struct cluster *cluster, const struct strv *addresses)
{
	auto_strv struct strv wanted = STRV_INIT;
	auto_strv struct strv known = STRV_INIT;

	strv_copy(&wanted, addresses);
	strv_sort(&wanted);
	for (size_t i = cluster->engines_count; i-- > 0;) {
		if (!contains_sorted(&wanted, cluster->engines[i]->addr))
			remove_engine(cluster, cluster->engines[i]);
	}
	sorted_addresses(cluster, &known);
	for (size_t i = 0; i < wanted.count; i++) {
		bool repeated = i > 0 && strcmp(wanted.items[i], wanted.items[i - 1]) == 0;

		if (!repeated && !contains_sorted(&known, wanted.items[i]))
			add_engine(cluster, wanted.items[i]);
	}
}
