/* docker/volume_use.c - an array: a node has a handful of named volumes. */
#include "docker/volume_use.h"

#include <assert.h>
#include <string.h>

#include "base/id.h"
#include "base/intern.h"
#include "base/mem.h"
#include "docker/container.h"
#include "docker/objects.h"

static struct volume_use *find_use(const struct volume_uses *u, const char *name)
{
	for (size_t i = 0; i < u->count; i++) {
		if (u->items[i].name == name)
			return &u->items[i];
	}
	return NULL;
}

const struct volume_use *volume_use_of(const struct volume_uses *u, const char *name)
{
	return find_use(u, name);
}

static struct volume_use *add_use(struct volume_uses *u, const char *name)
{
	array_reserve(u->items, u->count, u->cap);
	u->items[u->count] = (struct volume_use){ .name = intern(name) };
	return &u->items[u->count++];
}

static void drop_use(struct volume_uses *u, struct volume_use *use)
{
	intern_unref(use->name);
	*use = u->items[--u->count];
}

/* Nobody can mean the volume that an engine named. */
static bool is_named(const char *name)
{
	return *name && !(strlen(name) == ID_HEX_LEN && id_is_hex(name, ID_HEX_LEN));
}

void volume_uses_add(struct volume_uses *u, const struct container *c)
{
	for (size_t i = 0; i < c->mounts_count; i++) {
		const char *name = c->mounts[i].name;
		struct volume_use *use = find_use(u, name);

		if (!is_named(name))
			continue;
		if (!use)
			use = add_use(u, name);
		use->containers++;
		use->fresh = false;
	}
}

void volume_uses_remove(struct volume_uses *u, const struct container *c)
{
	for (size_t i = 0; i < c->mounts_count; i++) {
		struct volume_use *use = find_use(u, c->mounts[i].name);

		if (!is_named(c->mounts[i].name))
			continue;
		assert(use && use->containers > 0);
		if (--use->containers == 0)
			drop_use(u, use);
	}
}

void volume_uses_note_fresh(struct volume_uses *u, const char *name)
{
	const char *known = intern(name);

	if (!find_use(u, known))
		add_use(u, name)->fresh = true;
	intern_unref(known);
}

static int compare_addresses(const void *a, const void *b)
{
	const char *x = *(const char *const *)a, *y = *(const char *const *)b;

	return x < y ? -1 : x > y;
}

/* Names are interned. */
static const char **sorted_names(const struct volume *volumes, size_t count)
{
	const char **names = xcalloc(count + 1, sizeof(*names));

	for (size_t i = 0; i < count; i++)
		names[i] = volumes[i].name;
	qsort(names, count, sizeof(*names), compare_addresses);
	return names;
}

static bool any_fresh(const struct volume_uses *u)
{
	for (size_t i = 0; i < u->count; i++) {
		if (u->items[i].fresh)
			return true;
	}
	return false;
}

void volume_uses_keep_fresh(struct volume_uses *u, const struct volume *volumes, size_t count)
{
	const char **names = any_fresh(u) ? sorted_names(volumes, count) : NULL;

	for (size_t i = u->count; names && i-- > 0;) {
		struct volume_use *use = &u->items[i];

		if (use->fresh &&
			!bsearch(&use->name, names, count, sizeof(*names), compare_addresses))
			drop_use(u, use);
	}
	free(names);
}

void volume_uses_finish(struct volume_uses *u)
{
	for (size_t i = 0; i < u->count; i++)
		intern_unref(u->items[i].name);
	free(u->items);
	*u = (struct volume_uses){ 0 };
}
