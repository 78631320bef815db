/*
 * cluster/find_container.c - the indexes behind cluster_find_container and its relatives.
 *
 * Ids and swarm ids lie in buckets by their first three hex digits; one bucket, with a handful of
 * records, answers for a full id as well as for a prefix, and several engines may show one id
 * (cloned machines, a container moved by rescheduling).  Names are a hash with a chain, because
 * link aliases and clones repeat them.
 *
 * Everything that an engine holds is indexed, pending engines and reservations included; the
 * finders leave out what must not be seen.
 */
#include "cluster/find_container.h"

#include <assert.h>
#include <string.h>

#include "base/map.h"
#include "base/mem.h"
#include "base/metrics.h"
#include "base/treap.h"
#include "base/uri.h"
#include "cluster/cluster.h"
#include "cluster/id_bucket.h"
#include "docker/name.h"
#include "docker/policy.h"

enum {
	PREFIX_DIGITS = 3,
	OTHER_BUCKET = 1 << (4 * PREFIX_DIGITS),
};

struct name_entry {
	const char *name; /* without '/'; in container::names */
	struct container *container;
	struct name_entry *next; /* others of this name; only the first is in the hash */
	UT_hash_handle hh;
};

struct age_entry {
	struct treap_node node;
	struct container *container;
};

struct lookup {
	struct list ids[OTHER_BUCKET + 1];       /* container::by_prefix */
	struct list swarm_ids[OTHER_BUCKET + 1]; /* container::by_swarm_prefix */
	struct name_entry *names;                /* hash */
	struct treap by_age;                     /* age_entry::node */
	size_t walkers;                          /* who have begun, and not ended */
};

/* --- ages --- */

static int compare_addresses(const void *a, const void *b)
{
	return (uintptr_t)a < (uintptr_t)b ? -1 : (uintptr_t)a > (uintptr_t)b;
}

static const struct container *container_of_age(const struct treap_node *node)
{
	return container_of((struct treap_node *)node, struct age_entry, node)->container;
}

static int compare_places(
	const struct container *c, int64_t place_ns, const char *id, const void *engine)
{
	int order;

	if (c->place_ns != place_ns)
		return c->place_ns > place_ns ? -1 : 1;
	order = strcmp(c->id, id);
	return order != 0 ? order : compare_addresses(c->engine, engine);
}

static int stands_to_container(const struct treap_node *node, const void *arg)
{
	const struct container *c = container_of_age(node), *other = arg;
	int order = compare_places(c, other->place_ns, other->id, other->engine);

	return order != 0 ? order : compare_addresses(c, other);
}

static int compare_ages(const struct treap_node *a, const struct treap_node *b)
{
	return stands_to_container(a, container_of_age(b));
}

static void insert_age(struct lookup *l, struct container *c)
{
	struct age_entry *entry = xnew(struct age_entry);

	if (!l->walkers || !c->placed)
		c->place_ns = c->created_ns;
	c->placed = c->state != CONTAINER_PENDING;
	entry->container = c;
	treap_insert(&l->by_age, &entry->node);
}

static void remove_age(struct lookup *l, const struct container *c)
{
	struct treap_node *node = treap_find(&l->by_age, stands_to_container, c);

	if (!node)
		return;
	treap_remove(&l->by_age, node);
	free(container_of(node, struct age_entry, node));
}

struct lookup *lookup_create(void)
{
	struct lookup *l = xnew(struct lookup);

	l->by_age.compare = compare_ages;
	for (size_t i = 0; i <= OTHER_BUCKET; i++) {
		list_init(&l->ids[i]);
		list_init(&l->swarm_ids[i]);
	}
	return l;
}

void lookup_destroy(struct lookup *l)
{
	if (!l)
		return;
	assert(!l->names && !l->by_age.root && l->walkers == 0);
	free(l);
}

/* --- names --- */

static const char *without_slash(const char *name)
{
	return *name == '/' ? name + 1 : name;
}

static struct name_entry *find_name(const struct lookup *l, const char *name)
{
	struct name_entry *first;

	metric_inc(METRIC_name_lookups_total);
	HASH_FIND_STR(l->names, name, first);
	return first;
}

