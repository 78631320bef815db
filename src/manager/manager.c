/* manager/manager.c - how engines become nodes, and nodes become a decision. */
#include "manager/manager.h"

#include "base/clock.h"
#include "base/mem.h"
#include "base/metrics.h"
#include "cluster/departed.h"
#include "manager/node_settings.h"

bool manager_may_act(const struct manager *m)
{
	return m->acting && (!m->leads || m->leads(m->leads_arg));
}

void manager_set_acting(struct manager *m, bool acting)
{
	if (acting && !m->acting)
		m->acting_since_ms = clock_mono_ms();
	m->acting = acting;
	metric_set(METRIC_leading, acting);
}

void manager_set_replicated(struct manager *m, bool (*leads)(void *arg), void *arg)
{
	manager_set_acting(m, false);
	m->leads = leads;
	m->leads_arg = arg;
}

bool manager_check_acting(const struct manager *m, struct error *err)
{
	return manager_may_act(m) ||
	       error_set(err, ERROR_UNAVAILABLE, "this manager no longer leads; please ask again");
}

bool manager_is_open(const struct manager *m, const struct engine *e)
{
	return node_settings_get(m->node_settings, e->name)->availability == AVAILABILITY_ACTIVE;
}

static void node_from_engine(struct node *n, const struct manager *m, struct engine *e)
{
	const struct node_setting *setting = node_settings_get(m->node_settings, e->name);

	*n = (struct node){
		.id = e->id,
		.engine_id = e->daemon_id,
		.name = e->name,
		.addr = e->addr,
		.ip = e->ip,
		.os = e->os,
		.arch = e->arch,
		.labels = &e->labels,
		.given_labels = &setting->labels,
		.availability = setting->availability,
		.containers = e->containers,
		.containers_count = e->containers_count,
		.tallies = &e->label_tallies,
		.volume_uses = &e->volume_uses,
		.images = e->images,
		.images_count = e->images_count,
		.networks = e->networks,
		.networks_count = e->networks_count,
		.volumes = e->volumes,
		.volumes_count = e->volumes_count,
		.used_nano_cpus = e->used_nano_cpus,
		.total_nano_cpus = engine_total_nano_cpus(e),
		.used_memory = e->used_memory,
		.total_memory = engine_total_memory(e),
		.health = engine_health_indicator(e),
		.engine = e,
	};
}

static void make_room(struct manager *m)
{
	struct cluster *cluster = m->cluster;

	if (m->nodes_cap >= cluster->engines_count)
		return;
	m->nodes_cap = cluster->engines_count;
	m->nodes = xreallocarray(m->nodes, m->nodes_cap, sizeof(*m->nodes));
	m->ranked = xreallocarray(m->ranked, m->nodes_cap, sizeof(struct node *));
}

static size_t gather_nodes(struct manager *m,
	bool (*accepts)(const struct engine *e, const void *arg), const void *arg)
{
	struct engine *e;
	size_t count = 0;

	make_room(m);
	cluster_each (e, m->cluster, CLUSTER_VALIDATED) {
		if (!accepts || accepts(e, arg))
			node_from_engine(&m->nodes[count++], m, e);
	}
	return count;
}

/* Removed and created again: where it was, what it had is. */
static void return_to_place(struct manager *m, struct wish *w)
{
	const char *name = wish_name(w);

	wish_return_to(
		w, *name ? departed_from(m->cluster->departed, name, clock_mono_ms()) : NULL);
}

/* Into m->ranked, best first. */
static bool rank_nodes(struct manager *m, struct wish *w,
	bool (*accepts)(const struct engine *e, const void *arg), const void *arg,
	size_t *ret_count, struct error *err)
{
	int64_t began = clock_mono_us();

	return_to_place(m, w);
	size_t count = gather_nodes(m, accepts, arg);
	bool placed = sched_place(m->sched, w, m->nodes, count, m->ranked, ret_count, err);

	metric_inc(placed ? METRIC_placements_total : METRIC_placement_failures_total);
	metric_observe(METRIC_TIMES_placement_duration_seconds, clock_mono_us() - began);
	return placed;
}

struct engine *manager_place_among(struct manager *m, struct wish *w,
	bool (*accepts)(const struct engine *e, const void *arg), const void *arg,
	struct error *err)
{
	size_t count;

	return rank_nodes(m, w, accepts, arg, &count, err) ? m->ranked[0]->engine : NULL;
}

struct engine *manager_place(struct manager *m, struct wish *w, struct error *err)
{
	return manager_place_among(m, w, NULL, NULL, err);
}

static bool meets_need(const struct engine *e, const void *arg)
{
	return translate_need_is_met(arg, &e->remote.range);
}

struct engine *manager_place_needing(struct manager *m, struct wish *w,
	const struct translate_need *need, struct api_version client, struct error *err)
{
	struct engine *e = NULL;

	if (need->what)
		e = manager_place_among(m, w, meets_need, need, NULL);
	if (e)
		return e;
	e = manager_place(m, w, err);
	if (!e || !need->what)
		return e;
	translate_need_refuse(need, client, e->name, &e->remote.range, err);
	return NULL;
}

struct engine **manager_place_all(
	struct manager *m, struct wish *w, size_t *ret_count, struct error *err)
{
	struct engine **engines;
	size_t count;

	if (!rank_nodes(m, w, NULL, NULL, &count, err))
		return NULL;
	engines = xcalloc(count, sizeof(struct engine *));
	for (size_t i = 0; i < count; i++)
		engines[i] = m->ranked[i]->engine;
	*ret_count = count;
	return engines;
}

struct sched_verdict *manager_judge(struct manager *m, struct wish *w, size_t *ret_count)
{
	size_t count = gather_nodes(m, NULL, NULL);
	struct sched_verdict *verdicts = xcalloc(max_of(count, (size_t)1), sizeof(*verdicts));

	sched_judge(m->sched, w, m->nodes, count, verdicts);
	*ret_count = count;
	return verdicts;
}

struct engine *manager_any_engine(struct manager *m, struct error *err)
{
	struct engine *e = cluster_any_healthy(m->cluster);

	if (!e)
		error_set(err, ERROR_UNAVAILABLE, "No healthy node available in the cluster");
	return e;
}
