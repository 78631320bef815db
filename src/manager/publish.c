/* manager/publish.c - from what runs on the nodes to ports that are open here. */
#include "manager/publish.h"

#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/metrics.h"
#include "base/parse.h"
#include "cluster/cluster.h"
#include "cluster/engine.h"
#include "cluster/reach.h"
#include "manager/manager.h"
#include "manager/publish_private.h"
#include "net/datagrams.h"
#include "net/local.h"
#include "net/socket.h"

enum {
	RETRY_MS = 5 * 1000, /* of ports that could not be opened */
	CLIENTS_MAX = 4096,  /* of one port */
};

/* An engine, whose containers may publish something. */
struct publisher {
	UT_hash_handle hh;
	struct engine *engine; /* the key; borrowed: forgotten when it disconnects */
	struct list entries;   /* port_entry::by_node */
	bool dirty;
};

/* A port that is open, or should be: port_slot::use. */
struct relayed {
	struct list failed; /* publish::failed */
	struct forward *tcp;
	struct datagrams *udp;
	char ip[INET6_ADDRSTRLEN]; /* where it leads to */
	char id[65];               /* the container */
	bool is_local;             /* answers here by itself */
	char *complaint;           /* owned; the last one, which is not repeated */
};

static const char *protocol_text(uint8_t protocol)
{
	return protocol == PORT_UDP ? "udp" : "tcp";
}

bool publish_relays(const struct publish *p, const struct labels *labels)
{
	const char *label = labels_get(labels, LABEL_RELAY);

	return label ? strcmp(label, "true") == 0 : p->config.all;
}

/* --- claims --- */

/* A port that others than its node reach, and so may we. */
static bool claim_init(struct port_claim *ret, const struct container *c, const struct port_use *u)
{
	const struct engine *e = c->engine;
	const char *ip = reach_port_ip(e, u);

	if (!ip || (u->protocol != PORT_TCP && u->protocol != PORT_UDP))
		return false;
	*ret = (struct port_claim){
		.protocol = u->protocol,
		.port = u->first,
		.in_reach = engine_is_healthy(e),
		.since_ns = c->started_ns,
	};
	snprintf(ret->ip, sizeof(ret->ip), "%s", ip);
	snprintf(ret->id, sizeof(ret->id), "%s", c->id);
	snprintf(ret->swarm_id, sizeof(ret->swarm_id), "%s", c->swarm_id);
	return true;
}

static void read_claims(struct publish *p, struct publisher *pub)
{
	struct port_claim *claims = NULL;
	size_t count = 0, cap = 0;

	for (size_t i = 0; i < pub->engine->containers_count; i++) {
		const struct container *c = pub->engine->containers[i];

		if (c->ports_count == 0 || c->host_network || !container_is_running(c) ||
			!publish_relays(p, &c->labels))
			continue;
		for (size_t k = 0; k < c->ports_count; k++) {
			array_reserve(claims, count, cap);
			count += claim_init(&claims[count], c, &c->ports[k]);
		}
	}
	port_table_claim(&p->table, &pub->entries, claims, count);
	free(claims);
}

static struct publisher *ensure_publisher(struct publish *p, struct engine *e)
{
	struct publisher *pub;

	HASH_FIND_PTR(p->publishers, &e, pub);
	if (pub)
		return pub;
	pub = xnew(struct publisher);
	pub->engine = e;
	list_init(&pub->entries);
	HASH_ADD_PTR(p->publishers, engine, pub);
	return pub;
}

static void note_engine(struct publish *p, struct engine *e)
{
	struct publisher *pub = ensure_publisher(p, e);

	if (e->state == ENGINE_DISCONNECTED) {
		port_table_claim(&p->table, &pub->entries, NULL, 0);
		HASH_DELETE(hh, p->publishers, pub);
		free(pub);
	} else {
		pub->dirty = true;
	}
	loop_defer(p->manager->loop, &p->work);
}

static void handle_state(struct engine_listener *l, struct engine *e, enum engine_state before)
{
	(void)before;
	note_engine(container_of(l, struct publish, listener), e);
}

static void handle_containers(struct engine_listener *l, struct engine *e)
{
	if (e->state != ENGINE_DISCONNECTED)
		note_engine(container_of(l, struct publish, listener), e);
}

/* --- what is told --- */

static const struct container *container_of_entry(const struct port_entry *entry)
{
	const struct publisher *pub = container_of(entry->node, struct publisher, entries);

	return engine_find_container(pub->engine, entry->claim.id);
}

static void tell_event(
	struct publish *p, const struct container *c, const char *port, const char *reason)
{
	auto_json_mut yyjson_mut_doc *doc = yyjson_mut_doc_new(NULL);
	yyjson_mut_val *root = yyjson_mut_obj(doc);
	int64_t now_ns = clock_wall_ns();
	struct docker_event event;
	auto_free char *text = NULL;
	bool ignore;
	size_t len;