static void insert_name(struct lookup *l, struct container *c, const char *name)
{
	struct name_entry *n = xnew(struct name_entry);
	struct name_entry *first;

	n->name = without_slash(name);
	n->container = c;
	first = find_name(l, n->name);
	if (first) {
		n->next = first->next;
		first->next = n;
		return;
	}
	HASH_ADD_KEYPTR(hh, l->names, n->name, strlen(n->name), n);
}

static void remove_first(struct lookup *l, struct name_entry *first)
{
	struct name_entry *next = first->next;

	HASH_DEL(l->names, first);
	free(first);
	if (next)
		HASH_ADD_KEYPTR(hh, l->names, next->name, strlen(next->name), next);
}

static void remove_name(struct lookup *l, const struct container *c, const char *name)
{
	struct name_entry *first = find_name(l, without_slash(name));

	if (!first)
		return;
	if (first->container == c) {
		remove_first(l, first);
		return;
	}
	for (struct name_entry **p = &first->next; *p; p = &(*p)->next) {
		struct name_entry *n = *p;

		if (n->container == c) {
			*p = n->next;
			free(n);
			return;
		}
	}
}

void lookup_insert(struct lookup *l, struct container *c)
{
	if (c->id[0])
		list_push_back(&l->ids[id_bucket_of(c->id, PREFIX_DIGITS)], &c->by_prefix);
	if (c->swarm_id[0])
		list_push_back(&l->swarm_ids[id_bucket_of(c->swarm_id, PREFIX_DIGITS)],
			&c->by_swarm_prefix);
	for (size_t i = 0; i < c->names_count; i++)
		insert_name(l, c, c->names[i]);
	insert_age(l, c);
}

void lookup_remove(struct lookup *l, struct container *c)
{
	list_remove(&c->by_prefix);
	list_remove(&c->by_swarm_prefix);
	for (size_t i = 0; i < c->names_count; i++)
		remove_name(l, c, c->names[i]);
	remove_age(l, c);
}

struct walk {
	struct lookup *lookup;
	struct lookup_place *place;
	bool (*visit)(void *arg, struct container *c);
	void *arg;
};

static int stands_to_place(const struct treap_node *node, const void *arg)
{
	const struct lookup_place *p = ((const struct walk *)arg)->place;

	if (!p->in)
		return 1;
	return compare_places(container_of_age(node), p->place_ns, p->id, p->engine);
}

static bool visit_node(struct treap_node *node, void *arg)
{
	const struct walk *w = arg;
	struct container *c = container_of(node, struct age_entry, node)->container;

	if (!w->place->in) {
		w->place->in = w->lookup;
		w->lookup->walkers++;
	}
	w->place->place_ns = c->place_ns;
	w->place->engine = c->engine;
	memcpy(w->place->id, c->id, sizeof(c->id));
	return w->visit(w->arg, c);
}

bool lookup_walk(struct lookup *l, struct lookup_place *place,
	bool (*visit)(void *arg, struct container *c), void *arg)
{
	struct walk w = { .lookup = l, .place = place, .visit = visit, .arg = arg };

	assert(!place->in || place->in == l);
	return treap_walk(&l->by_age, stands_to_place, visit_node, &w);
}

void lookup_walk_end(struct lookup_place *place)
{
	struct lookup *l = steal(place->in);

	assert(!l || l->walkers > 0);
	if (l)
		l->walkers--;
}

struct container *lookup_find_on(
	const struct lookup *l, const char *id, const struct engine *engine)
{
	struct container *c;

	list_for_each (c, &l->ids[id_bucket_of(id, PREFIX_DIGITS)], by_prefix) {
		if (c->engine == engine && strcmp(c->id, id) == 0)
			return c;
	}
	return NULL;
}

struct container *lookup_find_reservation(
	const struct lookup *l, const char *swarm_id, const struct engine *engine)
{
	struct container *c;

	list_for_each (c, &l->swarm_ids[id_bucket_of(swarm_id, PREFIX_DIGITS)], by_swarm_prefix) {
		if (c->engine == engine && c->state == CONTAINER_PENDING &&
			strcmp(c->swarm_id, swarm_id) == 0)
			return c;
	}
	return NULL;
}

