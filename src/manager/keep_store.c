/*
 * manager/keep_store.c - what is kept, as keys of the store that the managers elect by.
 *
 *   docker/swarm/kept/<kind>.<name, encoded>       flat, as not every store lists folders of
 * folders
 *
 * Who begins to lead reads all once, and from then on is the only one who writes: it need not look
 * again, which with Consul would be the whole list after every write.  The others read now and
 * then, for the case that the store loses what it has.  That shows in the entry "history/id", which
 * is written after all others: without it the store is new, or its first leader did not come to the
 * end, and then the next leader writes all that it remembers.
 */
#include <assert.h>
#include <string.h>

#include "base/backoff.h"
#include "base/id.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/uri.h"
#include "kv/kv.h"
#include "manager/keep_private.h"

#define DIRECTORY   "docker/swarm/kept"
#define HISTORY_KEY "history/id"

enum {
	READ_AGAIN_MS = 60 * 1000,
};

struct keep_store {
	struct keep_rest rest;
	struct kv *kv;        /* borrowed */
	struct kv_lock *lock; /* borrowed */
	bool leading;

	struct kv_watch *reading; /* owned; NULL: nothing is read */
	struct deferred read;     /* the end of a reading */
	struct timer read_again;

	struct kv_write *writing; /* owned; NULL: none under way */
	char *key;                /* that it writes; owned */
	uint64_t version;         /* ... */
	struct timer write_again;
	struct backoff backoff;
	bool failing; /* said in the log once */
};

static struct keep_store *store_of(struct keep_rest *r)
{
	return container_of(r, struct keep_store, rest);
}

static void tell_failure(struct keep_store *s, const struct error *err)
{
	if (!s->failing)
		log_warn("What must be kept in the store: %s (trying again)", error_text(err));
	s->failing = true;
}

/* --- names --- */

/* Names of nodes and engines may have bytes that a store gives a meaning of its own. */
static char *key_in_store(const char *key)
{
	const char *slash = strchr(key, '/');
	struct strbuf sb = STRBUF_INIT;

	strbuf_addf(&sb, "%s/%.*s.", DIRECTORY, (int)(slash - key), key);
	uri_encode_query(&sb, slash + 1);
	return strbuf_steal(&sb);
}

/* NULL: none of ours.  Caller frees. */
static char *key_from_store(const char *name)
{
	const char *dot = strchr(name, '.');
	auto_free char *decoded = NULL;

	if (!dot || dot == name || !dot[1] ||
		!uri_decode(dot + 1, strlen(dot + 1), false, &decoded, NULL))
		return NULL;
	return xasprintf("%.*s/%s", (int)(dot - name), name, decoded);
}

/* --- reading --- */

static void start_reading(struct keep_store *s);

static const char *found_value(const struct kv_entries *found, const char *key)
{
	auto_free char *whole = key_in_store(key);
	struct kv_entry wanted = { .key = whole + strlen(DIRECTORY "/") };
	const struct kv_entry *e = found->count ? bsearch(&wanted, found->items, found->count,
							  sizeof(wanted), kv_entries_compare)
						: NULL;

	return e ? e->value : NULL;
}

static void learn_found(struct keep *k, const struct kv_entries *found)
{
	for (size_t i = 0; i < found->count; i++) {
		auto_free char *key = key_from_store(found->items[i].key);
		const struct kept *e = key ? keep_find(k, key) : NULL;

		if (key && (!e || list_empty(&e->dirty)))
			keep_learn(k, key, found->items[i].value);
	}
}

/* What the store has no longer is forgotten. */
static void forget_missing(struct keep *k, const struct kv_entries *found)
{
	for (size_t i = k->count; i-- > 0;) {
		const struct kept *e = k->items[i];

		if (list_empty(&e->dirty) && !found_value(found, e->key))
			keep_learn(k, e->key, NULL);
	}
}

/* The store has lost it, or never had anything. */
static void write_missing(struct keep_store *s, const struct kv_entries *found)
{
	struct keep *k = s->rest.keep;
	char id[ID_HEX_LEN + 1];

	for (size_t i = 0; i < k->count; i++) {
		struct kept *e = k->items[i];

		if (list_empty(&e->dirty) && !found_value(found, e->key))
			keep_soil(k, e);
	}
	id_new(id);
	keep_put(k, HISTORY_KEY, id, NULL, NULL);
}

