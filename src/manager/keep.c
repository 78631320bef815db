/* manager/keep.c - a sorted array, what of it is dirty, and who waits for that. */
#include "manager/keep.h"

#include <assert.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/sorted.h"
#include "manager/keep_private.h"

/* --- entries --- */

static int compare_kept(const void *a, const void *b)
{
	return strcmp((*(struct kept *const *)a)->key, (*(struct kept *const *)b)->key);
}

/* Of the first entry that is not less than the key. */
static size_t place_of(const struct keep *k, const char *key)
{
	struct kept wanted = { .key = (char *)key }, *pointer = &wanted;

	return k->count == 0 ? 0
			     : sorted_place(&pointer, k->items, k->count, sizeof(*k->items),
				       compare_kept);
}

struct kept *keep_find(const struct keep *k, const char *key)
{
	size_t i = place_of(k, key);

	return i < k->count && strcmp(k->items[i]->key, key) == 0 ? k->items[i] : NULL;
}

static struct kept *add(struct keep *k, const char *key)
{
	struct kept *e = xnew(struct kept);
	size_t i = place_of(k, key);

	e->key = xstrdup(key);
	list_init(&e->dirty);
	list_init(&e->waits);
	array_reserve(k->items, k->count, k->cap);
	memmove(&k->items[i + 1], &k->items[i], (k->count - i) * sizeof(*k->items));
	k->items[i] = e;
	k->count++;
	return e;
}

static size_t bytes_of(const char *key, const char *value)
{
	return value ? strlen(key) + strlen(value) : 0;
}

static void set_value(struct keep *k, struct kept *e, const char *value)
{
	char *copy = xstrdup_null(value);

	k->bytes += bytes_of(e->key, copy);
	k->bytes -= bytes_of(e->key, e->value);
	free(e->value);
	e->value = copy;
}

void keep_forget(struct keep *k, struct kept *e)
{
	size_t i = place_of(k, e->key);

	assert(k->items[i] == e && list_empty(&e->waits));
	set_value(k, e, NULL);
	list_remove(&e->dirty);
	k->count--;
	memmove(&k->items[i], &k->items[i + 1], (k->count - i) * sizeof(*k->items));
	free(e->key);
	free(e);
}

const char *keep_get(const struct keep *k, const char *key)
{
	const struct kept *e = keep_find(k, key);

	return e ? e->value : NULL;
}

bool keep_next(const struct keep *k, const char *prefix, const char *after, struct keep_entry *ret)
{
	size_t len = strlen(prefix);
	size_t i = place_of(k, after ? after : prefix);

	if (after && i < k->count && strcmp(k->items[i]->key, after) == 0)
		i++;
	for (; i < k->count && strncmp(k->items[i]->key, prefix, len) == 0; i++) {
		if (!k->items[i]->value)
			continue;
		*ret = (struct keep_entry){ k->items[i]->key, k->items[i]->value };
		return true;
	}
	return false;
}

/* --- listeners --- */

static struct keep_listener *listener_of(struct listeners_link *l)
{
	return container_of(l, struct keep_listener, link);
}

static void handle_tell(struct deferred *d)
{
	struct keep *k = container_of(d, struct keep, tell);
	struct listeners_round round;
	struct listeners_link *link;

	listeners_begin(&k->listeners, &round);
	while ((link = listeners_next(&round))) {
		struct keep_listener *l = listener_of(link);
		bool pending = l->pending;

		l->pending = false;
		if (pending)
			l->handle_change(l);
	}
}

/* key NULL: all. */
static void note_change(struct keep *k, const char *key)
{
	struct listeners_link *link;

	list_for_each (link, &k->listeners.list, link) {
		struct keep_listener *l = listener_of(link);

		l->pending |= !key || strncmp(key, l->prefix, strlen(l->prefix)) == 0;
	}
	loop_defer(k->loop, &k->tell);
}

void keep_listen(struct keep *k, struct keep_listener *l)
{
	assert(l->prefix && l->handle_change);
	listeners_add(&k->listeners, &l->link);
}

void keep_unlisten(struct keep_listener *l)
{
	listeners_remove(&l->link);
}

/* --- waiting --- */

void keep_write_finish(struct keep_write *w)
{
	if (w->keep) {
		list_remove(&w->link);
		timer_stop(&w->limit);
		w->keep = NULL;
	}
	error_clear(&w->err);
	w->done = false;
}

static void end_write(struct keep_write *w, const struct error *err)
{
	assert(w->keep && !w->done);
	list_remove(&w->link);
	timer_stop(&w->limit);
	w->keep = NULL;
	if (err)
		error_copy(&w->err, err);
	w->done = true;
	task_wake(w->task);
}

static void handle_limit(struct timer *t)
{
	struct keep_write *w = container_of(t, struct keep_write, limit);
	auto_error struct error err = ERROR_INIT;

	error_set(&err, ERROR_TIMEOUT, "could not be kept within %d s", KEEP_WRITE_MS / 1000);
	end_write(w, &err);
}

static void begin_write(struct keep *k, struct keep_write *w, struct task *t)
{
	keep_write_finish(w);
	w->keep = k;
	w->task = t;
	list_init(&w->link);
	timer_init(&w->limit, k->loop, handle_limit);
	timer_start(&w->limit, KEEP_WRITE_MS);
}

static void end_waits(struct kept *e, const struct error *err)
{
	struct keep_write *w;

	while ((w = list_first(&e->waits, struct keep_write, link)))
		end_write(w, err);
}

