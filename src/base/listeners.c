/*
 * base/listeners.c - a list that may lose anybody while it is walked.
 */
#include "base/listeners.h"

#include <assert.h>

#include "base/util.h"

void listeners_init(struct listeners *ls)
{
	*ls = (struct listeners){ 0 };
	list_init(&ls->list);
}

void listeners_finish(struct listeners *ls)
{
	struct listeners_link *l, *tmp;

	assert(!ls->rounds);
	list_for_each_safe (l, tmp, &ls->list, link)
		listeners_remove(l);
	assert(ls->count == 0);
}

void listeners_add(struct listeners *ls, struct listeners_link *l)
{
	assert(!l->of);
	l->of = ls;
	list_push_back(&ls->list, &l->link);
	ls->count++;
}

void listeners_remove(struct listeners_link *l)
{
	struct listeners *ls = steal(l->of);

	if (!ls)
		return;
	for (struct listeners_round *r = ls->rounds; r; r = r->outer) {
		if (r->next == &l->link)
			r->next = l->link.next;
	}
	list_remove(&l->link);
	ls->count--;
}

void listeners_begin(struct listeners *ls, struct listeners_round *r)
{
	*r = (struct listeners_round){ .of = ls, .next = ls->list.next, .outer = ls->rounds };
	ls->rounds = r;
}

struct listeners_link *listeners_next(struct listeners_round *r)
{
	struct listeners_link *l;

	if (r->next == &r->of->list) {
		assert(r->of->rounds == r);
		r->of->rounds = r->outer;
		return NULL;
	}
	l = container_of(r->next, struct listeners_link, link);
	r->next = l->link.next;
	return l;
}
