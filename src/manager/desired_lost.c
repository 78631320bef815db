/*
 * manager/desired_lost.c - containers whose engines nobody has seen, and the word about a node.
 */
#include <string.h>

#include "base/json.h"
#include "base/log.h"
#include "cluster/cluster.h"
#include "manager/desired_private.h"

#define LOST_PREFIX "lost/"

/* "<daemon id>|<address>" */
static const char *address_of(const struct node_kept *n)
{
	const char *bar = strchr(n->engine_id, '|');

	return bar ? bar + 1 : "";
}

/* --- the word about a node --- */

static char *lost_key(const char *engine_id)
{
	return xasprintf(LOST_PREFIX "%s", engine_id);
}

static bool is_declared(const struct desired *d, const char *engine_id)
{
	auto_free char *key = lost_key(engine_id);

	return keep_get(d->manager->keep, key) != NULL;
}

/* Another manager may have heard it. */
void desired_remember_word(struct desired *d, struct engine *e)
{
	if (e->state == ENGINE_UNHEALTHY && !e->lost && is_declared(d, e->id))
		engine_declare_lost(e);
}

void desired_forget_word(struct desired *d, const struct engine *e)
{
	auto_free char *key = lost_key(e->id);

	if (keep_get(d->manager->keep, key))
		keep_drop(d->manager->keep, key, NULL, NULL);
}

static void keep_word(struct desired *d, const char *engine_id)
{
	auto_free char *key = lost_key(engine_id);

	keep_put(d->manager->keep, key, "{}", NULL, NULL);
}

static struct node_kept *find_unseen_node(struct desired *d, const char *name)
{
	struct node_kept *n, *next;

	HASH_ITER (hh, d->nodes, n, next) {
		const struct engine *e = cluster_find_engine(d->manager->cluster, n->engine_id);

		if (list_empty(&n->wanted) || (e && engine_is_validated(e)))
			continue;
		if (strcmp(desired_node_name(n), name) == 0 || strcmp(n->engine_id, name) == 0 ||
			strcmp(address_of(n), name) == 0)
			return n;
	}
	return NULL;
}

bool desired_knows_node(struct desired *d, const char *name)
{
	return find_unseen_node(d, name) != NULL;
}

bool desired_declare_lost(struct desired *d, const char *name, struct error *err)
{
	struct engine *e = cluster_find_engine(d->manager->cluster, name);
	const struct node_kept *n = find_unseen_node(d, name);

	if (e && e->state == ENGINE_UNHEALTHY) {
		keep_word(d, e->id);
		engine_declare_lost(e);
		return true;
	}
	if (!n && !e)
		return error_set(err, ERROR_NOT_FOUND, "node %s not found", name);
	if (!n)
		return error_set(err, ERROR_INVALID,
			"node %s is not down and can't be removed: stop its engine, or take it out "
			"of discovery",
			name);
	log_fields(LOG_WARN, "Engine is declared lost", "addr", n->engine_id, "name",
		desired_node_name(n), NULL);
	keep_word(d, n->engine_id);
	return true;
}

/* --- what is lost --- */

/* Nobody has seen its engine, or another daemon is there now.  ret: a member at its address that
 * has not answered yet. */
static bool is_gone(struct desired *d, const struct node_kept *n, struct engine **ret)
{
	struct cluster *cluster = d->manager->cluster;
	struct engine *e = cluster_find_engine(cluster, n->engine_id);

	*ret = NULL;
	if (e && engine_is_validated(e))
		return false;
	e = cluster_find_engine(cluster, address_of(n));
	if (e && e->state == ENGINE_PENDING)
		*ret = e;
	return true;
}

static bool is_lost(struct desired *d, const struct wanted *w, struct engine **ret)
{
	return !desired_is_seen(d, w) && is_gone(d, w->node, ret) &&
	       (!w->once || is_declared(d, w->node->engine_id));
}

/* A machine that was set up anew: nobody else will ever answer there. */
static bool is_replaced(const struct desired *d, const struct node_kept *n)
{
	const struct engine *e = cluster_find_engine(d->manager->cluster, address_of(n));

	return e && engine_is_healthy(e) && strcmp(e->id, n->engine_id) != 0;
}

static void view(
	const struct desired *d, const struct wanted *w, struct engine *e, struct desired_lost *ret)
{
	*ret = (struct desired_lost){
		.swarm_id = w->swarm_id,
		.id = w->id,
		.address = address_of(w->node),
		.node = desired_node_name(w->node),
		.engine_id = w->node->engine_id,
		.engine = e,
		.priority = w->priority,
		.was_running = w->was_running,
		.replaced = is_replaced(d, w->node),
	};
}

