/*
 * manager/desired.c - an index of what is kept of containers, and what of it the engines show.
 *
 * A kept value is a line of facts and, behind it, the body: the facts of all are read when this
 * manager begins to lead, a body only when it is needed.
 */
#include "manager/desired.h"

#include <assert.h>
#include <string.h>

#include "base/json.h"
#include "base/log.h"
#include "base/parse.h"
#include "cluster/find_container.h"
#include "docker/policy.h"
#include "manager/desired_private.h"

#define PREFIX "containers/"

enum { AUTH_MAX = 16 * 1024 }; /* a token of a cloud's registry has some kilobytes */

/* --- the index --- */

struct wanted *desired_find(const struct desired *d, const char *swarm_id)
{
	struct wanted *w = NULL;

	HASH_FIND_STR(d->wanted, swarm_id, w);
	return w;
}

static struct node_kept *find_node(struct desired *d, const char *engine_id)
{
	struct node_kept *n = NULL;

	HASH_FIND_STR(d->nodes, engine_id, n);
	return n;
}

static struct node_kept *need_node(struct desired *d, const char *engine_id, const char *name)
{
	struct node_kept *n = find_node(d, engine_id);

	if (!n) {
		n = xnew(struct node_kept);
		n->engine_id = xstrdup(engine_id);
		list_init(&n->wanted);
		list_init(&n->due);
		HASH_ADD_KEYPTR(hh, d->nodes, n->engine_id, strlen(n->engine_id), n);
	}
	if (*name && (!n->name || strcmp(n->name, name) != 0)) {
		free(n->name);
		n->name = xstrdup(name);
	}
	return n;
}

const char *desired_node_name(const struct node_kept *n)
{
	return n->name ? n->name : n->engine_id;
}

static struct wanted *need_wanted(struct desired *d, const char *swarm_id)
{
	struct wanted *w = desired_find(d, swarm_id);

	if (w)
		return w;
	w = xnew(struct wanted);
	snprintf(w->swarm_id, sizeof(w->swarm_id), "%s", swarm_id);
	list_init(&w->link);
	HASH_ADD_STR(d->wanted, swarm_id, w);
	return w;
}

static void set_name(struct wanted *w, const char *name)
{
	free(w->name);
	w->name = xstrdup(name);
}

static void set_id(struct desired *d, struct wanted *w, const char *id)
{
	if (*w->id)
		HASH_DELETE(by_id, d->by_id, w);
	snprintf(w->id, sizeof(w->id), "%s", id);
	if (*w->id)
		HASH_ADD_KEYPTR(by_id, d->by_id, w->id, strlen(w->id), w);
}

static void put_on(struct wanted *w, struct node_kept *n)
{
	w->node = n;
	list_remove(&w->link);
	list_push_back(&n->wanted, &w->link);
}

static void forget(struct desired *d, struct wanted *w)
{
	set_id(d, w, "");
	HASH_DELETE(hh, d->wanted, w);
	list_remove(&w->link);
	free(w->registry_auth);
	free(w->name);
	free(w);
}

static void forget_all(struct desired *d)
{
	while (d->wanted)
		forget(d, d->wanted);
}

char *desired_key(const char *swarm_id)
{
	return xasprintf(PREFIX "%s", swarm_id);
}

/* --- texts --- */

static void add_text(struct strbuf *sb, const char *name, const char *text)
{
	strbuf_addf(sb, "\"%s\":", name);
	strbuf_add_json_str(sb, text, strlen(text));
	strbuf_add_char(sb, ',');
}

static char *format(const struct container *c)
{
	bool once = policy_of(&c->labels) == POLICY_AT_MOST_ONCE;
	struct strbuf sb = STRBUF_INIT;

	strbuf_add_char(&sb, '{');
	add_text(&sb, "Name", container_name(c));
	add_text(&sb, "Id", c->id);
	add_text(&sb, "Engine", c->engine->id);
	add_text(&sb, "Node", c->engine->name);
	strbuf_addf(&sb, "\"Running\":%s,\"Once\":%s,\"Priority\":%lld,\"Epoch\":%llu}\n",
		container_is_running(c) ? "true" : "false", once ? "true" : "false",
		(long long)policy_priority(&c->labels),
		(unsigned long long)policy_epoch(&c->labels));
	strbuf_add_str(&sb, c->blueprint);
	return strbuf_steal(&sb);
}

