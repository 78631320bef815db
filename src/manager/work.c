/* manager/work.c - one list of all that a manager does over several turns. */
#include "manager/work.h"

#include <assert.h>

#include "manager/manager.h"

void work_begin(struct work *w, struct manager *m, void (*cancel)(struct work *w))
{
	assert(cancel);
	w->cancel = cancel;
	list_push_back(&m->works, &w->link);
}

void work_end(struct work *w)
{
	list_remove(&w->link);
}

void work_cancel_all(struct manager *m)
{
	while (!list_empty(&m->works)) {
		struct work *w = container_of(m->works.next, struct work, link);

		w->cancel(w);
		assert(m->works.next != &w->link);
	}
}
