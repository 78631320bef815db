/* register/registrar_places.c - the nodes, what they claim, and which of them are gone. */
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "cluster/cluster.h"
#include "manager/manager.h"
#include "register/registrar_private.h"

static void soil(struct registrar *r, struct place *p)
{
	if (list_empty(&p->dirty))
		list_push_back(&r->dirty, &p->dirty);
	task_wake(&r->task);
}

void registrar_soil(struct registrar *r, const char *name)
{
	struct place *p;

	if (!*name)
		return;
	HASH_FIND_STR(r->places, name, p);
	if (!p) {
		p = xnew(struct place);
		p->name = xstrdup(name);
		ledger_owner_init(&p->owner);
		list_init(&p->dirty);
		HASH_ADD_KEYPTR(hh, r->places, p->name, strlen(p->name), p);
	}
	soil(r, p);
}

static void handle_state(
	struct engine_listener *l, struct engine *e, maybe_unused enum engine_state before)
{
	registrar_soil(container_of(l, struct registrar, listener), e->name);
}

static void handle_engine(struct engine_listener *l, struct engine *e)
{
	registrar_soil(container_of(l, struct registrar, listener), e->name);
}

void registrar_soil_all(struct registrar *r)
{
	struct engine *e;
	struct place *p;

	cluster_each (e, r->manager->cluster, CLUSTER_ALL)
		registrar_soil(r, e->name);
	for (p = r->places; p; p = p->hh.next)
		soil(r, p);
}

static void drop_place(struct registrar *r, struct place *p)
{
	ledger_claim(&r->ledger, &p->owner, &KV_ENTRIES_INIT);
	list_remove(&p->dirty);
	HASH_DELETE(hh, r->places, p);
	free(p->name);
	free(p->registry_name);
	free(p);
}

static void add_services(struct registrar *r, struct kv_entries *ret, const struct engine *e,
	const struct book_place *place)
{
	const char *ip = labels_get(&e->labels, LABEL_REGISTER_IP);
	const struct service_terms terms = {
		.node = e->name,
		.ip = ip && *ip ? ip : e->ip,
		.internal = r->options->internal,
		.named_only = r->options->named_only,
		.ip_label = r->options->ip_label,
		.tags = r->options->tags,
	};
	struct services services = { 0 };

	for (size_t i = 0; i < e->containers_count; i++) {
		const struct container *c = e->containers[i];
		const char *joined = service_joined_id(c);

		if (!withdrawal_covers(r->manager, c->id))
			service_read(&services, c, joined ? engine_find_container(e, joined) : NULL,
				&terms);
	}
	for (size_t i = 0; i < services.count; i++)
		r->options->layout->add(ret, place, &services.items[i]);
	services_finish(&services);
}

static void claim_for(struct registrar *r, struct place *p)
{
	auto_kv_entries struct kv_entries wanted = KV_ENTRIES_INIT;
	struct engine *e;

	free(p->registry_name);
	p->registry_name = r->book->ops->node_name(r->book, p->name);
	cluster_each (e, r->manager->cluster, CLUSTER_HEALTHY) {
		if (p->registry_name && strcmp(e->name, p->name) == 0)
			add_services(r, &wanted, e,
				&(struct book_place){
					.node = p->registry_name,
					.address = e->ip,
					.cluster = r->options->cluster,
					.base = r->options->base,
				});
	}
	ledger_claim(&r->ledger, &p->owner, &wanted);
}

enum presence {
	PRESENT, /* and its containers are known */
	SILENT,
	DEAD, /* somebody who knows says so */
	UNKNOWN,
};

static enum presence presence_of(const struct registrar *r, const char *name)
{
	enum presence found = UNKNOWN;
	struct engine *e;

	cluster_each (e, r->manager->cluster, CLUSTER_ALL) {
		if (strcmp(e->name, name) != 0)
			continue;
		if (engine_is_healthy(e))
			return PRESENT;
		found = e->lost && found != SILENT ? DEAD : SILENT;
	}
	return found;
}

static bool is_past_grace(const struct registrar *r, int64_t since_ms)
{
	return clock_mono_ms() - since_ms >= r->options->grace_ms;
}

void registrar_sweep_later(struct registrar *r)
{
	if (!timer_pending(&r->sweep))
		timer_start(&r->sweep, r->options->grace_ms + 1);
}

void registrar_read_place(struct registrar *r, struct place *p)
{
	enum presence presence = presence_of(r, p->name);

	list_remove(&p->dirty);
	r->sweeping = true;
	if (presence == PRESENT) {
		p->gone_since_ms = 0;
		claim_for(r, p);
		return;
	}
	if (p->gone_since_ms == 0)
		p->gone_since_ms = clock_mono_ms();
	if (presence != DEAD && !is_past_grace(r, p->gone_since_ms)) {
		registrar_sweep_later(r);
		return;
	}
	if (presence == UNKNOWN)
		drop_place(r, p);
	else
		ledger_claim(&r->ledger, &p->owner, &KV_ENTRIES_INIT);
}

/* False: there is more, for another turn. */
bool registrar_read_places(struct registrar *r)
{
	struct place *p;

	while ((p = list_first(&r->dirty, struct place, dirty))) {
		registrar_read_place(r, p);
		if (!loop_has_time(r->manager->loop))
			return false;
	}
	return true;
}

/* --- what nobody claims --- */

static struct place *find_called(const struct registrar *r, const char *registry_name)
{
	struct place *p;

	HASH_FIND_STR(r->places, registry_name, p);
	if (p && p->registry_name && strcmp(p->registry_name, registry_name) == 0)
		return p;
	for (p = r->places; p; p = p->hh.next) {
		if (p->registry_name && strcmp(p->registry_name, registry_name) == 0)
			return p;
	}
	return NULL;
}

/* Every node's containers are known, or it was not heard of for long enough. */
static bool knows_all(const struct registrar *r)
{
	const struct place *p;

	for (p = r->places; p; p = p->hh.next) {
		if (p->gone_since_ms && !is_past_grace(r, p->gone_since_ms))
			return false;
	}
	return is_past_grace(r, r->leading_since_ms);
}

bool registrar_is_gone(void *arg, const char *key)
{
	const struct registrar *r = arg;
	auto_free char *node = r->options->layout->node_of(key);
	const struct place *p = node ? find_called(r, node) : NULL;

	if (p && p->gone_since_ms == 0)
		return true; /* it is known, and does not want it */
	if (p && presence_of(r, p->name) == DEAD)
		return true;
	return p ? is_past_grace(r, p->gone_since_ms) : knows_all(r);
}

bool registrar_is_node(void *arg, const char *name)
{
	const struct place *p = find_called(arg, name);

	return p && p->gone_since_ms == 0;
}

static void handle_sweep(struct timer *t)
{
	struct registrar *r = container_of(t, struct registrar, sweep);
	struct place *p;

	r->sweeping = true;
	for (p = r->places; p; p = p->hh.next) {
		if (p->gone_since_ms)
			soil(r, p);
	}
	task_wake(&r->task);
}

void registrar_watch_nodes(struct registrar *r)
{
	list_init(&r->dirty);
	timer_init(&r->sweep, r->manager->loop, handle_sweep);
	r->listener.handle_state = handle_state;
	r->listener.handle_containers = handle_engine;
	r->listener.handle_lost = handle_engine;
	cluster_listen(r->manager->cluster, &r->listener);
}

void registrar_forget_nodes(struct registrar *r)
{
	struct place *p, *next;

	engine_unlisten(&r->listener);
	timer_stop(&r->sweep);
	HASH_ITER (hh, r->places, p, next)
		drop_place(r, p);
}
