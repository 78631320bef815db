/*
 * cluster/lookup.c - the indexes behind cluster_find_container and its relatives.
 *
 * Ids and swarm ids lie in buckets by their first three hex digits; one bucket, with a handful of
 * records, answers for a full id as well as for a prefix, and several engines may show one id
 * (cloned machines, a container moved by rescheduling).  Names are a hash with a chain, because
 * link aliases and clones repeat them.
 *
 * Everything that an engine holds is indexed, pending engines and reservations included; the
 * finders leave out what must not be seen.
 */
#include "cluster/lookup.h"

#include <string.h>

#include "base/map.h"
#include "base/mem.h"
#include "base/metrics.h"
#include "base/uri.h"
#include "cluster/cluster.h"
#include "docker/name.h"

enum {
	PREFIX_DIGITS = 3,
	HEX_BUCKETS = 1 << (4 * PREFIX_DIGITS),
	OTHER_BUCKET = HEX_BUCKETS, /* ids that do not begin with that many hex digits */
	EXECS_RUNNING_MAX = 16384,
	EXECS_ENDED_MAX = 4096,
};

struct name_entry {
	const char *name; /* without '/'; in container::names */
	struct container *container;
	struct name_entry *next; /* others of this name; only the first is in the hash */
	UT_hash_handle hh;
};

/* Execs of health checks come and go all the time: ended ones live in a bounded line of their own,
 * and the record is found by its id, so that nothing must be told when a container goes. */
struct exec_entry {
	char id[65], container_id[65];
	bool ended;
	struct list link; /* exec_line::entries, oldest first */
	UT_hash_handle hh;
};

struct exec_line {
	struct list entries;
	size_t count, max;
};

struct lookup {
	struct list ids[HEX_BUCKETS + 1];       /* container::by_prefix */
	struct list swarm_ids[HEX_BUCKETS + 1]; /* container::by_swarm_prefix */
	struct name_entry *names;               /* hash */
	struct exec_entry *execs;               /* hash */
	struct exec_line running, ended;
};

/*
 * Buckets.
 */

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return -1;
}

struct bucket_range {
	size_t first, last;
};

/* Where ids with this prefix can be, OTHER_BUCKET apart (a shorter prefix may be there too). */
static bool hex_range(const char *prefix, struct bucket_range *ret)
{
	size_t value = 0, digits = 0;

	for (; digits < PREFIX_DIGITS && prefix[digits]; digits++) {
		int d = hex_digit(prefix[digits]);

		if (d < 0)
			return false;
		value = value << 4 | (size_t)d;
	}
	size_t open_bits = 4 * (PREFIX_DIGITS - digits);

	ret->first = value << open_bits;
	ret->last = ret->first + ((size_t)1 << open_bits) - 1;
	return true;
}

static size_t bucket_of(const char *id)
{
	struct bucket_range range;

	return hex_range(id, &range) && range.first == range.last ? range.first : OTHER_BUCKET;
}

struct lookup *lookup_create(void)
{
	struct lookup *l = xnew(struct lookup);

	for (size_t i = 0; i <= HEX_BUCKETS; i++) {
		list_init(&l->ids[i]);
		list_init(&l->swarm_ids[i]);
	}
	list_init(&l->running.entries);
	list_init(&l->ended.entries);
	l->running.max = EXECS_RUNNING_MAX;
	l->ended.max = EXECS_ENDED_MAX;
	return l;
}

static void exec_destroy(struct lookup *l, struct exec_entry *x);

static void empty_line(struct lookup *l, struct exec_line *line)
{
	while (!list_empty(&line->entries))
		exec_destroy(l, list_first(&line->entries, struct exec_entry, link));
}

void lookup_destroy(struct lookup *l)
{
	if (!l)
		return;
	empty_line(l, &l->running);
	empty_line(l, &l->ended);
	free(l);
}

/*
 * Names.
 */

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
		list_push_back(&l->ids[bucket_of(c->id)], &c->by_prefix);
	if (c->swarm_id[0])
		list_push_back(&l->swarm_ids[bucket_of(c->swarm_id)], &c->by_swarm_prefix);
	for (size_t i = 0; i < c->names_count; i++)
		insert_name(l, c, c->names[i]);
}

void lookup_remove(struct lookup *l, struct container *c)
{
	list_remove(&c->by_prefix);
	list_remove(&c->by_swarm_prefix);
	for (size_t i = 0; i < c->names_count; i++)
		remove_name(l, c, c->names[i]);
}

struct container *lookup_find_on(
	const struct lookup *l, const char *id, const struct engine *engine)
{
	struct container *c;

	list_for_each (c, &l->ids[bucket_of(id)], by_prefix) {
		if (c->engine == engine && strcmp(c->id, id) == 0)
			return c;
	}
	return NULL;
}

struct container *lookup_find_reservation(
	const struct lookup *l, const char *swarm_id, const struct engine *engine)
{
	struct container *c;

	list_for_each (c, &l->swarm_ids[bucket_of(swarm_id)], by_swarm_prefix) {
		if (c->engine == engine && c->state == CONTAINER_PENDING &&
			strcmp(c->swarm_id, swarm_id) == 0)
			return c;
	}
	return NULL;
}