	yyjson_mut_doc_set_root(doc, root);
	yyjson_mut_obj_add_str(doc, root, "Type", "container");
	yyjson_mut_obj_add_str(doc, root, "Action", "port_not_relayed");
	yyjson_mut_val *actor = yyjson_mut_obj_add_obj(doc, root, "Actor");
	yyjson_mut_obj_add_str(doc, actor, "ID", c->id);
	yyjson_mut_val *attributes = yyjson_mut_obj_add_obj(doc, actor, "Attributes");
	yyjson_mut_obj_add_str(doc, attributes, "image", c->image);
	yyjson_mut_obj_add_str(doc, attributes, "name", container_name(c));
	yyjson_mut_obj_add_str(doc, attributes, "port", port);
	yyjson_mut_obj_add_str(doc, attributes, "reason", reason);
	yyjson_mut_obj_add_str(doc, root, "scope", "local");
	yyjson_mut_obj_add_int(doc, root, "time", now_ns / NS_PER_S);
	yyjson_mut_obj_add_int(doc, root, "timeNano", now_ns);
	text = json_doc_text(doc, &len);
	if (!event_parse(&event, text, len, &ignore, NULL))
		return;
	bus_publish(p->manager->cluster->bus, &event, c->engine);
	event_finish(&event);
}

/* One container may publish thousands. */
static void warn(struct publish *p, const struct container *c, const char *port, const char *reason)
{
	uint32_t left_out;
	bool allowed = log_limit_allows(&p->warnings, &left_out);

	if (left_out > 0)
		log_warn("%u warnings about ports that are not relayed were left out", left_out);
	if (allowed)
		log_warn("Port %s of container %s on node %s is not relayed: %s", port,
			container_name(c), c->engine->name, reason);
}

static void complain(struct publish *p, const struct port_entry *entry, const char *reason)
{
	const struct container *c = container_of_entry(entry);
	auto_free char *port =
		xasprintf("%u/%s", entry->claim.port, protocol_text(entry->claim.protocol));

	if (!c)
		return;
	warn(p, c, port, reason);
	tell_event(p, c, port, reason);
}

/* Once to each of those who are not the first, but not to the old copy of a container. */
static void tell_others(struct publish *p, const struct port_slot *slot)
{
	struct port_entry *holder = slot->holder, *e;
	const struct container *first = container_of_entry(holder);

	holder->told = false;
	list_for_each (e, &slot->entries, by_slot) {
		bool copy = *e->claim.swarm_id &&
			    strcmp(e->claim.swarm_id, holder->claim.swarm_id) == 0;

		if (e == holder || e->told || copy || !first || !e->claim.in_reach ||
			strcmp(e->claim.id, holder->claim.id) == 0)
			continue;
		auto_free char *reason = xasprintf("container %s on node %s has it",
			container_name(first), first->engine->name);

		e->told = true;
		complain(p, e, reason);
	}
}

/* --- ports --- */

static bool host_is_any(const struct publish *p)
{
	return !*p->host || strcmp(p->host, "0.0.0.0") == 0 || strcmp(p->host, "::") == 0;
}

/* A node on this host: whoever opened the port before it would keep it from its container. */
static bool answers_by_itself(const struct publish *p, const struct port_entry *holder)
{
	return (host_is_any(p) || strcmp(p->host, holder->claim.ip) == 0) &&
	       local_has_address(holder->claim.ip);
}

static void set_failed(struct publish *p, struct relayed *r, bool failed)
{
	if (failed == !list_empty(&r->failed))
		return;
	metric_add(METRIC_relay_ports_failed, failed ? 1 : -1);
	if (failed)
		list_push_back(&p->failed, &r->failed);
	else
		list_remove(&r->failed);
	if (!list_empty(&p->failed) && !timer_pending(&p->retry))
		timer_start(&p->retry, RETRY_MS);
}

static void close_port(struct publish *p, struct relayed *r)
{
	if (r->tcp || r->udp)
		metric_add(METRIC_relay_ports, -1);
	forward_destroy(steal(r->tcp));
	datagrams_destroy(steal(r->udp));
	set_failed(p, r, false);
	r->is_local = false;
	free(steal(r->complaint));
}

static bool open_socket(
	struct publish *p, struct relayed *r, const struct port_slot *slot, struct error *err)
{
	struct forward_config config = {
		.host = p->host,
		.port = slot->port,
		.to_ip = r->ip,
		.budget = &p->budget,
	};

	if (slot->protocol == PORT_UDP)
		r->udp = datagrams_create(p->manager->loop, &config, err);
	else
		r->tcp = forward_create(p->manager->loop, &config, err);
	return r->udp || r->tcp;
}

static void open_port(struct publish *p, struct relayed *r, const struct port_slot *slot)
{
	auto_error struct error err = ERROR_INIT;

	if (open_socket(p, r, slot, &err)) {
		metric_add(METRIC_relay_ports, 1);
		set_failed(p, r, false);
		free(steal(r->complaint));
		return;
	}
	set_failed(p, r, true);
	if (slot->port < IPPORT_RESERVED && strstr(error_text(&err), "permission denied"))
		error_wrap(&err, "ports below 1024 need the capability CAP_NET_BIND_SERVICE");
	if (r->complaint && strcmp(r->complaint, error_text(&err)) == 0)
		return;
	free(r->complaint);
	r->complaint = xstrdup(error_text(&err));
	complain(p, slot->holder, r->complaint);
}

