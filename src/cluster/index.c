/* cluster/index.c - a hash of keys, with the marks of each in a list. */
#include "cluster/index.h"

#include <assert.h>
#include <string.h>

#include "base/mem.h"
#include "base/metrics.h"
#include "cluster/id_bucket.h"

enum { PREFIX_DIGITS = 2 };

struct index_key {
	struct index *index;
	size_t refs; /* marks, published or not */
	struct list marks;
	struct list by_prefix; /* index::buckets, when it has any */
	UT_hash_handle hh;
	char text[];
};

struct index {
	struct index_key *keys; /* hash */
	struct list *buckets;   /* owned; NULL: without prefixes */
};

struct index *index_create(bool by_prefix)
{
	struct index *x = xnew(struct index);
	size_t count = id_bucket_other(PREFIX_DIGITS) + 1;

	if (!by_prefix)
		return x;
	x->buckets = xcalloc(count, sizeof(*x->buckets));
	for (size_t i = 0; i < count; i++)
		list_init(&x->buckets[i]);
	return x;
}

void index_destroy(struct index *x)
{
	if (!x)
		return;
	assert(!x->keys);
	free(x->buckets);
	free(x);
}

static struct index_key *find_key(const struct index *x, const char *text, size_t len)
{
	struct index_key *key;

	HASH_FIND(hh, x->keys, text, len, key);
	return key;
}

static struct index_key *make_key(struct index *x, const char *text, size_t len)
{
	struct index_key *key = xcalloc(1, sizeof(*key) + len + 1);

	key->index = x;
	memcpy(key->text, text, len);
	list_init(&key->marks);
	list_init(&key->by_prefix);
	if (x->buckets)
		list_push_back(
			&x->buckets[id_bucket_of(key->text, PREFIX_DIGITS)], &key->by_prefix);
	HASH_ADD_KEYPTR(hh, x->keys, key->text, len, key);
	return key;
}

static void release_key(struct index_key *key)
{
	assert(key->refs > 0);
	if (--key->refs)
		return;
	list_remove(&key->by_prefix);
	HASH_DEL(key->index->keys, key);
	free(key);
}

void index_marks_add(
	struct index_marks *m, struct index *x, const char *text, size_t len, const void *thing)
{
	struct index_key *key = find_key(x, text, len);

	if (!key)
		key = make_key(x, text, len);
	key->refs++;
	array_reserve(m->items, m->count, m->cap);
	assert(m->linked == 0);
	m->items[m->count++] = (struct index_mark){ .key = key, .thing = thing };
}

/* The array, which is complete, stays where it is: lists lead into it. */
bool index_marks_link(struct index_marks *m)
{
	enum { AT_ONCE = 16 };

	for (int i = 0; i < AT_ONCE && m->linked < m->count; i++) {
		struct index_mark *mark = &m->items[m->linked++];

		mark->of = m;
		list_push_back(&mark->key->marks, &mark->link);
	}
	return m->linked < m->count;
}

void index_marks_publish(struct index_marks *m, struct engine *e)
{
	assert(m->linked == m->count && !m->engine);
	m->engine = e;
}

void index_marks_own(
	struct index_marks *m, void *things, size_t count, size_t size, void (*finish)(void *thing))
{
	assert(!m->things);
	m->things = things;
	m->things_count = count;
	m->thing_size = size;
	m->finish_thing = finish;
}

static void free_mark(struct index_marks *m)
{
	struct index_mark *mark = &m->items[--m->count];

	if (m->count < m->linked)
		list_remove(&mark->link);
	release_key(mark->key);
}

/* The marks first, because they lead to the things. */
static bool free_part(void *object)
{
	struct index_marks *m = object;

	if (m->count > 0) {
		free_mark(m);
		return true;
	}
	if (m->things_count > 0) {
		m->finish_thing((char *)m->things + --m->things_count * m->thing_size);
		return true;
	}
	free(m->things);
	free(m->items);
	free(m);
	return false;
}

static void free_unheld(struct index_marks *m, struct loop *loop)
{
	if (!m->engine && m->holds == 0)
		loop_free_slowly(loop, m, free_part);
}

void index_marks_drop(struct index_marks *m, struct loop *loop)
{
	if (!m)
		return;
	m->engine = NULL;
	free_unheld(m, loop);
}

struct index_marks *index_marks_hold(struct index_marks *m)
{
	if (m)
		m->holds++;
	return m;
}

void index_marks_release(struct index_marks *m, struct loop *loop)
{
	if (!m)
		return;
	assert(m->holds > 0);
	m->holds--;
	free_unheld(m, loop);
}

static const struct list no_marks = LIST_INIT(*(struct list *)&no_marks);

const struct list *index_find(const struct index *x, const char *text, size_t len)
{
	const struct index_key *key = find_key(x, text, len);

	metric_inc(METRIC_name_lookups_total);
	return key ? &key->marks : &no_marks;
}

/* --- prefixes --- */

void index_walk_begin(struct index_walk *w, const struct index *x, const char *prefix)
{
	struct bucket_range range = { 1, 0 };
	size_t other = id_bucket_other(PREFIX_DIGITS);

	assert(x->buckets);
	id_bucket_range(prefix, PREFIX_DIGITS, &range);
	*w = (struct index_walk){
		.index = x,
		.prefix = prefix,
		.prefix_len = strlen(prefix),
		.bucket = range.first <= range.last ? range.first : other,
		.last = range.first <= range.last ? range.last : other,
	};
	w->at = &x->buckets[w->bucket];
}

/* The other bucket comes last. */
static bool next_bucket(struct index_walk *w)
{
	size_t other = id_bucket_other(PREFIX_DIGITS);

	if (w->bucket == other)
		return false;
	w->bucket = w->bucket == w->last ? other : w->bucket + 1;
	w->at = &w->index->buckets[w->bucket];
	return true;
}

const struct list *index_walk_next(struct index_walk *w)
{
	do {
		while (w->at->next != &w->index->buckets[w->bucket]) {
			const struct index_key *key =
				container_of(w->at->next, struct index_key, by_prefix);

			w->at = w->at->next;
			if (strncmp(key->text, w->prefix, w->prefix_len) == 0)
				return &key->marks;
		}
	} while (next_bucket(w));
	return NULL;
}
