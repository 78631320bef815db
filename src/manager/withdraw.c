/* manager/withdraw.c - who stops a container waits for who registers it. */
#include "manager/withdraw.h"

#include <stdio.h>
#include <string.h>

#include "docker/container.h"
#include "manager/manager.h"

static void end_wait(struct withdrawal *s)
{
	timer_stop(&s->limit);
	s->done = true;
	task_wake(s->task);
}

static void handle_limit(struct timer *t)
{
	end_wait(container_of(t, struct withdrawal, limit));
}

void withdrawal_start(
	struct withdrawal *s, struct manager *m, const struct container *c, struct task *t)
{
	withdrawal_finish(s);
	s->task = t;
	if (!m->withdrawer) {
		s->done = true;
		task_wake(t);
		return;
	}
	s->manager = m;
	snprintf(s->container_id, sizeof(s->container_id), "%s", c->id);
	timer_init(&s->limit, m->loop, handle_limit);
	timer_start(&s->limit, WITHDRAW_MS);
	list_push_back(&m->withdrawals, &s->link);
	m->withdrawer->handle_withdrawal(m->withdrawer, s, c);
}

void withdrawal_settle(struct withdrawal *s, int64_t delay_ms)
{
	s->settled = true;
	if (delay_ms > 0)
		timer_start(&s->limit, delay_ms);
	else
		end_wait(s);
}

void withdrawal_finish(struct withdrawal *s)
{
	struct manager *m = s->manager;

	if (m) {
		timer_stop(&s->limit);
		list_remove(&s->link);
		s->manager = NULL;
		if (m->withdrawer)
			m->withdrawer->handle_end(m->withdrawer, s);
	}
	*s = (struct withdrawal){ 0 };
}

bool withdrawal_covers(const struct manager *m, const char *container_id)
{
	const struct withdrawal *s;

	list_for_each (s, &m->withdrawals, link) {
		if (strcmp(s->container_id, container_id) == 0)
			return true;
	}
	return false;
}
