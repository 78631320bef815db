/*
 * kv/zookeeper_watch.c - a folder of ZooKeeper.
 *
 * One watch on the children; then the data of every child that is not known yet.  So the cost of a
 * change is one list of names and one read.
 *
 * A member's data is its name, and stays so, though classic agents write it again at every
 * heartbeat: it is not watched.  Any other data is, such as none at all, which is what a classic
 * agent begins with.
 */
#include <string.h>

#include "base/mem.h"
#include "kv/zookeeper.h"

enum {
	SETTLE_MS = 100, /* many changes at once are one list */
};

struct zk_watch {
	struct kv_watch base;
	struct zk_user user;
	char *path;              /* of the folder; owned */
	struct kv_entries known; /* sorted */
	size_t reading;          /* children whose data is under way */
	bool listing;            /* until the last of them has come */
	struct timer settle;     /* list again */
	struct backoff backoff;
};

static struct zk_watch *watch_of(struct zk_user *u)
{
	return container_of(u, struct zk_watch, user);
}

static void list_children(struct zk_watch *w);

static void list_soon(struct zk_watch *w, int64_t ms)
{
	if (!timer_pending(&w->settle))
		timer_start(&w->settle, ms);
}

static void handle_settle(struct timer *t)
{
	struct zk_watch *w = container_of(t, struct zk_watch, settle);

	if (!zk_is_connected(&w->user))
		return; /* being connected begins with a list */
	if (w->listing)
		list_soon(w, SETTLE_MS);
	else
		list_children(w);
}

static void list_failed(struct zk_watch *w, int rc)
{
	auto_error struct error err = ERROR_INIT;

	zk_error_set(&w->user, &err, rc, w->path);
	w->listing = false;
	kv_watch_note_error(&w->base, &err);
	list_soon(w, backoff_next_ms(&w->backoff));
}

static void list_complete(struct zk_watch *w)
{
	auto_kv_entries struct kv_entries entries = KV_ENTRIES_INIT;

	for (size_t i = 0; i < w->known.count; i++)
		kv_entries_add(&entries, w->known.items[i].key, w->known.items[i].value,
			w->known.items[i].len);
	w->listing = false;
	backoff_reset(&w->backoff);
	kv_watch_report(&w->base, &entries);
}

/* --- data --- */

static bool is_known(const struct kv_entries *known, const char *name)
{
	struct kv_entry key = { .key = (char *)name };

	return known->count > 0 &&
	       bsearch(&key, known->items, known->count, sizeof(key), kv_entries_compare) != NULL;
}

static bool is_settled(const char *name, const char *value, int len)
{
	return len > 0 && strlen(name) == (size_t)len && memcmp(name, value, (size_t)len) == 0;
}

static void read_child(struct zk_watch *w, const char *name, watcher_fn watcher);

static void handle_data(
	int rc, const char *value, int len, maybe_unused const struct Stat *stat, const void *data)
{
	auto_free char *name = NULL;
	struct zk_user *u = zk_request_end(data, rc, &name);

	if (!u)
		return;
	struct zk_watch *w = watch_of(u);
	/* Read for the first time, and it may change: once more, with a watch. */
	if (rc == ZOK && !is_settled(name, value, len) && !is_known(&w->known, name))
		read_child(w, name, zk_handle_watch);
	if (rc == ZOK)
		kv_entries_set(&w->known, name, value, len > 0 ? (size_t)len : 0);
	else if (rc == ZNONODE)
		kv_entries_remove(&w->known, name);
	w->reading--;
	if (rc != ZOK && rc != ZNONODE)
		list_failed(w, rc);
	else if (w->reading == 0 && w->listing)
		list_complete(w);
}

static void read_child(struct zk_watch *w, const char *name, watcher_fn watcher)
{
	struct zk_request *r = zk_request_begin(&w->user, name);
	auto_free char *path = xasprintf("%s/%s", w->path, name);
	int rc = zoo_awget(zk_handle(&w->user), path, watcher, w->user.zk, handle_data, r);

	if (rc == ZOK)
		w->reading++;
	else
		zk_request_drop(r); /* the session is over; the next one lists again */
}

/* --- names --- */

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static bool is_child(const struct String_vector *names, const char *name)
{
	return bsearch(&name, names->data, (size_t)names->count, sizeof(*names->data),
		       compare_names) != NULL;
}

