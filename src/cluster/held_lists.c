/* cluster/held_lists.c - holds on the marks of lists, which own them. */
#include "cluster/held_lists.h"

#include <assert.h>

#include "base/mem.h"
#include "cluster/index.h"

static struct held_list hold(struct engine *e, enum object_kind kind)
{
	struct held_list list = { .engine = engine_ref(e) };

	switch (kind) {
	case OBJECT_IMAGES: list.marks = e->image_marks; break;
	case OBJECT_NETWORKS: list.marks = e->network_marks; break;
	case OBJECT_VOLUMES: list.marks = e->volume_marks; break;
	case OBJECT_KINDS: assert(0);
	}
	if (index_marks_hold(list.marks)) {
		list.things = list.marks->things;
		list.count = list.marks->things_count;
	}
	return list;
}

void held_lists_init(struct held_lists *h, struct cluster *cluster, enum object_kind kind)
{
	size_t count;
	struct engine **engines = cluster_sorted_engines(cluster, &count);

	*h = (struct held_lists){ .loop = cluster->loop };
	h->items = xcalloc(count + 1, sizeof(*h->items));
	for (size_t i = 0; i < count; i++) {
		if (engine_is_validated(engines[i]))
			h->items[h->count++] = hold(engines[i], kind);
	}
	free(engines);
}

bool held_lists_are_current(const struct held_lists *h)
{
	for (size_t i = 0; i < h->count; i++) {
		if (h->items[i].marks && !h->items[i].marks->engine)
			return false;
	}
	return true;
}

void held_lists_finish(struct held_lists *h)
{
	for (size_t i = 0; i < h->count; i++) {
		index_marks_release(h->items[i].marks, h->loop);
		engine_unref(h->items[i].engine);
	}
	free(h->items);
	*h = (struct held_lists){ 0 };
}