static void handle_entries(void *arg, const struct kv_entries *found)
{
	struct keep_store *s = arg;
	struct keep *k = s->rest.keep;

	s->failing = false;
	learn_found(k, found);
	if (found_value(found, HISTORY_KEY))
		forget_missing(k, found);
	else if (s->leading)
		write_missing(s, found);
	keep_set_whole(k, true);
	loop_defer(k->loop, &s->read);
}

static void handle_recovered(maybe_unused void *arg)
{
}

static void handle_error(void *arg, const struct error *err)
{
	tell_failure(arg, err);
}

static const struct kv_watch_ops reading_ops = {
	.handle_entries = handle_entries,
	.handle_recovered = handle_recovered,
	.handle_error = handle_error,
};

static void stop_reading(struct keep_store *s)
{
	kv_watch_destroy(steal(s->reading));
	deferred_cancel(&s->read);
	timer_stop(&s->read_again);
}

static void handle_read(struct deferred *d)
{
	struct keep_store *s = container_of(d, struct keep_store, read);

	stop_reading(s);
	if (!s->leading)
		timer_start(&s->read_again, READ_AGAIN_MS);
}

static void handle_read_again(struct timer *t)
{
	start_reading(container_of(t, struct keep_store, read_again));
}

static void start_reading(struct keep_store *s)
{
	stop_reading(s);
	s->reading = kv_watch_create(s->kv, DIRECTORY, &reading_ops, s);
}

/* --- writing --- */

static void write_next(struct keep_rest *r);

static void stop_writing(struct keep_store *s)
{
	kv_write_destroy(steal(s->writing));
	free(steal(s->key));
	timer_stop(&s->write_again);
}

static void handle_written(void *arg, const struct error *err)
{
	struct keep_store *s = arg;
	struct keep *k = s->rest.keep;
	auto_free char *key = steal(s->key);
	struct kept *e = keep_find(k, key);

	stop_writing(s);
	assert(e && !list_empty(&e->dirty));
	if (err) {
		tell_failure(s, err);
		keep_fail(e, err);
		timer_start(&s->write_again, backoff_next_ms(&s->backoff));
		return;
	}
	s->failing = false;
	backoff_reset(&s->backoff);
	keep_settle(k, e, s->version);
	write_next(&s->rest);
}

static void write_next(struct keep_rest *r)
{
	struct keep_store *s = store_of(r);
	const struct kept *e = list_first(&r->keep->dirty, struct kept, dirty);

	if (!s->leading || s->writing || timer_pending(&s->write_again) || !e)
		return;
	auto_free char *key = key_in_store(e->key);

	s->key = xstrdup(e->key);
	s->version = e->version;
	s->writing = kv_write_create(s->lock, &(struct kv_write_config){
						      .key = key,
						      .value = e->value,
						      .handle_done = handle_written,
						      .arg = s,
					      });
}

static void handle_write_again(struct timer *t)
{
	write_next(&container_of(t, struct keep_store, write_again)->rest);
}

/* --- leading --- */

static bool check(const struct keep_rest *r, struct error *err)
{
	const struct keep_store *s = container_of(r, struct keep_store, rest);

	return (s->leading && kv_lock_is_held(s->lock)) ||
	       error_set(err, ERROR_UNAVAILABLE, "this manager no longer leads; please ask again");
}

/* What is in memory may be what others have changed since, until all has been read. */
static void set_leading(struct keep_rest *r, bool leading)
{
	struct keep_store *s = store_of(r);
	auto_error struct error err = ERROR_INIT;

	if (s->leading == leading)
		return;
	s->leading = leading;
	stop_writing(s);
	error_set(&err, ERROR_UNAVAILABLE, "this manager no longer leads");
	keep_abandon(r->keep, &err);
	keep_set_whole(r->keep, false);
	start_reading(s);
}

static void close_store(struct keep_rest *r)
{
	struct keep_store *s = store_of(r);

	stop_writing(s);
	stop_reading(s);
	free(s);
}

static const struct keep_rest_ops store_ops = {
	.write = write_next,
	.check = check,
	.set_leading = set_leading,
	.destroy = close_store,
};

void keep_open_store(struct keep *k, struct kv *kv, struct kv_lock *lock)
{
	struct keep_store *s = xnew(struct keep_store);

	assert(!k->rest && k->count == 0);
	s->rest = (struct keep_rest){ .ops = &store_ops, .keep = k };
	s->kv = kv;
	s->lock = lock;
	deferred_init(&s->read, handle_read);
	timer_init(&s->read_again, k->loop, handle_read_again);
	timer_init(&s->write_again, k->loop, handle_write_again);
	k->rest = &s->rest;
	keep_set_whole(k, false);
	start_reading(s);
}