static void forget_others(struct zk_watch *w, const struct String_vector *names)
{
	for (size_t i = w->known.count; i-- > 0;) {
		auto_free char *name = xstrdup(w->known.items[i].key);

		if (!is_child(names, name))
			kv_entries_remove(&w->known, name);
	}
}

static void read_children(struct zk_watch *w, const struct String_vector *names)
{
	if (names->count > 1)
		qsort(names->data, (size_t)names->count, sizeof(*names->data), compare_names);
	forget_others(w, names);
	for (int32_t i = 0; i < names->count; i++) {
		if (!is_known(&w->known, names->data[i]))
			read_child(w, names->data[i], NULL);
	}
	if (w->reading == 0)
		list_complete(w);
}

/* The folder was not there a moment ago, and there is a watch on its coming now. */
static void handle_absent(int rc, maybe_unused const struct Stat *stat, const void *data)
{
	struct zk_user *u = zk_request_end(data, rc, NULL);

	if (!u)
		return;
	struct zk_watch *w = watch_of(u);
	if (rc == ZOK) {
		w->listing = false;
		list_soon(w, 0);
	} else if (rc == ZNONODE) {
		kv_entries_finish(&w->known);
		list_complete(w);
	} else {
		list_failed(w, rc);
	}
}

static void await_folder(struct zk_watch *w)
{
	struct zk_request *r = zk_request_begin(&w->user, NULL);

	if (zoo_awexists(zk_handle(&w->user), w->path, zk_handle_watch, w->user.zk, handle_absent,
		    r) != ZOK)
		zk_request_drop(r);
}

static void handle_children(int rc, const struct String_vector *names, const void *data)
{
	struct zk_user *u = zk_request_end(data, rc, NULL);

	if (!u)
		return;
	struct zk_watch *w = watch_of(u);
	if (rc == ZOK && names->count <= KV_MAX_ENTRIES)
		read_children(w, names);
	else if (rc == ZNONODE)
		await_folder(w);
	else
		list_failed(w, rc == ZOK ? ZMARSHALLINGERROR : rc);
}

static void list_children(struct zk_watch *w)
{
	struct zk_request *r = zk_request_begin(&w->user, NULL);

	w->listing = true;
	if (zoo_awget_children(zk_handle(&w->user), w->path, zk_handle_watch, w->user.zk,
		    handle_children, r) != ZOK)
		zk_request_drop(r);
}

/* --- events --- */

static void handle_connected(struct zk_user *u)
{
	struct zk_watch *w = watch_of(u);

	w->reading = 0;
	kv_watch_note_break(&w->base);
	kv_entries_finish(&w->known);
	timer_stop(&w->settle);
	list_children(w);
}

static void handle_child_event(struct zk_watch *w, const char *name)
{
	if (is_known(&w->known, name))
		kv_entries_remove(&w->known, name);
	list_soon(w, SETTLE_MS);
}

static void handle_event(struct zk_user *u, maybe_unused int type, const char *path)
{
	struct zk_watch *w = watch_of(u);
	size_t len = strlen(w->path);

	if (strncmp(path, w->path, len) != 0)
		return;
	if (path[len] == '/')
		handle_child_event(w, path + len + 1);
	else if (path[len] == '\0')
		list_soon(w, SETTLE_MS);
}

static void handle_error(struct zk_user *u, const struct error *err)
{
	kv_watch_note_error(&watch_of(u)->base, err);
}

struct kv_watch *zk_watch_create(maybe_unused struct kv *kv)
{
	struct zk_watch *w = xnew(struct zk_watch);

	w->user.handle_connected = handle_connected;
	w->user.handle_event = handle_event;
	w->user.handle_error = handle_error;
	return &w->base;
}

void zk_watch_start(struct kv_watch *watch)
{
	struct zk_watch *w = container_of(watch, struct zk_watch, base);

	w->path = xasprintf("/%s", watch->directory);
	timer_init(&w->settle, watch->kv->loop, handle_settle);
	zk_user_attach(&w->user, watch->kv);
}

void zk_watch_destroy(struct kv_watch *watch)
{
	struct zk_watch *w = container_of(watch, struct zk_watch, base);

	zk_user_detach(&w->user);
	timer_stop(&w->settle);
	kv_entries_finish(&w->known);
	free(w->path);
	free(w);
}