struct container *lookup_find_copy(const struct lookup *l, const struct container *of)
{
	struct container *c;

	list_for_each (c, &l->ids[id_bucket_of(of->id, PREFIX_DIGITS)], by_prefix) {
		if (c->engine != of->engine && strcmp(c->id, of->id) == 0)
			return c;
	}
	return NULL;
}

/* On a healthy engine; older when it is not to be newer. */
static struct container *find_reachable_copy(
	const struct lookup *l, const struct container *of, bool newer)
{
	const uint64_t epoch = policy_epoch(&of->labels);
	struct container *c;

	if (!of->swarm_id[0])
		return NULL;
	list_for_each (
		c, &l->swarm_ids[id_bucket_of(of->swarm_id, PREFIX_DIGITS)], by_swarm_prefix) {
		const uint64_t other = policy_epoch(&c->labels);

		if (c->state != CONTAINER_PENDING && engine_is_healthy(c->engine) &&
			strcmp(c->swarm_id, of->swarm_id) == 0 &&
			(newer ? other > epoch : other < epoch))
			return c;
	}
	return NULL;
}

struct container *lookup_find_newer_copy(const struct lookup *l, const struct container *of)
{
	return find_reachable_copy(l, of, true);
}

struct container *lookup_find_older_copy(const struct lookup *l, const struct container *of)
{
	return find_reachable_copy(l, of, false);
}

/* --- what a client means --- */

struct match {
	struct container *found;
	struct container *other; /* a second one that was meant as much */
};

static bool is_visible(const struct container *c)
{
	return c->state != CONTAINER_PENDING && engine_is_validated(c->engine);
}

static bool is_same_container(const struct container *a, const struct container *b)
{
	return strcmp(a->id, b->id) == 0 ||
	       (a->swarm_id[0] && strcmp(a->swarm_id, b->swarm_id) == 0);
}

/* Which of two copies of one container is meant, above 0 when it is `a`, 0 when either could be:
 * the one that can be reached; of those that were made anew, the one that runs, and then the
 * newest. */
static int compare_copies(const struct container *a, const struct container *b)
{
	bool a_live = engine_is_healthy(a->engine), b_live = engine_is_healthy(b->engine);
	uint64_t a_epoch = policy_epoch(&a->labels), b_epoch = policy_epoch(&b->labels);

	if (!is_same_container(a, b))
		return 0;
	if (a_live != b_live)
		return a_live - b_live;
	if (!a_live || a_epoch == b_epoch)
		return 0;
	if (container_is_running(a) != container_is_running(b))
		return container_is_running(a) - container_is_running(b);
	return a_epoch > b_epoch ? 1 : -1;
}

static void match_add(struct match *m, struct container *c)
{
	if (!is_visible(c) || m->found == c)
		return;
	if (!m->found) {
		m->found = c;
		return;
	}
	int order = compare_copies(c, m->found);

	if (order == 0) {
		m->other = c;
	} else if (order > 0) {
		/* all the lesser copies give way, however many came before */
		if (m->other && compare_copies(c, m->other) > 0)
			m->other = NULL;
		m->found = c;
	}
}

static void match_full(struct match *m, const struct lookup *l, const char *id)
{
	struct container *c;

	list_for_each (c, &l->ids[id_bucket_of(id, PREFIX_DIGITS)], by_prefix) {
		if (strcmp(c->id, id) == 0)
			match_add(m, c);
	}
}

static void match_swarm(struct match *m, const struct lookup *l, const char *swarm_id)
{
	struct container *c;

	list_for_each (c, &l->swarm_ids[id_bucket_of(swarm_id, PREFIX_DIGITS)], by_swarm_prefix) {
		if (strcmp(c->swarm_id, swarm_id) == 0)
			match_add(m, c);
	}
}

static void match_prefix_in(
	struct match *m, const struct lookup *l, size_t bucket, const char *prefix)
{
	size_t len = strlen(prefix);
	struct container *c;

