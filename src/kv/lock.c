/*
 * kv/lock.c - what all stores' locks have in common: how long a promise holds, and who is told.
 */
#include <assert.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "kv/driver.h"
#include "kv/kv.h"

/* Of a promise's time, for clocks that run unequally and for what comes after the last look. */
#define MARGIN_PERCENT 5

static void lose(struct kv_lock *l, int64_t until_ms)
{
	timer_stop(&l->end);
	l->held = false;
	l->ops->handle_lost(l->arg, until_ms);
}

static void handle_end(struct timer *t)
{
	struct kv_lock *l = container_of(t, struct kv_lock, end);

	assert(l->held);
	/* A timer may be early by the part of a millisecond that it does not know. */
	if (kv_lock_is_held(l))
		timer_start(&l->end, 1);
	else
		lose(l, l->until_ms);
}

struct kv_lock *kv_lock_create(struct kv *kv, const struct kv_lock_config *config)
{
	struct kv_lock *l = kv->driver->lock_create(kv);

	assert(config->ttl_ms > 0);
	l->kv = kv;
	l->key = kv_join(kv->prefix, config->key);
	l->value = xstrdup(config->value);
	l->ttl_ms = config->ttl_ms;
	l->ops = config->ops;
	l->arg = config->arg;
	timer_init(&l->end, kv->loop, handle_end);
	kv->driver->lock_start(l);
	return l;
}

bool kv_lock_is_held(const struct kv_lock *l)
{
	return l->held && clock_mono_ms() < l->until_ms;
}

void kv_lock_release(struct kv_lock *l)
{
	if (l->held)
		lose(l, clock_mono_ms());
	l->kv->driver->lock_release(l);
}

void kv_lock_destroy(struct kv_lock *l)
{
	if (!l)
		return;
	timer_stop(&l->end);
	free(l->key);
	free(l->value);
	free(l->holder);
	l->kv->driver->lock_destroy(l);
}

static void tell_holder(struct kv_lock *l, const char *value)
{
	bool same = value ? l->holder && strcmp(value, l->holder) == 0 : !l->holder;

	if (l->holder_told && same)
		return;
	l->holder_told = true;
	free(l->holder);
	l->holder = xstrdup_null(value);
	l->ops->handle_holder(l->arg, l->holder);
}

void kv_lock_note_held(struct kv_lock *l, int64_t from_ms, int64_t ttl_ms)
{
	bool was_held = kv_lock_is_held(l);
	int64_t until_ms = from_ms + ttl_ms - ttl_ms * MARGIN_PERCENT / 100;
	int64_t left_ms = until_ms - clock_mono_ms();

	/* The old promise has run out while nobody looked: somebody may have been between. */
	if (l->held && !was_held)
		lose(l, l->until_ms);
	if (left_ms <= 0)
		return; /* it came too late to be one */
	l->until_ms = until_ms;
	timer_start(&l->end, left_ms);
	tell_holder(l, l->value);
	if (l->held)
		return;
	l->held = true;
	l->ops->handle_won(l->arg);
}

void kv_lock_note_lost(struct kv_lock *l)
{
	if (l->held)
		lose(l, min_of(l->until_ms, clock_mono_ms()));
	if (l->holder && strcmp(l->holder, l->value) == 0)
		tell_holder(l, NULL);
}

void kv_lock_note_holder(struct kv_lock *l, const char *value)
{
	if (l->held)
		lose(l, min_of(l->until_ms, clock_mono_ms()));
	tell_holder(l, value && *value ? value : NULL);
}

void kv_lock_note_error(struct kv_lock *l, const struct error *err)
{
	l->ops->handle_error(l->arg, err);
}

void kv_lock_note_released(struct kv_lock *l, const struct error *err)
{
	l->ops->handle_released(l->arg, err);
}