yyjson_doc *desired_read_facts(const char *value, const char **ret_body)
{
	const char *end = strchr(value, '\n');

	if (!end)
		return NULL;
	*ret_body = end + 1;
	return json_parse(value, (size_t)(end - value), NULL);
}

static void load_one(struct desired *d, const struct keep_entry *entry)
{
	const char *body;
	auto_json yyjson_doc *doc = desired_read_facts(entry->value, &body);
	yyjson_val *root = yyjson_doc_get_root(doc);
	const char *engine = json_get_str(root, "Engine", "");

	if (!*engine) {
		log_warn("%s is kept in a form that this version does not know", entry->key);
		return;
	}
	struct wanted *w = need_wanted(d, entry->key + strlen(PREFIX));
	set_id(d, w, json_get_str(root, "Id", ""));
	set_name(w, json_get_str(root, "Name", ""));
	w->epoch = (uint64_t)json_get_int(root, "Epoch", 0);
	w->priority = json_get_int(root, "Priority", 0);
	w->once = json_get_bool(root, "Once", false);
	w->was_running = json_get_bool(root, "Running", false);
	put_on(w, need_node(d, engine, json_get_str(root, "Node", "")));
}

/* --- keeping --- */

static bool is_to_keep(const struct container *c)
{
	return c->blueprint && *c->swarm_id && *container_name(c) &&
	       c->state != CONTAINER_PENDING && c->state != CONTAINER_REMOVING;
}

bool desired_keep(
	struct desired *d, const struct container *c, struct keep_write *w, struct task *t)
{
	struct wanted *known = desired_find(d, c->swarm_id);
	auto_free char *key = desired_key(c->swarm_id);
	uint64_t epoch = policy_epoch(&c->labels);

	if (!is_to_keep(c) || (known && known->epoch > epoch) || desired_is_left_over(d, c))
		return false;
	auto_free char *value = format(c);

	known = need_wanted(d, c->swarm_id);
	set_id(d, known, c->id);
	set_name(known, container_name(c));
	known->epoch = epoch;
	known->priority = policy_priority(&c->labels);
	known->once = policy_of(&c->labels) == POLICY_AT_MOST_ONCE;
	known->was_running = container_is_running(c);
	put_on(known, need_node(d, c->engine->id, c->engine->name));
	keep_put(d->manager->keep, key, value, w, t);
	return true;
}

void desired_remember_auth(struct desired *d, const char *swarm_id, const char *registry_auth)
{
	struct wanted *w = desired_find(d, swarm_id);

	if (!w || strlen(registry_auth) > AUTH_MAX)
		return;
	free(w->registry_auth);
	w->registry_auth = xstrdup(registry_auth);
}

const char *desired_auth(const struct desired *d, const char *swarm_id)
{
	const struct wanted *w = desired_find(d, swarm_id);

	return w ? w->registry_auth : NULL;
}

static void drop(struct desired *d, struct wanted *w)
{
	auto_free char *key = desired_key(w->swarm_id);

	forget(d, w);
	keep_drop(d->manager->keep, key, NULL, NULL);
}

bool desired_forget(struct desired *d, const struct engine *e, const char *id)
{
	char swarm_id[sizeof(((struct wanted *)0)->swarm_id)];
	struct wanted *w = NULL;

	HASH_FIND(by_id, d->by_id, id, strlen(id), w);
	if (!w || strcmp(w->node->engine_id, e->id) != 0)
		return false;
	memcpy(swarm_id, w->swarm_id, sizeof(swarm_id));
	drop(d, w);
	return cluster_find_container(d->manager->cluster, swarm_id, NULL);
}

/* By any of its copies. */
bool desired_is_seen(const struct desired *d, const struct wanted *w)
{
	struct cluster *cluster = d->manager->cluster;

	return cluster_find_container_by_id(cluster, w->id) ||
	       cluster_find_container(cluster, w->swarm_id, NULL);
}

/* --- what the engines show --- */

