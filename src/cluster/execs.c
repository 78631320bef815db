/* cluster/execs.c - execs by id. */
#include "cluster/execs.h"

#include <string.h>

#include "base/map.h"
#include "base/mem.h"
#include "cluster/cluster.h"
#include "cluster/find_container.h"

enum {
	EXECS_RUNNING_MAX = 16384,
	EXECS_ENDED_MAX = 4096,
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

struct execs {
	struct exec_entry *entries; /* hash */
	struct exec_line running, ended;
};

struct execs *execs_create(void)
{
	struct execs *l = xnew(struct execs);

	list_init(&l->running.entries);
	list_init(&l->ended.entries);
	l->running.max = EXECS_RUNNING_MAX;
	l->ended.max = EXECS_ENDED_MAX;
	return l;
}

static void exec_destroy(struct execs *l, struct exec_entry *x)
{
	list_remove(&x->link);
	(x->ended ? &l->ended : &l->running)->count--;
	HASH_DEL(l->entries, x);
	free(x);
}

static void push_exec(struct execs *l, struct exec_line *line, struct exec_entry *x)
{
	if (line->count == line->max)
		exec_destroy(l, list_first(&line->entries, struct exec_entry, link));
	list_push_back(&line->entries, &x->link);
	line->count++;
}

static struct exec_entry *find_exec(const struct execs *l, const char *id)
{
	struct exec_entry *x;

	HASH_FIND_STR(l->entries, id, x);
	return x;
}

static void empty_line(struct execs *l, struct exec_line *line)
{
	while (!list_empty(&line->entries))
		exec_destroy(l, list_first(&line->entries, struct exec_entry, link));
}

void execs_destroy(struct execs *l)
{
	if (!l)
		return;
	empty_line(l, &l->running);
	empty_line(l, &l->ended);
	free(l);
}

void cluster_remember_exec(struct cluster *cluster, const struct container *c, const char *exec_id)
{
	struct execs *l = cluster->execs;
	size_t len = strlen(exec_id);
	struct exec_entry *x;

	if (len == 0 || len >= sizeof(x->id) || find_exec(l, exec_id))
		return;
	x = xnew(struct exec_entry);
	memcpy(x->id, exec_id, len + 1);
	memcpy(x->container_id, c->id, sizeof(x->container_id));
	push_exec(l, &l->running, x);
	HASH_ADD_STR(l->entries, id, x);
}

void cluster_end_exec(struct cluster *cluster, const char *exec_id)
{
	struct execs *l = cluster->execs;
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
	const struct exec_entry *x = find_exec(cluster->execs, exec_id);

	return x ? cluster_find_container_by_id(cluster, x->container_id) : NULL;
}
