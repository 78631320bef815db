/*
 * register/keys.c - services as keys of Consul's store or etcd's: <base>/<name>/<id>.
 *
 * Such a key has no room for whose it is, so every record has a mark elsewhere, which is written
 * before it and goes after it: docker/swarm/registered/<cluster>/<key, encoded>.  A record without
 * one is somebody else's.  ZooKeeper lists no folders of folders, and so is not among these.
 */
#include <assert.h>
#include <string.h>

#include "base/mem.h"
#include "base/uri.h"
#include "register/book.h"
#include "register/keys_record.h"

#define MARKS "docker/swarm/registered"

struct keys {
	struct book base;
	struct kv_watch *watch; /* owned; NULL: nothing is read */
	struct deferred turn;   /* the end of what it reads: a watch may not end itself */
	bool read, marks_read;
	struct kv_entries marks;
	struct error err; /* of the reading; owned */

	struct kv_write *write; /* owned; NULL: nothing is written */
	char *key, *value;      /* under way; owned; value NULL: it goes */
	bool is_last;           /* of the writes of a record */
};

/* Several layouts may share a store, so the base belongs to the name. */
static char *mark_name(const struct keys *k, const char *key)
{
	auto_free char *whole = xasprintf("%s/%s", k->base.base, key);
	struct strbuf sb = STRBUF_INIT;

	uri_encode_query(&sb, whole);
	return strbuf_steal(&sb);
}

/* --- reading --- */

static bool is_marked(const struct keys *k, const char *key)
{
	auto_free char *name = mark_name(k, key);
	const struct kv_entry wanted = { .key = name };

	return k->marks.count > 0 &&
	       bsearch(&wanted, k->marks.items, k->marks.count, sizeof(wanted), kv_entries_compare);
}

static void take_records(struct keys *k, const struct kv_entries *entries)
{
	for (size_t i = 0; i < entries->count; i++) {
		const struct kv_entry *e = &entries->items[i];

		if (is_marked(k, e->key))
			kv_entries_add(&k->base.found, e->key, e->value, e->len);
		else
			strv_add(&k->base.foreign, e->key);
	}
	kv_entries_sort(&k->base.found);
}

static void handle_entries(void *arg, const struct kv_entries *entries)
{
	struct keys *k = arg;

	assert(k->watch);
	if (k->read)
		return;
	k->read = true;
	if (k->marks_read) {
		take_records(k, entries);
	} else {
		for (size_t i = 0; i < entries->count; i++)
			kv_entries_add(&k->marks, entries->items[i].key, "", 0);
	}
	loop_defer(k->base.loop, &k->turn);
}

static void handle_recovered(maybe_unused void *arg)
{
}

static void handle_error(void *arg, const struct error *err)
{
	struct keys *k = arg;

	assert(k->watch);
	if (k->read)
		return;
	k->read = true;
	error_copy(&k->err, err);
	loop_defer(k->base.loop, &k->turn);
}

static const struct kv_watch_ops watch_ops = {
	.handle_entries = handle_entries,
	.handle_recovered = handle_recovered,
	.handle_error = handle_error,
};

static void watch(struct keys *k, const char *directory)
{
	k->read = false;
	k->watch = kv_watch_create(k->base.kv, directory, &watch_ops, k);
}

static void stop_reading(struct keys *k)
{
	kv_watch_destroy(steal(k->watch));
	deferred_cancel(&k->turn);
}

static void run_turn(struct deferred *d)
{
	struct keys *k = container_of(d, struct keys, turn);
	bool failed = error_is_set(&k->err);

	stop_reading(k);
	if (!failed && !k->marks_read) {
		k->marks_read = true;
		watch(k, k->base.base);
		return;
	}
	kv_entries_finish(&k->marks);
	book_end(&k->base, failed ? &k->err : NULL);
	error_clear(&k->err);
}

