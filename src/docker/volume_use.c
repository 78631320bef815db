/* docker/volume_use.c - a hash by name. */
#include "docker/volume_use.h"

#include <assert.h>
#include <string.h>

#include "base/intern.h"
#include "base/mem.h"
#include "docker/container.h"
#include "docker/objects.h"

static struct volume_use *find_use(const struct volume_uses *u, const char *name)
{
	struct volume_use *use;

	HASH_FIND_PTR(u->items, &name, use);
	return use;
}

const struct volume_use *volume_use_of(const struct volume_uses *u, const char *name)
{
	return find_use(u, name);
}

static struct volume_use *add_use(struct volume_uses *u, const char *name)
{
	struct volume_use *use = xnew(struct volume_use);

	use->name = intern(name);
	HASH_ADD_PTR(u->items, name, use);
	return use;
}

static void set_fresh(struct volume_uses *u, struct volume_use *use, bool fresh)
{
	u->fresh += (size_t)fresh;
	u->fresh -= (size_t)use->fresh;
	use->fresh = fresh;
}

static void drop_use(struct volume_uses *u, struct volume_use *use)
{
	set_fresh(u, use, false);
	HASH_DEL(u->items, use);
	intern_unref(use->name);
	free(use);
}

void volume_uses_add(struct volume_uses *u, const struct container *c)
{
	for (size_t i = 0; i < c->mounts_count; i++) {
		const char *name = c->mounts[i].name;
		struct volume_use *use = find_use(u, name);

		if (!*name)
			continue;
		if (!use)
			use = add_use(u, name);
		use->containers++;
		set_fresh(u, use, false);
	}
}

void volume_uses_remove(struct volume_uses *u, const struct container *c)
{
	for (size_t i = 0; i < c->mounts_count; i++) {
		struct volume_use *use = find_use(u, c->mounts[i].name);

		if (!*c->mounts[i].name)
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
		set_fresh(u, add_use(u, name), true);
	intern_unref(known);
}

void volume_uses_keep_fresh(struct volume_uses *u, const struct volume *volumes, size_t count)
{
	struct volume_use *use, *next;

	if (u->fresh == 0)
		return;
	HASH_ITER (hh, u->items, use, next) {
		if (use->fresh && !volume_in_sorted(volumes, count, use->name))
			drop_use(u, use);
	}
}

void volume_uses_finish(struct volume_uses *u)
{
	struct volume_use *use, *next;

	HASH_ITER (hh, u->items, use, next) {
		drop_use(u, use);
	}
}