	list_for_each (c, &l->ids[bucket], by_prefix) {
		if (strncmp(c->id, prefix, len) == 0)
			match_add(m, c);
	}
	list_for_each (c, &l->swarm_ids[bucket], by_swarm_prefix) {
		if (strncmp(c->swarm_id, prefix, len) == 0)
			match_add(m, c);
	}
}

static void match_prefix(struct match *m, const struct lookup *l, const char *prefix)
{
	struct bucket_range range;

	if (id_bucket_range(prefix, PREFIX_DIGITS, &range)) {
		for (size_t i = range.first; i <= range.last && !m->other; i++)
			match_prefix_in(m, l, i, prefix);
	}
	match_prefix_in(m, l, OTHER_BUCKET, prefix);
}

/* "name", or "node/name"; names and engine ids may hold slashes themselves. */
static void match_name(struct match *m, const struct lookup *l, const char *what)
{
	for (const char *name = what; name; name = name_after_slash(name)) {
		const struct name_entry *n;

		for (n = find_name(l, name); n; n = n->next) {
			struct node_names names = engine_names(n->container->engine);

			if (name_means(&names, what, n->name))
				match_add(m, n->container);
		}
	}
}

static bool fail_ambiguous(const struct match *m, const char *what, struct error *err)
{
	const struct container *a = m->found, *b = m->other;

	if (strcmp(container_name(a), container_name(b)) == 0)
		return error_set(err, ERROR_INVALID,
			"container %s is ambiguous: nodes %s and %s both have it, say %s/%s", what,
			a->engine->name, b->engine->name, a->engine->name, container_name(a));
	return error_set(err, ERROR_INVALID, "Multiple IDs found with provided prefix: %s", what);
}

struct container *cluster_find_container(
	struct cluster *cluster, const char *what, struct error *err)
{
	const struct lookup *l = cluster->lookup;
	struct match m = { 0 };

	if (!name_check("container", what, err))
		return NULL;
	if (*what)
		match_full(&m, l, what);
	if (*what && !m.found)
		match_name(&m, l, without_slash(what));
	if (*what && !m.found)
		match_swarm(&m, l, what);
	if (*what && !m.found)
		match_prefix(&m, l, what);
	if (m.found && !m.other)
		return m.found;
	if (m.found)
		fail_ambiguous(&m, what, err);
	else if (!*what)
		error_set(err, ERROR_INVALID, "invalid name or ID supplied: \"\"");
	else
		error_set(err, ERROR_NOT_FOUND, "No such container: %s", what);
	return NULL;
}

struct container *cluster_find_container_by_prefix(struct cluster *cluster, const char *prefix)
{
	struct match m = { 0 };

	if (*prefix)
		match_prefix(&m, cluster->lookup, prefix);
	return m.other ? NULL : m.found;
}

/* Where the longest text that can be a name ends, of those that a slash ends. */
static size_t last_cut(const char *path)
{
	size_t cut = 0, slashes = 0;

	for (size_t i = 0; path[i] && slashes <= NAME_SLASHES_MAX && i <= 3 * NAME_BYTES_MAX; i++) {
		if (path[i] == '/') {
			cut = i;
			slashes++;
		}
	}
	return cut;
}

struct container *cluster_find_container_in(
	struct cluster *cluster, const char *path, const char **ret_rest)
{
	for (size_t len = last_cut(path); len > 0; len--) {
		auto_free char *decoded = NULL;
		struct container *c;

		if (path[len] != '/' || !uri_decode(path, len, false, &decoded, NULL))
			continue;
		c = cluster_find_container(cluster, decoded, NULL);
		if (c) {
			*ret_rest = path + len;
			return c;
		}
	}
	return NULL;
}

struct container *cluster_find_container_by_id(struct cluster *cluster, const char *id)
{
	struct match m = { 0 };

	if (*id)
		match_full(&m, cluster->lookup, id);
	return m.found;
}

struct container *cluster_find_name(struct cluster *cluster, const char *name)
{
	const struct name_entry *n = NULL;

	name = without_slash(name);
	if (*name)
		n = find_name(cluster->lookup, name);
	while (n && !engine_is_validated(n->container->engine))
		n = n->next;
	return n ? n->container : NULL;
}
