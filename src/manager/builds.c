/*
 * manager/builds.c - few builds run at once, so ties are a list.  Idle ones have a ceiling:
 * names of sessions are the clients' to invent.
 */
#include "manager/builds.h"

#include <string.h>

#include "base/mem.h"
#include "cluster/refresh.h"

enum {
	GRACE_MS = 60 * 1000,
	IDLE_MAX = 256,
};

struct builds {
	struct loop *loop;
	struct list held, idle; /* build_tie::link; idle ones oldest first */
	size_t idle_count;
	struct list waiters; /* build_waiter::link */
};

struct build_tie {
	struct list link; /* builds->held or builds->idle */
	struct builds *builds;
	enum build_key kind;
	char *key;             /* owned */
	struct engine *engine; /* counted */
	size_t holds;
	struct timer grace; /* runs while idle */
	struct refresh images;
};

struct builds *builds_create(struct loop *loop)
{
	struct builds *b = xnew(struct builds);

	b->loop = loop;
	list_init(&b->held);
	list_init(&b->idle);
	list_init(&b->waiters);
	return b;
}

static void tie_destroy(struct build_tie *tie)
{
	list_remove(&tie->link);
	if (tie->holds == 0)
		tie->builds->idle_count--;
	timer_stop(&tie->grace);
	refresh_finish(&tie->images);
	engine_unref(tie->engine);
	free(tie->key);
	free(tie);
}

void builds_destroy(struct builds *b)
{
	struct build_tie *tie, *tmp;

	if (!b)
		return;
	list_for_each_safe (tie, tmp, &b->held, link)
		tie_destroy(tie);
	list_for_each_safe (tie, tmp, &b->idle, link)
		tie_destroy(tie);
	free(b);
}

static struct build_tie *find_in(const struct list *ties, enum build_key kind, const char *key)
{
	struct build_tie *tie;

	list_for_each (tie, ties, link) {
		if (tie->kind == kind && strcmp(tie->key, key) == 0)
			return tie;
	}
	return NULL;
}

static struct build_tie *find_tie(const struct builds *b, enum build_key kind, const char *key)
{
	struct build_tie *tie = find_in(&b->held, kind, key);

	return tie ? tie : find_in(&b->idle, kind, key);
}

struct engine *builds_find(const struct builds *b, enum build_key kind, const char *key)
{
	const struct build_tie *tie = find_tie(b, kind, key);

	return tie && engine_is_healthy(tie->engine) ? tie->engine : NULL;
}

bool builds_is_held(const struct builds *b, enum build_key kind, const char *key)
{
	return find_in(&b->held, kind, key) != NULL;
}

static void handle_grace_over(struct timer *t)
{
	tie_destroy(container_of(t, struct build_tie, grace));
}

static struct build_tie *tie_create(struct builds *b, enum build_key kind, const char *key)
{
	struct build_tie *tie = xnew(struct build_tie);

	tie->builds = b;
	tie->kind = kind;
	tie->key = xstrdup(key);
	list_init(&tie->link);
	timer_init(&tie->grace, b->loop, handle_grace_over);
	return tie;
}

static void take_up(struct build_tie *tie)
{
	struct builds *b = tie->builds;

	if (tie->holds++ > 0)
		return;
	if (timer_pending(&tie->grace))
		b->idle_count--;
	timer_stop(&tie->grace);
	list_remove(&tie->link);
	list_push_back(&b->held, &tie->link);
}

static void wake_waiters(struct builds *b)
{
	struct build_waiter *w;

	list_for_each (w, &b->waiters, link)
		task_wake(w->task);
}

struct build_tie *builds_hold(
	struct builds *b, enum build_key kind, const char *key, struct engine *e)
{
	struct build_tie *tie = find_tie(b, kind, key);

	if (!tie)
		tie = tie_create(b, kind, key);
	engine_ref(e);
	if (tie->engine)
		engine_unref(tie->engine);
	tie->engine = e;
	take_up(tie);
	wake_waiters(b);
	return tie;
}

static void drop_oldest(struct builds *b)
{
	struct build_tie *oldest = list_first(&b->idle, struct build_tie, link);

	if (oldest && b->idle_count > IDLE_MAX)
		tie_destroy(oldest);
}

void builds_release(struct build_tie *tie)
{
	struct builds *b;

	if (!tie)
		return;
	b = tie->builds;
	if (engine_is_healthy(tie->engine))
		refresh_images(&tie->images, tie->engine, NULL);
	if (--tie->holds > 0)
		return;
	list_remove(&tie->link);
	list_push_back(&b->idle, &tie->link);
	timer_start(&tie->grace, GRACE_MS);
	b->idle_count++;
	drop_oldest(b);
}

void builds_wait(struct builds *b, struct build_waiter *w, struct task *task)
{
	w->task = task;
	list_push_back(&b->waiters, &w->link);
}

void builds_stop_waiting(struct build_waiter *w)
{
	if (w->task)
		list_remove(&w->link);
	w->task = NULL;
}