bool desired_may_change(const struct desired *d)
{
	const struct keep *k = d->manager->keep;

	return keep_is_whole(k) && d->readings == keep_readings(k) && manager_may_act(d->manager);
}

static void review_node(struct desired *d, struct node_kept *n)
{
	struct engine *e = cluster_find_engine(d->manager->cluster, n->engine_id);
	struct wanted *w, *next;

	if (!e || !engine_is_healthy(e))
		return;
	for (size_t i = 0; i < e->containers_count; i++) {
		if (is_to_keep(e->containers[i]))
			desired_keep(d, e->containers[i], NULL, NULL);
	}
	list_for_each_safe (w, next, &n->wanted, link) {
		if (!desired_is_seen(d, w))
			drop(d, w);
	}
}

static void handle_review(struct deferred *deferred)
{
	struct desired *d = container_of(deferred, struct desired, review);
	struct node_kept *n;

	while (desired_may_change(d) && (n = list_first(&d->due, struct node_kept, due))) {
		list_remove(&n->due);
		review_node(d, n);
		if (!loop_has_time(d->manager->loop))
			break;
	}
	if (desired_may_change(d) && !list_empty(&d->due))
		loop_defer(d->manager->loop, &d->review);
}

static void review_soon(struct desired *d, const struct engine *e)
{
	struct node_kept *n = need_node(d, e->id, e->name);

	if (list_empty(&n->due))
		list_push_back(&d->due, &n->due);
	loop_defer(d->manager->loop, &d->review);
}

static void handle_containers(struct engine_listener *l, struct engine *e)
{
	struct desired *d = container_of(l, struct desired, engines);

	if (engine_is_healthy(e) && desired_may_change(d))
		review_soon(d, e);
}

/* --- nodes that come and go --- */

static void forget_node(struct desired *d, const struct engine *e)
{
	struct node_kept *n = find_node(d, e->id);
	struct wanted *w, *next;

	if (!n)
		return;
	list_for_each_safe (w, next, &n->wanted, link)
		drop(d, w);
}

static void handle_state(struct engine_listener *l, struct engine *e, enum engine_state before)
{
	struct desired *d = container_of(l, struct desired, engines);

	if (!desired_may_change(d))
		return;
	if (engine_is_healthy(e)) {
		desired_forget_word(d, e);
		review_soon(d, e);
	} else if (before == ENGINE_HEALTHY && e->state == ENGINE_DISCONNECTED) {
		forget_node(d, e);
	}
}

/* --- life --- */

static void load(struct desired *d)
{
	struct keep_entry entry;
	struct engine *e;

	forget_all(d);
	keep_each(&entry, d->manager->keep, PREFIX) load_one(d, &entry);
	d->readings = keep_readings(d->manager->keep);
	cluster_each (e, d->manager->cluster, CLUSTER_VALIDATED) {
		desired_remember_word(d, e);
		if (engine_is_healthy(e))
			review_soon(d, e);
	}
}

/* All was read anew: this manager has begun to lead, or has opened its folder. */
static void handle_change(struct keep_listener *l)
{
	struct desired *d = container_of(l, struct desired, kept);

	if (d->readings != keep_readings(d->manager->keep))
		load(d);
}

struct desired *desired_create(struct manager *m)
{
	struct desired *d = xnew(struct desired);

	d->manager = m;
	list_init(&d->due);
	deferred_init(&d->review, handle_review);
	d->engines.handle_state = handle_state;
	d->engines.handle_containers = handle_containers;
	d->kept.prefix = PREFIX;
	d->kept.handle_change = handle_change;
	cluster_listen(m->cluster, &d->engines);
	keep_listen(m->keep, &d->kept);
	if (keep_is_whole(m->keep))
		load(d);
	return d;
}

void desired_destroy(struct desired *d)
{
	struct node_kept *n, *next;

	if (!d)
		return;
	engine_unlisten(&d->engines);
	keep_unlisten(&d->kept);
	deferred_cancel(&d->review);
	forget_all(d);
	HASH_ITER (hh, d->nodes, n, next) {
		list_remove(&n->due);
		HASH_DELETE(hh, d->nodes, n);
		free(n->engine_id);
		free(n->name);
		free(n);
	}
	free(d);
}