static struct relayed *ensure_relayed(struct port_slot *slot)
{
	struct relayed *r = slot->use;

	if (r)
		return r;
	slot->use = r = xnew(struct relayed);
	list_init(&r->failed);
	return r;
}

static void aim(struct publish *p, struct relayed *r, const struct port_slot *slot)
{
	const struct port_claim *holder = &slot->holder->claim;
	bool same_place = strcmp(r->ip, holder->ip) == 0;

	if (same_place && strcmp(r->id, holder->id) == 0)
		return;
	memcpy(r->ip, holder->ip, sizeof(r->ip));
	memcpy(r->id, holder->id, sizeof(r->id));
	free(steal(r->complaint));
	if (answers_by_itself(p, slot->holder)) {
		close_port(p, r);
		r->is_local = true;
		return;
	}
	r->is_local = false;
	if (r->tcp)
		forward_aim(r->tcp, r->ip);
	else if (r->udp)
		datagrams_aim(r->udp, r->ip);
}

static void end_slot(struct publish *p, struct port_slot *slot)
{
	struct relayed *r = slot->use;

	if (r) {
		close_port(p, r);
		free(r);
		slot->use = NULL;
	}
	port_table_drop(&p->table, slot);
}

static void apply(struct publish *p, struct port_slot *slot)
{
	struct relayed *r;

	if (!slot->holder) {
		end_slot(p, slot);
		return;
	}
	r = ensure_relayed(slot);
	aim(p, r, slot);
	if (!r->tcp && !r->udp && !r->is_local)
		open_port(p, r, slot);
	tell_others(p, slot);
}

static void apply_all(struct publish *p)
{
	struct port_slot *slot;

	while ((slot = port_table_next_changed(&p->table)))
		apply(p, slot);
}

static void run_work(struct deferred *d)
{
	struct publish *p = container_of(d, struct publish, work);
	struct publisher *pub;

	for (pub = p->publishers; pub; pub = pub->hh.next) {
		if (pub->dirty)
			read_claims(p, pub);
		pub->dirty = false;
	}
	apply_all(p);
}

static void handle_retry(struct timer *t)
{
	struct publish *p = container_of(t, struct publish, retry);

	for (struct port_slot *slot = p->table.slots; slot; slot = slot->hh.next) {
		struct relayed *r = slot->use;

		if (r && !list_empty(&r->failed))
			open_port(p, r, slot);
	}
	if (!list_empty(&p->failed))
		timer_start(&p->retry, RETRY_MS);
}

/* --- where a port leads --- */

const char *publish_host(
	const struct publish *p, const struct container *c, const struct port_use *u)
{
	const struct port_slot *slot = port_table_find(&p->table, u->protocol, u->first);
	const struct relayed *r = slot ? slot->use : NULL;

	if (!r || strcmp(r->id, c->id) != 0 || !(r->tcp || r->udp || r->is_local))
		return NULL;
	return host_is_any(p) ? "" : p->host;
}

/* --- life --- */

/* Half of what the process may open is for clients of the API and for engines. */
static size_t descriptors_max(void)
{
	struct rlimit limit = { 0 };

	(void)getrlimit(RLIMIT_NOFILE, &limit);
	return (size_t)limit.rlim_max / 2;
}

struct publish *publish_create(struct manager *m, const struct publish_config *c)
{
	struct publish *p = xnew(struct publish);
	struct engine *e;

	p->manager = m;
	p->config = *c;
	p->config.host = p->host = xstrdup(c->host);
	p->chosen = c->last;
	p->budget.descriptors_max = descriptors_max();
	p->budget.clients_max = CLIENTS_MAX;
	list_init(&p->failed);
	port_table_init(&p->table);
	deferred_init(&p->work, run_work);
	timer_init(&p->retry, m->loop, handle_retry);
	p->listener.handle_state = handle_state;
	p->listener.handle_containers = handle_containers;
	cluster_listen(m->cluster, &p->listener);
	cluster_each (e, m->cluster, CLUSTER_ALL)
		note_engine(p, e);
	m->publish = p;
	return p;
}

void publish_destroy(struct publish *p)
{
	struct publisher *pub, *next;

	if (!p)
		return;
	p->manager->publish = NULL;
	engine_unlisten(&p->listener);
	deferred_cancel(&p->work);
	HASH_ITER (hh, p->publishers, pub, next) {
		port_table_claim(&p->table, &pub->entries, NULL, 0);
		HASH_DELETE(hh, p->publishers, pub);
		free(pub);
	}
	apply_all(p);
	timer_stop(&p->retry);
	port_table_finish(&p->table);
	free(p->host);
	free(p);
}
