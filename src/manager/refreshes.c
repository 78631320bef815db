/* manager/refreshes.c - an array of refreshes, over when all are. */
#include "manager/refreshes.h"

#include <assert.h>

#include "base/mem.h"

void refreshes_init(struct refreshes *r, size_t room)
{
	refreshes_finish(r);
	r->items = xcalloc(room + 1, sizeof(*r->items));
	r->room = room;
}

struct refresh *refreshes_next(struct refreshes *r)
{
	assert(r->count < r->room);
	return &r->items[r->count++];
}

void refreshes_after(struct refreshes *r, const struct fanout *f,
	void (*start)(struct refresh *r, struct engine *e, struct task *waiter),
	struct task *waiter)
{
	assert(f->pending == 0);
	refreshes_init(r, f->count);
	for (size_t i = 0; i < f->count; i++) {
		if (fanout_item_answered(&f->items[i]))
			start(refreshes_next(r), f->items[i].engine, waiter);
	}
}

bool refreshes_done(const struct refreshes *r)
{
	for (size_t i = 0; i < r->count; i++) {
		if (!r->items[i].done)
			return false;
	}
	return true;
}

void refreshes_finish(struct refreshes *r)
{
	for (size_t i = 0; i < r->count; i++)
		refresh_finish(&r->items[i]);
	free(r->items);
	*r = (struct refreshes){ 0 };
}