struct container *lookup_find_copy(const struct lookup *l, const struct container *of)
{
	struct container *c;

	list_for_each (c, &l->ids[bucket_of(of->id)], by_prefix) {
		if (c->engine != of->engine && strcmp(c->id, of->id) == 0)
			return c;
	}
	return NULL;
}

/*
 * What a client means.
 */

struct match {
	struct container *found;
	struct container *other; /* a second one that was meant as much */
};

static bool is_visible(const struct container *c)
{
	return c->state != CONTAINER_PENDING && cluster_engine_is_validated(c->engine);
}

static bool is_same_container(const struct container *a, const struct container *b)
{
	return strcmp(a->id, b->id) == 0 ||
	       (a->swarm_id[0] && strcmp(a->swarm_id, b->swarm_id) == 0);
}

static void match_add(struct match *m, struct container *c)
{
	if (!is_visible(c) || m->found == c)
		return;
	if (!m->found) {
		m->found = c;
		return;
	}
	bool live = engine_is_healthy(c->engine), found_live = engine_is_healthy(m->found->engine);

	if (live == found_live || !is_same_container(m->found, c)) {
		m->other = c;
	} else if (live) {
		/* all the dead copies give way, however many came before */
		if (m->other && is_same_container(m->other, c) &&
			!engine_is_healthy(m->other->engine))
			m->other = NULL;
		m->found = c;
	}
}

static void match_full(struct match *m, const struct lookup *l, const char *id)
{
	struct container *c;

	list_for_each (c, &l->ids[bucket_of(id)], by_prefix) {
		if (strcmp(c->id, id) == 0)
			match_add(m, c);
	}
}

static void match_swarm(struct match *m, const struct lookup *l, const char *swarm_id)
{
	struct container *c;

	list_for_each (c, &l->swarm_ids[bucket_of(swarm_id)], by_swarm_prefix) {
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

	if (hex_range(prefix, &range)) {
		for (size_t i = range.first; i <= range.last && !m->other; i++)
			match_prefix_in(m, l, i, prefix);
	}
	match_prefix_in(m, l, OTHER_BUCKET, prefix);
}

static bool engine_is_called(const struct engine *e, const char *name, size_t len)
{
	return (strlen(e->name) == len && memcmp(e->name, name, len) == 0) ||
	       (strlen(e->id) == len && memcmp(e->id, name, len) == 0);
}

/* "name", or "node/name"; names and engine ids may hold slashes themselves. */
static void match_name(struct match *m, const struct lookup *l, const char *what)
{
	const struct name_entry *n;

	for (n = find_name(l, what); n; n = n->next)
		match_add(m, n->container);
	for (const char *slash = strchr(what, '/'); slash; slash = strchr(slash + 1, '/')) {
		for (n = find_name(l, slash + 1); n; n = n->next) {
			if (engine_is_called(n->container->engine, what, (size_t)(slash - what)))
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
	else
		error_set(err, ERROR_NOT_FOUND, "No such container: %s", what);
	return NULL;
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
	while (n && !cluster_engine_is_validated(n->container->engine))
		n = n->next;
	return n ? n->container : NULL;
}

/*
 * Execs.
 */

static void exec_destroy(struct lookup *l, struct exec_entry *x)
{
	list_remove(&x->link);
	(x->ended ? &l->ended : &l->running)->count--;
	HASH_DEL(l->execs, x);
	free(x);
}

static void push_exec(struct lookup *l, struct exec_line *line, struct exec_entry *x)
{
	if (line->count == line->max)
		exec_destroy(l, list_first(&line->entries, struct exec_entry, link));
	list_push_back(&line->entries, &x->link);
	line->count++;
}

static struct exec_entry *find_exec(const struct lookup *l, const char *id)
{
	struct exec_entry *x;

	HASH_FIND_STR(l->execs, id, x);
	return x;
}

void cluster_remember_exec(struct cluster *cluster, const struct container *c, const char *exec_id)
{
	struct lookup *l = cluster->lookup;
	size_t len = strlen(exec_id);
	struct exec_entry *x;

	if (len == 0 || len >= sizeof(x->id) || find_exec(l, exec_id))
		return;
	x = xnew(struct exec_entry);
	memcpy(x->id, exec_id, len + 1);
	memcpy(x->container_id, c->id, sizeof(x->container_id));
	push_exec(l, &l->running, x);
	HASH_ADD_STR(l->execs, id, x);
}

void cluster_end_exec(struct cluster *cluster, const char *exec_id)
{
	struct lookup *l = cluster->lookup;
	struct exec_entry *x = find_exec(l, exec_id);

	if (!x || x->ended)
		return;
	list_remove(&x->link);
	l->running.count--;
	x->ended = true;
	push_exec(l, &l->ended, x);
}

struct container *cluster_find_exec(struct cluster *cluster, const char *exec_id)
{
	const struct exec_entry *x = find_exec(cluster->lookup, exec_id);

	return x ? cluster_find_container_by_id(cluster, x->container_id) : NULL;
}