static void keys_cancel(struct book *b)
{
	struct keys *k = container_of(b, struct keys, base);

	stop_reading(k);
	kv_entries_finish(&k->marks);
	error_clear(&k->err);
	kv_write_destroy(steal(k->write));
	free(steal(k->key));
	free(steal(k->value));
}

static void keys_read(struct book *b)
{
	struct keys *k = container_of(b, struct keys, base);
	auto_free char *directory = xasprintf(MARKS "/%s", b->cluster);

	keys_cancel(b);
	book_begin(b);
	kv_entries_finish(&b->found);
	strv_finish(&b->foreign);
	k->marks_read = false;
	watch(k, directory);
}

/* --- writing --- */

static void write_one(struct keys *k, bool mark);

static void handle_written(void *arg, const struct error *err)
{
	struct keys *k = arg;
	auto_error struct error copy = ERROR_INIT;

	assert(k->write);
	if (err)
		error_copy(&copy, err);
	kv_write_destroy(steal(k->write));
	if (!err && !k->is_last) {
		k->is_last = true;
		write_one(k, !k->value);
		return;
	}
	free(steal(k->key));
	free(steal(k->value));
	book_end(&k->base, err ? &copy : NULL);
}

static void write_one(struct keys *k, bool mark)
{
	auto_free char *name = mark ? mark_name(k, k->key) : NULL;
	auto_free char *key = mark ? xasprintf(MARKS "/%s/%s", k->base.cluster, name)
				   : xasprintf("%s/%s", k->base.base, k->key);

	k->write = kv_write_create(k->base.lock, &(struct kv_write_config){
							 .key = key,
							 .value = k->value && mark ? "1" : k->value,
							 .handle_done = handle_written,
							 .arg = k,
						 });
}

/* One at a time: stores have no transaction over several keys and a lock in common. */
static void keys_write(struct book *b, const struct book_change *changes, maybe_unused size_t count)
{
	struct keys *k = container_of(b, struct keys, base);
	auto_error struct error err = ERROR_INIT;

	keys_cancel(b);
	book_begin(b);
	if (!b->lock) {
		error_set(&err, ERROR_CONFLICT, "another manager writes to the registry");
		book_end(b, &err);
		return;
	}
	k->key = xstrdup(changes->key);
	k->value = xstrdup_null(changes->wanted);
	k->is_last = changes->wanted && changes->found; /* marked already */
	write_one(k, k->value && !k->is_last);
}

/* --- life --- */

static char *keys_node_name(maybe_unused const struct book *b, const char *name)
{
	return *name && !strchr(name, '/') ? xstrdup(name) : NULL;
}

static void keys_destroy(struct book *b)
{
	keys_cancel(b);
	kv_entries_finish(&b->found);
	strv_finish(&b->foreign);
	error_clear(&b->err);
	free(container_of(b, struct keys, base));
}

static const struct book_ops keys_ops = {
	.read = keys_read,
	.write = keys_write,
	.cancel = keys_cancel,
	.destroy = keys_destroy,
	.node_name = keys_node_name,
};

static struct book *keys_create(void)
{
	struct keys *k = xnew(struct keys);

	k->base.ops = &keys_ops;
	deferred_init(&k->turn, run_turn);
	return &k->base;
}

const struct layout consul_keys_layout = {
	.scheme = "consulkv",
	.driver = "consul",
	.base = LAYOUT_PATH,
	.batch = 1,
	.create = keys_create,
	.add = keys_add,
	.node_of = keys_node_of,
};

const struct layout etcd_keys_layout = {
	.scheme = "etcd",
	.driver = "etcd",
	.store_option = "kv.etcd=v3",
	.base = LAYOUT_PATH,
	.batch = 1,
	.create = keys_create,
	.add = keys_add,
	.node_of = keys_node_of,
};

const struct layout skydns_layout = {
	.scheme = "skydns2",
	.driver = "etcd",
	.store_option = "kv.etcd=v3",
	.base = LAYOUT_DOMAIN,
	.batch = 1,
	.create = keys_create,
	.add = keys_add_skydns,
	.node_of = keys_node_of,
};
