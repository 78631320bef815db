/*
 * cluster/gate.c - a bound on how many do something at once.
 */
#include "cluster/gate.h"

#include <assert.h>

#include "net/task.h"

void gate_init(struct gate *g, size_t limit)
{
	*g = (struct gate){ .limit = limit };
	list_init(&g->waiting);
}

bool gate_enter(struct gate *g, struct gate_pass *p, struct task *waiter)
{
	assert(!p->gate || p->gate == g);
	if (p->gate)
		return p->inside;
	p->gate = g;
	p->waiter = waiter;
	p->inside = g->inside < g->limit;
	if (p->inside)
		g->inside++;
	else
		list_push_back(&g->waiting, &p->link);
	return p->inside;
}

static void let_next_in(struct gate *g)
{
	struct gate_pass *next = list_first(&g->waiting, struct gate_pass, link);

	if (!next)
		return;
	list_remove(&next->link);
	next->inside = true;
	g->inside++;
	task_wake(next->waiter);
}

void gate_leave(struct gate_pass *p)
{
	struct gate *g = steal(p->gate);

	if (!g)
		return;
	if (!p->inside) {
		list_remove(&p->link);
		return;
	}
	p->inside = false;
	g->inside--;
	let_next_in(g);
}