struct desired_lost *desired_list_lost(struct desired *d, size_t *ret_count)
{
	struct desired_lost *found = NULL;
	size_t count = 0, cap = 0;
	struct wanted *w, *next;
	struct engine *e;

	if (!desired_may_change(d)) {
		*ret_count = 0;
		return NULL;
	}
	HASH_ITER (hh, d->wanted, w, next) {
		if (!is_lost(d, w, &e))
			continue;
		array_reserve(found, count, cap);
		view(d, w, e, &found[count++]);
	}
	*ret_count = count;
	return found;
}

bool desired_find_lost(struct desired *d, const char *swarm_id, struct desired_lost *ret,
	char **ret_name, char **ret_body)
{
	const struct wanted *w = desired_may_change(d) ? desired_find(d, swarm_id) : NULL;
	auto_free char *key = desired_key(swarm_id);
	const char *value = keep_get(d->manager->keep, key), *body;
	struct engine *e;

	if (!w || !value || !is_lost(d, w, &e))
		return false;
	auto_json yyjson_doc *doc = desired_read_facts(value, &body);
	if (!doc)
		return false;
	*ret_name = xstrdup(json_get_str(yyjson_doc_get_root(doc), "Name", ""));
	*ret_body = xstrdup(body);
	view(d, w, e, ret);
	return true;
}

static bool is_meant(const struct wanted *w, const char *what)
{
	return strcmp(w->name, *what == '/' ? what + 1 : what) == 0 || strcmp(w->id, what) == 0 ||
	       strcmp(w->swarm_id, what) == 0;
}

bool desired_find_unseen(struct desired *d, const char *what, struct desired_lost *ret)
{
	struct wanted *w, *next;
	struct engine *e;

	HASH_ITER (hh, d->wanted, w, next) {
		if (!is_meant(w, what) || desired_is_seen(d, w) || !is_gone(d, w->node, &e))
			continue;
		view(d, w, e, ret);
		return true;
	}
	return false;
}

static bool has_lost(struct desired *d, const struct node_kept *n)
{
	const struct wanted *w;

	list_for_each (w, &n->wanted, link) {
		if (!desired_is_seen(d, w))
			return true;
	}
	return false;
}

size_t desired_count_gone(struct desired *d)
{
	struct node_kept *n, *next;
	struct engine *e;
	size_t count = 0;

	HASH_ITER (hh, d->nodes, n, next)
		count += has_lost(d, n) && is_gone(d, n, &e) && !is_declared(d, n->engine_id);
	return count;
}

static void tell_follower(
	struct desired *d, const struct wanted *w, const char *old_id, const char *new_id)
{
	auto_free char *key = desired_key(w->swarm_id);
	const char *value = keep_get(d->manager->keep, key);
	const char *body = value ? strchr(value, '\n') : NULL;
	auto_free char *changed = NULL;

	if (!body || strlen(old_id) != strlen(new_id) || !strstr(body, old_id))
		return;
	changed = xstrdup(value);
	for (char *at = changed + (body - value); (at = strstr(at, old_id));)
		memcpy(at, new_id, strlen(new_id));
	keep_put(d->manager->keep, key, changed, NULL, NULL);
}

void desired_tell_followers(
	struct desired *d, const char *node, const char *old_id, const char *new_id)
{
	struct node_kept *n, *next;
	const struct wanted *w;

	HASH_ITER (hh, d->nodes, n, next) {
		if (strcmp(desired_node_name(n), node) != 0)
			continue;
		list_for_each (w, &n->wanted, link)
			tell_follower(d, w, old_id, new_id);
	}
}

/* --- who is waited for --- */

void desired_node_copy(struct desired_node *to, const struct desired_node *from)
{
	*to = (struct desired_node){ xstrdup(from->id), xstrdup(from->name),
		xstrdup(from->address) };
}

void desired_node_finish(struct desired_node *n)
{
	free(n->id);
	free(n->name);
	free(n->address);
	*n = (struct desired_node){ 0 };
}

static bool is_waited_for(struct desired *d, const struct node_kept *n)
{
	const struct wanted *w;
	struct engine *e;

	list_for_each (w, &n->wanted, link) {
		if (w->once && !desired_is_seen(d, w))
			return is_gone(d, n, &e) && !is_declared(d, n->engine_id);
	}
	return false;
}

struct desired_node *desired_list_waiting(struct desired *d, size_t *ret_count)
{
	struct desired_node *found = NULL;
	struct node_kept *n, *next;
	size_t count = 0, cap = 0;

	HASH_ITER (hh, d->nodes, n, next) {
		if (!desired_may_change(d) || !is_waited_for(d, n))
			continue;
		array_reserve(found, count, cap);
		found[count++] = (struct desired_node){ n->engine_id, (char *)desired_node_name(n),
			(char *)address_of(n) };
	}
	*ret_count = count;
	return found;
}
