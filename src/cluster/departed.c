/* cluster/departed.c - a hash by name, and a line in the order of leaving. */
#include "cluster/departed.h"

#include <string.h>

#include "base/map.h"
#include "base/mem.h"
#include "cluster/engine.h"

struct departure {
	struct list link; /* departed::line, the oldest first */
	UT_hash_handle hh;
	int64_t left_ms;
	char *engine_id; /* owned */
	char name[];
};

struct departed {
	struct departure *names; /* hash */
	struct list line;
	size_t count;
};

struct departed *departed_create(void)
{
	struct departed *d = xnew(struct departed);

	list_init(&d->line);
	return d;
}

static void forget(struct departed *d, struct departure *one)
{
	list_remove(&one->link);
	HASH_DEL(d->names, one);
	d->count--;
	free(one->engine_id);
	free(one);
}

void departed_destroy(struct departed *d)
{
	if (!d)
		return;
	while (!list_empty(&d->line))
		forget(d, list_first(&d->line, struct departure, link));
	free(d);
}

static void forget_old(struct departed *d, int64_t now_ms)
{
	struct departure *oldest;

	while ((oldest = list_first(&d->line, struct departure, link)) &&
		(d->count > DEPARTED_MAX || now_ms - oldest->left_ms > DEPARTED_MS))
		forget(d, oldest);
}

static struct departure *find(const struct departed *d, const char *name)
{
	struct departure *one;

	HASH_FIND_STR(d->names, name, one);
	return one;
}

/* It leaves something behind, or said where it wants to be. */
static bool has_reason_to_return(const struct container *c)
{
	static const char *const wishes[] = { LABEL_CONSTRAINTS, LABEL_AFFINITIES,
		LABEL_WHITELISTS };

	for (size_t i = 0; i < c->mounts_count; i++) {
		if (strcmp(c->mounts[i].type, "tmpfs") != 0)
			return true;
	}
	for (size_t i = 0; i < ARRAY_SIZE(wishes); i++) {
		if (labels_get(&c->labels, wishes[i]))
			return true;
	}
	return false;
}

void departed_note(struct departed *d, const struct container *c, int64_t now_ms)
{
	const char *name = container_name(c);
	struct departure *one = *name ? find(d, name) : NULL;

	if (one)
		forget(d, one);
	if (!*name || !has_reason_to_return(c))
		return;
	one = xcalloc(1, sizeof(*one) + strlen(name) + 1);
	memcpy(one->name, name, strlen(name) + 1);
	one->engine_id = xstrdup(c->engine->id);
	one->left_ms = now_ms;
	list_push_back(&d->line, &one->link);
	HASH_ADD_STR(d->names, name, one);
	d->count++;
	forget_old(d, now_ms);
}

const char *departed_from(struct departed *d, const char *name, int64_t now_ms)
{
	const struct departure *one;

	forget_old(d, now_ms);
	one = find(d, name);
	return one ? one->engine_id : NULL;
}