/* --- changes --- */

static bool check_change(const struct keep *k, const struct kept *e, const char *key,
	const char *value, struct error *err)
{
	size_t before = e ? bytes_of(key, e->value) : 0, after = bytes_of(key, value);

	if (strlen(key) > KEEP_MAX_KEY || (value && strlen(value) > KEEP_MAX_VALUE))
		return error_set(err, ERROR_TOO_LARGE,
			"%.64s is not kept: its text is longer than %d bytes", key, KEEP_MAX_VALUE);
	if (after > before && k->bytes - before + after > KEEP_MAX_BYTES)
		return error_set(err, ERROR_FULL,
			"%.64s is not kept: there is no room for more than %d MiB in all", key,
			KEEP_MAX_BYTES / (1024 * 1024));
	return !k->rest || k->rest->ops->check(k->rest, err);
}

void keep_soil(struct keep *k, struct kept *e)
{
	e->version = ++k->version;
	list_remove(&e->dirty);
	list_push_back(&k->dirty, &e->dirty);
}

/* e, with this value from now on; at once at rest where there is no such place. */
static void change_entry(struct keep *k, struct kept *e, const char *value)
{
	set_value(k, e, value);
	note_change(k, e->key);
	keep_soil(k, e);
	if (k->rest)
		k->rest->ops->write(k->rest);
	else
		keep_settle(k, e, e->version);
}

static bool is_wanted(const struct kept *e, const char *value)
{
	const char *wanted = e ? e->value : NULL;

	return wanted && value ? strcmp(wanted, value) == 0 : wanted == value;
}

static bool is_at_rest(const struct kept *e, const char *value)
{
	return is_wanted(e, value) && (!e || list_empty(&e->dirty));
}

static bool is_key(const char *key)
{
	const char *slash = strchr(key, '/');

	return slash && slash > key && slash[1];
}

static void change(
	struct keep *k, const char *key, const char *value, struct keep_write *w, struct task *t)
{
	struct kept *e = keep_find(k, key);
	auto_error struct error err = ERROR_INIT;

	assert(is_key(key));
	if (w)
		begin_write(k, w, t);
	bool ok = check_change(k, e, key, value, &err);
	if (!ok && !w)
		log_warn("%s", error_text(&err));
	if (!ok || is_at_rest(e, value)) {
		if (w)
			end_write(w, ok ? NULL : &err);
		return;
	}
	if (!e)
		e = add(k, key);
	if (w)
		list_push_back(&e->waits, &w->link);
	if (!is_wanted(e, value)) /* else it is being written */
		change_entry(k, e, value);
}

void keep_put(
	struct keep *k, const char *key, const char *value, struct keep_write *w, struct task *t)
{
	assert(value);
	change(k, key, value, w, t);
}

void keep_drop(struct keep *k, const char *key, struct keep_write *w, struct task *t)
{
	change(k, key, NULL, w, t);
}

/* --- for places of rest --- */

void keep_learn(struct keep *k, const char *key, const char *value)
{
	struct kept *e = keep_find(k, key);

	assert(!e || list_empty(&e->dirty));
	if (is_at_rest(e, value))
		return;
	if (!e)
		e = add(k, key);
	set_value(k, e, value);
	note_change(k, key);
	if (!value)
		keep_forget(k, e);
}

void keep_set_whole(struct keep *k, bool whole)
{
	k->whole = whole;
	k->readings += whole;
	if (whole)
		note_change(k, NULL);
}

void keep_settle(struct keep *k, struct kept *e, uint64_t version)
{
	if (e->version > version)
		return; /* changed since, and written again */
	list_remove(&e->dirty);
	end_waits(e, NULL);
	if (!e->value)
		keep_forget(k, e);
}

void keep_fail(struct kept *e, const struct error *err)
{
	end_waits(e, err);
}

void keep_abandon(struct keep *k, const struct error *err)
{
	struct kept *e;

	while ((e = list_first(&k->dirty, struct kept, dirty))) {
		list_remove(&e->dirty);
		end_waits(e, err);
		if (!e->value)
			keep_forget(k, e);
	}
}

/* --- life --- */

void keep_set_leading(struct keep *k, bool leading)
{
	if (k->rest && k->rest->ops->set_leading)
		k->rest->ops->set_leading(k->rest, leading);
}

void keep_close(struct keep *k)
{
	auto_error struct error err = ERROR_INIT;

	if (k->rest)
		k->rest->ops->destroy(steal(k->rest));
	error_set(&err, ERROR_CANCELLED, "the manager ends");
	keep_abandon(k, &err);
}

bool keep_is_whole(const struct keep *k)
{
	return k->whole;
}

uint64_t keep_readings(const struct keep *k)
{
	return k->readings;
}

struct keep *keep_create(struct loop *loop)
{
	struct keep *k = xnew(struct keep);

	k->loop = loop;
	k->whole = true;
	list_init(&k->dirty);
	listeners_init(&k->listeners);
	deferred_init(&k->tell, handle_tell);
	return k;
}

void keep_destroy(struct keep *k)
{
	if (!k)
		return;
	keep_close(k);
	while (k->count)
		keep_forget(k, k->items[k->count - 1]);
	assert(k->bytes == 0 && list_empty(&k->dirty));
	listeners_finish(&k->listeners);
	deferred_cancel(&k->tell);
	free(k->items);
	free(k);
}
